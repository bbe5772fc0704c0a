"""Making, changing, deleting and acknowledging tasks.

Each function works in the transaction its connection is in: it locks the task, tells what Phase IV left untold, writes
the rows, moves the task's series on, and draws the outbox rows last.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec
from msgspec import UNSET

from chat_api.commands import series
from chat_api.commands.actor import PHASE_IV, Actor
from chat_api.commands.drift import changed, created, deleted, drift
from chat_api.commands.fields import SeriesOptions, TaskFields, fields_after, fields_of_new, needs_user_zone
from chat_api.payloads import NewTask, TaskPatch
from chat_api.preferences import timezone_of
from chat_api.rows import COLUMNS, reminder_config, task_of
from taskflow.bus import outbox
from taskflow.database.pool import Connection
from taskflow.domain import reminders
from taskflow.domain.task import Task
from taskflow.events.model import Event
from taskflow.events.topics import CHAT_API
from taskflow.service.errors import ApiError

# A new task with its shadow at version 1.
_INSERT: Final = """
WITH made AS (
    INSERT INTO tasks (id, user_id, title, description, completed, created_at, updated_at, due_date, due_all_day,
        recurrence_pattern, recurrence_end_date, recurrence_timezone, occurrence_date, reminder_config)
    VALUES ($1, $2, $3, $4, false, $5::timestamptz, $5::timestamptz, $6, $7, $8, $9, $10, $11, $12::jsonb)
)
INSERT INTO task_shadow (task_id, user_id, version, title, description, completed) VALUES ($1, $2, 1, $3, $4, false)
"""
# A user's task under lock. What was last published of it is read afterwards: a statement that waits for a lock sees the
# locked row as it is now, but what it joins as it was before.
_LOCK: Final = "SELECT id FROM tasks WHERE id = $1 AND user_id = $2 FOR UPDATE"
# A task with what was last published of it.
_READ: Final = f"""
SELECT {COLUMNS}, s.task_id AS shadow_id, s.title AS shadow_title, s.description AS shadow_description,
    s.completed AS shadow_completed
FROM tasks t LEFT JOIN task_shadow s ON s.task_id = t.id
WHERE t.id = $1
"""  # noqa: S608  # COLUMNS is a constant
# A task and its shadow after a change.
_UPDATE: Final = """
WITH changed AS (
    UPDATE tasks SET title = $2, description = $3, completed = $4, updated_at = $5::timestamptz, due_date = $6,
        due_all_day = $7, recurrence_pattern = $8, recurrence_end_date = $9, recurrence_timezone = $10,
        occurrence_date = $11, reminder_config = $12::jsonb
    WHERE id = $1 RETURNING id, user_id
)
INSERT INTO task_shadow (task_id, user_id, version, title, description, completed)
SELECT id, user_id, $13, $2, $3, $4 FROM changed
ON CONFLICT (task_id) DO UPDATE SET version = excluded.version, title = excluded.title,
    description = excluded.description, completed = excluded.completed, updated_at = now()
