"""The service at work: starts, waits for the right moment, notices the clock being set, and comes back from outages."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import asyncpg
import httpx
import pytest

from reminder_service.app import create_service
from taskflow_core.database.pool import Database
from taskflow_core.service.composition import Runtime, Service
from taskflow_core.settings import Settings
from taskflow_core.telemetry.metrics import REGISTRY
from tests.reminder_service.world import NOON, Replica, World, minutes
from tests.support.clock import MovableClock
from tests.support.connections import connected, opening
from tests.support.waiting import eventually

Start = Callable[[], AbstractAsyncContextManager[Service]]


@pytest.fixture
def start(database: Database, settings: Settings, clock: MovableClock) -> Start:
    @asynccontextmanager
    async def running() -> AsyncGenerator[Service]:
        async with httpx.AsyncClient() as nobody:
            service = create_service(Runtime(settings=settings, database=database, clock=clock, chat_api=nobody))
            assert service.background is not None
            async with service.background():
                yield service

    return running


async def _sent(world: World, count: int) -> bool:
    return len(await world.sent()) == count


async def test_overdue_ones_are_sent_at_start(
    world: World, replica: Replica, clock: MovableClock, start: Start
) -> None:
    await replica.hear(await world.create(NOON + minutes(10), "PT5M"))
    clock.advance(minutes(8))
    async with start():
        await eventually(lambda: _sent(world, 1))
    [event] = await world.sent()
    assert (event.fired_at, event.late) == (NOON + minutes(8), True)


async def test_the_gauge_of_what_is_held_follows_what_is_sent(
    world: World, replica: Replica, clock: MovableClock, start: Start
) -> None:
    await replica.hear(await world.create(NOON + minutes(10), "PT5M"))
    assert _held() == 1
    async with start() as service:
        await service.subscriptions[0].handler([await world.create(NOON + minutes(10), "PT5M")])
        assert _held() >= 1
        clock.advance(minutes(8))
        await eventually(lambda: _sent(world, 2))
        await eventually(_nothing_held)


def _held() -> float:
    """The gauge as it is scraped."""
    held = REGISTRY.get_sample_value("taskflow_reminders_held", {"service": "reminder-service"})
    assert held is not None
    return held


async def _nothing_held() -> bool:
    return _held() == 0


async def test_what_no_event_told_is_found_at_start(world: World, clock: MovableClock, start: Start) -> None:
    await world.create(NOON + minutes(10), "PT5M")
    clock.advance(minutes(8))
    async with start():
        await eventually(lambda: _sent(world, 1))


async def test_fires_within_a_second_of_its_time(world: World, clock: MovableClock, start: Start) -> None:
    clock.run_from(NOON)
    async with start() as service:
        created = await world.create(NOON + timedelta(seconds=1.5), "PT0S", "PT1S")
        await service.subscriptions[0].handler([created])
        await eventually(lambda: _sent(world, 2))
    for event in await world.sent():
        assert timedelta() <= event.fired_at - event.scheduled_at < timedelta(seconds=1)


async def test_a_clock_set_forward_is_noticed_and_one_set_back_repeats_nothing(
    world: World, replica: Replica, clock: MovableClock, start: Start
) -> None:
    async with start() as service:
        created = await world.create(NOON + timedelta(days=3), "P1D", "PT1H")
        await service.subscriptions[0].handler([created])
        clock.advance(timedelta(days=2))
        await eventually(lambda: _sent(world, 1))
        clock.advance(timedelta(days=-2))
        await service.subscriptions[0].handler([created])
        await asyncio.sleep(1.2)
        assert await _sent(world, 1)
        clock.advance(timedelta(days=3))
        await eventually(lambda: _sent(world, 2))
    assert [event.offset for event in await world.sent()] == ["P1D", "PT1H"]


async def test_goes_on_when_the_database_comes_back(
    world: World, clock: MovableClock, start: Start, admin_url: str
) -> None:
    async with start() as service:
        await service.subscriptions[0].handler([await world.create(NOON + minutes(10), "PT5M")])
        async with connected(admin_url) as admin:
            for _ in range(3):
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                await asyncio.sleep(0.05)
        clock.advance(minutes(5))
        await eventually(lambda: _fired_at_last(world))


async def _fired_at_last(world: World) -> bool:
    try:
        return await _sent(world, 1)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


async def test_starts_and_stops_while_the_database_is_away(settings: Settings, clock: MovableClock) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    async with opening(nowhere) as away, httpx.AsyncClient() as nobody, asyncio.timeout(3):
        service = create_service(Runtime(settings=settings, database=away, clock=clock, chat_api=nobody))
        assert service.background is not None
        async with service.background():
            await asyncio.sleep(0.1)
