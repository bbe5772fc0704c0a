"""Reminders go off by the database's clock, whatever the clock of the machine that a replica runs on shows."""

import asyncio
from datetime import datetime, timedelta

import pytest

from reminder_service.app import create_service
from taskflow_core.database.clock import DatabaseClock
from taskflow_core.database.pool import Database
from taskflow_core.service.host import Host
from taskflow_core.settings import Settings
from tests.reminder_service.world import Replica, World
from tests.support.clock import MovableClock
from tests.support.waiting import eventually


@pytest.fixture
async def world(database: Database, clock: MovableClock) -> World:
    """A user with tasks, by the clock of this machine, which is the database's too."""
    made = World(database, clock)
    await made.new_user()
    return made


@pytest.mark.parametrize(
    "off", [timedelta(minutes=5), timedelta(minutes=-5), timedelta(days=-1), timedelta(days=1000)], ids=str
)
async def test_a_replica_whose_clock_is_off_sends_each_reminder_at_its_time(
    world: World, database: Database, settings: Settings, off: timedelta
) -> None:
    machine = MovableClock()
    machine.advance(off)
    now: datetime = await database.fetchval("SELECT clock_timestamp()")
    soon, later = now + timedelta(seconds=2), now + timedelta(minutes=3)
    due = await world.create_many([soon, later], "PT0S")
    host = Host(settings, [create_service], machine=machine)
    async with host.running():
        await asyncio.wait_for(host.database.opened(), timeout=10)
        await host.services[0].subscriptions[0].handler(due)

        async def sent() -> bool:
            return bool(await world.sent())

        await eventually(sent)
    [event] = await world.sent()
    arrived: datetime = await database.fetchval("SELECT min(created_at) FROM outbox")
    assert event.task_id == due[0].task_id, "three minutes ahead is not yet"
    assert soon <= event.fired_at <= arrived, "neither early nor in the future"
    assert not event.late


async def test_rows_of_old_are_forgotten_by_the_database_s_clock_and_only_while_clocks_agree(
    world: World, database: Database, clock: MovableClock
) -> None:
    machine = MovableClock()
    replica = Replica(database, DatabaseClock(machine=machine))
    for _ in range(2):
        made = await world.create(clock.now() + timedelta(minutes=10), "PT5M")
        await replica.hear(made)
        await replica.hear(await world.delete(made.task))
    [first, _] = await world.rows()
    await database.execute(
        "UPDATE reminder_schedule SET updated_at = now() - interval '91 days' WHERE id = $1", first["id"]
    )
    machine.advance(timedelta(days=1000))
    await replica.reconciler.reconcile()
    assert len(await world.rows()) == 2, "one of two clocks that differ is wrong"
    machine.advance(timedelta(days=-1000))
    await replica.reconciler.reconcile()
    [left] = await world.rows()
    assert left["id"] != first["id"]
