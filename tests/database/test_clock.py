"""The services' clock is the database's: never ahead of it, steady in between, whatever the machine's clock shows."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from taskflow_core.database.clock import TOLERATED, DatabaseClock, clocks_agree, ticks
from taskflow_core.database.pool import Database
from taskflow_core.service.host import Host
from taskflow_core.settings import Settings
from taskflow_core.telemetry.metrics import REGISTRY
from tests.support.clock import MovableClock

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Server:
    """A database's clock, answering after a while; `moved` is what somebody has set it by."""

    def __init__(self) -> None:
        self.ticks = 1000.0
        self.moved = timedelta()
        self.to_server = self.to_client = 0.005

    @property
    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.ticks - 1000.0) + self.moved

    async def fetchval(self, _query: str) -> datetime:
        self.ticks += self.to_server
        at = self.now
        self.ticks += self.to_client
        return at


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock(server: Server) -> DatabaseClock:
    machine = MovableClock()
    machine.freeze(NOON + 5 * MINUTE)
    return DatabaseClock(machine=machine, ticks=lambda: server.ticks)


async def measure(clock: DatabaseClock, server: Any) -> None:
    await clock.measure(server)


async def test_before_the_first_answer_it_is_the_machine_s(clock: DatabaseClock) -> None:
    assert clock.now() == NOON + 5 * MINUTE
    assert clock.machine_off == timedelta()


async def test_it_is_never_ahead_and_behind_by_the_round_trip_at_most(clock: DatabaseClock, server: Server) -> None:
    for to_server, to_client in ((0.4, 0.001), (0.001, 0.4), (0.002, 0.003), (2.0, 3.0)):
        server.to_server, server.to_client = to_server, to_client
        await measure(clock, server)
        assert timedelta(milliseconds=-1) <= server.now - clock.now() <= timedelta(seconds=to_server + to_client)
    assert server.now - clock.now() < timedelta(milliseconds=5), "a slow answer spoils no good measurement"


async def test_it_goes_on_while_the_database_is_away(clock: DatabaseClock, server: Server) -> None:
    await measure(clock, server)
    server.ticks += 86_400
    assert abs(server.now - clock.now()) < timedelta(milliseconds=10)


async def test_small_corrections_never_take_it_back(clock: DatabaseClock, server: Server) -> None:
    await measure(clock, server)
    before = clock.now()
    server.moved = timedelta(seconds=-0.5)
    await measure(clock, server)
    assert clock.now() >= before
    server.ticks += 2
    assert before < clock.now() <= server.now


JUMPS = [timedelta(days=1000), timedelta(days=-1), timedelta(minutes=-5), timedelta(minutes=5)]


@pytest.mark.parametrize("by", JUMPS, ids=str)
async def test_a_database_clock_that_is_set_is_followed_once_that_has_lasted(
    clock: DatabaseClock, server: Server, by: timedelta
) -> None:
    await measure(clock, server)
    server.moved = by
    with capture_logs() as lines:
        for _ in range(6):
            await measure(clock, server)
            assert clock.in_doubt
            assert abs(server.now - by - clock.now()) < timedelta(seconds=1), "not yet"
            server.ticks += 11
        await measure(clock, server)
    assert not clock.in_doubt
    assert abs(server.now - clock.now()) < timedelta(milliseconds=20)
    assert [line["event"] for line in lines if line["event"].startswith("database")] == [
        "database_clock_jumped",
        "database_clock_set",
    ]


@pytest.mark.parametrize("by", JUMPS, ids=str)
async def test_a_database_clock_that_jumps_for_a_moment_again_and_again_is_not_followed(
    clock: DatabaseClock, server: Server, by: timedelta
) -> None:
    await measure(clock, server)
    for time in range(100):
        server.moved = by * (1 + time % 3)
        server.ticks += 20
        await measure(clock, server)
        assert clock.in_doubt
        server.moved = timedelta()
        server.ticks += 20
        await measure(clock, server)
        assert not clock.in_doubt
        assert abs(server.now - clock.now()) < timedelta(seconds=1)


async def test_a_machine_whose_clock_is_off_is_reported_once_and_when_it_agrees_again(server: Server) -> None:
    machine = MovableClock()
    clock = DatabaseClock(machine=machine, ticks=lambda: server.ticks)
    clock.services = ["chat-api"]
    with capture_logs() as lines:
        for at in (NOON, NOON + 5 * MINUTE, NOON + 6 * MINUTE, NOON - timedelta(days=1), NOON):
            machine.freeze(at)
            await measure(clock, server)
            assert REGISTRY.get_sample_value("taskflow_clock_offset_seconds", {"service": "chat-api"}) == pytest.approx(
                (at - NOON).total_seconds(), abs=1
            )
    assert [line["event"] for line in lines] == ["clock_off", "clock_agrees"]


async def test_of_clocks_that_differ_by_more_than_a_minute_nobody_knows_which_is_right(database: Database) -> None:
    machine = MovableClock()
    followed = DatabaseClock(machine=machine)
    async with database.acquire() as connection:
        for by, agree in ((timedelta(), True), (MINUTE / 2, True), (2 * MINUTE, False), (-3 * MINUTE, False)):
            machine.advance(by)
            assert await clocks_agree(connection, followed) == agree
            machine.advance(-by)
            assert await clocks_agree(connection, machine), "a clock that a test moves is the time"
    assert timedelta(seconds=30) < TOLERATED <= MINUTE


def test_ticks_go_on_at_the_pace_of_seconds() -> None:
    begin = ticks()
    assert 0 <= ticks() - begin < 60


async def test_the_services_of_a_host_go_by_the_database_as_soon_as_it_has_answered(settings: Settings) -> None:
    machine = MovableClock()
    machine.advance(timedelta(days=1000))
    host = Host(settings, [], machine=machine)
    async with host.running():
        await asyncio.wait_for(host.database.opened(), timeout=10)
        at = await host.database.fetchval("SELECT clock_timestamp()")
        assert abs(host.clock.now() - at) < timedelta(seconds=5)
