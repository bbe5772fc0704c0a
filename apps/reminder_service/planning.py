"""Decides what a task's reminders should be: pure, from the task as it stands and the rows the schedule has for it.

A reminder belongs to a task, a due date and an offset. Once sent or acknowledged it never comes again for that due
date; one that was cancelled because its task was completed or moved does, when the task is open and due then again.

A reminder whose time is over already is a question of when it was asked for. If its time lay ahead then, it was missed
and is sent late. If not, it is sent at once as long as the due date was still ahead, else never. When it was asked for
is known from the event that set the due date, the reminders or the task's being open (a TaskChange); where that event
has not come (yet), only what is beyond doubt is planned.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from taskflow_core.domain.due import Due
from taskflow_core.domain.reminders import PlannedReminder, plan

Status = Literal["pending", "sent", "acknowledged", "cancelled"]


class TaskState(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A task as it stands. `reminders` are canonical offsets; `updated_at` bounds when any of it was set."""

    id: str
    user_id: str
    completed: bool
    due: Due | None
    reminders: list[str]
    updated_at: datetime
    version: int


class TaskChange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """When, and at which version, a task was given a due date, reminders, and its being open or completed."""

    at: datetime
    version: int
    completed: bool
    due: Due | None
    reminders: list[str]

    def holds_for(self, task: TaskState) -> bool:
        """Whether that is still how the task stands."""
        return (self.completed, self.due, self.reminders) == (task.completed, task.due, task.reminders)


class Scheduled(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row of the schedule."""

    id: UUID
    task_id: str
    offset: str
    due: Due
    scheduled_at: datetime
    fire_at: datetime
    status: Status
    fired_at: datetime | None
    snoozed_until: datetime | None
    task_version: int


class Plan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row to insert, or to put in place of the one with the same task, due date and offset."""

    task: TaskState
    due: Due
    offset: str
    scheduled_at: datetime
    fire_at: datetime
    status: Literal["pending", "cancelled"]


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What to change about one task's rows: what to write, and the ids to cancel."""

    write: list[Plan]
    cancel: list[UUID]


def decide(task: TaskState, rows: Sequence[Scheduled], change: TaskChange | None, now: datetime) -> Decision:
    """What to change about `rows`, which hold every pending row of `task` and all those of its due date.

    Raises ValueError or KeyError for a task whose offsets or zone cannot be read.
    """
    due = None if task.completed else task.due
    planned = {} if due is None else {one.offset: one for one in plan(due, task.reminders)}
    cancel = [
        row.id
        for row in rows
        if row.status == "pending" and (due is None or row.due.at != due.at or row.offset not in planned)
    ]
    if due is None:
        return Decision([], cancel)
    existing = {row.offset: row for row in rows if row.due.at == due.at}
    write: list[Plan] = []
    for one in planned.values():
        row = existing.get(one.offset)
        outcome = _missing(task, due, one, change, now) if row is None else _present(due, one, row, change, now)
        if outcome is not None:
            status, fire_at = outcome
            write.append(
                Plan(task=task, due=due, offset=one.offset, scheduled_at=one.at, fire_at=fire_at, status=status)
            )
    return Decision(write, cancel)


_Outcome = tuple[Literal["pending", "cancelled"], datetime] | None


def _missing(task: TaskState, due: Due, one: PlannedReminder, change: TaskChange | None, now: datetime) -> _Outcome:
    """A reminder that the schedule does not have."""
    asked_at = task.updated_at if change is None else change.at
    if one.at > now or one.at > asked_at:
        return "pending", one.at
    if due.over_at > (now if change is None else asked_at):
        return "pending", one.at
    # Without the event that set it, nobody knows yet whether it was missed; the event, when it comes, decides.
    return None if change is None else ("cancelled", one.at)


def _present(due: Due, one: PlannedReminder, row: Scheduled, change: TaskChange | None, now: datetime) -> _Outcome:
    """A reminder that the schedule has, in whatever state."""
    if row.status == "pending":
        if row.due == due and row.scheduled_at == one.at:
            return None
        # The same instant in another zone, or all day now: the reminder may fall elsewhere.
        return "pending", row.fire_at if row.snoozed_until is not None else one.at
    if row.status != "cancelled":
        return None
    if row.snoozed_until is not None and row.snoozed_until > now:
        return "pending", row.snoozed_until
    if row.fired_at is not None:
        return None
    if one.at > now or due.over_at > now:
        return "pending", one.at
    if change is None or change.version <= row.task_version:
        return None
    return ("pending", one.at) if one.at > change.at or due.over_at > change.at else None
