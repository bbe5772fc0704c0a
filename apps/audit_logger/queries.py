"""Reading the trail: a task's history, and pages of events by filter."""

import base64
import hashlib
import uuid
from datetime import UTC, datetime
from typing import Any, Final, Literal

import asyncpg
import msgspec

from taskflow.database.pool import Database
from taskflow.service.errors import invalid

DEFAULT_LIMIT: Final = 50
LARGEST_LIMIT: Final = 200
LONGEST_HISTORY: Final = 5_000
"""Rows of one task's history that are shown; beyond, the oldest are."""

RowType = Literal[
    "task.created", "task.updated", "task.completed", "task.deleted", "task.reminder.triggered", "audit.read"
]

_COLUMNS: Final = (
    "event_id, type, occurred_at, recorded_at, task_id, user_id, actor_id, version, correlation_id, data, chain_seq"
)

# A task's history, oldest first, of one owner or (null) any.
_HISTORY: Final = f"""
SELECT {_COLUMNS} FROM task_events
WHERE task_id = $1 AND ($2::text IS NULL OR user_id = $2) AND type <> 'audit.read'
ORDER BY occurred_at, version, chain_seq LIMIT $3
"""  # noqa: S608  # _COLUMNS is a constant
# Whose task it is, if it is there still.
_OWNER: Final = "SELECT user_id FROM tasks WHERE id = $1"


class AuditItem(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the trail.

    `occurred_at` is the event's own time, `recorded_at` when the trail got it. `user_id` owns the task (or the trail
    that was read), `actor_id` did it: a user, or the name of a service. `data.changes` is {field: {old, new}}.
    """

    event_id: uuid.UUID
    type: str
    occurred_at: datetime
    recorded_at: datetime
    task_id: str | None
    user_id: str
    actor_id: str
    version: int
    correlation_id: str
    data: dict[str, Any]


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows: `user` None for everybody's, `since` inclusive, `until` exclusive."""

    user: str | None = None
    type: RowType | None = None
    since: datetime | None = None
    until: datetime | None = None
    correlation_id: str | None = None

    @property
    def fingerprint(self) -> str:
        """Tells filters apart, so that a cursor is used only where it came from."""
        return hashlib.blake2b(msgspec.json.encode(self), digest_size=8).hexdigest()


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows, and the cursor of the ones after them if there are any."""

    items: list[AuditItem]
    cursor: str | None


class _Cursor(msgspec.Struct, frozen=True, array_like=True):
    filters: str
    at: datetime
    id: uuid.UUID


async def history(database: Database, task_id: str, owner: str | None) -> list[AuditItem]:
    """What happened to a task of `owner` (None: anybody's), oldest first."""
    return [_item(row) for row in await database.fetch(_HISTORY, task_id, owner, LONGEST_HISTORY)]


async def owner_of(database: Database, task_id: str) -> str | None:
    """The user whose task this is; None when there is no such task (any more)."""
    owner: str | None = await database.fetchval(_OWNER, task_id)
    return owner


async def page(database: Database, wanted: EventFilter, *, limit: int, cursor: str | None) -> Page:
    """One page of rows, newest first. Raises InvalidError for a cursor that is not of this filter."""
    query, values = _statement(wanted, None if cursor is None else _read_cursor(cursor, wanted), limit + 1)
    rows = await database.fetch(query, *values)
    items = [_item(row) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        last = items[-1]
        following = _write_cursor(_Cursor(wanted.fingerprint, last.occurred_at, last.event_id))
    return Page(items=items, cursor=following)


def _statement(wanted: EventFilter, after: _Cursor | None, limit: int) -> tuple[str, list[Any]]:
    """The query of a page with its values. Each filter there is becomes a condition, so that each has its own plan."""
    values: list[Any] = []

    def bind(value: Any, kind: str) -> str:
        values.append(value)
        return f"${len(values)}::{kind}"

    source, conditions = "task_events", ["true"]
    if wanted.correlation_id is not None:
        # A request makes few events: find them first, whatever the planner thinks of walking back through time.
        correlation = bind(wanted.correlation_id, "text")
        source = f"(SELECT * FROM task_events WHERE correlation_id = {correlation} OFFSET 0) AS found"  # noqa: S608  # a placeholder
    if wanted.user is not None:
        conditions.append(f"user_id = {bind(wanted.user, 'text')}")
    if wanted.type is not None:
        # A literal, one of six: the index of reads is found by it.
        conditions.append(f"type = '{wanted.type}'")
    if wanted.since is not None:
        conditions.append(f"occurred_at >= {bind(wanted.since, 'timestamptz')}")
    if wanted.until is not None:
        conditions.append(f"occurred_at < {bind(wanted.until, 'timestamptz')}")
    if after is not None:
        at = bind(after.at, "timestamptz")
        # The first condition leaves out later partitions, the second is exact.
        conditions.append(f"occurred_at <= {at} AND (occurred_at, event_id) < ({at}, {bind(after.id, 'uuid')})")
    query = f"""
        SELECT {_COLUMNS} FROM {source} WHERE {" AND ".join(conditions)}
        ORDER BY occurred_at DESC, event_id DESC LIMIT {limit}
    """  # noqa: S608  # made of constants and placeholders; values are bound
    return query, values


def _item(row: asyncpg.Record) -> AuditItem:
    return AuditItem(
        event_id=row["event_id"],
        type=row["type"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        task_id=row["task_id"],
        user_id=row["user_id"],
        actor_id=row["actor_id"],
        version=row["version"],
        correlation_id=row["correlation_id"],
        data=msgspec.json.decode(row["data"], type=dict[str, Any]),
    )


def _write_cursor(cursor: _Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()


def _read_cursor(text: str, wanted: EventFilter) -> _Cursor:
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        cursor = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=_Cursor)
    except (ValueError, msgspec.MsgspecError):
        raise invalid("cursor", "is not one this list gave; begin without a cursor", where="query") from None
    if cursor.filters != wanted.fingerprint or cursor.at.tzinfo is None:
        raise invalid("cursor", "belongs to other filters; keep them while paging", where="query")
    return cursor


def instant(field: str, at: datetime | None) -> datetime | None:
    """A bound in UTC; without an offset it is UTC already. Raises InvalidError at the ends of the calendar."""
    if at is None:
        return None
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise invalid(field, "is out of range", where="query") from None
