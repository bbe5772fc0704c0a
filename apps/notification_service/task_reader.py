"""The present state of tasks, which a frame shows where its event carries no snapshot."""

from collections.abc import Iterable
from typing import Final

from taskflow_core.database.pool import Database
from taskflow_core.database.task_rows import COLUMNS, task_of
from taskflow_core.domain.task import Task

# Tasks as they stand.
_READ: Final = f"""
SELECT {COLUMNS} FROM tasks t LEFT JOIN task_shadow s ON s.task_id = t.id WHERE t.id = ANY($1::text[])
"""  # noqa: S608  # COLUMNS is a constant


# The descriptions of tasks.
_DESCRIPTIONS: Final = "SELECT id, description FROM tasks WHERE id = ANY($1::text[])"


async def descriptions(database: Database, task_ids: Iterable[str]) -> dict[str, str | None]:
    """The descriptions of those of the tasks that exist, by id, as they are now. Raises the database's outages."""
    rows = await database.fetch(_DESCRIPTIONS, list(set(task_ids)))
    return {row["id"]: row["description"] for row in rows}


async def read_tasks(database: Database, task_ids: Iterable[str]) -> dict[str, Task]:
    """Those of the tasks that exist, by id. Raises the database's outages."""
    wanted = list(set(task_ids))
    return {row["id"]: task_of(row) for row in await database.fetch(_READ, wanted)} if wanted else {}
