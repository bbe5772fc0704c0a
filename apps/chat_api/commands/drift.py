"""Drift: what Phase IV changed behind our back, found by comparing a row with its shadow and told as events.

Phase IV writes its own columns and leaves no events. Whoever locks a task first tells what is missing, with raised
versions: the reconciliation of a whole table, and every use case for the one task at hand.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from chat_api.commands.actor import Actor
from taskflow.domain.task import Task
from taskflow.events.model import Change, Event, TaskCompleted, TaskCreated, TaskDeleted, TaskUpdated

FIELDS = (
    "title",
    "description",
    "completed",
    "due_date",
    "due_all_day",
    "recurrence_pattern",
    "recurrence_end_date",
    "recurrence_timezone",
    "parent_recurring_task_id",
    "occurrence_date",
    "reminders",
)
"""What a change to a task is told of."""


def happened(task: Task, actor: Actor, at: datetime) -> dict[str, Any]:
    """What every event about `task` carries, under a new id."""
    return {
        "event_id": str(uuid.uuid4()),
        "timestamp": at,
        "user_id": task.user_id,
        "actor_id": actor.id,
        "task_id": task.id,
        "version": task.version,
        "correlation_id": actor.correlation_id,
    }


def created(task: Task, actor: Actor, at: datetime) -> TaskCreated:
    """`task` came to be at its version."""
    return TaskCreated(task=task, **happened(task, actor, at))


def deleted(task: Task, actor: Actor, at: datetime) -> TaskDeleted:
    """`task` is gone; its version is the one of the deletion."""
    return TaskDeleted(deleted_at=at, **happened(task, actor, at))


def changed(
    before: Task, after: Task, actor: Actor, at: datetime, also: Mapping[str, Change] | None = None
) -> tuple[Task, list[Event]]:
    """The events that lead from `before` to `after`, and `after` with its version; no events where nothing changed.

    An edit and a completion in one are two events with consecutive versions. Reopening is an edit. `also` names what
    changed besides, of the task's series.
    """
    changes = {
        field: Change(getattr(before, field), getattr(after, field))
        for field in FIELDS
        if getattr(before, field) != getattr(after, field)
    } | dict(also or {})
    completes = after.completed and not before.completed
    if completes:
        changes.pop("completed")
    version = before.version
    events: list[Event] = []
    if changes:
        version += 1
        edited = msgspec.structs.replace(
            after, version=version, completed=before.completed if completes else after.completed
        )
        events.append(TaskUpdated(changes=changes, task=edited, **happened(edited, actor, at)))
    if completes:
        version += 1
        done = msgspec.structs.replace(after, version=version)
        events.append(TaskCompleted(completed_at=at, task=done, **happened(done, actor, at)))
    return msgspec.structs.replace(after, version=version), events


def drift(row: Task, shadow: Mapping[str, Any] | None, actor: Actor, at: datetime) -> tuple[Task, list[Event]]:
    """What must be told before `row`, as it stands, is what everyone knows; and `row` with its version then.

    `shadow` holds version, title, description and completed as last published; None where nothing ever was.
    """
    if shadow is None:
        # A task that is completed already came to be open: an edit of it later must not look like a second completion.
        known = msgspec.structs.replace(row, version=1)
        return known, [created(known, actor, at)]
    published = msgspec.structs.replace(
        row,
        version=shadow["version"],
        title=shadow["title"],
        description=shadow["description"],
        completed=shadow["completed"],
    )
    return changed(published, row, actor, at)
