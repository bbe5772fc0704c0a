"""Tasks as answers show them: with how their series goes on and what has become of their reminders.

Two queries for however many tasks, and none where no task of them repeats or reminds.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET, UnsetType

from taskflow_core.database.pool import Connection
from taskflow_core.domain.recurrence import CatchUp, Mode, parse_pattern
from taskflow_core.domain.reminders import plan
from taskflow_core.domain.task import Task

# How series go on.
_SERIES: Final = "SELECT series_id, mode, catch_up, start_local FROM task_series WHERE series_id = ANY($1::text[])"
# The reminders of tasks' present due dates.
_REMINDERS: Final = """
SELECT r.id, r.task_id, r.reminder_offset, r.status, r.scheduled_at, r.snoozed_until, r.fired_at, r.acknowledged_at,
    CASE WHEN r.status = 'cancelled' THEN r.updated_at END AS cancelled_at
FROM reminder_schedule r JOIN unnest($1::text[], $2::timestamptz[]) AS task (id, due_at)
    ON r.task_id = task.id AND r.due_at = task.due_at
"""


class ReminderStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of one of a task's reminders for its present due date.

    `offset` is as in `reminders`, `scheduled_at` the instant that makes, `fired_at` when it was last sent. `id` is what
    /api/v1/reminders calls it; null until the reminder service has it.
    """

    id: UUID | None
    offset: str
    status: Literal["pending", "sent", "acknowledged", "cancelled"]
    scheduled_at: datetime
    snoozed_until: datetime | None = None
    fired_at: datetime | None = None
    acknowledged_at: datetime | None = None
    cancelled_at: datetime | None = None


class TaskView(Task, frozen=True, kw_only=True):
    """A task with what is kept beside it: `rrule` is its pattern in RFC 5545's words, the rest of its series and of its
    reminders; null and empty where it does not repeat or remind."""

    rrule: str | None = None
    recurrence_mode: Mode | None = None
    catch_up: CatchUp | None = None
    reminder_status: list[ReminderStatus] = msgspec.field(default_factory=list[ReminderStatus])


class NextKept(msgspec.Struct, frozen=True, kw_only=True):
    """The occurrence after a reopened one, where it stays although completing made it; `message` says why."""

    id: str
    due_date: str | None
    completed: bool
    message: str


class ChangedTask(TaskView, frozen=True, kw_only=True):
    """A task after a change; `next_kept` is there only where reopening it left the next occurrence."""

    next_kept: NextKept | UnsetType = UNSET


def changed_task(task: TaskView, next_kept: Task | None) -> ChangedTask:
    """`task` as the answer to a change shows it."""
    kept: NextKept | UnsetType = UNSET
    if next_kept is not None:
        kept = NextKept(
            id=next_kept.id,
            due_date=next_kept.due_date,
            completed=next_kept.completed,
            message=f"The next occurrence, due {next_kept.due_date}, stays: {why_kept(next_kept)}.",
        )
    return ChangedTask(**{name: getattr(task, name) for name in TaskView.__struct_fields__}, next_kept=kept)


def why_kept(next_kept: Task) -> str:
    """Why an occurrence stays although the one before it was reopened."""
    return "it is completed" if next_kept.completed else "it was changed since it was made"


async def shown(connection: Connection, tasks: Sequence[Task]) -> list[TaskView]:
    """`tasks` as answers show them, in order."""
    series = {task.series_id for task in tasks if task.recurrence_pattern is not None}
    reminding = [task for task in tasks if task.reminders and task.due_at is not None]
    of_series: dict[str, asyncpg.Record] = {}
    if series:
        of_series = {row["series_id"]: row for row in await connection.fetch(_SERIES, list(series))}
    rows: defaultdict[str, dict[str, asyncpg.Record]] = defaultdict(dict)
    if reminding:
        ids, dues = [task.id for task in reminding], [task.due_at for task in reminding]
        for row in await connection.fetch(_REMINDERS, ids, dues):
            rows[row["task_id"]][row["reminder_offset"]] = row
    return [
        _shown(task, of_series.get(task.series_id or ""), rows[task.id] if task.reminders else {}) for task in tasks
    ]


async def one_shown(connection: Connection, task: Task) -> TaskView:
    """A task as answers show it."""
    (view,) = await shown(connection, [task])
    return view


def without_view(task: Task) -> Task:
    """The task alone, as events have it."""
    return Task(**{name: getattr(task, name) for name in Task.__struct_fields__})


def _shown(task: Task, series: asyncpg.Record | None, reminders: dict[str, asyncpg.Record]) -> TaskView:
    beside: dict[str, Any] = {}
    if task.recurrence_pattern is not None:
        pattern = parse_pattern(task.recurrence_pattern)
        if series is not None:
            pattern = pattern.anchored(series["start_local"].date())
            beside |= {"recurrence_mode": series["mode"], "catch_up": series["catch_up"]}
        beside["rrule"] = pattern.rrule
    if task.reminders and task.due is not None:
        beside["reminder_status"] = [
            _status(task, reminders.get(one.offset), one.offset, one.at) for one in plan(task.due, task.reminders)
        ]
    if not isinstance(task, TaskView):
        return TaskView(**msgspec.structs.asdict(task), **beside)
    return msgspec.structs.replace(task, **beside) if beside else task


def _status(task: Task, row: asyncpg.Record | None, offset: str, at: datetime) -> ReminderStatus:
    if row is None:
        return ReminderStatus(id=None, offset=offset, status=_open_or_not(task), scheduled_at=at)
    return ReminderStatus(
        id=row["id"],
        offset=offset,
        # The reminder service cancels what a completed task leaves; until it has, the answer is no other.
        status=_open_or_not(task) if row["status"] == "pending" else row["status"],
        scheduled_at=row["scheduled_at"],
        snoozed_until=row["snoozed_until"],
        fired_at=row["fired_at"],
        acknowledged_at=row["acknowledged_at"],
        cancelled_at=row["cancelled_at"],
    )


def _open_or_not(task: Task) -> Literal["pending", "cancelled"]:
    return "cancelled" if task.completed else "pending"
