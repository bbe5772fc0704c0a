"""A failover as applications meet it: a real primary, a real standby, and a way to them that lags behind."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Iterator

import asyncpg
import pytest
import structlog

from taskflow_core.cancellation import ended
from taskflow_core.database import lease
from taskflow_core.database.outages import OUTAGES
from taskflow_core.database.pool import Database
from taskflow_core.events.topics import CHAT_API
from taskflow_core.service.composition import Service
from taskflow_core.service.health import HealthChecks
from taskflow_local.postgres import EmbeddedPostgres
from taskflow_local.postgres_cluster import ADMIN_ROLE, OWNER_ROLE
from tests.service.test_health import no_app
from tests.support.connections import connected, opened
from tests.support.processes import fresh_open_directory
from tests.support.standby import Standby, primary_and_standby, socket_of
from tests.support.switch import Switch, switch
from tests.support.waiting import eventually

_WRITE = "INSERT INTO notes (text) VALUES ('x')"


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[EmbeddedPostgres, Standby]]:
    """For the tests that leave both as they were."""
    yield from _servers()


@pytest.fixture
def servers() -> Iterator[tuple[EmbeddedPostgres, Standby]]:
    yield from _servers()


def _servers() -> Iterator[tuple[EmbeddedPostgres, Standby]]:
    directory = fresh_open_directory()
    try:
        with primary_and_standby(directory) as made:
            asyncio.run(_make_table(*made))
            yield made
    finally:
        shutil.rmtree(directory, ignore_errors=True)


async def _make_table(primary: EmbeddedPostgres, standby: Standby) -> None:
    """A table that both have."""
    async with connected(primary.addresses.url(OWNER_ROLE)) as connection:
        await connection.execute("CREATE TABLE notes (text text)")
    async with connected(standby.addresses.url(OWNER_ROLE)) as follower:
        await eventually(lambda: follower.fetchval("SELECT to_regclass('notes') IS NOT NULL"))


@pytest.fixture
async def way() -> AsyncGenerator[Switch]:
    async with switch(None) as made:
        yield made


async def writes(database: Database) -> None:
    try:
        await database.execute(_WRITE)
    except OUTAGES as error:
        raise AssertionError(f"not yet: {error}") from error


async def readiness(database: Database) -> str:
    checks = HealthChecks([Service(name=CHAT_API, app=no_app)], {"database": database.check})
    checks.started = True
    async with asyncio.timeout(1):
        return (await checks.ready()).services[CHAT_API].checks["database"]


async def test_writes_work_again_within_seconds_although_the_address_was_stale(
    shared: tuple[EmbeddedPostgres, Standby], way: Switch
) -> None:
    primary, standby = shared
    way.target = socket_of(primary)
    async with opened(way.url(primary.addresses.url(OWNER_ROLE)), size=4) as database:
        await database.execute(_WRITE)
        assert await readiness(database) == "ok"

        # The server behind the address is a standby now, and every connection of the pool leads to it.
        way.target = socket_of(standby)
        way.cut()

        async def says_so() -> None:
            assert await readiness(database) == "read-only: the server is a standby"

        await eventually(says_so)
        assert await asyncio.gather(*(database.fetchval("SELECT pg_is_in_recovery()") for _ in range(4))) == [True] * 4
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await database.execute(_WRITE)

        # The address leads to the primary again. Nobody closes the connections to the standby, which are good for
        # reading.
        way.target = socket_of(primary)
        await eventually(lambda: writes(database))
        await eventually(lambda: says(database, "ok"))


async def says(database: Database, what: str) -> None:
    assert await readiness(database) == what


async def test_readiness_alone_finds_the_way_back_when_nobody_writes(
    shared: tuple[EmbeddedPostgres, Standby], way: Switch
) -> None:
    primary, standby = shared
    way.target = socket_of(standby)
    async with opened(way.url(primary.addresses.url(OWNER_ROLE)), size=4) as database:
        assert (await readiness(database)).startswith("read-only")
        way.target = socket_of(primary)
        await eventually(lambda: says(database, "ok"))
        await database.execute(_WRITE)


async def test_a_lease_is_only_held_where_writes_go(
    shared: tuple[EmbeddedPostgres, Standby], way: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A standby would give the lock, and no statement could then be made under it on the primary."""
    monkeypatch.setattr(lease, "_TRY_SECONDS", 0.1)
    primary, standby = shared
    way.target = socket_of(standby)
    async with opened(way.url(primary.addresses.url(OWNER_ROLE)), size=4) as database:
        at_work: list[str] = []

        async def work() -> None:
            at_work.append("turn")
            try:
                await asyncio.Event().wait()
            finally:
                at_work.pop()

        with structlog.testing.capture_logs() as logs:
            task = asyncio.create_task(lease.lead(database, "failover", work, service="test"))
            await eventually(lambda: "lease_lost" in [line["event"] for line in logs])
            assert at_work == []
            way.target = socket_of(primary)
            await eventually(lambda: at_work == ["turn"])
            way.target = socket_of(standby)
            way.cut()
            await eventually(lambda: at_work == [])
            way.target = socket_of(primary)
            await eventually(lambda: at_work == ["turn"])
        await ended([task])


async def test_of_several_hosts_the_one_that_takes_writes_is_found_before_and_after_a_promotion(
    servers: tuple[EmbeddedPostgres, Standby],
) -> None:
    primary, standby = servers
    async with switch(socket_of(standby)) as one, switch(socket_of(primary)) as other:
        url = one.url(primary.addresses.url(OWNER_ROLE)).replace(f":{one.port}", f":{one.port},127.0.0.1:{other.port}")
        async with opened(url, size=4) as database:
            await database.execute(_WRITE)
            assert await readiness(database) == "ok"

            other.target = None  # the primary's host swallows whatever it is sent
            other.cut()
            async with connected(standby.addresses.url(ADMIN_ROLE)) as admin:
                assert await admin.fetchval("SELECT pg_promote()")
            await eventually(lambda: writes(database))
            assert await readiness(database) == "ok"


async def test_a_commit_that_waits_for_a_standby_that_is_gone_is_not_ready(
    shared: tuple[EmbeddedPostgres, Standby], way: Switch
) -> None:
    primary, _ = shared
    way.target = socket_of(primary)
    url = way.url(primary.addresses.url(OWNER_ROLE))
    async with opened(url, size=4) as database, connected(primary.addresses.url(ADMIN_ROLE)) as admin:
        await admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'gone'")
        await admin.execute("ALTER ROLE taskflow_owner SET synchronous_commit = 'on'")
        await admin.execute("SELECT pg_reload_conf()")
        way.cut()
        await eventually(lambda: says(database, "no answer within 0.8 s"))
        await admin.execute("ALTER SYSTEM RESET synchronous_standby_names")
        await admin.execute("ALTER ROLE taskflow_owner RESET synchronous_commit")
        await admin.execute("SELECT pg_reload_conf()")
        await eventually(lambda: says(database, "ok"))
