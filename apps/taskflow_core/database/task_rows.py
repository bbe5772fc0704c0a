"""Rows of `tasks`, with the version their shadow holds, to and from Task: for the services that show whole tasks."""

from collections.abc import Sequence
from typing import Final, TypeVar

import asyncpg
import msgspec

from taskflow_core.database.statements import columns
from taskflow_core.domain.due import due_text
from taskflow_core.domain.priority import PRIORITIES, Priority, rank
from taskflow_core.domain.tags import tag_key
from taskflow_core.domain.task import Task
from taskflow_db.tables import Tasks

_AS_THEY_ARE: Final = columns(
    Tasks.id,
    Tasks.user_id,
    Tasks.title,
    Tasks.description,
    Tasks.completed,
    Tasks.due_date,
    Tasks.due_all_day,
    Tasks.recurrence_pattern,
    Tasks.recurrence_end_date,
    Tasks.recurrence_timezone,
    Tasks.parent_recurring_task_id,
    Tasks.occurrence_date,
    Tasks.reminder_config,
    Tasks.tags,
    Tasks.priority,
    of="t",
)
COLUMNS: Final = f"""
    {_AS_THEY_ARE}, t.created_at::timestamptz AS created_at, t.updated_at::timestamptz AS updated_at,
    coalesce(s.version, 0) AS version
"""
"""What `task_of` reads; `t` is tasks and `s` its shadow. Times come in UTC whichever type Phase IV gave the columns."""

AnyTask = TypeVar("AnyTask", bound=Task)

_offsets = msgspec.json.Decoder(list[str])


def task_of(row: asyncpg.Record) -> Task:
    """A row of COLUMNS as a Task."""
    return task_as(Task, row)


def task_as(kind: type[AnyTask], row: asyncpg.Record) -> AnyTask:
    """A row of COLUMNS as a Task of this kind."""
    due_at, all_day, timezone = row["due_date"], bool(row["due_all_day"]), row["recurrence_timezone"]
    return kind(
        id=row["id"],
        user_id=row["user_id"],
        title=row["title"],
        description=row["description"],
        completed=row["completed"],
        due_date=None if due_at is None else due_text(due_at, all_day, timezone),
        due_at=due_at,
        due_all_day=all_day,
        recurrence_pattern=row["recurrence_pattern"],
        recurrence_end_date=row["recurrence_end_date"],
        recurrence_timezone=timezone,
        parent_recurring_task_id=row["parent_recurring_task_id"],
        occurrence_date=row["occurrence_date"],
        reminders=reminders_of(row["reminder_config"]),
        tags=row["tags"] or [],
        priority=priority_of(row["priority"]),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def reminders_of(reminder_config: str | None) -> list[str]:
    """The offsets in a `reminder_config` as the driver gives it."""
    return [] if reminder_config is None else _offsets.decode(reminder_config)


def reminder_config(reminders: Sequence[str]) -> str | None:
    """Offsets as `reminder_config` keeps them; none is NULL."""
    return msgspec.json.encode(reminders).decode() if reminders else None


def priority_of(stored: int | None) -> Priority:
    """The priority in a `priority` column, where NULL is none."""
    return PRIORITIES[stored or 0]


def stored_priority(priority: Priority) -> int | None:
    """A priority as the column keeps it."""
    return rank(priority) or None


def stored_tags(tags: Sequence[str]) -> tuple[list[str] | None, list[str] | None]:
    """Tags as `tags` and `tag_keys` keep them; none are NULL, as in a row of Phase IV's."""
    return (list(tags), [tag_key(tag) for tag in tags]) if tags else (None, None)
