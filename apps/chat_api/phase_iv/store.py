"""Phase IV's statements: they name only its own columns, so they run on its own schema as well as on ours."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg
import msgspec
from msgspec import UNSET, UnsetType

from taskflow_core.database.pool import Connection

COLUMNS: Final = """
    id, user_id, title, description, completed, created_at::timestamptz AS created_at,
    updated_at::timestamptz AS updated_at
"""

# One task of a user.
_ONE: Final = f"SELECT {COLUMNS} FROM tasks WHERE id = $1 AND user_id = $2"  # noqa: S608  # constants
# Some tasks, in the order of their ids in $1.
_SEVERAL: Final = f"""
SELECT {COLUMNS} FROM tasks WHERE id = ANY($1::text[]) AND user_id = $2 ORDER BY array_position($1::text[], id::text)
"""  # noqa: S608  # constants
# All tasks of a user, newest first.
_LIST: Final = f"SELECT {COLUMNS} FROM tasks WHERE user_id = $1 ORDER BY tasks.created_at DESC, id DESC"  # noqa: S608
# A new task.
_INSERT: Final = f"""
INSERT INTO tasks (id, user_id, title, description, completed, created_at, updated_at)
VALUES ($1, $2, $3, $4, false, $5::timestamptz, $5::timestamptz) RETURNING {COLUMNS}
"""  # noqa: S608  # constants
# A task's fields; a null keeps what there is, of the description where $7 is false.
_UPDATE: Final = f"""
UPDATE tasks SET title = coalesce($3, title), description = CASE WHEN $7 THEN $4 ELSE description END,
    completed = coalesce($5, completed), updated_at = $6::timestamptz
WHERE id = $1 AND user_id = $2 RETURNING {COLUMNS}
"""  # noqa: S608  # constants
# A task, gone.
_DELETE: Final = "DELETE FROM tasks WHERE id = $1 AND user_id = $2 RETURNING id"


class PhaseIVTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task as Phase IV knows it."""

    id: str
    user_id: str
    title: str
    description: str | None
    completed: bool
    created_at: datetime
    updated_at: datetime


def task(row: asyncpg.Record) -> PhaseIVTask:
    """A row of COLUMNS as a task."""
    return msgspec.convert(dict(row), PhaseIVTask)


async def one(connection: Connection, user_id: str, task_id: str) -> PhaseIVTask | None:
    """A user's task, or None for one that is not there or not theirs."""
    row = None if "\x00" in task_id else await connection.fetchrow(_ONE, task_id, user_id)
    return None if row is None else task(row)


async def several(connection: Connection, user_id: str, task_ids: Sequence[str]) -> list[PhaseIVTask]:
    """Those of some tasks that are there and the user's, in the order of `task_ids`."""
    return [task(row) for row in await connection.fetch(_SEVERAL, task_ids, user_id)]


async def list_tasks(connection: Connection, user_id: str) -> list[PhaseIVTask]:
    """All tasks of a user, newest first."""
    return [task(row) for row in await connection.fetch(_LIST, user_id)]


async def insert(
    connection: Connection, user_id: str, title: str, description: str | None, now: datetime
) -> PhaseIVTask:
    """A new task. Raises asyncpg.ForeignKeyViolationError for a user that is gone."""
    row = await connection.fetchrow(_INSERT, str(uuid.uuid4()), user_id, title, description, now)
    if row is None:
        raise RuntimeError("INSERT … RETURNING gave no row")
    return task(row)


async def update(
    connection: Connection,
    user_id: str,
    task_id: str,
    *,
    title: str | None,
    description: str | UnsetType | None,
    completed: bool | None,
    now: datetime,
) -> PhaseIVTask | None:
    """A task with these fields; None keeps title and state, UNSET the description. None for no task of this user's."""
    if "\x00" in task_id:
        return None
    text = None if description is UNSET else description
    row = await connection.fetchrow(_UPDATE, task_id, user_id, title, text, completed, now, description is not UNSET)
    return None if row is None else task(row)


async def delete(connection: Connection, user_id: str, task_id: str) -> bool:
    """Whether there was such a task of this user; it is gone."""
    return "\x00" not in task_id and await connection.fetchval(_DELETE, task_id, user_id) is not None
