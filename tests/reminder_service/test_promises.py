"""Each reminder is sent once, at its time, for as long as it has a reason. Counted from the outbox."""

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest

from taskflow_core.database.pool import Database
from taskflow_core.events.model import Event
from tests.reminder_service.world import NOON, Replica, World, minutes
from tests.support.clock import MovableClock


async def test_sent_at_its_time_and_says_what_it_is(world: World, replica: Replica, clock: MovableClock) -> None:
    created = await world.create(NOON + timedelta(hours=2), "PT1H", "PT0S")
    await replica.hear(created)
    clock.advance(minutes(59))
    await replica.fire()
    assert await world.sent() == []
    clock.advance(minutes(1))
    await replica.fire()
    [event] = await world.sent()
    assert event.user_id == world.user_id
    assert event.actor_id == "reminder-service"
    assert event.task_id == created.task_id
    assert event.version == 1
    assert event.reminder_type == "before_due"
    assert event.offset == "PT1H"
    assert event.due_date == NOON + timedelta(hours=2)
    assert event.scheduled_at == event.fired_at == event.timestamp == NOON + timedelta(hours=1)
    assert not event.late
    [row, _] = await world.rows()
    assert (str(row["id"]), str(row["event_id"])) == (event.reminder_id, event.event_id)
    clock.advance(timedelta(hours=1))
    await replica.fire()
    assert [event.reminder_type for event in await world.sent()] == ["before_due", "due"]


async def test_overdue_ones_say_that_they_are_late(world: World, replica: Replica, clock: MovableClock) -> None:
    await replica.hear(await world.create(NOON + timedelta(hours=2), "PT1H", "PT0S"))
    clock.advance(timedelta(hours=2, seconds=60))
    await replica.fire()
    assert [(event.offset, event.late) for event in await world.sent()] == [("PT1H", True), ("PT0S", False)]


async def test_completed_deleted_and_moved_tasks_send_nothing_even_before_the_event_comes(
    world: World, replica: Replica, clock: MovableClock
) -> None:
    events = await world.create_many([NOON + minutes(n) for n in (10, 10, 10)], "PT5M")
    await replica.hear(*events)
    done, gone, moved = (event.task for event in events)
    await world.complete(done)
    await world.delete(gone)
    await world.change(moved, due_at=NOON + timedelta(days=1))
    clock.advance(minutes(20))
    await replica.fire()
    assert await world.sent() == []
    assert {row["status"] for row in await world.rows()} == {"cancelled"}


async def test_a_changed_due_date_moves_its_reminders(world: World, replica: Replica, clock: MovableClock) -> None:
    created = await world.create(NOON + minutes(30), "PT10M")
    await replica.hear(created)
    await replica.hear(await world.change(created.task, due_at=NOON + minutes(60)))
    clock.advance(minutes(40))
    await replica.fire()
    assert await world.sent() == []
    clock.advance(minutes(10))
    await replica.fire()
    assert [event.scheduled_at for event in await world.sent()] == [NOON + minutes(50)]


async def test_a_due_date_moved_away_and_back_keeps_its_reminder(
    world: World, replica: Replica, clock: MovableClock
) -> None:
    created = await world.create(NOON + minutes(30), "PT10M")
    moved = await world.change(created.task, due_at=NOON + minutes(90))
    await replica.hear(created, moved)
    await replica.hear(await world.change(moved.task, due_at=created.task.due_at))
    clock.advance(minutes(20))
    await replica.fire()
    assert [event.scheduled_at for event in await world.sent()] == [NOON + minutes(20)]


async def test_one_that_was_sent_does_not_come_again_when_the_due_date_moves_away_and_back(
    world: World, replica: Replica, clock: MovableClock
) -> None:
    created = await world.create(NOON + minutes(30), "PT10M")
    await replica.hear(created)
    clock.advance(minutes(20))
    await replica.fire()
    moved = await world.change(created.task, due_at=NOON + minutes(90))
    await replica.hear(moved)
    back = await world.change(moved.task, due_at=created.task.due_at)
    await replica.hear(back)
    await replica.hear(await world.change(back.task, completed=True), await world.change(back.task, completed=False))
    await replica.reconciler.reconcile()
    clock.advance(minutes(60))
    await replica.fire()
    assert len(await world.sent()) == 1


