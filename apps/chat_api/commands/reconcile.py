"""Reconciliation: finds what Phase IV did (creations, edits, completions, deletions) and publishes each once.

It compares `tasks` with the shadow, in batches, each in a transaction that locks its tasks, so that a change made
meanwhile is published by one of the two and not by both.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from chat_api.commands import series
from chat_api.commands.actor import PHASE_IV, Actor
from chat_api.commands.reopening import occurrence_reopened
from chat_api.commands.task_events import completed_at, deleted
from chat_api.commands.unpublished import unpublished_changes
from taskflow_core.bus import outbox
from taskflow_core.database.pool import Connection, Database
from taskflow_core.database.task_rows import COLUMNS, task_of
from taskflow_core.domain.task import Task
from taskflow_core.events.model import Event
from taskflow_core.events.topics import CHAT_API

_BATCH: Final = 200

# Tasks that are not as last published, after an id, locked unless somebody else is at work on them.
_CHANGED: Final = f"""
SELECT {COLUMNS}
FROM tasks t LEFT JOIN task_shadow s ON s.task_id = t.id
WHERE t.id > $1 AND (s.task_id IS NULL OR t.title IS DISTINCT FROM s.title
    OR t.description IS DISTINCT FROM s.description OR t.completed IS DISTINCT FROM s.completed)
ORDER BY t.id LIMIT $2 FOR UPDATE OF t SKIP LOCKED
"""  # noqa: S608  # COLUMNS is a constant
# Shadows as of now for tasks just locked: one may have been written between the reading and the lock.
_SHADOWS: Final = """
SELECT task_id, version, title, description, completed FROM task_shadow WHERE task_id = ANY($1) FOR UPDATE
"""
# Shadows whose task is gone, taken away.
_DELETED: Final = """
DELETE FROM task_shadow WHERE task_id IN (
    SELECT s.task_id FROM task_shadow s LEFT JOIN tasks t ON t.id = s.task_id
    WHERE t.id IS NULL ORDER BY s.task_id LIMIT $1 FOR UPDATE OF s SKIP LOCKED
)
RETURNING task_id, user_id, version, title, description, completed
"""
# What is known now.
_SHADOW: Final = """
INSERT INTO task_shadow (task_id, user_id, version, title, description, completed)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::boolean[])
ON CONFLICT (task_id) DO UPDATE SET version = excluded.version, title = excluded.title,
    description = excluded.description, completed = excluded.completed, updated_at = now()
"""
# How many of both there are.
_COUNT_UNPUBLISHED: Final = """
SELECT count(*) FROM tasks t FULL JOIN task_shadow s ON s.task_id = t.id
WHERE t.id IS NULL OR s.task_id IS NULL OR t.title IS DISTINCT FROM s.title
    OR t.description IS DISTINCT FROM s.description OR t.completed IS DISTINCT FROM s.completed
"""
# The occurrences that tasks, now gone, were.
_SLOTS: Final = "SELECT series_id, occurrence_date, task_id FROM series_slots WHERE task_id = ANY($1)"


class Reconciled(msgspec.Struct, frozen=True):
    """How many tasks were found changed (or new) and how many deleted."""

    changed: int
    deleted: int


async def reconcile(database: Database, now: datetime) -> Reconciled:
    """Publish everything Phase IV did. Can be stopped anywhere and run again. Raises the database's outages."""
    actor = Actor.here(PHASE_IV)
    total_changed = total_deleted = 0
    after: str | None = ""
    while after is not None:
        async with database.transaction() as connection:
            after, count = await _publish_changed(connection, after, actor, now)
        total_changed += count
    while True:
        async with database.transaction() as connection:
            count = await _publish_deleted(connection, actor, now)
        total_deleted += count
        if count < _BATCH:
            return Reconciled(total_changed, total_deleted)


async def count_unpublished_changes(database: Database) -> int:
    """How many tasks are not as last published: what `reconcile` would publish. Reads every task."""
    return await database.fetchval(_COUNT_UNPUBLISHED)


async def _publish_changed(connection: Connection, after: str, actor: Actor, now: datetime) -> tuple[str | None, int]:
    rows = await connection.fetch(_CHANGED, after, _BATCH)
    if not rows:
        return None, 0
    shadows = {row["task_id"]: row for row in await connection.fetch(_SHADOWS, [row["id"] for row in rows])}
    changed: list[Task] = []
    events: list[Event] = []
    for row in rows:
        shadow = shadows.get(row["id"])
        task, missing = unpublished_changes(task_of(row), None if shadow is None else dict(shadow), actor, now)
        if missing:
            changed.append(task)
            events += missing
            was_completed = None if shadow is None else shadow["completed"]
            events += await _update_series(connection, task, was_completed, missing, now)
    if changed:
        await connection.execute(
            _SHADOW,
            [task.id for task in changed],
            [task.user_id for task in changed],
            [task.version for task in changed],
            [task.title for task in changed],
            [task.description for task in changed],
            [task.completed for task in changed],
        )
    await outbox.append(connection, CHAT_API, events)
    return rows[-1]["id"], len(changed)


async def _update_series(
    connection: Connection, task: Task, was_completed: bool | None, missing: Sequence[Event], now: datetime
) -> Sequence[Event]:
    """Move a task's series on; returns the events of what that takes away."""
    if was_completed is None or task.completed == was_completed:
        return []
    if task.completed:
        await series.occurrence_closed(connection, task, completed_at(missing, now))
        return []
    return (await occurrence_reopened(connection, task, now)).events


async def _publish_deleted(connection: Connection, actor: Actor, now: datetime) -> int:
    rows = await connection.fetch(_DELETED, _BATCH)
    if not rows:
        return 0
    slots = {row["task_id"]: row for row in await connection.fetch(_SLOTS, [row["task_id"] for row in rows])}
    events: list[Event] = []
    for row in rows:
        slot = slots.get(row["task_id"])
        task = Task(
            id=row["task_id"],
            user_id=row["user_id"],
            title=row["title"],
            description=row["description"],
            completed=row["completed"],
            version=row["version"] + 1,
            parent_recurring_task_id=None if slot is None else slot["series_id"],
            occurrence_date=None if slot is None else slot["occurrence_date"],
            created_at=now,
            updated_at=now,
        )
        events.append(deleted(task, actor, now))
        await series.occurrence_closed(connection, task, now)
    await outbox.append(connection, CHAT_API, events)
    return len(rows)
