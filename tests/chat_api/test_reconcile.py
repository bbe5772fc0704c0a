"""What Phase IV did behind our back is published once, and its series go on as if we had been asked."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import UNSET

from chat_api.commands.reconcile import Reconciled, reconcile
from taskflow_core.database.pool import Database
from taskflow_core.events.model import TaskCompleted, TaskCreated, TaskDeleted, TaskUpdated
from tests.chat_api.occurring import Processor, days, everyones, march, on
from tests.chat_api.people import TASKS, User
from tests.chat_api.published import published_events, published_kinds
from tests.support.clock import MovableClock
from tests.support.phase_iv import Release, release_on

DUE = "2027-03-01T09:00:00Z"


@pytest.fixture
async def phase_iv(database: Database) -> AsyncGenerator[Release]:
    """The release, on the same database."""
    async with release_on(database.url) as release:
        yield release


async def _reconciled(database: Database, clock: MovableClock) -> Reconciled:
    found = await reconcile(database, clock.now())
    assert await reconcile(database, clock.now()) == Reconciled(0, 0)
    return found


# --- tasks -----------------------------------------------------------------------------------------------------------


async def test_each_thing_it_did_is_published_once(
    anna: User, database: Database, clock: MovableClock, phase_iv: Release
) -> None:
    kept, edited, done, gone = [(await anna.makes(title))["id"] for title in ("Keep", "Edit", "Complete", "Delete")]
    made = await phase_iv.create(anna.id, "Made there", "In Phase IV")
    done_there = await phase_iv.create(anna.id, "Made and done there")
    await phase_iv.complete(done_there)
    await phase_iv.rename(edited, "Edited there")
    await phase_iv.complete(done)
    await phase_iv.delete(gone)
    assert await _reconciled(database, clock) == Reconciled(changed=4, deleted=1)
    created = ("task.created", 1)
    assert await published_kinds(database, kept) == [created]
    assert await published_kinds(database, edited) == [created, ("task.updated", 2)]
    assert await published_kinds(database, done) == [created, ("task.completed", 2)]
    assert await published_kinds(database, gone) == [created, ("task.deleted", 2)]
    assert await published_kinds(database, made) == [created]
    assert await published_kinds(database, done_there) == [created, ("task.completed", 2)]
    updated, completed, deleted = [(await published_events(database, id_))[-1] for id_ in (edited, done, gone)]
    assert isinstance(updated, TaskUpdated)
    assert {name: (one.old, one.new) for name, one in updated.changes.items()} == {"title": ("Edit", "Edited there")}
    assert isinstance(completed, TaskCompleted)
    assert isinstance(deleted, TaskDeleted)
    created_there = (await published_events(database, made))[0]
    assert isinstance(created_there, TaskCreated)
    assert (created_there.task.title, created_there.task.has_description) == ("Made there", True)
    for event in (updated, completed, deleted, created_there):
        assert (event.user_id, event.actor_id) == (anna.id, "phase-iv")
    assert (await anna.sees(edited))["version"] == 2


async def test_it_happened_when_the_row_says_and_was_observed_when_it_is_published(
    anna: User, database: Database, clock: MovableClock, phase_iv: Release
) -> None:
    known = (await anna.makes("Known"))["id"]
    made = await phase_iv.create(anna.id, "Made and done there")
    now = standing(clock)
    two_days_ago, yesterday = now - timedelta(days=2), now - timedelta(days=1, microseconds=1)
    await _as_of(database, made, created_at=two_days_ago, updated_at=yesterday, completed=True)
    await _as_of(database, known, updated_at=yesterday, title="Renamed there")
    await _reconciled(database, clock)
    created, completed = await published_events(database, made)
    assert isinstance(created, TaskCreated)
    assert isinstance(completed, TaskCompleted)
    assert (created.timestamp, created.task.completed, created.version) == (two_days_ago, False, 1)
    assert (completed.timestamp, completed.completed_at) == (yesterday, yesterday)
    assert (completed.task.completed, completed.version) == (True, 2)
    renamed = (await published_events(database, known))[-1]
    assert renamed.timestamp == yesterday
    for event in (created, completed, renamed):
        assert (event.observed_at, event.observed, event.actor_id) == (now, now, "phase-iv")
    # The outbox, and with it the trail, has them in the order in which they were observed.
    times = await database.fetch("SELECT DISTINCT occurred_at FROM outbox WHERE task_id = $1", made)
    assert [row["occurred_at"] for row in times] == [now]
    assert (await anna.sees(made))["version"] == 2


@pytest.mark.parametrize("claimed", [timedelta(days=1), timedelta(days=400_000)])
async def test_a_row_of_the_future_happened_now(
    anna: User, database: Database, clock: MovableClock, phase_iv: Release, claimed: timedelta
) -> None:
    made, now = await phase_iv.create(anna.id), standing(clock)
    await _as_of(database, made, created_at=now + claimed, updated_at=now - timedelta(days=1))
    await _reconciled(database, clock)
    (event,) = await published_events(database, made)
    assert (event.timestamp, event.observed_at) == (now, UNSET)


async def test_what_is_gone_was_deleted_when_that_was_found(
    anna: User, database: Database, clock: MovableClock, phase_iv: Release
) -> None:
    made = (await anna.makes())["id"]
    await phase_iv.delete(made)
    clock.advance(timedelta(days=2))
    now = standing(clock)
    await _reconciled(database, clock)
    event = (await published_events(database, made))[-1]
    assert (event.event_type, event.timestamp, event.observed_at) == ("task.deleted", now, UNSET)


def standing(clock: MovableClock) -> datetime:
    """The present, from now on."""
    clock.freeze(clock.now())
    return clock.now()


async def _as_of(database: Database, task_id: str, **columns: Any) -> None:
    """Phase IV's columns as a statement of its own would leave them, its times without a zone."""
    plain = {
        name: value.replace(tzinfo=None) if isinstance(value, datetime) else value for name, value in columns.items()
    }
    setting = ", ".join(f"{name} = ${number}" for number, name in enumerate(plain, start=2))
    assert await database.execute(f"UPDATE tasks SET {setting} WHERE id = $1", task_id, *plain.values()) == "UPDATE 1"


