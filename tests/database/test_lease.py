"""A lease: one holder at a time, followed by another when it stops or loses its connection."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from taskflow.database import lease
from taskflow.database.lease import lead
from taskflow.database.pool import Database, DatabaseUnavailableError
from tests.support.waiting import eventually

_HOLDERS = """
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "_TRY_SECONDS", 0.02)
    monkeypatch.setattr(lease, "_BEAT_SECONDS", 0.05)


@pytest.fixture
async def admin(admin_url: str) -> AsyncGenerator[asyncpg.Connection]:
    connection = await asyncpg.connect(admin_url)
    yield connection
    await connection.close()


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
    task = asyncio.create_task(lead(database, name, work))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


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


@pytest.mark.parametrize("error", [ZeroDivisionError("a bug"), DatabaseUnavailableError("away")])
async def test_work_that_fails_has_another_turn(database: Database, error: Exception) -> None:
    turns = 0

    async def fails() -> None:
        nonlocal turns
        turns += 1
        raise error

    async with leading(database, fails):
        await eventually(lambda: turns >= 3)


async def test_it_waits_for_a_server_that_is_away(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    work = Work()
    url, database.url = database.url, "postgresql://nobody@127.0.0.1:1/none"
    async with leading(database, work.of("one")):
        await asyncio.sleep(0.05)
        assert work.begun == []
        database.url = url
        await eventually(lambda: work.at_work == ["one"])
