"""A task as everyone outside the database sees it: in answers, on the stream, in events (without its description)."""

from datetime import date, datetime

import msgspec
from msgspec import UNSET, UnsetType

from taskflow_core.domain.due import Due
from taskflow_core.domain.priority import Priority


class Task(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A task at one version.

    `due_date` is what clients read and write: a date when `due_all_day`, else an instant in UTC. `due_at` is the same
    as an instant (the start of the day, in the task's zone, when all day). `reminders` are durations (ISO 8601) before
    it. `tags` are in the order they were written in. `version` rises with every published change and is 0 for a row
    that Phase IV wrote and nobody has published yet. `has_description` is there in a snapshot alone, whose
    `description` is null: the text never leaves the database.
    """

    id: str
    user_id: str
    title: str
    description: str | None
    completed: bool
    due_date: str | None = None
    due_at: datetime | None = None
    due_all_day: bool = False
    recurrence_pattern: str | None = None
    recurrence_end_date: date | None = None
    recurrence_timezone: str | None = None
    parent_recurring_task_id: str | None = None
    occurrence_date: date | None = None
    reminders: list[str] = []
    tags: list[str] = []
    priority: Priority = "none"
    version: int = 0
    created_at: datetime
    updated_at: datetime
    has_description: bool | UnsetType = UNSET

    @property
    def is_described(self) -> bool:
        """Whether the task has a description, be this a snapshot or not."""
        return self.has_description is True or self.description is not None

    @property
    def due(self) -> Due | None:
        """When the task is due, with the zone its day and its reminders are counted in."""
        if self.due_at is None:
            return None
        return Due(at=self.due_at, all_day=self.due_all_day, timezone=self.recurrence_timezone or "UTC")

    @property
    def series_id(self) -> str | None:
        """The series this task is an occurrence of, if any; the first occurrence's id is the series' id."""
        return self.parent_recurring_task_id or (self.id if self.recurrence_pattern is not None else None)


def snapshot(task: Task) -> Task:
    """`task` as an event carries it: that it has a description, not which."""
    return msgspec.structs.replace(task, description=None, has_description=task.description is not None)
