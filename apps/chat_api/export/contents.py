"""What is in an export: one part for each kind of thing, read a few rows at a time, all at one moment."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec

from chat_api import preferences
from chat_api.export.trail import TrailReader
from chat_api.trash import DELETED
from chat_api.views import TaskView, shown
from taskflow_core.database.pool import Connection
from taskflow_core.database.task_rows import COLUMNS, priority_of, reminders_of, task_as, task_of
from taskflow_core.domain.recurrence import parse_pattern

ROWS_AT_ONCE: Final = 100

# The account itself.
_ACCOUNT: Final = """
SELECT id, email, created_at::timestamptz AS created_at, updated_at::timestamptz AS updated_at
FROM users WHERE id = $1
"""
# Tasks, the oldest first.
_TASKS: Final = f"""
SELECT {COLUMNS} FROM tasks t LEFT JOIN task_shadow s ON s.task_id = t.id
WHERE t.user_id = $1 ORDER BY t.created_at, t.id
"""  # noqa: S608  # COLUMNS is a constant
# Series, and how far each has come.
_SERIES: Final = """
SELECT series_id AS id, title, description, tags, priority, reminder_config, pattern, timezone, start_local,
    all_day, end_date, mode, catch_up, last_slot, next_slot, next_due, made_count, ended_at, created_at, updated_at
FROM task_series WHERE user_id = $1 ORDER BY created_at, series_id
"""
# Deleted tasks, the oldest deletion first.
_TRASH: Final = f"{DELETED} ORDER BY d.deleted_at, d.task_id"
# Reminders to come, sent and cancelled.
_REMINDERS: Final = """
SELECT id, task_id, reminder_offset AS "offset", status, due_at, scheduled_at, snoozed_until, fired_at, acknowledged_at,
    created_at, updated_at
FROM reminder_schedule WHERE user_id = $1 ORDER BY fire_at, id
"""
_CONVERSATIONS: Final = """
SELECT id, created_at::timestamptz AS created_at, updated_at::timestamptz AS updated_at
FROM conversation WHERE user_id = $1 ORDER BY created_at, id
"""
_MESSAGES: Final = """
SELECT id, conversation_id, role, content, tool_calls, created_at::timestamptz AS created_at
FROM message WHERE user_id = $1 ORDER BY created_at, id
"""
# Sessions without what signs in: tokens are kept hashed, and not even the hashes leave.
_SESSIONS: Final = """
SELECT id, device, created_at, last_used_at, expires_at, revoked_at FROM sessions
WHERE user_id = $1 ORDER BY created_at, id
"""
# Personal tokens, likewise.
_TOKENS: Final = """
SELECT id, name, scopes, created_at, expires_at, last_used_at FROM personal_tokens
WHERE user_id = $1 ORDER BY created_at, id
"""

_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One user's rows as a transaction sees them that began at `at`; the trail, what it had recorded by then."""

    connection: Connection
    user_id: str
    at: datetime
    trail: TrailReader


Part = Callable[[Snapshot], AsyncIterator[bytes]]
"""The content of one file, piece by piece."""


async def rows(snapshot: Snapshot, query: str) -> AsyncGenerator[Sequence[asyncpg.Record]]:
    """The rows of a query for the user, a few at a time."""
    cursor = await snapshot.connection.cursor(query, snapshot.user_id)
    while found := await cursor.fetch(ROWS_AT_ONCE):
        yield found


async def tasks(snapshot: Snapshot) -> AsyncGenerator[Sequence[TaskView]]:
    """The user's tasks as answers show them, a few at a time."""
    async for found in rows(snapshot, _TASKS):
        yield await shown(snapshot.connection, [task_as(TaskView, row) for row in found])


def series(snapshot: Snapshot) -> AsyncGenerator[Sequence[asyncpg.Record]]:
    """The user's series, a few at a time."""
    return rows(snapshot, _SERIES)


async def account(snapshot: Snapshot) -> dict[str, Any] | None:
    """The account, None where it is gone."""
    row = await snapshot.connection.fetchrow(_ACCOUNT, snapshot.user_id)
    return None if row is None else dict(row)


async def _account(snapshot: Snapshot) -> AsyncGenerator[bytes]:
    yield _encode({"exported_at": snapshot.at, **(await account(snapshot) or {})})


async def _preferences(snapshot: Snapshot) -> AsyncGenerator[bytes]:
    yield _encode(await preferences.read(snapshot.connection, snapshot.user_id))


async def _list(batches: AsyncIterator[Sequence[object]]) -> AsyncGenerator[bytes]:
    """A JSON array with an item on each line."""
    before = b"[\n"
    async for batch in batches:
        yield before + b",\n".join(map(_encode, batch))
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def _listed(query: str, item: Callable[[asyncpg.Record], object] = dict) -> Part:
    async def batches(snapshot: Snapshot) -> AsyncGenerator[list[object]]:
        async for found in rows(snapshot, query):
            yield [item(row) for row in found]

    return lambda snapshot: _list(batches(snapshot))


def _series_item(row: asyncpg.Record) -> object:
    values = dict(row)
    pattern = parse_pattern(row["pattern"]).anchored(row["start_local"].date())
    order: dict[str, Any] = {"tags": values["tags"] or [], "priority": priority_of(values["priority"])}
    return values | order | {"reminders": reminders_of(values.pop("reminder_config")), "rrule": pattern.rrule}


def _deleted(row: asyncpg.Record) -> object:
    return {"task": task_of(row), "deleted_at": row["deleted_at"]}


def _message(row: asyncpg.Record) -> object:
    called: str | None = row["tool_calls"]
    return dict(row) | {"tool_calls": _json_in(called)}


def _json_in(text: str | None) -> object:
    """JSON that stands in a column as text, put in as it is; text that is none as text."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


PARTS: Final[Mapping[str, Part]] = {
    "account.json": _account,
    "preferences.json": _preferences,
    "tasks.json": lambda snapshot: _list(tasks(snapshot)),
    "trash.json": _listed(_TRASH, _deleted),
    "series.json": _listed(_SERIES, _series_item),
    "reminders.json": _listed(_REMINDERS),
    "conversations.json": _listed(_CONVERSATIONS),
    "messages.json": _listed(_MESSAGES, _message),
    "sessions.json": _listed(_SESSIONS),
    "tokens.json": _listed(_TOKENS),
    "audit.json": lambda snapshot: _list(snapshot.trail.events(snapshot.user_id, snapshot.at)),
}
"""The files of JSON in an export; docs/api.md says what each holds."""
