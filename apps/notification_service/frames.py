"""What a stream carries: the frames, and their bytes as server-sent events, encoded once for every reader."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from taskflow_core.domain.task import Task
from taskflow_core.events.model import ReminderTriggered, TaskCompleted, TaskCreated, TaskDeleted, TaskUpdated

HEARTBEAT: Final = b":\n\n"
"""A comment: readers skip it, proxies and watchdogs see life."""

LATE: Final = timedelta(seconds=60)
"""A reminder sent so much after it went off says that it is late."""

TaskEvent = TaskCreated | TaskUpdated | TaskCompleted | TaskDeleted

ResetReason = Literal["slow", "gap", "unknown", "flood", "unavailable"]


class TaskFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What happened to a task.

    `id` is the event's, `time` when it happened, `version` the task's after it. `task` is the task at that version, its
    description (and in a replay all of it) as it is now; null when it is gone. Where the description could not be read
    just then, `description` is null and `has_description` true.
    """

    id: str
    type: Literal["task.created", "task.updated", "task.completed", "task.deleted"]
    time: datetime
    task_id: str
    version: int
    task: Task | None


class FiredReminder(msgspec.Struct, frozen=True, kw_only=True):
    """The reminder that went off: `offset` before `due_date` (ISO 8601); `late` when sent noticeably after its time."""

    id: str
    offset: str
    due_date: datetime
    scheduled_at: datetime
    fired_at: datetime
    late: bool


class ReminderFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A reminder went off. `task` is the task as it is now; null when it is gone or could not be read just then."""

    id: str
    type: Literal["task.reminder.triggered"] = "task.reminder.triggered"
    time: datetime
    task_id: str
    version: int
    task: Task | None
    reminder: FiredReminder


class BatchFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """More happened than is sent one by one: `count` events to the tasks `task_ids`, `reminders` of them reminders.

    `id` is the last of those events'. Read these tasks anew.
    """

    id: str
    type: Literal["batch"] = "batch"
    time: datetime
    count: int
    task_ids: list[str]
    reminders: int


class ResetFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Frames are missing: read everything anew.

    `reason`: `slow` (the reader fell behind), `gap` (missed more, or longer ago, than is replayed), `unknown` (no such
    event id), `flood` (too much at once), `unavailable` (what was missed could not be read).
    """

    id: str | None = None
    type: Literal["reset"] = "reset"
    time: datetime
    reason: ResetReason


class ExpiringFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The token ends at `expires_at`, and the stream with it: get a new one and come back."""

    id: None = None
    type: Literal["expiring"] = "expiring"
    time: datetime
    expires_at: datetime


class SignedOutFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The sign-in has ended before its time, or the account is closed, and the stream with it: sign in anew."""

    id: None = None
    type: Literal["signed_out"] = "signed_out"
    time: datetime


Frame = TaskFrame | ReminderFrame | BatchFrame | ResetFrame | ExpiringFrame | SignedOutFrame
"""Whatever a stream carries; clients ignore types they do not know."""

_NONE: Final[Mapping[str, str | None]] = {}
_encode = msgspec.json.Encoder().encode


def sse(frame: Frame) -> bytes:
    """The frame as a server-sent event. JSON keeps to one line, so it needs no splitting."""
    body = _encode(frame)
    if frame.id is None:
        return b"data: %b\n\n" % body
    return b"id: %b\ndata: %b\n\n" % (frame.id.encode(), body)


def reminder_of(event: ReminderTriggered) -> FiredReminder:
    """What a frame tells of the reminder."""
    return FiredReminder(
        id=event.reminder_id,
        offset=event.offset,
        due_date=event.due_date,
        scheduled_at=event.scheduled_at,
        fired_at=event.fired_at,
        late=event.late,
    )


def sent_at(reminder: FiredReminder, fired: datetime, now: datetime) -> FiredReminder:
    """The reminder as sent `now`: late as well when it is sent so much after it went off."""
    return msgspec.structs.replace(reminder, late=True) if now - fired > LATE else reminder


def reminder_frame(event: ReminderTriggered, task: Task | None) -> bytes:
    """The frame of a reminder that just went off, with its task as given."""
    return sse(
        ReminderFrame(
            id=event.event_id,
            time=event.timestamp,
            task_id=event.task_id,
            version=event.version,
            task=task,
            reminder=reminder_of(event),
        )
    )


def task_frame(event: TaskEvent, descriptions: Mapping[str, str | None] = _NONE) -> bytes:
    """The frame of what happened to a task, with the event's snapshot of it, its description as given."""
    kind = event.event_type
    assert kind != "task.reminder.triggered", "no TaskEvent"
    return sse(
        TaskFrame(
            id=event.event_id,
            type=kind,
            time=event.timestamp,
            task_id=event.task_id,
            version=event.version,
            task=None if isinstance(event, TaskDeleted) else _described(event.task, descriptions),
        )
    )


def _described(task: Task, descriptions: Mapping[str, str | None]) -> Task:
    if task.has_description is not True or task.id not in descriptions:
        return task
    return msgspec.structs.replace(task, description=descriptions[task.id])


def batch_frame(last_id: str, at: datetime, count: int, task_ids: Sequence[str], reminders: int) -> bytes:
    """The frame that stands for `count` events."""
    return sse(BatchFrame(id=last_id, time=at, count=count, task_ids=list(task_ids), reminders=reminders))


def reset_frame(reason: ResetReason, at: datetime, last_id: str | None = None) -> bytes:
    """The frame that says to begin anew; `last_id` is where to resume from afterwards, if that is known."""
    return sse(ResetFrame(id=last_id, time=at, reason=reason))


def expiring_frame(expires_at: datetime, at: datetime) -> bytes:
    """The frame that says that the token ends soon."""
    return sse(ExpiringFrame(time=at, expires_at=expires_at))


def signed_out_frame(at: datetime) -> bytes:
    """The frame that says that the sign-in has ended."""
    return sse(SignedOutFrame(time=at))


def position(mark: str) -> bytes:
    """An id by itself: where the reader stands, though no event says so."""
    return b"id: %b\n\n" % mark.encode()


def retry_hint(least_ms: int, most_ms: int) -> bytes:
    """How long to wait before coming back, drawn anew for each reader so that they do not come at once."""
    return b"retry: %d\n\n" % (least_ms + random.random() * (most_ms - least_ms))  # noqa: S311  # jitter