async def test_reopening_brings_back_what_is_still_to_come(world: World, replica: Replica, clock: MovableClock) -> None:
    created = await world.create(NOON + minutes(30), "PT10M")
    completed = await world.complete(created.task)
    await replica.hear(created, completed)
    assert await world.statuses(created.task) == {}
    await replica.hear(await world.change(completed.task, completed=False))
    clock.advance(minutes(20))
    await replica.fire()
    assert len(await world.sent()) == 1


async def test_reopening_after_the_due_date_sends_nothing_of_the_past(
    world: World, replica: Replica, clock: MovableClock
) -> None:
    created = await world.create(NOON + minutes(30), "PT10M")
    await replica.hear(created)
    completed = await world.complete(created.task)
    await replica.hear(completed)
    clock.advance(timedelta(hours=3))
    await replica.hear(await world.change(completed.task, completed=False), created, completed)
    await replica.hear(created)
    await replica.reconciler.reconcile()
    await replica.fire()
    assert await world.sent() == []


@pytest.mark.parametrize(
    ("due_in", "sent"), [(minutes(30), True), (minutes(-30), False)], ids=["due ahead", "due in the past"]
)
async def test_in_the_past_at_creation_is_sent_at_once_only_while_the_due_date_is_ahead(
    world: World, replica: Replica, due_in: timedelta, *, sent: bool
) -> None:
    await replica.hear(await world.create(NOON + due_in, "PT1H"))
    await replica.reconciler.reconcile()
    await replica.fire()
    assert [event.fired_at for event in await world.sent()] == [NOON] * sent


async def test_an_all_day_task_is_ahead_until_its_day_ends(world: World, replica: Replica) -> None:
    # Its reminder at the due time is at 09:00 in Auckland, which was at 20:00 UTC the day before.
    await replica.hear(await world.create(NOON - timedelta(hours=1), "PT0S", all_day=True, zone="Pacific/Auckland"))
    rows = await world.rows()
    assert [row["fire_at"] for row in rows] == [NOON + timedelta(hours=8)]
    await replica.hear(await world.create(NOON - timedelta(hours=12), "PT0S", all_day=True, zone="UTC"))
    await replica.fire()
    assert [(event.scheduled_at, event.late) for event in await world.sent()] == [(NOON - timedelta(hours=3), True)]


async def test_missed_while_nobody_listened_is_sent_late_after_the_due_date(
    world: World, replica: Replica, clock: MovableClock
) -> None:
    created = await world.create(NOON + timedelta(hours=1), "PT30M")
    clock.advance(timedelta(hours=30))
    edited = await world.change(created.task, title="Water all the plants")
    await replica.hear(edited)
    await replica.reconciler.reconcile()
    await replica.fire()
    assert await world.sent() == []
    await replica.hear(created)
    await replica.fire()
    assert [event.late for event in await world.sent()] == [True]


async def test_events_that_come_twice_and_in_any_order_lead_to_the_same(
    world: World, database: Database, clock: MovableClock
) -> None:
    """Every order of one task's life, some events twice: it ends open and due at the second date."""
    orders = list(itertools.permutations(range(5)))
    random.Random(7).shuffle(orders)
    for order in orders[:24]:
        clock.freeze(NOON)
        before = len(await world.sent())
        replica = Replica(database, clock)
        created = await world.create(NOON + minutes(30), "PT10M", "PT20M")
        completed = await world.complete(created.task)
        reopened = await world.change(completed.task, completed=False)
        moved = await world.change(reopened.task, due_at=NOON + minutes(60))
        titled = await world.change(moved.task, title="Water the cacti")
        life: list[Event] = [created, completed, reopened, moved, titled]
        for index in (*order, *order[:2]):
            await replica.hear(life[index])
        assert await world.statuses(titled.task) == {"PT10M": "pending", "PT20M": "pending"}, order
        clock.advance(timedelta(hours=2))
        await replica.fire()
        for index in order:
            await replica.hear(life[index])
        await replica.fire()
        assert len(await world.sent()) - before == 2, order


async def test_a_late_event_of_a_deleted_task_brings_nothing_back(
    world: World, replica: Replica, clock: MovableClock
) -> None:
    created = await world.create(NOON + minutes(30), "PT10M")
    deleted = await world.delete(created.task)
    await replica.hear(deleted)
    await replica.hear(created)
    clock.advance(timedelta(hours=1))
    await replica.fire()
    assert await world.sent() == []
    assert await world.rows() == []


