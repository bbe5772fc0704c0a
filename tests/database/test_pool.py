"""The pool: opened without waiting for the server, mended by itself, honest about what is an outage."""

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from taskflow_core.database.outages import OUTAGES
from taskflow_core.database.pool import Database, DatabaseUnavailableError
from taskflow_core.telemetry import metrics
from tests.support.connections import connected, opened, opening
from tests.support.waiting import eventually

_END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


async def _sleeps(admin: asyncpg.Connection) -> bool:
    """Whether a query that takes long is under way."""
    query = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%'"
    return bool(await admin.fetch(query))


@pytest.fixture
async def admin(admin_url: str) -> AsyncGenerator[asyncpg.Connection]:
    async with connected(admin_url) as connection:
        yield connection


async def test_until_the_server_answers_using_it_is_an_outage() -> None:
    async with opening("postgresql://nobody@127.0.0.1:1/none") as database:
        with pytest.raises(DatabaseUnavailableError, match="has not answered"):
            await database.fetchval("SELECT 1")
        with pytest.raises(OUTAGES):
            await database.check()


async def test_it_opens_by_itself_once_the_server_lets_it(
    database_url: str, database_name: str, admin: asyncpg.Connection
) -> None:
    await admin.execute(f"ALTER DATABASE {database_name} CONNECTION LIMIT 0")
    async with opening(database_url, size=2) as database:
        opens = asyncio.create_task(database.opened())
        await asyncio.wait({opens}, timeout=0.2)
        assert not opens.done()
        await admin.execute(f"ALTER DATABASE {database_name} CONNECTION LIMIT -1")
        await asyncio.wait_for(opens, timeout=10)
        await database.check()


async def test_connections_that_were_ended_are_an_outage_and_then_new_ones(
    database: Database, admin: asyncpg.Connection
) -> None:
    assert await database.fetchval("SELECT 1") == 1

    async def works() -> None:
        try:
            assert await database.fetchval("SELECT 1") == 1
        except OUTAGES as error:
            raise AssertionError("still out") from error

    await admin.execute(_END_OTHERS)
    await eventually(works)


async def test_a_query_under_way_when_its_connection_ends_is_an_outage(
    database: Database, admin: asyncpg.Connection
) -> None:
    asked = asyncio.create_task(database.fetchval("SELECT pg_sleep(30)"))
    await eventually(lambda: _sleeps(admin))
    await admin.execute(_END_OTHERS)
    with pytest.raises(OUTAGES):
        await asked


@pytest.mark.parametrize("statement", ["SELECT 1/0", "SELECT * FROM nothing", "INSERT INTO tasks (id) VALUES ('x')"])
async def test_a_wrong_statement_is_no_outage(database: Database, statement: str) -> None:
    with pytest.raises(asyncpg.PostgresError) as raised:
        await database.execute(statement)
    assert not isinstance(raised.value, OUTAGES)


async def test_a_transaction_is_kept_or_taken_back_as_a_whole(database: Database) -> None:
    insert = "INSERT INTO user_preferences (user_id) VALUES ($1)"

    async def fails() -> None:
        async with database.transaction() as connection:
            await connection.execute(insert, "anna")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert await database.fetchval("SELECT count(*) FROM user_preferences") == 0
    async with database.transaction() as connection:
        await connection.execute(insert, "anna")
    assert await database.fetchval("SELECT count(*) FROM user_preferences") == 1


async def test_a_pool_that_is_used_up_is_an_outage_after_a_while_and_counted(database_url: str) -> None:
    counted = metrics.REGISTRY.get_sample_value
    before = counted("taskflow_database_pool_exhausted_total")
    async with opened(database_url) as database:
        async with database.acquire():
            with pytest.raises(OUTAGES):
                async with database.acquire(within=0.05):
                    pass
        assert await database.fetchval("SELECT 1") == 1
    assert before is not None
    assert counted("taskflow_database_pool_exhausted_total") == before + 1


async def test_every_connection_is_in_utc(database: Database) -> None:
    async with database.dedicated() as own:
        for connection in (own, database):
            assert await connection.fetchval("SHOW TimeZone") == "UTC"
        assert await own.fetchval("SHOW tcp_keepalives_idle") in ("5", "0"), "0 where the connection is a local socket"


async def test_closing_waits_for_nobody_long(database_url: str, admin: asyncpg.Connection) -> None:
    async with opened(database_url) as database:
        asked = asyncio.create_task(database.fetchval("SELECT pg_sleep(30)"))
        await eventually(lambda: _sleeps(admin))
        await asyncio.wait_for(database.close(), timeout=4)
        with pytest.raises(OUTAGES):
            await asked
