"""The rules that the database itself keeps, whoever writes."""

from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import pytest

from tests.support.phase_iv import Release

DUE = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
DAY = date(2027, 3, 1)


@pytest.fixture
async def user_id(release: Release) -> str:
    return await release.sign_up()


async def add_task(owner: asyncpg.Connection, release: Release, user_id: str, **columns: Any) -> str:
    """A task as Phase IV makes it, then with these of our columns."""
    task_id = await release.create(user_id)
    names = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 2))
    await owner.execute(f"UPDATE tasks SET {names} WHERE id = $1", task_id, *columns.values())
    return task_id


NEEDS: list[tuple[str, dict[str, Any]]] = [
    ("tasks_pattern_needs_due_date", {"recurrence_pattern": "daily"}),
    ("tasks_end_date_needs_pattern", {"due_date": DUE, "recurrence_end_date": DAY}),
    ("tasks_reminder_needs_due_date", {"reminder_config": '["P1D"]'}),
    ("tasks_parent_needs_occurrence_date", {"parent_recurring_task_id": "a-series"}),
    ("tasks_tags_have_keys", {"tags": ["a"]}),
    ("tasks_tags_have_keys", {"tag_keys": ["a"]}),
    ("tasks_tags_have_keys", {"tags": ["a", "b"], "tag_keys": ["a"]}),
    ("tasks_tags_have_keys", {"tags": [], "tag_keys": []}),
    ("tasks_tags_have_keys", {"tags": ["a"] * 21, "tag_keys": ["a"] * 21}),
    ("tasks_priority_is_one", {"priority": 0}),
    ("tasks_priority_is_one", {"priority": 4}),
]


async def test_columns_that_need_each_other(
    owner: asyncpg.Connection, release: Release, user_id: str, subtests: pytest.Subtests
) -> None:
    for rule, columns in NEEDS:
        with subtests.test(rule=rule, columns=columns), pytest.raises(asyncpg.CheckViolationError, match=rule):
            await add_task(owner, release, user_id, **columns)


async def test_columns_that_have_each_other(owner: asyncpg.Connection, release: Release, user_id: str) -> None:
    await add_task(
        owner, release, user_id, due_date=DUE, due_all_day=False, recurrence_pattern="daily", recurrence_end_date=DAY,
        recurrence_timezone="Europe/Berlin", parent_recurring_task_id="a-series", occurrence_date=DAY,
        reminder_config='["P1D"]', tags=["Home"], tag_keys=["home"], priority=3,
    )  # fmt: skip


async def test_clearing_what_others_need_is_refused(owner: asyncpg.Connection, release: Release, user_id: str) -> None:
    task_id = await add_task(owner, release, user_id, due_date=DUE, reminder_config='["P1D"]')
    with pytest.raises(asyncpg.CheckViolationError, match="tasks_reminder_needs_due_date"):
        await owner.execute("UPDATE tasks SET due_date = NULL WHERE id = $1", task_id)


async def test_one_task_per_occurrence(owner: asyncpg.Connection, release: Release, user_id: str) -> None:
    await add_task(owner, release, user_id, parent_recurring_task_id="a-series", occurrence_date=DAY)
    await add_task(owner, release, user_id, parent_recurring_task_id="another", occurrence_date=DAY)
    for _ in range(2):
        await add_task(owner, release, user_id, occurrence_date=DAY)
    with pytest.raises(asyncpg.UniqueViolationError, match="tasks_one_task_per_occurrence"):
        await add_task(owner, release, user_id, parent_recurring_task_id="a-series", occurrence_date=DAY)


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        ("UPDATE task_series SET mode = 'sometimes'", "mode"),
        ("UPDATE task_series SET catch_up = 'most'", "catch_up"),
        ("UPDATE reminder_schedule SET status = 'lost'", "status"),
    ],
)
async def test_words_of_a_list(owner: asyncpg.Connection, statement: str, column: str) -> None:
    await owner.execute(
        "INSERT INTO task_series (series_id, user_id, title, pattern, timezone, start_local, all_day, last_slot) "
        "VALUES ('s', 'u', 't', 'daily', 'UTC', '2027-03-01', true, '2027-03-01')"
    )
    await owner.execute(
        "INSERT INTO reminder_schedule (task_id, user_id, reminder_offset, due_at, scheduled_at, fire_at, task_version)"
        " VALUES ('t', 'u', 'P1D', now(), now(), now(), 1)"
    )
    with pytest.raises(asyncpg.CheckViolationError, match=column):
        await owner.execute(statement)


ONE_OF: list[tuple[str, str, str]] = [
    ("users", "id, email, hashed_password, created_at, updated_at", "'{n}', 'a@b.c', '', now(), now()"),
    ("outbox", "event_id, producer, topic, task_id, occurred_at, payload", "'{id}', 'p', 't', 'x', now(), '{{}}'"),
    ("dead_letters", "event_id, consumer_group, topic, payload, reason, attempts", "'{id}', 'g', 't', '', '', 1"),
    (
        "embedded_deliveries",
        "consumer_group, seq, event_id, task_id, topic, payload",
        "'g', {n}, '{id}', 'x', 't', ''",
    ),
    (
        "idempotency_keys",
        "user_id, route, key, request_hash, status, headers, body",
        "'u', 'POST /', 'k', '{n}', 200, '{{}}', ''",
    ),
    ("series_slots", "series_id, occurrence_date, task_id", "'s', '2027-03-01', '{n}'"),
    (
        "reminder_schedule",
        "task_id, user_id, reminder_offset, due_at, scheduled_at, fire_at, task_version",
        "'x', 'u', 'P1D', '2027-03-01', now(), now(), {n}",
    ),
]


async def test_what_there_is_one_of(owner: asyncpg.Connection, subtests: pytest.Subtests) -> None:
    for table, columns, values in ONE_OF:
        with subtests.test(table=table, columns=columns, values=values):
            insert = f"INSERT INTO {table} ({columns}) VALUES ({values})"
            one_id = "00000000-0000-4000-8000-000000000001"
            await owner.execute(insert.format(n=1, id=one_id))
            with pytest.raises(asyncpg.UniqueViolationError):
                await owner.execute(insert.format(n=2, id=one_id))
