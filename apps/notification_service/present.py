"""The present state of tasks, which a frame shows where its event carries no snapshot."""

from collections.abc import Iterable
from typing import Final

from taskflow.database.pool import Database
from taskflow.database.task_rows import COLUMNS, task_of
from taskflow.domain.task import Task

# Tasks as they stand.
_READ: Final = f"""
SELECT {COLUMNS} FROM tasks t LEFT JOIN task_shadow s ON s.task_id = t.id WHERE t.id = ANY($1::text[])
"""  # noqa: S608  # COLUMNS is a constant


async def present_tasks(database: Database, task_ids: Iterable[str]) -> dict[str, Task]:
    """Those of the tasks that exist, by id. Raises the database's outages."""
    wanted = list(set(task_ids))
    return {row["id"]: task_of(row) for row in await database.fetch(_READ, wanted)} if wanted else {}
