"""The job: whatever it dies of, and whoever is at work beside it, an account is erased whole and once."""

import asyncio
import uuid
from typing import Any, Final

import asyncpg
import pytest
from structlog.testing import capture_logs

from chat_api.commands import restoring
from chat_api.commands.actor import Actor
from chat_api.erasing import job
from chat_api.erasing.closing import close
from chat_api.erasing.job import Erasing
from chat_api.quotas import quotas
from taskflow_core.database.outages import OUTAGES
from taskflow_core.database.pool import Connection, Database
from taskflow_core.domain.errors import AccountGoneError, TaskNotFoundError
from taskflow_core.settings import Settings
from taskflow_core.user_hash import user_hash
from tests.chat_api.erasing.conftest import MARKER, erased, found_in, the_trail_holds_all
from tests.chat_api.people import add_user
from tests.support.clock import MovableClock
from tests.support.connections import connected, mortal, opened
from tests.support.crashing import crash_at
from tests.support.waiting import eventually

_TASKS = """
INSERT INTO tasks (id, user_id, title, completed, created_at, updated_at)
SELECT $1 || task, $1, $2, false, now(), now() FROM generate_series(1, $3::int) AS task
"""
_SHADOWS = """
INSERT INTO task_shadow (task_id, user_id, version, title, completed)
SELECT id, user_id, 1, title, completed FROM tasks WHERE user_id = $1
"""
_TALK = """
WITH chat AS (
    INSERT INTO conversation (id, user_id, created_at, updated_at) VALUES ('c' || $1, $1, now(), now()) RETURNING id
)
INSERT INTO message (id, user_id, conversation_id, role, content, created_at)
SELECT 'm' || $1, $1, id, 'user', $2, now() FROM chat
"""
_PREFERENCES = "INSERT INTO user_preferences (user_id, timezone, notifications) VALUES ($1, 'UTC', 'all')"
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'to-be-cut' AND wait_event_type = 'Lock'"
_LOCKED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'to-be-cut'"
_TO_DO: Final = "SELECT count(*) FROM erasures WHERE done_at IS NULL"
_TOLD: Final = "SELECT count(*) FROM outbox WHERE user_id = $1 AND topic LIKE '%deleted'"


async def closed(database: Database, clock: MovableClock, tasks: int = 3) -> str:
    """The id of an account that is to be erased, with so many tasks."""
    user_id, _ = await add_user(database, clock.now())
    await database.execute(_TASKS, user_id, MARKER, tasks)
    await database.execute(_SHADOWS, user_id)
    await database.execute(_TALK, user_id, MARKER)
    await database.execute(_PREFERENCES, user_id)
    async with database.transaction() as connection:
        assert await close(connection, user_id, "nothing")
    return user_id


async def test_a_crash_at_any_line(database: Database, clock: MovableClock, owner_url: str) -> None:
    line, crashed = 0, True
    while crashed:
        line += 1
        await closed(database, clock)
        async with mortal(database) as its_own:
            crashed = await crash_at(line, lambda its_own=its_own: steps(Erasing(its_own, clock)), of=job)
        await erased(Erasing(database, clock), database)
        assert not await database.fetchval(_TO_DO)
    assert line > 40
    assert await found_in(owner_url, MARKER) == set()


async def steps(erasing: Erasing) -> None:
    """All the steps up to the waiting for the trail."""
    while await erasing.run():
        pass


async def test_two_replicas_at_once(
    database: Database, clock: MovableClock, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "BATCH", 2)
    users = [await closed(database, clock, tasks=9) for _ in range(3)]
    await asyncio.gather(*(steps(Erasing(database, clock)) for _ in range(2)))
    for user_id in users:
        assert await database.fetchval(_TOLD, user_id) == 9, "each task's end is told once"
    await erased(Erasing(database, clock), database)
    assert await found_in(owner_url, MARKER, *users) == set()


_DESTROYED = "SELECT destroyed_at FROM audit_keys WHERE user_hash = sha256(convert_to($1, 'UTF8')) AND wrapped IS NULL"


async def test_it_waits_for_the_trail(database: Database, clock: MovableClock) -> None:
    user_id = await closed(database, clock)
    erasing = Erasing(database, clock)
    await steps(erasing)
    row = await database.fetchrow("SELECT done_at, last_error FROM erasures")
    assert row is not None
    assert row["done_at"] is None
    assert "audit trail" in row["last_error"]
    assert not await database.fetchval("SELECT count(*) FROM users WHERE id = $1", user_id)
    assert not await database.fetchval(_DESTROYED, user_id)
    await the_trail_holds_all(database)
    await database.execute("UPDATE erasures SET retry_at = NULL")
    await steps(erasing)
    assert await database.fetchval(_TO_DO) == 0
    assert await database.fetchval(_DESTROYED, user_id)


