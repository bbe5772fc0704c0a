"""Reading tasks: one, and lists by filter, order and page."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from chat_api.views import TaskView, one_shown, shown
from taskflow.database.pool import Connection
from taskflow.database.task_rows import COLUMNS, task_as
from taskflow.domain.due import parse_due
from taskflow.domain.errors import FieldError
from taskflow.domain.zones import day_end, day_start
from taskflow.service.errors import invalid

DEFAULT_LIMIT: Final = 50
LARGEST_LIMIT: Final = 200

DueFilter = Literal["today", "overdue", "upcoming", "none"]
Sort = Literal["created", "due"]

# One task of a user.
_ONE: Final = f"""
SELECT {COLUMNS} FROM tasks t LEFT JOIN task_shadow s ON s.task_id = t.id WHERE t.id = $1 AND t.user_id = $2
"""  # noqa: S608  # COLUMNS is a constant
# Some tasks of a user, in the order of their ids in $1.
_SEVERAL: Final = f"""
SELECT {COLUMNS} FROM tasks t LEFT JOIN task_shadow s ON s.task_id = t.id
WHERE t.id = ANY($1::text[]) AND t.user_id = $2 ORDER BY array_position($1::text[], t.id::text)
"""  # noqa: S608  # COLUMNS is a constant
# All tasks of a user, newest first: Phase IV's list.
ALL: Final = f"""
SELECT {COLUMNS} FROM tasks t LEFT JOIN task_shadow s ON s.task_id = t.id
WHERE t.user_id = $1 ORDER BY t.created_at DESC, t.id DESC
"""  # noqa: S608  # COLUMNS is a constant
# The zones in which all-day tasks of a user have their days.
_ZONES: Final = """
SELECT DISTINCT coalesce(recurrence_timezone, 'UTC') AS zone FROM tasks WHERE user_id = $1 AND due_all_day
"""


class TaskFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which tasks, in which order. `due_before` and `due_after` are instants; `due` is of the user's own day."""

    completed: bool | None = None
    due: DueFilter | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None
    q: str | None = None
    series: str | None = None
    sort: Sort = "created"

    @property
    def fingerprint(self) -> str:
        """Tells filters apart, so that a cursor is used only where it came from."""
        return hashlib.blake2b(msgspec.json.encode(self), digest_size=8).hexdigest()


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some tasks, and the cursor of the ones after them if there are any."""

    tasks: list[TaskView]
    cursor: str | None


class _Cursor(msgspec.Struct, frozen=True, array_like=True):
    filters: str
    at: datetime | None
    id: str


async def one(connection: Connection, user_id: str, task_id: str) -> TaskView | None:
    """A user's task, or None for one that is not there or not theirs."""
    row = None if "\x00" in task_id else await connection.fetchrow(_ONE, task_id, user_id)
    return None if row is None else await one_shown(connection, task_as(TaskView, row))


async def several(connection: Connection, user_id: str, task_ids: Sequence[str]) -> list[TaskView]:
    """Those of some tasks that are there and the user's, in the order of `task_ids`."""
    rows = await connection.fetch(_SEVERAL, task_ids, user_id)
    return await shown(connection, [task_as(TaskView, row) for row in rows])


async def everything(connection: Connection, user_id: str) -> list[TaskView]:
    """All tasks of a user, newest first."""
    return await shown(connection, [task_as(TaskView, row) for row in await connection.fetch(ALL, user_id)])


def instant_or_day(field: str, text: str, timezone: str, *, end: bool) -> datetime:
    """A bound of a due date: an instant, or a day of the user's, whose start (or end) it then is."""
    try:
        due = parse_due(text, timezone, field)
    except FieldError as error:
        raise invalid(field, error.message, where="query") from None
    if due.all_day and end:
        tz = ZoneInfo(timezone)
        return day_end(due.at.astimezone(tz).date(), tz)
    return due.at


async def page(
    connection: Connection,
    user_id: str,
    wanted: TaskFilter,
    *,
    timezone: str,
    now: datetime,
    limit: int,
    cursor: str | None,
) -> Page:
    """One page of a user's tasks. Raises InvalidError for a cursor that is not of this filter."""
    where = _Where(user_id)
    _filter(where, wanted)
    if wanted.due is not None:
        await _filter_due(connection, where, user_id, wanted.due, ZoneInfo(timezone), now)
    by_due = wanted.sort == "due"
    if cursor is not None:
        position = _read_cursor(cursor, wanted)
        if by_due:
            # Tasks without a due date come last.
            at = where.bind(position.at, "timestamptz")
            id_ = where.bind(position.id, "text")
            where.add(f"(coalesce(t.due_date, 'infinity'), t.id) > (coalesce({at}, 'infinity'), {id_})")
        else:
            at = where.bind(position.at, "timestamptz")
            where.add(f"(t.created_at, t.id) < ({at}, {where.bind(position.id, 'text')})")
    order = "coalesce(t.due_date, 'infinity'), t.id" if by_due else "t.created_at DESC, t.id DESC"
    query = f"""
        SELECT {COLUMNS} FROM tasks t LEFT JOIN task_shadow s ON s.task_id = t.id {where.join}
        WHERE {where.text} ORDER BY {order} LIMIT {limit + 1}
    """  # noqa: S608  # made of constants and placeholders; values are bound
    rows = await connection.fetch(query, *where.values)
    more = len(rows) > limit
    tasks = await shown(connection, [task_as(TaskView, row) for row in rows[:limit]])
    following = None
    if more:
        last = tasks[-1]
        at_ = last.due_at if by_due else last.created_at
        following = _write_cursor(_Cursor(wanted.fingerprint, at_, last.id))
    return Page(tasks=tasks, cursor=following)


