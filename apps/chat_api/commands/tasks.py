"""Making, changing, deleting and acknowledging tasks.

Each function works in the transaction its connection is in: it locks the task, tells what Phase IV left untold, writes
the rows, moves the task's series on, and draws the outbox rows last.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Final

import asyncpg
import msgspec
from msgspec import UNSET

from chat_api.commands import series, store
from chat_api.commands.actor import Actor
from chat_api.commands.drift import changed, created, deleted
from chat_api.commands.fields import (
    SeriesOptions,
    TaskFields,
    fields_after,
    fields_of_new,
    needs_user_zone,
    options_of,
    with_fields,
)
from chat_api.commands.scopes import Edit, Occurrences, plan_edit, plan_removal, plan_stop
from chat_api.commands.store import Locked, LockedSeries
from chat_api.payloads import NewTask, Scope, TaskPatch
from chat_api.preferences import timezone_of
from taskflow.bus import outbox
from taskflow.database.pool import Connection
from taskflow.domain import reminders
from taskflow.domain.task import Task
from taskflow.events.model import Event
from taskflow.events.topics import CHAT_API
from taskflow.service.errors import ApiError

# A task's reminders for one due date, seen: none of them fires again, whether its row was there already or not.
_ACKNOWLEDGE: Final = """
INSERT INTO reminder_schedule (task_id, user_id, reminder_offset, due_at, scheduled_at, fire_at, status, task_version,
    acknowledged_at)
SELECT $1, $2, row.reminder_offset, $3, row.scheduled_at, row.scheduled_at, 'acknowledged', $4, $5
FROM unnest($6::text[], $7::timestamptz[]) AS row (reminder_offset, scheduled_at)
ON CONFLICT (task_id, due_at, reminder_offset) DO UPDATE
    SET status = 'acknowledged', acknowledged_at = excluded.acknowledged_at, updated_at = now()
    WHERE reminder_schedule.status <> 'acknowledged'
"""

Precondition = Callable[[Task], None]
"""Raises ApiError when the task is not as the client believes (If-Match)."""


async def create(connection: Connection, user_id: str, new: NewTask, actor: Actor, now: datetime) -> Task:
    """Make a task, and with a pattern a series that begins with it.

    Raises FieldError (422), ApiError TASK_CREATION_ERROR for a blank title or a user that is gone.
    """
    user_zone = await timezone_of(connection, user_id) if needs_user_zone(new) else None
    fields = fields_of_new(new, user_zone)
    options = options_of(new, fields)
    task = with_fields(
        Task(
            id=str(uuid.uuid4()),
            user_id=user_id,
            title="",
            description=None,
            completed=False,
            version=1,
            created_at=now,
            updated_at=now,
        ),
        fields,
    )
    rule = fields.rule
    if rule is not None:
        task = msgspec.structs.replace(task, occurrence_date=rule.start_local.date())
    try:
        await store.insert(connection, task)
    except asyncpg.ForeignKeyViolationError:
        raise ApiError("TASK_CREATION_ERROR", "This account no longer exists; sign in again.") from None
    if rule is not None:
        await series.begin_series(connection, task, rule, options, now)
    await outbox.draw(connection, CHAT_API, [created(task, actor, now)])
    return task


async def change(
    connection: Connection,
    user_id: str,
    task_id: str,
    patch: TaskPatch,
    actor: Actor,
    now: datetime,
    precondition: Precondition | None = None,
    scope: Scope = "this",
) -> Task:
    """Change a task's fields; what stays as it was is no change and no event. `scope` is what scopes.py says.

    Raises FieldError (422), ApiError TASK_UPDATE_ERROR for a task that is not this user's, or what the precondition
    raises.
    """
    locked = await _locked(connection, user_id, task_id, now, with_series=scope != "this" or _is_of_series(patch))
    if locked is None:
        text = "Task not found or you don't have permission to edit it"
        raise ApiError("TASK_UPDATE_ERROR", text)
    before = locked.chosen.task
    if precondition is not None:
        precondition(before)
    user_zone = await timezone_of(connection, user_id) if needs_user_zone(patch, before) else None
    fields = fields_after(before, patch, user_zone)
    options = options_of(patch, fields)
    edit = await _edit(connection, locked, fields, patch, options, scope, now)
    after = with_fields(before, fields) if edit is None else edit.chosen
    begins = before.series_id is None and fields.rule is not None
    if begins and fields.rule is not None:
        after = msgspec.structs.replace(after, occurrence_date=fields.rule.start_local.date())
    after, events = changed(before, after, actor, now, None if edit is None else edit.told)
    told = [*locked.chosen.untold, *_stamped(events, now)]
    if events:
        after = msgspec.structs.replace(after, updated_at=now)
    others: list[Task] = []
    if edit is not None:
        others, more = _others(locked, edit, actor, now)
        told += more
        await _keep_series(connection, before, edit)
    if told:
        await store.write(connection, [after, *others], trade_slots=bool(others))
    if begins and fields.rule is not None:
        await series.begin_series(connection, after, fields.rule, options, now)
    elif after.series_id is not None:
        await _move_series(connection, locked.chosen, after, now)
    await outbox.draw(connection, CHAT_API, told)
    return after


async def delete(
    connection: Connection,
    user_id: str,
    task_id: str,
    actor: Actor,
    now: datetime,
    precondition: Precondition | None = None,
    scope: Scope = "this",
) -> None:
    """Delete a task. Of a series it is the one occurrence, and the series goes on, unless `scope` says otherwise.

    Raises ApiError TASK_DELETION_ERROR for a task that is not this user's, or what the precondition raises.
    """
    locked = await _locked(connection, user_id, task_id, now, with_series=scope != "this")
    if locked is None:
        text = "Task not found or you don't have permission to delete it"
        raise ApiError("TASK_DELETION_ERROR", text)
    chosen = locked.chosen.task
    if precondition is not None:
        precondition(chosen)
    gone = [chosen]
    kept = None if scope == "this" or chosen.series_id is None else await _series_of(connection, chosen)
    if kept is None:
        await store.erase(connection, [task_id])
        await series.occurrence_closed(connection, chosen, now)
    else:
        removal = plan_removal(kept, _occurrences(locked), scope, now)
        gone = removal.gone
        await store.erase(connection, [task.id for task in gone])
        await series.save(connection, removal.series)
    await outbox.draw(connection, CHAT_API, _deletions(locked, gone, actor, now))


async def acknowledge(connection: Connection, user_id: str, task_id: str, now: datetime) -> Task:
    """Stop the reminders of a task's present due date: those sent are seen, those to come do not come.

    Raises ApiError TASK_NOT_FOUND.
    """
    locked = await store.lock(connection, user_id, task_id, now)
    if locked is None:
        raise ApiError("TASK_NOT_FOUND", "There is no such task among yours.", error="Task not found")
    task = locked.as_it_stands
    if task.due is not None:
        planned = reminders.plan(task.due, task.reminders)
        await connection.execute(
            _ACKNOWLEDGE,
            task_id,
            user_id,
            task.due_at,
            task.version,
            now,
            [reminder.offset for reminder in planned],
            [reminder.at for reminder in planned],
        )
    return task


async def _locked(
    connection: Connection, user_id: str, task_id: str, now: datetime, *, with_series: bool
) -> LockedSeries | None:
    if with_series:
        return await store.lock_series(connection, user_id, task_id, now)
    chosen = await store.lock(connection, user_id, task_id, now)
    return None if chosen is None else LockedSeries(chosen, [])


def _is_of_series(patch: TaskPatch) -> bool:
    """Whether the patch gives anything that is not one occurrence's alone."""
    return patch.due_date is None or any(
        value is not UNSET
        for value in (
            patch.recurrence_pattern,
            patch.recurrence_end_date,
            patch.recurrence_timezone,
            patch.recurrence_mode,
            patch.catch_up,
        )
    )


