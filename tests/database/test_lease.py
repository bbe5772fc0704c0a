"""A lease: one holder at a time, followed by another when it stops or loses its connection."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from taskflow_core.cancellation import ended, stop_if_cancelled
from taskflow_core.database import lease
from taskflow_core.database.lease import LeaseLostError, lead
from taskflow_core.database.outages import OUTAGES
from taskflow_core.database.pool import Database, DatabaseUnavailableError
from taskflow_core.telemetry.metrics import REGISTRY
from tests.support.connections import connected
from tests.support.waiting import eventually

_HOLDERS = """
SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND mode = 'ExclusiveLock'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


_LOCKS = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "_TRY_SECONDS", 0.02)
    monkeypatch.setattr(lease, "_BEAT_SECONDS", 0.05)


@pytest.fixture
async def admin(admin_url: str) -> AsyncGenerator[asyncpg.Connection]:
    async with connected(admin_url) as connection:
        yield connection


class Work:
    """Work without an end that tells who is at it, who began, and how many were at it at once."""

    def __init__(self) -> None:
        self.at_work: list[str] = []
        self.begun: list[str] = []
        self.most = 0

    def of(self, name: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            self.at_work.append(name)
            self.begun.append(name)
            self.most = max(self.most, len(self.at_work))
            try:
                await asyncio.Event().wait()
            finally:
                self.at_work.remove(name)

        return work


@asynccontextmanager
async def leading(
    database: Database, work: Callable[[], Awaitable[None]], name: str = "a"
) -> AsyncGenerator[asyncio.Task[None]]:
    task = asyncio.create_task(lead(database, name, work, service="test"))
    try:
        yield task
    finally:
        await ended([task])


async def test_one_holder_and_then_the_next(database: Database) -> None:
    work = Work()
    async with leading(database, work.of("second")) as second:
        await eventually(lambda: work.at_work == ["second"])
        async with leading(database, work.of("first")):
            async with leading(database, work.of("elsewhere"), name="another lease"):
                await eventually(lambda: sorted(work.at_work) == ["elsewhere", "second"])
            second.cancel()
            await eventually(lambda: work.at_work == ["first"])
    assert work.begun == ["second", "elsewhere", "first"]


async def test_a_holder_that_loses_its_connection_stops_before_another_begins(
    database: Database, admin: asyncpg.Connection
) -> None:
    work = Work()
    async with leading(database, work.of("one")), leading(database, work.of("other")):
        for turn in range(1, 4):
            await eventually(lambda turn=turn: len(work.begun) == turn and len(work.at_work) == 1)
            for row in await admin.fetch(_HOLDERS):
                await admin.execute("SELECT pg_terminate_backend($1)", row["pid"])
        await eventually(lambda: len(work.begun) == 4)
    assert work.most <= 2, "for no longer than a beat"
    assert work.at_work == []


async def test_work_that_meets_an_outage_has_another_turn(database: Database) -> None:
    turns = 0

    async def fails() -> None:
        nonlocal turns
        turns += 1
        raise DatabaseUnavailableError("away")

    async with leading(database, fails):
        await eventually(lambda: turns >= 3)


async def test_a_defect_of_the_work_ends_it_and_frees_the_lease(database: Database) -> None:
    async def fails() -> None:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        await lead(database, "a", fails, service="test")
    work = Work()
    async with leading(database, work.of("another")):
        await eventually(lambda: work.at_work == ["another"])


async def test_it_waits_for_a_server_that_is_away(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    work = Work()
    monkeypatch.setattr(database.connector, "urls", ["postgresql://nobody@127.0.0.1:1/none"])
    async with leading(database, work.of("one")):
        await asyncio.sleep(0.05)
        assert work.begun == []
        monkeypatch.undo()
        await eventually(lambda: work.at_work == ["one"])


async def _any(connection: asyncpg.Connection, query: str) -> bool:
    return bool(await connection.fetch(query))


async def test_nothing_is_done_without_the_lease_although_the_work_does_not_notice(
    database: Database, admin: asyncpg.Connection
) -> None:
    began, refused = asyncio.Event(), asyncio.Event()
    at_work = (
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
        " AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"
    )
    seen: list[int] = []

    async def blind() -> None:
        """Goes on whatever it meets."""
        began.set()
        while True:
            try:
                await database.execute("SELECT pg_sleep(10)")
            except OUTAGES:
                stop_if_cancelled()
                try:
                    await database.execute("SELECT 1")
                except LeaseLostError:
                    refused.set()

    async def follows() -> None:
        # Nothing of the turn before is at work any more, not even at its last statement.
        seen.append(len(await database.fetch(at_work)))
        await asyncio.Event().wait()

    async with leading(database, blind):
        await began.wait()
        await eventually(lambda: _any(admin, at_work))
        async with leading(database, follows):
            for row in await admin.fetch(_HOLDERS):
                await admin.execute("SELECT pg_terminate_backend($1)", row["pid"])
            await eventually(lambda: bool(seen))
    assert seen[0] == 0


async def test_connections_of_the_pool_are_free_of_a_lease_once_they_are_given_back(database: Database) -> None:
    locks = f"{_LOCKS} AND mode = 'ShareLock'"
    counts: list[int] = []

    async def work() -> None:
        counts.append(await database.fetchval(locks))
        await asyncio.Event().wait()

    async with leading(database, work):
        await eventually(lambda: bool(counts))
        assert await database.fetchval(locks) == 0
    assert counts[0] == 1


async def test_the_lease_is_told_by_a_metric_while_this_process_takes_part(database: Database) -> None:
    def held() -> float | None:
        return REGISTRY.get_sample_value("taskflow_lease_held", {"service": "test", "lease": "told"})

    work = Work()
    other = Database(database.url, size=1)
    async with other.dedicated() as holder:
        await holder.execute("SELECT pg_advisory_lock(hashtextextended('told', 0))")
        async with leading(database, work.of("one"), name="told"):
            await eventually(lambda: held() == 0)
            holder.terminate()
            await eventually(lambda: held() == 1)
        assert held() is None


@pytest.mark.parametrize("milliseconds", [0, 1, 2, 3, 5, 8, 12, 20, 30, 45])
async def test_cancelled_anywhere_it_ends_and_leaves_nothing_at_work(database: Database, milliseconds: int) -> None:
    before = asyncio.all_tasks()

    async def work() -> None:
        while True:
            async with database.transaction() as connection:
                await connection.execute("SELECT pg_sleep(0.002)")

    for steps in range(0, 12, 3):
        task = asyncio.create_task(lead(database, "a", work, service="test"))
        await asyncio.sleep(milliseconds / 1000)
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task}, timeout=3)
        assert task.cancelled()

    async def alone() -> None:
        assert asyncio.all_tasks() - before == set()
        assert await database.fetchval(_LOCKS) == 0

    await eventually(alone)
