"""The five events of tasks. Each says what happened, to whose task, by whom, at which version.

Rules of evolution: a field once published keeps its name and meaning, a new field has a default, an unknown field is
ignored. So yesterday's events decode with today's types and tomorrow's with today's.

No event carries the text of a description: `task` is a snapshot (taskflow_core.domain.task), and a change of it says
only that it changed. Those that an earlier release wrote have the text; they are read like any other.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal

import msgspec

from taskflow_core.domain.task import Task

EventType = Literal["task.created", "task.updated", "task.completed", "task.deleted", "task.reminder.triggered"]


Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time that says its offset; one that does not is no event of ours."""


class Change(msgspec.Struct, frozen=True):
    """A field's value before and after, as in answers."""

    old: Any
    new: Any


CHANGED: Final = "changed"
"""What stands for a value that events and the audit trail do not carry."""

DESCRIPTION_CHANGED: Final = Change(None, CHANGED)


class Happening(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="type"):
    """What every event carries, whatever it is about.

    `timestamp` is when it happened (aware, UTC), `user_id` whose task or account it is about, `actor_id` who did it: a
    user's id, or the name of a service. `correlation_id` ties it to the request or run it came from. `observed_at` is
    when the platform learnt of it, where that was later: of what Phase IV did. It is left out where it is the same as
    `timestamp`.
    """

    event_id: str
    timestamp: Instant
    user_id: str
    actor_id: str
    correlation_id: str
    observed_at: Instant | msgspec.UnsetType | None = msgspec.UNSET

    @property
    def observed(self) -> datetime:
        """When the platform learnt of it: what its age, its place in the trail and any lag go by."""
        return self.observed_at or self.timestamp


class _Event(Happening, frozen=True, kw_only=True, gc=False):
    """What every event of a task carries besides: `version` is the task's after the change."""

    task_id: str
    version: int

    event_type: ClassVar[EventType]


class TaskCreated(_Event, frozen=True, kw_only=True, tag="task.created"):
    """A task came to be."""

    task: Task
    event_type: ClassVar[EventType] = "task.created"


class TaskUpdated(_Event, frozen=True, kw_only=True, tag="task.updated"):
    """Fields of a task changed; reopening a completed task is one of these."""

    changes: dict[str, Change]
    task: Task
    event_type: ClassVar[EventType] = "task.updated"


class TaskCompleted(_Event, frozen=True, kw_only=True, tag="task.completed"):
    """A task was done."""

    completed_at: datetime
    task: Task
    event_type: ClassVar[EventType] = "task.completed"


class TaskDeleted(_Event, frozen=True, kw_only=True, tag="task.deleted"):
    """A task is gone."""

    deleted_at: datetime
    event_type: ClassVar[EventType] = "task.deleted"


class ReminderTriggered(_Event, frozen=True, kw_only=True, tag="task.reminder.triggered"):
    """A reminder's time came. `late` when it fired noticeably after it was due to. `version` is the task's then."""

    reminder_id: str
    reminder_type: Literal["due", "before_due", "snoozed"] = "before_due"
    due_date: datetime
    offset: str
    scheduled_at: datetime
    fired_at: datetime
    late: bool = False
    event_type: ClassVar[EventType] = "task.reminder.triggered"


Event = TaskCreated | TaskUpdated | TaskCompleted | TaskDeleted | ReminderTriggered
"""Any event of a task; the field `type` tells which."""
