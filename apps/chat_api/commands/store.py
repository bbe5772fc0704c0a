"""Tasks under lock: read with the changes that Phase IV left unpublished, and written together with their shadows.

Rows of `tasks` are locked before the row of their series, several of them in the order of their ids.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec

from chat_api.commands.actor import PHASE_IV, Actor
from chat_api.commands.unpublished import unpublished_changes
from taskflow_core.database.pool import Connection, in_transaction
from taskflow_core.database.task_rows import COLUMNS, reminder_config, stored_priority, stored_tags, task_of
from taskflow_core.domain.task import Task
from taskflow_core.events.model import Event

# A new task with its shadow at version 1.
_INSERT: Final = """
WITH made AS (
    INSERT INTO tasks (id, user_id, title, description, completed, created_at, updated_at, due_date, due_all_day,
        recurrence_pattern, recurrence_end_date, recurrence_timezone, occurrence_date, reminder_config, tags, tag_keys,
        priority)
    VALUES ($1, $2, $3, $4, false, $5::timestamptz, $5::timestamptz, $6, $7, $8, $9, $10, $11, $12::jsonb, $13,
        $14, $15)
)
INSERT INTO task_shadow (task_id, user_id, version, title, description, completed) VALUES ($1, $2, 1, $3, $4, false)
"""
# A user's task under lock. What was last published of it is read afterwards: a statement that waits for a lock sees the
# locked row as it is now, but what it joins as it was before.
_LOCK: Final = "SELECT id FROM tasks WHERE id = $1 AND user_id = $2 FOR UPDATE"
# Who locks several tasks of a user takes turns: which these are may change with what they wait for.
_TAKE_TURNS: Final = "SELECT pg_advisory_xact_lock(hashtextextended('series of ' || $1::text, 0))"
# A user's task and every open occurrence of a series, under lock.
_LOCK_OCCURRENCES: Final = """
SELECT id FROM tasks
WHERE user_id = $2 AND (id = $1 OR NOT completed AND (parent_recurring_task_id = $3 OR id = $3))
ORDER BY id FOR UPDATE
"""
# A series under lock.
_LOCK_SERIES: Final = "SELECT FROM task_series WHERE series_id = $1 FOR UPDATE"
# The series a task belongs to, as `Task.series_id` has it.
_SERIES: Final = """
SELECT coalesce(parent_recurring_task_id, CASE WHEN recurrence_pattern IS NOT NULL THEN id END) AS series_id
FROM tasks WHERE id = $1 AND user_id = $2
"""
# Tasks with what was last published of them.
_READ: Final = f"""
SELECT {COLUMNS}, s.task_id AS shadow_id, s.title AS shadow_title, s.description AS shadow_description,
    s.completed AS shadow_completed
FROM tasks t LEFT JOIN task_shadow s ON s.task_id = t.id
WHERE t.id = ANY($1::text[]) ORDER BY t.id
"""  # noqa: S608  # COLUMNS is a constant
# A task and its shadow after a change.
_UPDATE: Final = """
WITH changed AS (
    UPDATE tasks SET title = $2, description = $3, completed = $4, updated_at = $5::timestamptz, due_date = $6,
        due_all_day = $7, recurrence_pattern = $8, recurrence_end_date = $9, recurrence_timezone = $10,
        occurrence_date = $11, reminder_config = $12::jsonb, tags = $13, tag_keys = $14, priority = $15,
        parent_recurring_task_id = $16
    WHERE id = $1 RETURNING id, user_id
)
INSERT INTO task_shadow (task_id, user_id, version, title, description, completed)
SELECT id, user_id, $17, $2, $3, $4 FROM changed
ON CONFLICT (task_id) DO UPDATE SET version = excluded.version, title = excluded.title,
    description = excluded.description, completed = excluded.completed, updated_at = now()
"""
# Tasks let go of their slots, which others of them are about to take.
_LEAVE_SLOTS: Final = "UPDATE tasks SET parent_recurring_task_id = NULL WHERE id = ANY($1::text[])"
# Tasks and their shadows, gone to the trash: whole, at the versions of their deletion, with the series that it ends.
_DELETE: Final = """
WITH unknown AS (DELETE FROM task_shadow WHERE task_id = ANY($1::text[])),
gone AS (DELETE FROM tasks WHERE id = ANY($1::text[]) RETURNING *)
INSERT INTO deleted_tasks (task_id, user_id, version, deletion, task, series)
SELECT gone.id, gone.user_id, deleted.version, $3, to_jsonb(gone),
    (SELECT to_jsonb(ending) FROM task_series AS ending WHERE ending.series_id = $4)
FROM gone JOIN unnest($1::text[], $2::bigint[]) AS deleted (id, version) ON deleted.id = gone.id
ON CONFLICT (task_id) DO UPDATE SET version = excluded.version, deleted_at = excluded.deleted_at,
    deletion = excluded.deletion, task = excluded.task, series = excluded.series
