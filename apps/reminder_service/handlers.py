"""What task events mean to reminders: which tasks to look at, and since when they stand as they do."""

from collections.abc import Sequence
from typing import Final

from reminder_service.planning import TaskChange
from reminder_service.schedule import Schedule
from taskflow_core.bus.port import SUCCESS, Handler, Outcome
from taskflow_core.domain.task import Task
from taskflow_core.events.model import Event, TaskCompleted, TaskCreated, TaskDeleted, TaskUpdated

_MATTERS: Final = frozenset(
    {"completed", "due_at", "due_date", "due_all_day", "recurrence_timezone", "reminders", "reminder_config"}
)
"""Fields whose change may move, add or end a reminder."""


def make_handler(schedule: Schedule) -> Handler:
    """The handler of the service's subscription: a batch of events leads to one look at their tasks."""

    async def handle(events: Sequence[Event]) -> Sequence[Outcome]:
        refused = await schedule.follow(concerned(events))
        return [Outcome.drop(refused[event.task_id]) if event.task_id in refused else SUCCESS for event in events]

    return handle


def concerned(events: Sequence[Event]) -> dict[str, TaskChange | None]:
    """The tasks whose reminders `events` may change, each with the latest TaskChange among them, if any."""
    found: dict[str, TaskChange | None] = {}
    for event in events:
        if isinstance(event, TaskCreated):
            if event.task.reminders:
                _keep_latest(found, event, event.task)
        elif isinstance(event, TaskUpdated):
            if not _MATTERS.isdisjoint(event.changes):
                _keep_latest(found, event, event.task)
        elif isinstance(event, TaskCompleted | TaskDeleted):
            found.setdefault(event.task_id, None)
    return found


def _keep_latest(found: dict[str, TaskChange | None], event: TaskCreated | TaskUpdated, task: Task) -> None:
    before = found.get(event.task_id)
    if before is None or before.version < event.version:
        found[event.task_id] = TaskChange(
            at=event.timestamp,
            version=event.version,
            completed=task.completed,
            due=task.due,
            reminders=task.reminders,
        )