async def count(connection: Connection, user_id: str, wanted: TaskFilter, *, timezone: str, now: datetime) -> int:
    """How many tasks of a user there are of a filter."""
    where = _Where(user_id)
    _filter(where, wanted)
    if wanted.due is not None:
        await _filter_due(connection, where, user_id, wanted.due, ZoneInfo(timezone), now)
    query = f"SELECT count(*) FROM tasks t WHERE {where.text}"  # noqa: S608  # constants and placeholders
    return await connection.fetchval(query, *where.values)


def contains(text: str) -> str:
    """The LIKE pattern of what holds `text`, literally."""
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def next_link(path: str, parameters: dict[str, Any], cursor: str) -> str:
    """A Link header to the page after this one: the same parameters and the cursor."""
    return f'<{path}?{urlencode(parameters | {"cursor": cursor}, doseq=True)}>; rel="next"'


class _Where:
    """Conditions joined by AND, with their values bound to placeholders, and what they need joined to the tasks."""

    def __init__(self, user_id: str) -> None:
        self.values: list[Any] = []
        self.join = ""
        self._conditions = [f"t.user_id = {self.bind(user_id, 'text')}"]

    def bind(self, value: Any, kind: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{kind}"

    def add(self, condition: str) -> None:
        self._conditions.append(condition)

    @property
    def text(self) -> str:
        return " AND ".join(self._conditions)


def _filter(where: _Where, wanted: TaskFilter) -> None:
    if wanted.completed is not None:
        where.add(f"t.completed = {where.bind(wanted.completed, 'boolean')}")
    if wanted.due_before is not None:
        where.add(f"t.due_date < {where.bind(wanted.due_before, 'timestamptz')}")
    if wanted.due_after is not None:
        where.add(f"t.due_date >= {where.bind(wanted.due_after, 'timestamptz')}")
    if wanted.q:
        like = where.bind(contains(wanted.q), "text")
        where.add(f"(t.title ILIKE {like} OR t.description ILIKE {like})")
    if wanted.series:
        series = where.bind(wanted.series, "text")
        where.add(f"(t.parent_recurring_task_id = {series} OR t.id = {series})")


async def _filter_due(
    connection: Connection, where: _Where, user_id: str, due: DueFilter, tz: ZoneInfo, now: datetime
) -> None:
    """Tasks of the user's today, before or after it; an all-day task has its day in its own zone, whatever the user's.

    Days are reckoned here: the server's own zone database may be older than ours and not know a zone.
    """
    if due == "none":
        where.add("t.due_date IS NULL")
        return
    today = now.astimezone(tz).date()
    zones: list[str] = [row["zone"] for row in await connection.fetch(_ZONES, user_id)]
    days = [_day(today, ZoneInfo(zone)) for zone in zones]
    name = where.bind(zones, "text[]")
    begins = where.bind([begin for begin, _ in days], "timestamptz[]")
    ends = where.bind([end for _, end in days], "timestamptz[]")
    where.join = f"""LEFT JOIN unnest({name}, {begins}, {ends}) AS day (zone, begins, ends)
        ON t.due_all_day AND day.zone = coalesce(t.recurrence_timezone, 'UTC')"""
    begin, end = _day(today, tz)
    if due == "overdue":
        where.add(f"NOT t.completed AND t.due_date < coalesce(day.begins, {where.bind(now, 'timestamptz')})")
        return
    tomorrow = f"coalesce(day.ends, {where.bind(end, 'timestamptz')})"
    if due == "today":
        today_ = f"coalesce(day.begins, {where.bind(begin, 'timestamptz')})"
        where.add(f"t.due_date >= {today_} AND t.due_date < {tomorrow}")
    else:
        where.add(f"t.due_date >= {tomorrow}")


def _day(day: date, tz: ZoneInfo) -> tuple[datetime, datetime]:
    return day_start(day, tz), day_end(day, tz)


def _write_cursor(cursor: _Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def _read_cursor(text: str, wanted: TaskFilter) -> _Cursor:
    try:
        raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(raw, type=_Cursor)
    except ValueError:
        raise invalid("cursor", "is not one of ours; begin again without it", where="query") from None
    if cursor.filters != wanted.fingerprint:
        raise invalid("cursor", "belongs to other filters; begin again without it", where="query")
    if "\x00" in cursor.id or (cursor.at is not None and cursor.at.tzinfo is None):
        raise invalid("cursor", "is not one of ours; begin again without it", where="query")
    return cursor
