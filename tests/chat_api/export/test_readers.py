"""Readers that go, hang or are slow, and a database that goes away: nothing is left, and no ZIP file looks whole."""

import asyncio
import io
import zipfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from chat_api.export import answer, export
from chat_api.export.answer import BrokenOffError, ExportAnswer
from taskflow_core.database.pool import Database
from taskflow_core.domain.errors import TooManyExportsError
from taskflow_core.settings import Settings
from tests.chat_api.export.conftest import EXPORT, NoTrail, opened
from tests.chat_api.people import User, add_user
from tests.service.serving import serving
from tests.support.clock import MovableClock
from tests.support.connections import connected
from tests.support.waiting import eventually

TASKS_OF_A_LARGE_ACCOUNT = 3_000
_ADD = """
INSERT INTO tasks (id, user_id, title, description, completed, created_at, updated_at)
SELECT gen_random_uuid()::text, $1, gen_random_uuid()::text, string_agg(gen_random_uuid()::text, ''), false, now(),
    now()
FROM generate_series(1, $2::int) AS task, generate_series(1, 60 + task * 0) GROUP BY task
"""
_READING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_xmin IS NOT NULL
    AND state LIKE 'idle in transaction%'
"""
_END = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""


@pytest.fixture
async def large(anna: User, database: Database) -> User:
    """An account whose export is larger than what lies between a process and its reader: 6 MB of random text."""
    await database.execute(_ADD, anna.id, TASKS_OF_A_LARGE_ACCOUNT)
    return anna


class Reader:
    """The other side of one answer, by ASGI; takes so many pieces and then what the test says happens."""

    def __init__(self, takes: int) -> None:
        self.takes, self.pieces = takes, list[bytes]()
        self.ended = False
        self.gone = asyncio.Event()
        self.stopped = asyncio.Event()

    async def receive(self) -> Any:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            return
        if len(self.pieces) == self.takes:
            self.stopped.set()
            await asyncio.Event().wait()
        self.pieces.append(message["body"])
        self.ended = not message["more_body"]

    def holds_a_zip(self) -> bool:
        return zipfile.is_zipfile(io.BytesIO(b"".join(self.pieces)))


@asynccontextmanager
async def read_by(reader: Reader, user: User, database: Database) -> AsyncGenerator[asyncio.Task[None]]:
    """The answer to a request for the export, while it is sent to the reader."""
    made = ExportAnswer(export.Exports(database, NoTrail()), user.id, MovableClock())
    scope: Any = {"type": "http"}
    task = asyncio.create_task(made(scope, reader.receive, reader.send))
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def nothing_is_left(user: User, database: Database) -> None:
    """Neither a transaction nor the user's turn."""

    async def none_reads() -> None:
        assert await database.fetchval(_READING) == 0

    async def has_its_turn() -> None:
        try:
            async with export.Exports(database, NoTrail()).begun(user.id):
                pass
        except TooManyExportsError as error:
            raise AssertionError(str(error)) from error

    await eventually(none_reads)
    await eventually(has_its_turn)


async def test_one_that_reads_all(large: User, database: Database) -> None:
    reader = Reader(takes=10_000)
    async with read_by(reader, large, database) as task:
        await task
    assert len(opened(b"".join(reader.pieces))["tasks.json"]) == TASKS_OF_A_LARGE_ACCOUNT
    assert reader.ended
    await nothing_is_left(large, database)


async def test_one_that_goes_away(large: User, database: Database) -> None:
    reader = Reader(takes=3)
    async with read_by(reader, large, database) as task:
        await reader.stopped.wait()
        reader.gone.set()
        await task
        await nothing_is_left(large, database)
    assert not reader.ended
    assert not reader.holds_a_zip()


async def test_one_that_hangs(large: User, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has up to now was sent; the transaction it holds up is ended."""
    monkeypatch.setattr(answer, "STALLED_SECONDS", 0.2)
    reader = Reader(takes=3)
    async with read_by(reader, large, database) as task:
        with pytest.raises(BrokenOffError, match="takes nothing"):
            await task
        await nothing_is_left(large, database)
    assert not reader.ended
    assert not reader.holds_a_zip()


async def test_one_that_is_slow_without_end(large: User, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "LONGEST_SECONDS", 0.3)
    reader = Reader(takes=3)
    async with read_by(reader, large, database) as task:
        with pytest.raises(BrokenOffError, match="too long"):
            await task
        await nothing_is_left(large, database)


async def test_a_database_that_goes_away_half_way(large: User, database: Database, admin_url: str) -> None:
    async def sending(message: Any, whole: Any) -> None:
        await whole(message)
        if len(reader.pieces) == 2:
            async with connected(admin_url) as admin:
                await admin.execute(_END)

    reader = Reader(takes=10_000)
    whole = reader.send
    reader.send = lambda message: sending(message, whole)  # type: ignore[method-assign]
    async with read_by(reader, large, database) as task:
        with pytest.raises(BrokenOffError):
            await task
    assert not reader.ended
    assert not reader.holds_a_zip()
    await nothing_is_left(large, database)


async def test_a_process_that_stops_meanwhile(large: User, database: Database) -> None:
    reader = Reader(takes=3)
    async with read_by(reader, large, database) as task:
        await reader.stopped.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await nothing_is_left(large, database)


async def test_by_a_real_server(settings: Settings, database: Database, tmp_path: Any, admin_url: str) -> None:
    """A whole one, one that its reader leaves, and one that the database leaves: a client hears that it broke off."""
    user_id, _ = await add_user(database, MovableClock().now())
    await database.execute(_ADD, user_id, TASKS_OF_A_LARGE_ACCOUNT * 2)
    with serving(settings, tmp_path / "log") as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=60) as client:
            client.headers["Authorization"] = f"Bearer {_token(settings, user_id)}"
            async with client.stream("GET", EXPORT) as left:
                assert left.status_code == 200
                await anext(left.aiter_raw())
            user = User(id=user_id, email="", token="", http=client)
            await nothing_is_left(user, database)
            async with connected(admin_url) as admin:
                received: list[bytes] = []
                with pytest.raises(httpx.TransportError):
                    await _read(client, received, admin)
            assert not zipfile.is_zipfile(io.BytesIO(b"".join(received)))
            whole = await client.get(EXPORT)
            assert len(opened(whole.content)["tasks.json"]) == TASKS_OF_A_LARGE_ACCOUNT * 2
        assert "Traceback" not in served.written
        assert any(line["event"] == "export_broken_off" for line in served.lines)


async def _read(client: httpx.AsyncClient, received: list[bytes], admin: asyncpg.Connection) -> None:
    """Read an export whose connection to the database is ended while it comes."""
    async with client.stream("GET", EXPORT) as answered:
        async for piece in answered.aiter_raw(256 * 1024):
            received.append(piece)
            await admin.execute(_END)


def _token(settings: Settings, user_id: str) -> str:
    from taskflow_core.service.tokens import Tokens

    return Tokens(settings.auth_secret, MovableClock(), access_seconds=3600).issue(user_id, "x@example.com")
