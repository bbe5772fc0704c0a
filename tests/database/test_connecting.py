"""Connecting: which host, what is said of what refuses, and what is noticed of connections that are there."""

import asyncio
from collections.abc import AsyncGenerator, Callable, MutableMapping, Sequence
from typing import Any

import asyncpg
import pytest
import structlog

from taskflow_core.database import pool
from taskflow_core.database.connecting import DatabaseUnavailableError, one_by_one
from taskflow_core.database.outages import OUTAGES
from taskflow_core.database.pool import Database
from tests.support.connections import connected, opened, opening
from tests.support.switch import Switch, switch, target_of
from tests.support.waiting import eventually


@pytest.mark.parametrize(
    ("url", "each"),
    [
        ("postgresql://u:p@db/t", ["postgresql://u:p@db/t"]),
        ("postgresql://u:p@a,b/t?x=1", ["postgresql://u:p@a/t?x=1", "postgresql://u:p@b/t?x=1"]),
        ("postgres://u:p,q@a:1,b:2", ["postgres://u:p,q@a:1", "postgres://u:p,q@b:2"]),
        ("postgresql://a,[::1]:7/t", ["postgresql://a/t", "postgresql://[::1]:7/t"]),
        ("postgresql://u@/t?host=%2Ftmp&port=5432", ["postgresql://u@/t?host=%2Ftmp&port=5432"]),
        (
            "postgresql://u@/t?host=a,b&port=1,2",
            ["postgresql://u@/t?host=a&port=1", "postgresql://u@/t?host=b&port=2"],
        ),
        ("postgresql:///t?host=a,b&port=1", ["postgresql:///t?host=a&port=1", "postgresql:///t?host=b&port=1"]),
        ("postgresql:///t?host=a,b", ["postgresql:///t?host=a", "postgresql:///t?host=b"]),
    ],
)
def test_a_url_of_several_hosts_is_one_for_each(url: str, each: list[str]) -> None:
    assert one_by_one(url) == each


@pytest.fixture
async def way(app_url: str) -> AsyncGenerator[Switch]:
    """A way to the test's database by TCP."""
    async with switch(target_of(app_url)) as made:
        yield made


@pytest.fixture
async def admin(admin_url: str) -> AsyncGenerator[asyncpg.Connection]:
    async with connected(admin_url) as connection:
        yield connection


@pytest.fixture
async def by_switch(way: Switch, app_url: str) -> AsyncGenerator[Database]:
    async with opened(way.url(app_url), size=2) as database:
        yield database


async def _fails(database: Database, words: str) -> None:
    with pytest.raises(OUTAGES, match=words):
        await database.check()


async def _works(database: Database) -> None:
    try:
        await database.check()
    except OUTAGES as error:
        raise AssertionError(f"not yet: {error}") from error


async def test_a_server_that_swallows_everything_is_noticed_within_a_second_and_forgotten_when_it_answers(
    by_switch: Database, way: Switch
) -> None:
    await by_switch.check()
    target, way.target = way.target, None
    way.cut()

    async def noticed() -> None:
        async with asyncio.timeout(1):
            await _fails(by_switch, "no answer within")

    await eventually(noticed)
    way.target = target
    await eventually(lambda: _works(by_switch))


async def test_a_connection_that_fell_silent_is_given_up_though_nobody_closed_it(
    by_switch: Database, way: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with by_switch.acquire() as first, by_switch.acquire() as second:
        pids = {await first.fetchval("SELECT pg_backend_pid()"), await second.fetchval("SELECT pg_backend_pid()")}
    way.hold()  # what is open stays open, and brings nothing more
    with pytest.raises(OUTAGES):
        async with asyncio.timeout(1):
            await by_switch.check()
    await eventually(lambda: _works(by_switch))
    assert await by_switch.fetchval("SELECT pg_backend_pid()") not in pids


async def test_a_pool_that_is_used_up_is_said_as_such(by_switch: Database) -> None:
    async with by_switch.acquire(), by_switch.acquire(), asyncio.timeout(1):
        await _fails(by_switch, "all 2 connections of the pool are in use")
    await by_switch.check()


@pytest.mark.parametrize("setting", ["default_transaction_read_only = on"])
async def test_a_role_that_was_told_to_read_only_is_read_only_and_writes_again_once_it_may(
    database: Database, database_name: str, admin: asyncpg.Connection, setting: str
) -> None:
    insert = "INSERT INTO user_preferences (user_id) VALUES ('anna') ON CONFLICT DO NOTHING"
    await database.execute(insert)
    await admin.execute(f"ALTER DATABASE {database_name} SET {setting}")
    await database._evict(TimeoutError())  # pyright: ignore[reportPrivateUsage]  # as time does
    await _fails(database, "read-only: default_transaction_read_only is on")
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await database.execute(insert)
    await admin.execute(f"ALTER DATABASE {database_name} RESET default_transaction_read_only")

    async def writes() -> None:
        try:
            await database.execute(insert)
        except OUTAGES as error:
            raise AssertionError("not yet") from error

    await eventually(writes)
    await eventually(lambda: _works(database))


async def test_a_full_disk_is_not_ready_for_a_while(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(asyncpg.DiskFullError):
        await database.execute("DO $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$")
    await _fails(database, "disk is full")
    monkeypatch.setattr(pool, "_DISK_FULL_SECONDS", 0.0)
    await database.check()


async def test_an_error_that_the_driver_has_no_class_for_is_judged_by_its_code(database: Database) -> None:
    with pytest.raises(DatabaseUnavailableError):
        await database.execute("DO $$ BEGIN RAISE EXCEPTION 'new' USING ERRCODE = '57P99'; END $$")
    with pytest.raises(asyncpg.PostgresError) as raised:
        await database.execute("DO $$ BEGIN RAISE EXCEPTION 'ours' USING ERRCODE = 'TF001'; END $$")
    assert not isinstance(raised.value, OUTAGES)


async def test_no_session_that_cannot_be_had_is_anybodys_fault(
    app_url: str, database_name: str, admin: asyncpg.Connection
) -> None:
    """A password that is wrong for a while, a right to connect that is taken, a database that is gone."""
    async with opened(app_url, size=2) as database:
        url = database.connector.urls[0]
        with structlog.testing.capture_logs() as logs:
            for said, wrong in enumerate(
                (url.replace(":", ":x", 2).replace("x//", "//"), url.replace(database_name, "no_such_database")), 1
            ):
                database.connector.urls = [wrong]
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = $1 AND pid <> pg_backend_pid()",
                    database_name,
                )
                await eventually(lambda said=said: _refused(database, logs, said))
                await _refused(database, logs, said)  # each reason once
            database.connector.urls = [url]
            await eventually(lambda: _works(database))
        assert "database_available" in [line["event"] for line in logs]


async def _refused(database: Database, logs: Sequence[MutableMapping[str, Any]], said: int) -> None:
    """It is an outage, and so many reasons were said by now. At first a connection may be met that was just cut."""
    try:
        await database.fetchval("SELECT 1")
    except OUTAGES:
        pass
    else:
        raise AssertionError("still there")
    assert [line["event"] for line in logs].count("database_refuses") == said


async def test_a_url_that_makes_no_sense_is_said_and_does_not_end_the_trying(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with opening("postgresql://u@h:port/x?sslmode=maybe") as database:
            said: Callable[[], bool] = lambda: any(line["event"] == "database_refuses" for line in logs)  # noqa: E731
            await eventually(said)
            with pytest.raises(DatabaseUnavailableError, match="has not answered yet: "):
                await database.fetchval("SELECT 1")