"""
# A task and its shadow, gone.
_DELETE: Final = "WITH gone AS (DELETE FROM task_shadow WHERE task_id = $1) DELETE FROM tasks WHERE id = $1"
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


@dataclass(frozen=True, slots=True)
class Locked:
    """A task under lock: as it stands, at its present version, and what must be told of it first."""

    task: Task
    untold: list[Event]


async def create(connection: Connection, user_id: str, new: NewTask, actor: Actor, now: datetime) -> Task:
    """Make a task, and with a pattern a series that begins with it.

    Raises FieldError (422), ApiError TASK_CREATION_ERROR for a blank title or a user that is gone.
    """
    user_zone = await timezone_of(connection, user_id) if needs_user_zone(new) else None
    fields = fields_of_new(new, user_zone)
    task = _with_fields(
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
        await connection.execute(_INSERT, task.id, user_id, task.title, task.description, now, *_phase_v(task))
    except asyncpg.ForeignKeyViolationError:
        raise ApiError("TASK_CREATION_ERROR", "This account no longer exists; sign in again.") from None
    if rule is not None:
        await series.begin_series(
            connection, task, fields, rule, SeriesOptions(mode=new.recurrence_mode, catch_up=new.catch_up)
        )
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
) -> Task:
    """Change a task's fields; what stays as it was is no change and no event.

    Raises FieldError (422), ApiError TASK_UPDATE_ERROR for a task that is not this user's, or what the precondition
    raises.
    """
    locked = await _lock(connection, user_id, task_id, now, precondition)
    if locked is None:
        text = "Task not found or you don't have permission to edit it"
        raise ApiError("TASK_UPDATE_ERROR", text)
    before = locked.task
    user_zone = await timezone_of(connection, user_id) if needs_user_zone(patch, before) else None
    fields = fields_after(before, patch, user_zone)
    after = _with_fields(before, fields)
    if fields.rule is not None and after.occurrence_date is None:
        after = msgspec.structs.replace(after, occurrence_date=fields.rule.start_local.date())
    after, events = changed(before, after, actor, now)
    if not events and not locked.untold and not _changes_series(patch):
        return before
    if events:
        after = msgspec.structs.replace(after, updated_at=now)
        events = [_stamped(event, now) for event in events]
    await _write(connection, after)
    await _move_series(connection, before, after, fields, patch, now)
    await outbox.draw(connection, CHAT_API, [*locked.untold, *events])
    return after


async def delete(
    connection: Connection,
    user_id: str,
    task_id: str,
    actor: Actor,
    now: datetime,
    precondition: Precondition | None = None,
) -> None:
    """Delete a task. Of a series it is the one occurrence: the series goes on.

    Raises ApiError TASK_DELETION_ERROR for a task that is not this user's, or what the precondition raises.
    """
    locked = await _lock(connection, user_id, task_id, now, precondition)
    if locked is None:
        text = "Task not found or you don't have permission to delete it"
        raise ApiError("TASK_DELETION_ERROR", text)
    gone = msgspec.structs.replace(locked.task, version=locked.task.version + 1)
    await connection.execute(_DELETE, task_id)
    await series.occurrence_closed(connection, gone, now)
    await outbox.draw(connection, CHAT_API, [*locked.untold, deleted(gone, actor, now)])


async def acknowledge(connection: Connection, user_id: str, task_id: str, now: datetime) -> Task:
    """Stop the reminders of a task's present due date: those sent are seen, those to come do not come.

    Raises ApiError TASK_NOT_FOUND.
    """
    row = await _locked_row(connection, user_id, task_id)
    if row is None:
        raise ApiError("TASK_NOT_FOUND", "There is no such task among yours.", error="Task not found")
    task = task_of(row)
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


async def _lock(
    connection: Connection, user_id: str, task_id: str, now: datetime, precondition: Precondition | None
) -> Locked | None:
    row = await _locked_row(connection, user_id, task_id)
    if row is None:
        return None
    task = task_of(row)
    if precondition is not None:
        precondition(task)
    task, untold = drift(task, _shadow_of(row), Actor.here(PHASE_IV), now)
    return Locked(task, untold)


async def _locked_row(connection: Connection, user_id: str, task_id: str) -> asyncpg.Record | None:
    if "\x00" in task_id or await connection.fetchval(_LOCK, task_id, user_id) is None:
        return None
    return await connection.fetchrow(_READ, task_id)


def _shadow_of(row: asyncpg.Record) -> dict[str, Any] | None:
    """What was last published of a task, as drift reads it, from a row with shadow_ columns."""
    if row["shadow_id"] is None:
        return None
    return {
        "version": row["version"],
        "title": row["shadow_title"],
        "description": row["shadow_description"],
        "completed": row["shadow_completed"],
    }


def _with_fields(task: Task, fields: TaskFields) -> Task:
    due = fields.due
    return msgspec.structs.replace(
        task,
        title=fields.title,
        description=fields.description,
        completed=fields.completed,
        due_date=None if due is None else due.text,
        due_at=None if due is None else due.at,
        due_all_day=due is not None and due.all_day,
        recurrence_pattern=None if fields.pattern is None else fields.pattern.text,
        recurrence_end_date=fields.end_date,
        recurrence_timezone=fields.timezone,
        reminders=fields.reminders,
    )


def _phase_v(task: Task) -> tuple[Any, ...]:
    """Phase V's columns in the order of _INSERT and _UPDATE."""
    return (
        task.due_at,
        task.due_all_day if task.due_at is not None else None,
        task.recurrence_pattern,
        task.recurrence_end_date,
        task.recurrence_timezone,
        task.occurrence_date,
        reminder_config(task.reminders),
    )


async def _write(connection: Connection, task: Task) -> None:
    await connection.execute(
        _UPDATE,
        task.id,
        task.title,
        task.description,
        task.completed,
        task.updated_at,
        *_phase_v(task),
        task.version,
    )


def _stamped(event: Event, now: datetime) -> Event:
    """The event with the time of this change in its snapshot."""
    task: Task | None = getattr(event, "task", None)
    return event if task is None else msgspec.structs.replace(event, task=msgspec.structs.replace(task, updated_at=now))


def _changes_series(patch: TaskPatch) -> bool:
    return patch.recurrence_mode is not UNSET or patch.catch_up is not UNSET


async def _move_series(
    connection: Connection, before: Task, after: Task, fields: TaskFields, patch: TaskPatch, now: datetime
) -> None:
    """Tell the task's series what the change means to it."""
    options = SeriesOptions(
        mode=patch.recurrence_mode if patch.recurrence_mode is not UNSET else None,
        catch_up=patch.catch_up if patch.catch_up is not UNSET else None,
    )
    if before.series_id is None:
        if fields.rule is not None:
            await series.begin_series(connection, after, fields, fields.rule, options)
        return
    if after.recurrence_pattern is None:
        await series.end_series(connection, before.series_id)
        return
    rule_changed = (before.recurrence_pattern, before.recurrence_end_date, before.recurrence_timezone) != (
        after.recurrence_pattern,
        after.recurrence_end_date,
        after.recurrence_timezone,
    )
    if rule_changed or _changes_series(patch):
        await series.edit_series(
            connection, before.series_id, fields, options, rule=fields.rule if rule_changed else None
        )
    elif before.due_at != after.due_at and after.due_at is not None:
        await series.occurrence_moved(connection, after, after.due_at)
    if after.completed and not before.completed:
        await series.occurrence_closed(connection, after, now)
    elif before.completed and not after.completed:
        await series.occurrence_reopened(connection, after)
