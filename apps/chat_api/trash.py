"""The trash: deleted tasks as their user sees them, and letting them go for good."""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from chat_api.text_search import contains, folded
from taskflow_core.database.clock import clocks_agree
from taskflow_core.database.pool import Connection, Database
from taskflow_core.database.task_rows import COLUMNS, task_of
from taskflow_core.domain.clock import Clock
from taskflow_core.domain.errors import TaskNotFoundError
from taskflow_core.domain.task import Task
from taskflow_core.service.cursors import dated_text_position
from taskflow_core.service.pages import Page, fingerprint, page_of

_BATCH: Final = 1000

DELETED: Final = f"""
SELECT {COLUMNS}, d.deleted_at,
    (SELECT count(*) FROM deleted_tasks o WHERE o.deletion = d.deletion AND o.user_id = d.user_id) AS together
FROM deleted_tasks d CROSS JOIN LATERAL jsonb_populate_record(NULL::tasks, d.task) t
    CROSS JOIN LATERAL (SELECT d.version) s
WHERE d.user_id = $1
"""  # noqa: S608  # COLUMNS is a constant
"""A user's deleted tasks, as `task_of` reads them, each with how many of its deletion are there."""

# A page of them, of those that match and whose time is not over.
_PAGE: Final = f"""
{DELETED} AND d.deleted_at > now() - make_interval(days => $2)
    AND ($3::text IS NULL OR {folded("t.title")} LIKE $3 OR {folded("t.description")} LIKE $3)
    AND ($4::timestamptz IS NULL OR (d.deleted_at, d.task_id) < ($4, $5::text))
ORDER BY d.deleted_at DESC, d.task_id DESC LIMIT $6
"""
_DELETE: Final = "DELETE FROM deleted_tasks WHERE task_id = $1 AND user_id = $2 RETURNING task_id"
# All of a user's, locked in the order in which whoever restores several locks them.
_EMPTY: Final = """
DELETE FROM deleted_tasks WHERE task_id IN (
    SELECT task_id FROM deleted_tasks WHERE user_id = $1 ORDER BY task_id FOR UPDATE
)
"""
# A batch of those whose time is over; none that somebody is just restoring.
_EXPIRE: Final = f"""
DELETE FROM deleted_tasks WHERE task_id IN (
    SELECT task_id FROM deleted_tasks WHERE deleted_at <= now() - make_interval(days => $1)
    ORDER BY deleted_at LIMIT {_BATCH} FOR UPDATE SKIP LOCKED
)
"""  # noqa: S608  # a constant
# Users with more in the trash than one keeps, and a batch of the oldest beyond.
_FULL: Final = "SELECT user_id FROM deleted_tasks GROUP BY user_id HAVING count(*) > $1"
_TRIM: Final = f"""
DELETE FROM deleted_tasks WHERE task_id IN (
    SELECT task_id FROM deleted_tasks WHERE user_id = $1 AND (deleted_at, task_id) <= (
        SELECT deleted_at, task_id FROM deleted_tasks WHERE user_id = $1
        ORDER BY deleted_at DESC, task_id DESC OFFSET $2 LIMIT 1
    )
    ORDER BY deleted_at, task_id LIMIT {_BATCH} FOR UPDATE SKIP LOCKED
)
"""  # noqa: S608  # a constant


class DeletedTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task as it was when it was deleted, and until when it can be restored.

    Its version is the deletion's. `together` is how many tasks of that deletion are in the trash, this one included.
    """

    task: Task
    deleted_at: datetime
    kept_until: datetime
    together: int


class TrashFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which deleted tasks: those with `q` in title or description."""

    q: str | None = None


async def page(
    connection: Connection, user_id: str, criteria: TrashFilter, *, days: int, limit: int, cursor: str | None
) -> Page[DeletedTask]:
    """One page of a user's deleted tasks, the latest first. Raises InvalidError for a cursor of another filter."""
    of = fingerprint(criteria)
    position = None if cursor is None else dated_text_position(cursor, of)
    at, after = (None, None) if position is None else (position.at, position.id)
    like = contains(criteria.q) if criteria.q else None
    rows = await connection.fetch(_PAGE, user_id, days, like, at, after, limit + 1)
    found = page_of(rows, limit, of, at="deleted_at", id="id")
    return Page(items=[deleted_task(row, days) for row in found.items], cursor=found.cursor)


def deleted_task(row: Any, days: int) -> DeletedTask:
    """A row of DELETED."""
    return DeletedTask(
        task=task_of(row),
        deleted_at=row["deleted_at"],
        kept_until=row["deleted_at"] + timedelta(days=days),
        together=row["together"],
    )


async def delete(connection: Connection, user_id: str, task_id: str) -> None:
    """Let one go for good. Raises TaskNotFoundError."""
    if "\x00" in task_id or await connection.fetchval(_DELETE, task_id, user_id) is None:
        raise TaskNotFoundError


async def empty(connection: Connection, user_id: str) -> None:
    """Let all of a user's go for good."""
    await connection.execute(_EMPTY, user_id)


async def purge(database: Database, clock: Clock, *, days: int, most: int) -> None:
    """Let go what was deleted `days` ago, and the oldest beyond `most` of one user, a batch at a time.

    Nothing while this machine's clock and the database's differ. Raises outages.
    """
    async with database.acquire() as connection:
        if not await clocks_agree(connection, clock):
            return
    while await database.execute(_EXPIRE, days) == f"DELETE {_BATCH}":
        pass
    for row in await database.fetch(_FULL, most):
        while await database.execute(_TRIM, row["user_id"], most) == f"DELETE {_BATCH}":
            pass