async def test_reopening_there_is_an_edit(
    anna: User, database: Database, clock: MovableClock, phase_iv: Release
) -> None:
    made = await anna.makes()
    await anna.changes(made["id"], completed=True)
    await phase_iv.complete(made["id"], completed=False)
    await _reconciled(database, clock)
    assert (await published_kinds(database, made["id"]))[-1] == ("task.updated", 3)


async def test_done_and_undone_there_before_anybody_looked_is_nothing(
    anna: User, database: Database, clock: MovableClock, phase_iv: Release
) -> None:
    made = await anna.makes()
    await phase_iv.complete(made["id"])
    await phase_iv.complete(made["id"], completed=False)
    assert await _reconciled(database, clock) == Reconciled(0, 0)


async def test_what_a_user_does_first_tells_it_too(
    anna: User, database: Database, clock: MovableClock, phase_iv: Release
) -> None:
    made, other = await anna.makes("Mine"), await phase_iv.create(anna.id, "Theirs")
    await phase_iv.rename(made["id"], "Renamed there")
    await anna.changes(made["id"], completed=True)
    await anna.http.delete(f"{TASKS}/{other}")
    assert await published_kinds(database, made["id"]) == [
        ("task.created", 1),
        ("task.updated", 2),
        ("task.completed", 3),
    ]
    assert [event.actor_id for event in await published_events(database, made["id"])] == [anna.id, "phase-iv", anna.id]
    assert await published_kinds(database, other) == [("task.created", 1), ("task.deleted", 2)]
    assert await _reconciled(database, clock) == Reconciled(0, 0)


async def test_many_in_batches_and_by_two_at_once(
    anna: User, database: Database, clock: MovableClock, phase_iv: Release
) -> None:
    ids = [await phase_iv.create(anna.id, f"Task {number}") for number in range(450)]
    await asyncio.gather(*(reconcile(database, clock.now()) for _ in range(2)))
    await _reconciled(database, clock)
    assert [
        event.task_id for event in sorted(await published_events(database), key=lambda event: event.task_id)
    ] == sorted(ids)
    for id_ in ids:
        await phase_iv.delete(id_)
    await asyncio.gather(*(reconcile(database, clock.now()) for _ in range(2)))
    await _reconciled(database, clock)
    assert len(await published_events(database)) == 900


# --- series ----------------------------------------------------------------------------------------------------------


