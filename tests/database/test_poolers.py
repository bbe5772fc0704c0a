"""A pooler that gives each transaction another session is recognised and refused; one in session mode is not."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import asyncpg
import pytest
import structlog

from audit_logger.connecting import SETTINGS, connected
from taskflow_core.database import poolers
from taskflow_core.database.connecting import DatabaseUnavailableError
from taskflow_core.database.pool import Database
from taskflow_core.database.poolers import shares_sessions
from tests.support.connections import opening
from tests.support.processes import fresh_open_directory
from tests.support.switch import target_of
from tests.support.waiting import eventually


class Pool:
    """Sessions as a pooler hands them out: the last used or the next in turn, per client or per transaction."""

    def __init__(self, size: int, *, per_transaction: bool, in_turn: bool = False, announced: bool = False) -> None:
        self.free = list(range(1, size + 1))
        self.per_transaction = per_transaction
        self.in_turn = in_turn
        self.announced = announced
        self.back = asyncio.Condition()

    async def connect(self) -> asyncpg.Connection:
        client = Client(self)
        if not self.per_transaction and self.announced:
            await client.take()
        return cast(asyncpg.Connection, client)


class Client:
    """What of a connection is asked here."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.session: int | None = None
        self.within = False

    async def take(self) -> None:
        async with self.pool.back:
            await self.pool.back.wait_for(lambda: bool(self.pool.free))
            self.session = self.pool.free.pop(0 if self.pool.in_turn else -1)

    async def give(self) -> None:
        async with self.pool.back:
            if self.session is not None:
                self.pool.free.append(self.session)
                self.session = None
            self.pool.back.notify_all()

    def get_server_pid(self) -> int:
        return self.session if self.pool.announced and self.session else 4_711

    async def fetchval(self, _: str) -> int:
        if self.session is None:
            await self.take()
        pid = self.session
        assert pid is not None
        if self.pool.per_transaction and not self.within:
            await self.give()
        return pid

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[None]:
        await self.take() if self.session is None else None
        self.within = True
        try:
            yield
        finally:
            self.within = False
            if self.pool.per_transaction:
                await self.give()

    def terminate(self) -> None:
        if self.session is not None:
            self.pool.free.append(self.session)


@pytest.mark.parametrize("size", [1, 2, 3, 10])
@pytest.mark.parametrize("in_turn", [False, True])
async def test_sessions_that_are_shared_are_recognised(
    size: int, in_turn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poolers, "_PATIENCE_SECONDS", 0.1)
    assert await shares_sessions(Pool(size, per_transaction=True, in_turn=in_turn).connect)
    assert not await shares_sessions(Pool(size, per_transaction=False, in_turn=in_turn).connect)


async def test_a_server_itself_is_asked_once(database: Database) -> None:
    assert not await shares_sessions(database.connector.connect)


_PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@asynccontextmanager
async def pgbouncer(url: str, mode: str) -> AsyncGenerator[str]:
    """The URL of the real one, before the server of `url`."""
    assert _PGBOUNCER is not None
    directory = fresh_open_directory()
    target, parts = target_of(url), urlsplit(url)
    host, port = (target.parent, 5432) if isinstance(target, Path) else target
    owner = target.stat() if isinstance(target, Path) else Path.home().stat()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = free.getsockname()[1]
    name = parts.path.lstrip("/")
    (directory / "pgbouncer.ini").write_text(
        f"[databases]\n{name} = host={host} port={port} dbname={name} user={parts.username} password={parts.password}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {listen}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = {mode}\n"
    )
    with (directory / "log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            _PGBOUNCER,
            str(directory / "pgbouncer.ini"),
            stdout=log,
            stderr=log,
            user=owner.st_uid if os.geteuid() == 0 else None,
        )
    try:

        async def answers() -> None:
            try:
                (await asyncio.open_connection("127.0.0.1", listen))[1].close()
            except OSError as error:
                raise AssertionError((directory / "log").read_text()) from error

        await eventually(answers)
        yield f"postgresql://{parts.username}:x@127.0.0.1:{listen}/{name}"
    finally:
        process.terminate()
        await process.wait()
        shutil.rmtree(directory)


# Where the program is there; what it does is what the pool above does, which is asked everywhere.
@pytest.mark.parametrize("mode", ["transaction", "statement", "session"] if _PGBOUNCER else [])
async def test_the_real_pgbouncer(mode: str, app_url: str) -> None:
    async with pgbouncer(app_url, mode) as url:
        with structlog.testing.capture_logs() as logs:
            async with opening(url, size=3) as database:
                if mode == "session":
                    await asyncio.wait_for(database.opened(), 10)
                    await database.check()
                    async with database.transaction() as connection:
                        await connection.execute("INSERT INTO user_preferences (user_id) VALUES ('anna')")
                else:
                    await eventually(lambda: "database_refused" in [line["event"] for line in logs])
                    with pytest.raises(DatabaseUnavailableError, match="session mode"):
                        await database.fetchval("SELECT 1")
                    with pytest.raises(DatabaseUnavailableError, match="TASKFLOW_DATABASE_URL"):
                        await database.check()


@pytest.mark.skipif(not _PGBOUNCER, reason="no pgbouncer on this machine")
async def test_the_audit_commands_have_their_settings_through_the_real_pgbouncer(app_url: str) -> None:
    async with pgbouncer(app_url, "session") as url, connected(url, SETTINGS | {"search_path": "public"}) as connection:
        assert await connection.fetchval("SHOW search_path") == "public"
        assert await connection.fetchval("SHOW jit") == "off"


@pytest.mark.skipif(not _PGBOUNCER, reason="no pgbouncer on this machine")
async def test_the_audit_commands_leave_no_settings_to_sessions_that_others_have(app_url: str) -> None:
    async with pgbouncer(app_url, "transaction") as url:
        with pytest.raises(ConnectionError, match="TASKFLOW_DATABASE_URL"):
            async with connected(url, SETTINGS | {"search_path": "public"}):
                raise AssertionError("not to be entered")