"""

# A task and its shadow, gone.
_UNMAKE: Final = "WITH known AS (DELETE FROM task_shadow WHERE task_id = $1) DELETE FROM tasks WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Locked:
    """A task under lock: as it stands, at its present version, and what must be published of it first.

    `published_version` is the one that everyone knows; `was_completed` is as of then, or as it stands where nothing is.
    """

    task: Task
    unpublished: list[Event]
    published_version: int
    was_completed: bool

    @property
    def as_it_stands(self) -> Task:
        """The task at the version everyone knows: for those who publish nothing."""
        return msgspec.structs.replace(self.task, version=self.published_version)


@dataclass(frozen=True, slots=True)
class LockedSeries:
    """A task and the other open occurrences of its series, if it has one, all under lock."""

    chosen: Locked
    others: list[Locked]


async def lock(connection: Connection, user_id: str, task_id: str, now: datetime) -> Locked | None:
    """A user's task, or None for one that is not there or not theirs."""
    if "\x00" in task_id or await connection.fetchval(_LOCK, task_id, user_id) is None:
        return None
    (row,) = await connection.fetch(_READ, [task_id])
    return _locked(row, now)


async def lock_if_free(connection: Connection, user_id: str, task_id: str, now: datetime) -> Locked | None:
    """As `lock`, for who has the lock of a series already: None also for a task that somebody keeps.

    Waiting on would be against the order of locks. Half a second is enough for those who only look at the task, and
    less than PostgreSQL waits before it looks for deadlocks.
    """
    try:
        async with in_transaction(connection):
            await connection.execute("SET LOCAL lock_timeout = '500ms'")
            found = await lock(connection, user_id, task_id, now)
            await connection.execute("SET LOCAL lock_timeout TO DEFAULT")
    except asyncpg.LockNotAvailableError:
        return None
    return found


async def read(connection: Connection, task_ids: Sequence[str]) -> list[Task]:
    """Tasks as their rows are, those that are there."""
    return [task_of(row) for row in await connection.fetch(_READ, task_ids)]


async def lock_series(connection: Connection, user_id: str, task_id: str, now: datetime) -> LockedSeries | None:
    """A user's task with its series and the other open occurrences of it; None as for `lock`."""
    if "\x00" in task_id:
        return None
    await connection.fetchval(_TAKE_TURNS, user_id)
    series_id: str | None = await connection.fetchval(_SERIES, task_id, user_id)
    await connection.fetch(_LOCK_OCCURRENCES, task_id, user_id, series_id)
    await connection.fetch(_LOCK_SERIES, series_id)
    # Once more: until the series was locked an occurrence may have been made, or the task have gone to another series.
    series_id = await connection.fetchval(_SERIES, task_id, user_id)
    rows = await connection.fetch(_LOCK_OCCURRENCES, task_id, user_id, series_id)
    locked = [_locked(row, now) for row in await connection.fetch(_READ, [row["id"] for row in rows])]
    chosen = next((one for one in locked if one.task.id == task_id), None)
    if chosen is None:
        return None
    others = [one for one in locked if one is not chosen and one.task.series_id == series_id]
    return LockedSeries(chosen, others if series_id is not None else [])


def _locked(row: asyncpg.Record, now: datetime) -> Locked:
    row_as_task = task_of(row)
    shadow: dict[str, Any] | None = None
    if row["shadow_id"] is not None:
        shadow = {
            "version": row["version"],
            "title": row["shadow_title"],
            "description": row["shadow_description"],
            "completed": row["shadow_completed"],
        }
    task, unpublished = unpublished_changes(row_as_task, shadow, Actor.here(PHASE_IV), now)
    was_completed = task.completed if shadow is None else bool(row["shadow_completed"])
    return Locked(task, unpublished, row["version"], was_completed)


async def insert(connection: Connection, task: Task) -> None:
    """Write a new task. Raises asyncpg.ForeignKeyViolationError when its user is gone."""
    values = (task.id, task.user_id, task.title, task.description, task.created_at, *_phase_v(task))
    await connection.execute(_INSERT, *values)


async def write(connection: Connection, tasks: Sequence[Task], *, trade_slots: bool = False) -> None:
    """Write tasks after a change. With `trade_slots` one may take the slot that another leaves."""
    if trade_slots:
        await connection.execute(_LEAVE_SLOTS, [task.id for task in tasks])
    await connection.executemany(
        _UPDATE,
        [
            (
                task.id,
                task.title,
                task.description,
                task.completed,
                task.updated_at,
                *_phase_v(task),
                task.parent_recurring_task_id,
                task.version,
            )
            for task in tasks
        ],
    )


async def erase(connection: Connection, tasks: Sequence[Task], *, ending: str | None = None) -> None:
    """Delete tasks under lock, together; they can be restored. `ending` is the series that is to end by it."""
    ids, versions = [task.id for task in tasks], [task.version + 1 for task in tasks]
    await connection.execute(_DELETE, ids, versions, uuid.uuid4(), ending)


async def unmake(connection: Connection, task_id: str) -> None:
    """Delete a task under lock that nobody has touched since it was made, for good: there is nothing to restore."""
    await connection.execute(_UNMAKE, task_id)


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
        *stored_tags(task.tags),
        stored_priority(task.priority),
    )
