"""The present state of tasks, which a frame shows where its event carries no snapshot."""

from collections.abc import Iterable
from typing import Final

import asyncpg
import msgspec

from taskflow.database.pool import Database
from taskflow.domain.due import due_text
from taskflow.domain.task import Task

# Tasks with the version their shadow holds. Times come in UTC whichever type Phase IV gave the columns.
_READ: Final = """
SELECT t.id, t.user_id, t.title, t.description, t.completed, t.due_date, t.due_all_day, t.recurrence_pattern,
    t.recurrence_end_date, t.recurrence_timezone, t.parent_recurring_task_id, t.occurrence_date, t.reminder_config,
    t.created_at::timestamptz AS created_at, t.updated_at::timestamptz AS updated_at, coalesce(s.version, 0) AS version
FROM tasks t LEFT JOIN task_shadow s ON s.task_id = t.id
WHERE t.id = ANY($1::text[])
"""

_offsets = msgspec.json.Decoder(list[str])


async def present_tasks(database: Database, task_ids: Iterable[str]) -> dict[str, Task]:
    """Those of the tasks that exist, by id. Raises the database's outages."""
    wanted = list(set(task_ids))
    return {row["id"]: _task(row) for row in await database.fetch(_READ, wanted)} if wanted else {}


def _task(row: asyncpg.Record) -> Task:
    due_at, all_day, timezone = row["due_date"], bool(row["due_all_day"]), row["recurrence_timezone"]
    return Task(
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
        reminders=[] if row["reminder_config"] is None else _offsets.decode(row["reminder_config"]),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