async def _series_of(connection: Connection, task: Task) -> series.Series | None:
    """The series of an occurrence, under lock."""
    if task.series_id is None or task.occurrence_date is None:
        return None
    return await series.locked_series(connection, task.series_id)


def _occurrences(locked: LockedSeries) -> Occurrences:
    return Occurrences(locked.chosen.task, [one.task for one in locked.others if one.task.occurrence_date is not None])


async def _edit(
    connection: Connection,
    locked: LockedSeries,
    fields: TaskFields,
    patch: TaskPatch,
    options: SeriesOptions,
    scope: Scope,
    now: datetime,
) -> Edit | None:
    """What the patch comes to beside the one task; None when it is of that alone."""
    if scope == "this" and not _is_of_series(patch):
        return None
    kept = await _series_of(connection, locked.chosen.task)
    if kept is None:
        return None
    if fields.pattern is None:
        return plan_stop(kept, _occurrences(locked), fields, scope, now)
    return plan_edit(
        kept,
        await series.used_slots(connection, kept.id),
        _occurrences(locked),
        fields,
        patch,
        options,
        scope,
        was_open=not locked.chosen.was_completed,
        now=now,
    )


def _others(locked: LockedSeries, edit: Edit, actor: Actor, now: datetime) -> tuple[list[Task], list[Event]]:
    """The other occurrences to write after an edit, and the events of those and of the ones to delete."""
    before = {one.task.id: one for one in locked.others}
    written: list[Task] = []
    told: list[Event] = []
    for other in edit.others:
        after, events = changed(before[other.id].task, other, actor, now)
        if events:
            written.append(msgspec.structs.replace(after, updated_at=now))
            told += [*before[other.id].untold, *_stamped(events, now)]
    return written, [*told, *_deletions(locked, edit.gone, actor, now)]


def _deletions(locked: LockedSeries, gone: list[Task], actor: Actor, now: datetime) -> list[Event]:
    untold = {one.task.id: one.untold for one in (locked.chosen, *locked.others)}
    told: list[Event] = []
    for task in gone:
        task = msgspec.structs.replace(task, version=task.version + 1)
        told += [*untold[task.id], deleted(task, actor, now)]
    return told


async def _keep_series(connection: Connection, before: Task, edit: Edit) -> None:
    """Write what an edit comes to of the series, and delete what it takes away."""
    if edit.gone:
        await store.erase(connection, [task.id for task in edit.gone])
    if edit.split_from is not None:
        await series.save(connection, edit.split_from)
    await series.save(connection, edit.series)
    if (edit.left or edit.taken) and before.series_id is not None:
        await series.rename_slots(connection, before.series_id, edit.left, edit.series.id, edit.taken)


def _stamped(events: list[Event], now: datetime) -> list[Event]:
    """The events with the time of this change in their snapshots."""
    stamped: list[Event] = []
    for event in events:
        task: Task | None = getattr(event, "task", None)
        if task is not None:
            event = msgspec.structs.replace(event, task=msgspec.structs.replace(task, updated_at=now))
        stamped.append(event)
    return stamped


async def _move_series(connection: Connection, chosen: Locked, after: Task, now: datetime) -> None:
    """Tell the task's series what became of this occurrence, also by Phase IV."""
    if chosen.task.due_at != after.due_at and after.due_at is not None:
        await series.occurrence_moved(connection, after, after.due_at)
    if after.completed and not chosen.was_completed:
        await series.occurrence_closed(connection, after, now)
    elif chosen.was_completed and not after.completed:
        await series.occurrence_reopened(connection, after)
