"""The events of one task: that it came to be, changed, was completed or is gone, each under its version."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from chat_api.commands.actor import Actor
from taskflow_core.domain.task import Task, snapshot
from taskflow_core.events.model import (
    DESCRIPTION_CHANGED,
    Change,
    Event,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskUpdated,
)

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
    "tags",
    "priority",
)
"""The fields whose changes are published."""


def _common(task: Task, actor: Actor, at: datetime, observed_at: datetime | None = None) -> dict[str, Any]:
    """What every event about `task` carries, under a new id. `observed_at` only where that was later than `at`."""
    return {
        "event_id": str(uuid.uuid4()),
        "timestamp": at,
        "user_id": task.user_id,
        "actor_id": actor.id,
        "task_id": task.id,
        "version": task.version,
        "correlation_id": actor.correlation_id,
        "observed_at": observed_at if observed_at is not None and observed_at > at else msgspec.UNSET,
    }


def created(task: Task, actor: Actor, at: datetime, observed_at: datetime | None = None) -> TaskCreated:
    """`task` came to be at its version."""
    return TaskCreated(task=snapshot(task), **_common(task, actor, at, observed_at))


def deleted(task: Task, actor: Actor, at: datetime) -> TaskDeleted:
    """`task` is gone; its version is the one of the deletion."""
    return TaskDeleted(deleted_at=at, **_common(task, actor, at))


def changed(
    before: Task,
    after: Task,
    actor: Actor,
    at: datetime,
    also: Mapping[str, Change] | None = None,
    *,
    observed_at: datetime | None = None,
) -> tuple[Task, list[Event]]:
    """The events that lead from `before` to `after`, and `after` with its version; no events where nothing changed.

    An edit and a completion in one are two events with consecutive versions. Reopening is an edit. `also` names what
    changed besides, of the task's series. `observed_at` is when that was found out, where it was later.
    """
    changes = {
        field: _change(field, before, after) for field in FIELDS if getattr(before, field) != getattr(after, field)
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
        events.append(TaskUpdated(changes=changes, task=snapshot(edited), **_common(edited, actor, at, observed_at)))
    if completes:
        version += 1
        done = msgspec.structs.replace(after, version=version)
        events.append(TaskCompleted(completed_at=at, task=snapshot(done), **_common(done, actor, at, observed_at)))
    return msgspec.structs.replace(after, version=version), events


def _change(field: str, before: Task, after: Task) -> Change:
    """What an event says of a changed field: of a description that it changed, no more."""
    return DESCRIPTION_CHANGED if field == "description" else Change(getattr(before, field), getattr(after, field))


def completed_at(events: Iterable[Event], otherwise: datetime) -> datetime:
    """When a completion among `events` _common, no earlier than the task was made; a series counts on from then."""
    completions = (event for event in events if isinstance(event, TaskCompleted))
    return next((max(event.completed_at, event.task.created_at) for event in completions), otherwise)
