"""Carries out what an edit or a removal comes to for a series and its other occurrences, all of them under lock."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from chat_api.commands import series, store
from chat_api.commands.actor import Actor
from chat_api.commands.inputs import Scope
from chat_api.commands.reopening import Reopened, occurrence_reopened
from chat_api.commands.replanning import Occurrences, Request
from chat_api.commands.scopes import Edit, Removal, plan_edit, plan_removal, plan_stop
from chat_api.commands.series import Series
from chat_api.commands.store import Locked, LockedSeries
from chat_api.commands.task_events import changed, completed_at, deleted
from taskflow_core.database.pool import Connection
from taskflow_core.domain.task import Task
from taskflow_core.events.model import Event


async def edit_of(connection: Connection, locked: LockedSeries, request: Request, now: datetime) -> Edit | None:
    """What a request comes to beside the chosen task; None when it is of that alone. Raises FieldError."""
    if request.scope == "this" and not request.changes.concerns_series:
        return None
    found = await _series_of(connection, locked.chosen.task)
    if found is None:
        return None
    if request.fields.pattern is None:
        return plan_stop(_occurrences(locked, found), request, now)
    occurrences = _occurrences(locked, found, await series.used_slots(connection, found.id))
    return plan_edit(occurrences, request, was_open=not locked.chosen.was_completed, now=now)


async def removal_of(connection: Connection, locked: LockedSeries, scope: Scope, now: datetime) -> Removal | None:
    """What deleting the chosen task comes to; None when it is of that alone."""
    if scope == "this":
        return None
    found = await _series_of(connection, locked.chosen.task)
    return None if found is None else plan_removal(_occurrences(locked, found), scope, now)


async def save_series(connection: Connection, before: Task, edit: Edit) -> None:
    """Write what an edit of the task `before` comes to of the series, and delete the tasks that it takes away."""
    if edit.removed:
        await store.erase(connection, edit.removed)
    if edit.split_from is not None:
        await series.save(connection, edit.split_from)
    await series.save(connection, edit.series)
    if (edit.released or edit.claimed) and before.series_id is not None:
        await series.move_slots(connection, before.series_id, edit.released, edit.series.id, edit.claimed)


def other_occurrences(locked: LockedSeries, edit: Edit, actor: Actor, now: datetime) -> tuple[list[Task], list[Event]]:
    """The other occurrences to write after an edit, and the events of those and of the ones to delete."""
    before = {one.task.id: one for one in locked.others}
    written: list[Task] = []
    published: list[Event] = []
    for other in edit.others:
        after, events = changed(before[other.id].task, other, actor, now)
        if events:
            written.append(msgspec.structs.replace(after, updated_at=now))
            published += [*before[other.id].unpublished, *stamped(events, now)]
    return written, [*published, *deletions(locked, edit.removed, actor, now)]


def deletions(locked: LockedSeries, tasks: Iterable[Task], actor: Actor, now: datetime) -> list[Event]:
    """The events of these tasks' deletion, each behind those of changes that Phase IV left unpublished."""
    unpublished = {one.task.id: one.unpublished for one in (locked.chosen, *locked.others)}
    published: list[Event] = []
    for task in tasks:
        gone = msgspec.structs.replace(task, version=task.version + 1)
        published += [*unpublished[task.id], deleted(gone, actor, now)]
    return published


def stamped(events: Iterable[Event], now: datetime) -> list[Event]:
    """The events with the time of this change in their snapshots."""
    with_time: list[Event] = []
    for event in events:
        task: Task | None = getattr(event, "task", None)
        if task is not None:
            event = msgspec.structs.replace(event, task=msgspec.structs.replace(task, updated_at=now))
        with_time.append(event)
    return with_time


async def advance_series(connection: Connection, chosen: Locked, after: Task, now: datetime) -> Reopened:
    """Let the task's series follow what became of this occurrence, also by Phase IV."""
    if chosen.task.due_at != after.due_at and after.due_at is not None:
        await series.occurrence_moved(connection, after, after.due_at)
    if after.completed and not chosen.was_completed:
        await series.occurrence_closed(connection, after, completed_at(chosen.unpublished, now))
    elif chosen.was_completed and not after.completed:
        return await occurrence_reopened(connection, after, now)
    return Reopened()


async def _series_of(connection: Connection, task: Task) -> Series | None:
    """The series of an occurrence, under lock."""
    if task.series_id is None or task.occurrence_date is None:
        return None
    return await series.locked_series(connection, task.series_id)


def _occurrences(locked: LockedSeries, found: Series, used: list[series.UsedSlot] | None = None) -> Occurrences:
    others = [one.task for one in locked.others if one.task.occurrence_date is not None]
    return Occurrences(series=found, chosen=locked.chosen.task, others=others, used=used or [])