async def test_a_task_moved_to_another_zone_is_reminded_of_by_that_zone(world: World, replica: Replica) -> None:
    # All day in UTC, then at 02:00 in Berlin: the due date is the same instant, a day before it is not.
    due_at = NOON + timedelta(days=200, hours=12)
    created = await world.create(due_at, "P1D", all_day=True, zone="UTC")
    await replica.hear(created)
    await replica.hear(await world.change(created.task, due_all_day=False, recurrence_timezone="Europe/Berlin"))
    [row] = await world.rows()
    assert row["scheduled_at"] == row["fire_at"] == due_at - timedelta(days=1)
    assert (row["timezone"], row["due_all_day"]) == ("Europe/Berlin", False)


async def test_acknowledged_by_chat_api_means_no_more_for_that_due_date(
    world: World, replica: Replica, clock: MovableClock
) -> None:
    created = await world.create(NOON + minutes(30), "PT10M", "PT20M")
    await replica.hear(created)
    clock.advance(minutes(10))
    await replica.fire()
    await world.database.execute(
        "UPDATE reminder_schedule SET status = 'acknowledged' WHERE task_id = $1", created.task_id
    )
    completed = await world.complete(created.task)
    reopened = await world.change(completed.task, completed=False)
    await replica.hear(created, completed, reopened)
    await replica.reconciler.reconcile()
    clock.advance(minutes(10))
    await replica.fire()
    assert len(await world.sent()) == 1
    await replica.hear(await world.change(reopened.task, due_at=NOON + minutes(60)))
    clock.advance(minutes(30))
    await replica.fire()
    assert len(await world.sent()) == 3


async def test_what_phase_iv_did_without_events_is_reconciled(
    world: World, replica: Replica, clock: MovableClock
) -> None:
    tasks = [event.task for event in await world.create_many([NOON + timedelta(hours=n) for n in (1, 2, 3)], "PT10M")]
    assert await replica.reconciler.reconcile() == 3
    await world.database.execute("UPDATE tasks SET completed = true WHERE id = $1", tasks[0].id)
    await world.database.execute("DELETE FROM tasks WHERE id = $1", tasks[1].id)
    assert await replica.reconciler.reconcile() == 2
    assert [(await world.statuses(task))["PT10M"] for task in tasks] == ["cancelled", "cancelled", "pending"]
    await world.database.execute("UPDATE tasks SET completed = false WHERE id = $1", tasks[0].id)
    assert await replica.reconciler.reconcile() == 1
    assert await replica.reconciler.reconcile() == 0
    clock.advance(timedelta(days=1))
    await replica.fire()
    assert sorted(event.task_id for event in await world.sent()) == sorted([tasks[0].id, tasks[2].id])


async def test_one_task_that_cannot_be_read_holds_up_no_other(
    world: World, replica: Replica, clock: MovableClock
) -> None:
    events = await world.create_many([NOON + minutes(30)] * 3, "PT10M")
    await world.database.execute("""UPDATE tasks SET reminder_config = '["soon"]' WHERE id = $1""", events[0].task_id)
    await world.database.execute("UPDATE tasks SET recurrence_timezone = 'Mars/Base' WHERE id = $1", events[1].task_id)
    refused = await replica.schedule.follow({event.task_id: None for event in events})
    assert set(refused) == {events[0].task_id, events[1].task_id}
    await replica.reconciler.reconcile()
    clock.advance(minutes(20))
    await replica.fire()
    assert [event.task_id for event in await world.sent()] == [events[2].task_id]


async def test_old_rows_without_a_reason_are_forgotten(world: World, replica: Replica, clock: MovableClock) -> None:
    kept, done = (event.task for event in await world.create_many([NOON + minutes(5)] * 2, "PT1M"))
    await replica.reconciler.reconcile()
    clock.advance(minutes(5))
    await replica.fire()
    await world.complete(done)
    clock.freeze(datetime.now(UTC) + timedelta(days=400))  # counted from the database's clock, which is compared
    await replica.reconciler.reconcile()
    assert [row["task_id"] for row in await world.rows()] == [kept.id]
