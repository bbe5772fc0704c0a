"""Phase IV on our database, and our database given back to Phase IV."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime

import asyncpg
import pytest

from taskflow_db import runner
from taskflow_db.tables import PHASE_IV_TABLES, table_name
from tests.support import phase_iv
from tests.support.phase_iv import Release, TimestampType, release_on

DUE = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)

# A task becomes a series' first occurrence.
_REPEAT = """
UPDATE tasks SET due_date = $2::timestamptz, due_all_day = false, recurrence_pattern = 'daily',
    recurrence_timezone = 'UTC', occurrence_date = ($2::timestamptz)::date, reminder_config = '["PT1H"]' WHERE id = $1
"""
# A task becomes a later occurrence of it.
_OCCUR = """
UPDATE tasks SET due_date = $3::timestamptz, due_all_day = false, recurrence_pattern = 'daily',
    recurrence_timezone = 'UTC', occurrence_date = ($3::timestamptz)::date, parent_recurring_task_id = $2 WHERE id = $1
"""
# What the services keep about it; :task and :user stand for ids.
_KEEP = """
INSERT INTO task_series (series_id, user_id, title, pattern, timezone, start_local, all_day, last_slot)
    VALUES (:task, :user, 'Buy milk', 'daily', 'UTC', '2027-03-01 09:00', false, '2027-03-02');
INSERT INTO series_slots (series_id, occurrence_date, task_id) VALUES (:task, '2027-03-01', :task);
INSERT INTO task_shadow (task_id, user_id, version, title, completed) VALUES (:task, :user, 1, 'Buy milk', false);
INSERT INTO reminder_schedule (task_id, user_id, reminder_offset, due_at, scheduled_at, fire_at, task_version)
    VALUES (:task, :user, 'PT1H', '2027-03-01', now(), now(), 1);
INSERT INTO outbox (event_id, producer, topic, task_id, occurred_at, payload)
    VALUES (gen_random_uuid(), 'chat-api', 'taskflow.tasks.created', :task, now(), '');
INSERT INTO user_preferences (user_id, timezone) VALUES (:user, 'Europe/Berlin');
SELECT audit_record(ARRAY[gen_random_uuid()], ARRAY[now()], ARRAY['task.created'], ARRAY[:task], ARRAY[:user],
    ARRAY[:user], ARRAY[1::bigint], ARRAY['c'], ARRAY['{}'], '{}', '{}');
"""


@pytest.fixture(params=phase_iv.VARIANTS)
def time(request: pytest.FixtureRequest) -> TimestampType:
    return request.param


@pytest.fixture
async def release(empty_database_url: str, time: TimestampType) -> AsyncGenerator[Release]:
    async with release_on(empty_database_url, time=time) as running:
        yield running


async def test_phase_ivs_rows_outlive_phase_v_byte_for_byte(
    empty: asyncpg.Connection, empty_database_url: str, release: Release
) -> None:
    connection = empty
    user_id = await release.sign_up()
    old = [await release.create(user_id, f"Old {n}", None if n % 2 else "as – it – was") for n in range(4)]
    await release.chat(user_id)
    shape = await phase_iv.shape(connection)

    await runner.upgrade(empty_database_url)
    series, occurrence, other, _ = old
    await connection.execute(_REPEAT, series, DUE)
    await connection.execute(_OCCUR, occurrence, series, DUE.replace(day=2))
    await connection.execute(_KEEP.replace(":task", f"'{series}'").replace(":user", f"'{user_id}'"))

    # Phase IV serves meanwhile: it makes, changes and deletes what it likes, a series' first task too.
    new = await release.create(user_id, "New")
    await release.rename(occurrence, "Renamed")
    await release.complete(other)
    before = {row["id"] for row in await connection.fetch("SELECT id FROM tasks")}
    await release.delete(series)
    assert {row["id"] for row in await connection.fetch("SELECT id FROM tasks")} == before - {series}
    await release.delete(new)
    third = await release.create(user_id, "Third")
    assert await connection.fetchval("SELECT count(*) FROM series_slots") == 1, "nothing of ours cascaded"
    kept = await phase_iv.checksum(connection)

    await runner.downgrade(empty_database_url)
    assert await phase_iv.checksum(connection) == kept
    assert await phase_iv.shape(connection) == shape
    left = {row["relname"] for row in await connection.fetch("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
        " AND relnamespace = 'public'::regnamespace")}  # fmt: skip
    assert left == {table_name(table) for table in PHASE_IV_TABLES}
    assert await connection.fetchval("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace") == 0

    for task_id in (occurrence, third):
        await release.delete(task_id)
    await runner.upgrade(empty_database_url)
    assert await connection.fetchval("SELECT count(*) FROM tasks WHERE due_date IS NOT NULL") == 0
    assert (await runner.status(empty_database_url)).current


async def test_each_task_of_a_series_can_be_deleted_by_itself(owner: asyncpg.Connection, owner_url: str) -> None:
    async with release_on(owner_url) as release:
        user_id = await release.sign_up()
        series, second, third = [await release.create(user_id) for _ in range(3)]
        await owner.execute(_REPEAT, series, DUE)
        await owner.execute(_OCCUR, second, series, DUE.replace(day=2))
        await owner.execute(_OCCUR, third, series, DUE.replace(day=3))
        for gone, left in ((series, {second, third}), (third, {second}), (second, set[str]())):
            await release.delete(gone)
            assert {row["id"] for row in await owner.fetch("SELECT id FROM tasks")} == left


async def test_phase_iv_completes_and_renames_what_repeats(owner: asyncpg.Connection, owner_url: str) -> None:
    async with release_on(owner_url) as release:
        task_id = await release.create(await release.sign_up())
        await owner.execute(_REPEAT, task_id, DUE)
        await release.complete(task_id)
        await release.rename(task_id, "Another title")
        row = await owner.fetchrow(
            "SELECT title, completed, due_date, occurrence_date FROM tasks WHERE id = $1", task_id
        )
        assert row is not None
        assert tuple(row) == ("Another title", True, DUE, date(2027, 3, 1))
