"""Tasks and the events of them, as chat-api publishes them; what a bench says is put in place of the usual."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from taskflow_core.domain.task import Task
from taskflow_core.events.model import Change, TaskCreated, TaskUpdated


def make_task(**fields: Any) -> Task:
    """A task of one user, made now."""
    now = datetime.now(UTC)
    usual: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "user_id": "bench",
        "title": "Water the plants",
        "description": None,
        "completed": False,
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }
    return Task(**(usual | fields))


def created(task: Task) -> TaskCreated:
    """The event that a task was created."""
    return TaskCreated(task=task, **_envelope(task, task.created_at))


def updated(task: Task, changes: Mapping[str, Change] | None = None, *, at: datetime | None = None) -> TaskUpdated:
    """The event that a task was changed, `at` a time or when the task says."""
    return TaskUpdated(changes=dict(changes or {}), task=task, **_envelope(task, at or task.updated_at))


def _envelope(task: Task, at: datetime) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()),
        "timestamp": at,
        "user_id": task.user_id,
        "actor_id": task.user_id,
        "task_id": task.id,
        "version": task.version,
        "correlation_id": "bench",
    }