async def test_completing_there_brings_the_next_one(
    anna: User, processor: Processor, database: Database, phase_iv: Release
) -> None:
    made = await anna.makes(due_date=DUE, recurrence_pattern="daily", recurrence_mode="after_completion")
    await phase_iv.complete(made["id"])
    assert await processor.runs() == 0
    await _reconciled(database, processor.clock)
    assert await processor.runs() == 1
    assert await days(anna, completed=False) == [2]


@pytest.mark.parametrize("here", ["reconciled", "edited"])
async def test_a_series_counts_on_from_when_it_was_completed_there(
    anna: User, processor: Processor, database: Database, here: str
) -> None:
    made = await anna.makes(due_date=DUE, recurrence_pattern="custom:4d", recurrence_mode="after_completion")
    processor.clock.advance(march(9, 12) - processor.clock.now())
    await _as_of(database, made["id"], completed=True, updated_at=march(7, 12))
    if here == "reconciled":
        await _reconciled(database, processor.clock)
    else:
        await anna.changes(made["id"], title="Done there, renamed here")
    assert await processor.runs() == 1
    assert await days(anna, completed=False) == [11], "four days after the 7th, not after today"


async def test_completing_there_and_editing_here_brings_the_next_one(
    anna: User, processor: Processor, phase_iv: Release
) -> None:
    made = await anna.makes(due_date=DUE, recurrence_pattern="daily", recurrence_mode="after_completion")
    await phase_iv.complete(made["id"])
    await anna.changes(made["id"], title="Done there, renamed here")
    assert await processor.runs() == 1
    await phase_iv.complete((await on(anna, 2))["id"])
    await anna.changes((await on(anna, 2))["id"], completed=False)
    assert await processor.runs() == 0


async def test_a_delete_there_is_a_delete_of_this_one(
    anna: User, processor: Processor, database: Database, phase_iv: Release
) -> None:
    first = await anna.makes(due_date=DUE, recurrence_pattern="daily")
    await processor.runs(march(2, 12))
    await phase_iv.delete((await on(anna, 3))["id"])
    await phase_iv.delete(first["id"])
    await _reconciled(database, processor.clock)
    assert await processor.runs() == 1
    assert await days(anna) == [2, 4]
    await processor.runs(march(5, 12))
    assert await days(anna) == [2, 4, 5, 6]
    assert {task["parent_recurring_task_id"] for task in await everyones(anna)} == {first["id"]}


async def test_a_delete_there_goes_on_after_a_split(
    anna: User, processor: Processor, database: Database, phase_iv: Release
) -> None:
    await anna.makes(due_date=DUE, recurrence_pattern="daily")
    await processor.runs(march(2, 12))
    path = f"{TASKS}/{(await on(anna, 2))['id']}"
    assert (await anna.http.patch(path, json={"title": "x"}, params={"scope": "following"})).status_code == 200
    await phase_iv.delete((await on(anna, 3))["id"])
    await _reconciled(database, processor.clock)
    assert await processor.runs() == 1
    assert await days(anna) == [1, 2, 4]


async def test_a_series_whose_tasks_are_all_deleted_there_goes_on(
    anna: User, processor: Processor, database: Database, phase_iv: Release
) -> None:
    made = await anna.makes(due_date=DUE, recurrence_pattern="custom:2d")
    await phase_iv.delete(made["id"])
    await _reconciled(database, processor.clock)
    await processor.runs()
    assert await days(anna) == [3]


async def test_editing_all_tells_first_what_was_done_there(
    anna: User, processor: Processor, database: Database, phase_iv: Release
) -> None:
    await anna.makes(due_date=DUE, recurrence_pattern="daily", reminders=["2 days"])
    await processor.runs(march(2, 12))
    third, fourth = await on(anna, 3), await on(anna, 4)
    await phase_iv.rename(fourth["id"], "Renamed there")
    answer = await anna.http.patch(f"{TASKS}/{third['id']}", json={"title": "All"}, params={"scope": "all"})
    assert answer.status_code == 200
    events = await published_events(database, fourth["id"])
    assert [event.actor_id for event in events] == ["recurring-task-processor", "phase-iv", anna.id]
    assert [event.version for event in events] == [1, 2, 3]
    assert await _reconciled(database, processor.clock) == Reconciled(0, 0)
