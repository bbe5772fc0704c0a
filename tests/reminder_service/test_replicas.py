"""Several replicas on one database: each reminder is sent by one of them."""

import asyncio
from collections import Counter
from datetime import timedelta

from taskflow_core.database.pool import Database
from taskflow_core.events.model import Event
from tests.reminder_service.world import NOON, Replica, World, minutes
from tests.support.clock import MovableClock
from tests.support.connections import connected
from tests.support.waiting import eventually


async def test_a_thousand_in_the_same_second_are_sent_once_each_by_two_replicas(
    world: World, database: Database, clock: MovableClock
) -> None:
    one, other = Replica(database, clock), Replica(database, clock)
    events = await world.create_many([NOON + minutes(10)] * 500, "PT5M", "PT4M59S")
    for start in range(0, len(events), 100):
        batch = events[start : start + 100]
        await asyncio.gather(one.hear(*batch), other.hear(*reversed(batch)))
    clock.advance(minutes(5) + timedelta(seconds=1))
    await asyncio.gather(one.firing.fire_due(), other.firing.fire_due())
    assert not await one.firing.fire_due()
    sent = await world.sent()
    assert len(sent) == 1000
    assert set(Counter((event.task_id, event.offset) for event in sent).values()) == {1}
    assert len({event.event_id for event in sent}) == 1000
    assert await database.fetchval("SELECT count(DISTINCT xmin::text) FROM outbox") <= 8


async def test_a_task_that_is_being_changed_waits_and_holds_up_no_other(
    world: World, database: Database, clock: MovableClock, database_url: str
) -> None:
    replica = Replica(database, clock)
    moving, still = await world.create_many([NOON + minutes(10)] * 2, "PT5M")
    await replica.hear(moving, still)
    clock.advance(minutes(5))
    async with connected(database_url) as connection, connection.transaction():
        await connection.execute("SELECT FROM tasks WHERE id = $1 FOR UPDATE", moving.task_id)
        assert await replica.firing.fire_due()
        assert [event.task_id for event in await world.sent()] == [still.task_id]
        await connection.execute(
            "UPDATE tasks SET due_date = due_date + interval '1 day' WHERE id = $1", moving.task_id
        )
    await replica.fire()
    assert len(await world.sent()) == 1


async def test_a_completion_and_a_claim_at_the_same_time_leave_one_outcome(
    world: World, database: Database, clock: MovableClock
) -> None:
    """Whichever comes first counts; neither waits for the other for ever."""
    replica = Replica(database, clock)
    events = await world.create_many([NOON + minutes(10)] * 40, "PT5M")
    await replica.hear(*events)
    clock.advance(minutes(5))

    async def complete_all() -> list[Event]:
        return [await world.complete(event.task) for event in events]

    async def fire_all() -> None:
        for _ in range(5):
            await replica.firing.fire_due()

    completions, _ = await asyncio.gather(complete_all(), fire_all())
    await replica.hear(*completions)
    await replica.fire()
    sent = Counter(event.task_id for event in await world.sent())
    for event in events:
        [row] = await world.rows(event.task)
        assert (row["status"], sent[event.task_id]) in {("sent", 1), ("cancelled", 0)}


async def test_replicas_plan_the_same_tasks_at_the_same_time_without_a_deadlock(
    world: World, database: Database, clock: MovableClock
) -> None:
    replicas = [Replica(database, clock) for _ in range(3)]
    events = await world.create_many([NOON + minutes(10)] * 60, "PT5M", "PT1M")
    gone = [await world.delete(event.task) for event in events[:20]]
    moved = [await world.change(event.task, due_at=NOON + minutes(20)) for event in events[20:40]]
    batch: list[Event] = [*events, *gone, *moved]
    for _ in range(5):
        await asyncio.gather(*(replica.hear(*batch[shift:], *batch[:shift]) for shift, replica in enumerate(replicas)))
    clock.advance(minutes(30))
    await asyncio.gather(*(replica.firing.fire_due() for replica in replicas))
    await replicas[0].fire()
    assert len(await world.sent()) == 80


async def test_what_one_replica_planned_the_other_sends_when_the_first_is_gone(
    world: World, database: Database, clock: MovableClock
) -> None:
    await Replica(database, clock).hear(await world.create(NOON + minutes(10), "PT5M"))
    other = Replica(database, clock)
    clock.advance(minutes(4))
    await other.reconciler.look_ahead()
    assert other.alarm.heap.next_at == (NOON + minutes(5)).timestamp()
    clock.advance(minutes(1))
    await eventually(other.fire)
    assert len(await world.sent()) == 1
