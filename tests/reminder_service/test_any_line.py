"""A crash at any line of the service's own code: what it was doing is undone or done, and done once in the end."""

from collections import Counter
from functools import partial

import reminder_service
from taskflow_core.database.pool import Database
from tests.reminder_service.world import NOON, Replica, World, minutes
from tests.support.clock import MovableClock
from tests.support.connections import mortal
from tests.support.crashing import crash_at


async def test_while_sending(world: World, database: Database, clock: MovableClock) -> None:
    line, expected = 0, Counter[str]()
    crashed = True
    while crashed:
        line += 1
        clock.freeze(NOON)
        events = await world.create_many([NOON + minutes(10)] * 2, "PT5M")
        await Replica(database, clock).hear(*events)
        await world.complete(events[1].task)
        expected[events[0].task_id] += 1
        clock.advance(minutes(5))
        async with mortal(database) as its_own:
            crashed = await crash_at(line, Replica(its_own, clock).firing.fire_due, of=reminder_service)
        await Replica(database, clock).fire()
    assert line > 20
    assert Counter(event.task_id for event in await world.sent()) == expected


async def test_while_planning(world: World, database: Database, clock: MovableClock) -> None:
    line, expected = 0, Counter[tuple[str, str]]()
    crashed = True
    while crashed:
        line += 1
        clock.freeze(NOON)
        moving, going = await world.create_many([NOON + minutes(10)] * 2, "PT5M")
        await Replica(database, clock).hear(moving, going)
        moved = await world.change(moving.task, due_at=NOON + minutes(20), reminders=["PT2M", "PT1M"])
        deleted = await world.delete(going.task)
        expected.update({(moving.task_id, "PT2M"): 1, (moving.task_id, "PT1M"): 1})
        async with mortal(database) as its_own:
            crashed = await crash_at(line, partial(Replica(its_own, clock).hear, moved, deleted), of=reminder_service)
        again = Replica(database, clock)
        if line % 2:
            await again.hear(moved, deleted)
        else:
            await again.reconciler.reconcile()
        clock.advance(minutes(30))
        await again.fire()
    assert line > 60
    assert Counter((event.task_id, event.offset) for event in await world.sent()) == expected
