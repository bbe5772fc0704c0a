"""Events that have been, as the trail and the outbox hold them, and the frames that show them afterwards."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import msgspec

from notification_service import frames
from notification_service.frames import FiredReminder, ReminderFrame, TaskFrame
from taskflow_core.domain.task import Task
from taskflow_core.events.model import Event, EventType, ReminderTriggered

TRIGGERED: Final = "task.reminder.triggered"
SETTLING: Final = frozenset({"task.completed", "task.deleted"})
"""After these nobody wants to be reminded of the task any more."""


class PastEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that has been: what its frame needs, the task's state apart.

    `at` is its own time, `observed` when the platform learnt of it.
    """

    event_id: str
    kind: EventType
    at: datetime
    observed: datetime
    user_id: str
    task_id: str
    version: int
    reminder: FiredReminder | None = None


class MissedFrame(msgspec.Struct, frozen=True):
    """A frame of a replay, with its event's type so that preferences can be applied."""

    kind: EventType
    data: bytes


class _Data(msgspec.Struct, frozen=True, kw_only=True):
    """What the trail keeps of an event and a frame shows: its own time, where it was observed later; its reminder."""

    timestamp: datetime | None = None
    reminder_id: str = ""
    offset: str = ""
    due_date: datetime | None = None
    scheduled_at: datetime | None = None
    fired_at: datetime | None = None
    late: bool = False


_data: Final = msgspec.json.Decoder(_Data)


def of_row(row: Any) -> PastEvent:
    """A row of the trail with event_id, type, occurred_at, task_id, version, data and user_id."""
    data = _data.decode(row["data"])
    reminder = None
    if data.due_date is not None and data.scheduled_at is not None and data.fired_at is not None:
        reminder = FiredReminder(
            id=data.reminder_id,
            offset=data.offset,
            due_date=data.due_date,
            scheduled_at=data.scheduled_at,
            fired_at=data.fired_at,
            late=data.late,
        )
    return PastEvent(
        event_id=str(row["event_id"]),
        kind=row["type"],
        at=data.timestamp or row["occurred_at"],
        observed=row["occurred_at"],
        user_id=row["user_id"],
        task_id=row["task_id"],
        version=row["version"],
        reminder=reminder,
    )


def of_event(event: Event) -> PastEvent:
    """The same of an event itself."""
    return PastEvent(
        event_id=event.event_id,
        kind=event.event_type,
        at=event.timestamp,
        observed=event.observed,
        user_id=event.user_id,
        task_id=event.task_id,
        version=event.version,
        reminder=frames.reminder_of(event) if isinstance(event, ReminderTriggered) else None,
    )


def unsettled(events: Iterable[tuple[EventType, str]]) -> list[bool]:
    """Of each event (its type and its task), in order, whether it is worth telling: no reminder whose task was
    completed or deleted after it."""
    settled: set[str] = set()
    worth: list[bool] = []
    for kind, task_id in reversed(list(events)):
        if kind in SETTLING:
            settled.add(task_id)
        worth.append(kind != TRIGGERED or task_id not in settled)
    return worth[::-1]


def missed_frame(past: PastEvent, task: Task | None, now: datetime) -> MissedFrame | None:
    """The frame of what has been, with the task as it is now; None of a reminder whose task is completed.

    `task` is None where it is gone. A reminder sent so much after it fired is late, though it fired in time.
    """
    if past.kind == TRIGGERED:
        assert past.reminder is not None, "as every event of its type"
        if task is not None and task.completed:
            return None
        frame = ReminderFrame(
            id=past.event_id,
            time=past.at,
            task_id=past.task_id,
            version=past.version,
            task=task,
            reminder=frames.sent_at(past.reminder, past.observed, now),
        )
        return MissedFrame(past.kind, frames.sse(frame))
    state = None if past.kind == "task.deleted" else task
    frame = TaskFrame(
        id=past.event_id, type=past.kind, time=past.at, task_id=past.task_id, version=past.version, task=state
    )
    return MissedFrame(past.kind, frames.sse(frame))
