"""Events and messages as the tests of the bus need them."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from taskflow_core.bus.port import Message
from taskflow_core.domain.task import Task
from taskflow_core.events.account import AnyEvent, SignedUp, subject_of
from taskflow_core.events.envelope import encode, wrap
from taskflow_core.events.model import TaskCreated, TaskDeleted, TaskUpdated
from taskflow_core.events.topics import CHAT_API, topic_of


def task(task_id: str | None = None, *, user: str = "anna", version: int = 1) -> Task:
    """An open task."""
    now = datetime.now(UTC)
    return Task(
        id=task_id or str(uuid.uuid4()),
        user_id=user,
        title="Water the plants",
        description=None,
        completed=False,
        version=version,
        created_at=now,
        updated_at=now,
    )


def created(task_id: str | None = None, *, user: str = "anna") -> TaskCreated:
    """A task came to be."""
    made = task(task_id, user=user)
    return TaskCreated(task=made, **_common(made))


def updated(task_id: str, *, user: str = "anna", version: int = 2) -> TaskUpdated:
    """A task changed."""
    made = task(task_id, user=user, version=version)
    return TaskUpdated(changes={}, task=made, **_common(made))


def deleted(task_id: str, *, user: str = "anna") -> TaskDeleted:
    """A task is gone."""
    return TaskDeleted(deleted_at=datetime.now(UTC), **_common(task(task_id, user=user, version=9)))


def signed_up(user: str = "anna") -> SignedUp:
    """An account came to be."""
    return SignedUp(
        event_id=str(uuid.uuid4()),
        timestamp=datetime.now(UTC),
        user_id=user,
        actor_id=user,
        correlation_id=uuid.uuid4().hex,
    )


def messages(events: Sequence[AnyEvent]) -> list[Message]:
    """The events as the relay hands them over."""
    return [
        Message(event.event_id, topic_of(event), subject_of(event), encode(wrap(event, CHAT_API)).decode(), position)
        for position, event in enumerate(events, start=1)
    ]


def _common(made: Task) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()),
        "timestamp": datetime.now(UTC),
        "user_id": made.user_id,
        "actor_id": made.user_id,
        "task_id": made.id,
        "version": made.version,
        "correlation_id": uuid.uuid4().hex,
    }
