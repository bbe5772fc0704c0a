"""Reopening an occurrence: its series goes on as if it had not been completed.

The next occurrence, made because this one was completed, goes away again while it is as it was made: it holds nothing
that completing anew would not make again. It stays, and so does the series' state, where

- it would be there anyway: the time of the reopened one has come, or its longest reminder needs it;
- somebody has changed, completed or deleted it, or seen or snoozed its reminders, or its own next one was made;
- its date is no longer the one that the series would make next.

A next one that is not made yet waits again. All of this happens in the transaction of the reopening and under the lock
of the series, which whoever makes occurrences needs too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import msgspec

from chat_api.commands import series, store
from chat_api.commands.actor import Actor
from chat_api.commands.occurrences import occurrence_of
from chat_api.commands.series import Series, UsedSlot
from chat_api.commands.task_events import FIELDS, deleted
from taskflow_core.database.pool import Connection
from taskflow_core.domain.recurrence import SeriesState, Slot, after_moving, after_reopening, after_unmaking
from taskflow_core.domain.task import Task
from taskflow_core.events.model import Event
from taskflow_core.events.topics import RECURRING_TASK_PROCESSOR

# The slots made after one of a series. What counts from a completion may lie before it: there the order of making says.
_LATER: Final = """
SELECT later.occurrence_date, later.task_id
FROM series_slots later JOIN series_slots this ON this.series_id = later.series_id AND this.occurrence_date = $2
WHERE later.series_id = $1 AND later.occurrence_date <> $2 AND CASE WHEN $3
    THEN (later.made_at, later.occurrence_date) > (this.made_at, this.occurrence_date)
    ELSE later.occurrence_date > $2 END
ORDER BY later.made_at, later.occurrence_date
"""
# Whether a person has dealt with a reminder of a task.
_REMINDERS_TOUCHED: Final = """
SELECT EXISTS (
    SELECT FROM reminder_schedule WHERE task_id = $1 AND (status = 'acknowledged' OR snoozed_until IS NOT NULL)
)
"""


@dataclass(frozen=True, slots=True)
class Reopened:
    """What reopening an occurrence came to beside it: events of a next one that is gone again, or the one that stays
    although it would not be there without the completion."""

    events: Sequence[Event] = field(default_factory=list[Event])
    kept: Task | None = None


async def occurrence_reopened(connection: Connection, task: Task, now: datetime) -> Reopened:
    """Let the series of `task`, a completed occurrence that is open again and written, go on as before."""
    if task.series_id is None or task.occurrence_date is None:
        return Reopened()
    found = await series.locked_series(connection, task.series_id)
    if found is None or (found.ended and not found.state.over):
        return Reopened()
    slot, counts = task.occurrence_date, found.state.mode == "after_completion"
    rows = await connection.fetch(_LATER, found.id, slot, counts)
    later = [UsedSlot(row["occurrence_date"], row["task_id"]) for row in rows]
    if not later:
        if not found.ended:
            await series.save_state(connection, found, _moved(after_reopening(found.state, slot), slot, task))
        return Reopened()
    before = _moved(after_unmaking(found.state, slot), slot, task)
    if before.make_at is not None and before.make_at <= now:
        return Reopened()  # the later ones would be there anyway
    return await _without_next(connection, found, before, later, now)


def _moved(state: SeriesState, slot: date, task: Task) -> SeriesState:
    """The state as it was, with the occurrence in `slot` perhaps due earlier than planned."""
    return state if task.due_at is None else after_moving(state, slot, task.due_at)


async def _without_next(
    connection: Connection, found: Series, before: SeriesState, later: Sequence[UsedSlot], now: datetime
) -> Reopened:
    """Take the next one away if nothing is lost by it. `before` is the state without it."""
    following = await store.lock_if_free(connection, found.user_id, later[0].task_id, now)
    fits = before.mode == "after_completion" or (
        before.next is not None and before.next.occurrence_date == later[0].occurrence_date
    )
    if following is None or len(later) > 1 or not fits or not await _is_as_made(connection, found, following):
        return Reopened(kept=await _first_there(connection, found, later))
    gone = msgspec.structs.replace(following.task, version=following.task.version + 1)
    await store.unmake(connection, gone.id)
    await series.move_slots(connection, found.id, [later[0].occurrence_date], found.id, [])
    await series.save_state(connection, found, before)
    # Whoever made it takes it away, not the person.
    return Reopened([deleted(gone, Actor.here(RECURRING_TASK_PROCESSOR), now)])


async def _is_as_made(connection: Connection, found: Series, following: store.Locked) -> bool:
    task = following.task
    if task.series_id != found.id or task.occurrence_date is None or following.unpublished:
        return False
    made = occurrence_of(
        found, Slot(task.occurrence_date, found.state.rule.due_on(task.occurrence_date)), now=task.created_at
    )
    if any(getattr(task, name) != getattr(made, name) for name in FIELDS):
        return False
    return not await connection.fetchval(_REMINDERS_TOUCHED, task.id)


async def _first_there(connection: Connection, found: Series, later: Sequence[UsedSlot]) -> Task | None:
    """The first of the later occurrences that is not deleted."""
    tasks = {task.id: task for task in await store.read(connection, [one.task_id for one in later])}
    there = (tasks[one.task_id] for one in later if one.task_id in tasks)
    return next((task for task in there if task.series_id == found.id), None)