async def test_one_that_fails_holds_up_no_other_and_the_log_names_nobody(
    database: Database, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails, goes = [await closed(database, clock) for _ in range(2)]
    erasing = Erasing(database, clock)
    step = erasing._step  # pyright: ignore[reportPrivateUsage]  # a fault of the code cannot be brought about

    async def faulty(user_id: str) -> bool:
        if user_id == fails:
            raise ZeroDivisionError("a fault")
        return await step(user_id)

    monkeypatch.setattr(erasing, "_step", faulty)
    with capture_logs() as logs:
        await steps(erasing)
    assert [row["id"] for row in await database.fetch("SELECT id FROM users")] == [fails]
    failed = [one for one in logs if one["event"] == "erasure_failed"]
    assert {one["user_hash"] for one in failed} == {user_hash(fails).hex()}
    assert fails not in repr(logs)
    assert goes not in repr(failed)


async def test_phase_iv_writes_meanwhile(
    database: Database, clock: MovableClock, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that comes between two steps, or between the last of them and the account: that fails, and begins anew."""
    monkeypatch.setattr(job, "BATCH", 2)
    user_id = await closed(database, clock, tasks=5)
    erasing = Erasing(database, clock)
    async with connected(owner_url) as phase_iv:

        async def writes() -> None:
            for number in range(40):
                try:
                    await phase_iv.execute(_TASKS, f"{user_id}", MARKER, 0)
                    await phase_iv.execute(
                        "INSERT INTO tasks (id, user_id, title, completed, created_at, updated_at) "
                        "VALUES ($1, $2, $3, false, now(), now())",
                        f"late-{number}",
                        user_id,
                        MARKER,
                    )
                except asyncpg.ForeignKeyViolationError:
                    return
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as group:
            group.create_task(writes())
            group.create_task(erased(erasing, database))
    await erased(erasing, database)
    assert await found_in(owner_url, MARKER, user_id) == set()


async def test_a_row_in_the_last_moment(database: Database, clock: MovableClock, owner_url: str) -> None:
    """Phase IV has inserted a task, and has not committed, when the account itself is to go."""
    user_id = await closed(database, clock, tasks=0)
    erasing = Erasing(database, clock)
    async with connected(owner_url) as phase_iv:
        transaction = phase_iv.transaction()
        await transaction.start()
        await phase_iv.execute(_TASKS, user_id, MARKER, 1)
        running: asyncio.Task[Any] = asyncio.create_task(steps(erasing))
        await asyncio.sleep(0.2)
        await transaction.commit()
    await running
    await erased(erasing, database)
    assert await found_in(owner_url, MARKER, user_id) == set()


_TO_TRASH = """
WITH gone AS (DELETE FROM tasks WHERE user_id = $1 RETURNING *), unknown AS (DELETE FROM task_shadow WHERE user_id = $1)
INSERT INTO deleted_tasks (task_id, user_id, version, deletion, task)
SELECT id, user_id, 2, $2::uuid, to_jsonb(gone) FROM gone
"""


@pytest.mark.parametrize("early", [True, False])
async def test_what_is_restored_in_the_last_moment(
    database: Database, clock: MovableClock, owner_url: str, settings: Settings, early: bool
) -> None:
    """By a request that was let in before the account closed; also where the job has been at the tasks by then."""
    user_id = await closed(database, clock)
    await database.execute(_TO_TRASH, user_id, uuid.uuid4())
    quota, erasing = quotas(settings).tasks, Erasing(database, clock)

    async def restored(connection: Connection) -> None:
        actor, now = Actor.here(user_id), clock.now()
        await restoring.restore(connection, user_id, f"{user_id}1", "all", actor, now, quota, days=30)

    if early:
        async with database.transaction() as connection:
            await restored(connection)
            running: asyncio.Task[Any] = asyncio.create_task(steps(erasing))

            async def waits() -> None:
                assert running.done() or await database.fetchval(_LOCKED)

            await eventually(waits)
        await running
    else:
        await erasing.run()  # the conversation
        async with database.transaction() as connection:
            await restored(connection)
    await erased(erasing, database)
    assert await found_in(owner_url, MARKER, user_id) == set()
    with pytest.raises((TaskNotFoundError, AccountGoneError)):
        async with database.transaction() as connection:
            await restored(connection)


async def test_one_that_fails_holds_up_no_other(database: Database, clock: MovableClock, owner_url: str) -> None:
    """And it is not done as long as its key is there."""
    bad, good = await closed(database, clock), await closed(database, clock)
    async with connected(owner_url) as owner:
        await owner.execute(f"""
            CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no such key'; END $$;
            CREATE TRIGGER fails BEFORE INSERT OR UPDATE ON audit_keys FOR EACH ROW
            WHEN (NEW.user_hash = sha256('{bad}') AND NEW.wrapped IS NULL) EXECUTE FUNCTION fails();
        """)
    await the_trail_holds_all(database)
    erasing = Erasing(database, clock)
    for _ in range(20):
        await erasing.run()
        await the_trail_holds_all(database)
        await database.execute("UPDATE erasures SET retry_at = NULL")
    rows = {row["user_id"]: row["last_error"] for row in await database.fetch("SELECT * FROM erasures")}
    assert set(rows) == {bad, None}, good
    assert "no such key" in rows[bad]


async def test_a_connection_that_is_cut(
    database: Database, clock: MovableClock, admin_url: str, owner_url: str
) -> None:
    await closed(database, clock)
    async with opened(database.url, name="to-be-cut") as its_own:
        async with connected(admin_url) as admin, admin.transaction():
            await admin.execute("LOCK TABLE conversation")
            running = asyncio.create_task(steps(Erasing(its_own, clock)))

            async def cut() -> None:
                assert await database.fetchval(_WAITING)

            await eventually(cut)
            await admin.execute(_CUT)
            with pytest.raises(OUTAGES):
                await running
        await erased(Erasing(its_own, clock), database)
    assert await found_in(owner_url, MARKER) == set()
