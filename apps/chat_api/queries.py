"""Reading tasks: one, and lists by filter, order and page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from chat_api.text_search import contains, folded, literally
from chat_api.views import TaskView, one_shown, shown
from taskflow_core.database.pool import Connection
from taskflow_core.database.task_rows import COLUMNS, task_as
from taskflow_core.domain.due import parse_due
from taskflow_core.domain.priority import Priority, rank
from taskflow_core.domain.tags import tag_key
from taskflow_core.domain.zones import day_end, day_start
from taskflow_core.service.cursors import text_position
from taskflow_core.service.pages import Page, fingerprint, page_of

DueFilter = Literal["today", "overdue", "upcoming", "none"]
Sort = Literal["created", "due", "priority"]

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


class _Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order of a list: `by` what, what comes `after` a place in it, and the column that such a place has as `at`."""

    by: str
    after: str
    at: str


_ORDERS: Final[dict[Sort, _Order]] = {
    "created": _Order(by="t.created_at DESC, t.id DESC", after="(t.created_at, t.id) < ({at}, {id})", at="created_at"),
    # Tasks without a due date come last.
    "due": _Order(
        by="coalesce(t.due_date, 'infinity'), t.id",
        after="(coalesce(t.due_date, 'infinity'), t.id) > (coalesce({at}, 'infinity'), {id})",
        at="due_date",
    ),
    # What matters most comes first, and of that what is due first.
    "priority": _Order(
        by="-coalesce(t.priority, 0), coalesce(t.due_date, 'infinity'), t.id",
        after="(-coalesce(t.priority, 0), coalesce(t.due_date, 'infinity'), t.id)"
        " > (-{rank}, coalesce({at}, 'infinity'), {id})",
        at="due_date",
    ),
}


class TaskFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which tasks, in which order. `due_before` and `due_after` are instants; `due` is of the user's own day.

    With all of the tags whose keys `tags` has, with any of `priorities`.
    """

    completed: bool | None = None
    due: DueFilter | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None
    q: str | None = None
    series: str | None = None
    tags: list[str] = []
    priorities: list[Priority] = []
    changed_after: datetime | None = None
    changed_before: datetime | None = None
    sort: Sort = "created"


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
    """A bound of a due date: an instant, or a day of the user's, whose start (or end) it then is. Raises FieldError."""
    due = parse_due(text, timezone, field)
    if due.all_day and end:
        tz = ZoneInfo(timezone)
        return day_end(due.at.astimezone(tz).date(), tz)
    return due.at


async def page(
    connection: Connection,
    user_id: str,
    criteria: TaskFilter,
    *,
    timezone: str,
    now: datetime,
    limit: int,
    cursor: str | None,
) -> Page[TaskView]:
    """One page of a user's tasks. Raises InvalidError for a cursor that is not of this filter."""
    where = await _where(connection, user_id, criteria, ZoneInfo(timezone), now)
    order, of = _ORDERS[criteria.sort], fingerprint(criteria)
    if cursor is not None:
        position = text_position(cursor, of)
        at, id_ = where.bind(position.at, "timestamptz"), where.bind(position.id, "text")
        step = where.bind(position.rank, "integer") if "rank" in order.after else ""
        where.add(order.after.format(at=at, id=id_, rank=step))
    query = f"""
        SELECT {COLUMNS} FROM tasks t LEFT JOIN task_shadow s ON s.task_id = t.id {where.join}
        WHERE {where.text} ORDER BY {order.by} LIMIT {limit + 1}
    """  # noqa: S608  # made of constants and placeholders; values are bound
    rows = await connection.fetch(query, *where.values)
    found = page_of(rows, limit, of, at=order.at, id="id", rank="priority")
    tasks = await shown(connection, [task_as(TaskView, row) for row in found.items])
    return Page(items=tasks, cursor=found.cursor)


async def count(connection: Connection, user_id: str, criteria: TaskFilter, *, timezone: str, now: datetime) -> int:
    """How many tasks of a user there are of a filter."""
    where = await _where(connection, user_id, criteria, ZoneInfo(timezone), now)
    query = f"SELECT count(*) FROM tasks t {where.join} WHERE {where.text}"  # noqa: S608  # constants and placeholders
    return await connection.fetchval(query, *where.values)


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


async def _where(connection: Connection, user_id: str, criteria: TaskFilter, tz: ZoneInfo, now: datetime) -> _Where:
    where = _Where(user_id)
    if criteria.completed is not None:
        where.add(f"t.completed = {where.bind(criteria.completed, 'boolean')}")
    if criteria.q:
        like = where.bind(contains(criteria.q), "text")
        tag = where.bind(f"%{literally(tag_key(criteria.q.strip().removeprefix('#')))}%", "text")
        where.add(
            f"({folded('t.title')} LIKE {like} OR {folded('t.description')} LIKE {like}"
            f" OR array_to_string(t.tag_keys, '\n') LIKE {tag})"
        )
    _where_ordered(where, criteria)
    if criteria.series:
        series = where.bind(criteria.series, "text")
        where.add(f"(t.parent_recurring_task_id = {series} OR t.id = {series})")
    if criteria.changed_after is not None:
        where.add(f"t.updated_at >= {where.bind(criteria.changed_after, 'timestamptz')}")
    if criteria.changed_before is not None:
        where.add(f"t.updated_at < {where.bind(criteria.changed_before, 'timestamptz')}")
    if criteria.due == "none":
        where.add("t.due_date IS NULL")
    if criteria.due == "overdue":
        where.add("NOT t.completed")
    bounds = _bounds(criteria, tz, now)
    if bounds:
        await _bound(connection, where, user_id, bounds)
    return where


def _where_ordered(where: _Where, criteria: TaskFilter) -> None:
    """By tags and priority."""
    if criteria.tags:
        # NULL has no tag; it is said so that the index of tagged tasks is used.
        where.add(f"t.tag_keys IS NOT NULL AND t.tag_keys @> {where.bind(criteria.tags, 'text[]')}")
    if criteria.priorities:
        ranks = where.bind([rank(priority) for priority in criteria.priorities], "integer[]")
        where.add(f"coalesce(t.priority, 0) = ANY({ranks})")


@dataclass(frozen=True, slots=True)
class _Bound:
    """A limit of due dates: `comparison` with the instant `at`, of whole days with the start of `day` in their zone."""

    comparison: Literal["<", ">="]
    at: datetime
    day: date


def _bounds(criteria: TaskFilter, tz: ZoneInfo, now: datetime) -> list[_Bound]:
    today = now.astimezone(tz).date()
    tomorrow = today + timedelta(days=1)
    bounds: list[_Bound] = []
    if criteria.due == "overdue":
        bounds.append(_Bound("<", now, today))
    if criteria.due == "today":
        bounds.append(_Bound(">=", day_start(today, tz), today))
        bounds.append(_Bound("<", day_end(today, tz), tomorrow))
    if criteria.due == "upcoming":
        bounds.append(_Bound(">=", day_end(today, tz), tomorrow))
    if criteria.due_before is not None:
        bounds.append(_Bound("<", criteria.due_before, _first_day(criteria.due_before, tz)))
    if criteria.due_after is not None:
        bounds.append(_Bound(">=", criteria.due_after, _first_day(criteria.due_after, tz)))
    return bounds


def _first_day(instant: datetime, tz: ZoneInfo) -> date:
    """The first of the user's days that begins at `instant` or later."""
    day = instant.astimezone(tz).date()
    return day if day_start(day, tz) >= instant else day + timedelta(days=1)


async def _bound(connection: Connection, where: _Where, user_id: str, bounds: Sequence[_Bound]) -> None:
    """Adds the bounds; an all-day task has its day in its own zone, whatever the user's.

    Days are reckoned here: the server's own zone database may be older than ours and not know a zone.
    """
    zones: list[str] = [row["zone"] for row in await connection.fetch(_ZONES, user_id)]
    names = [f"bound_{number}" for number in range(len(bounds))]
    days = [[day_start(bound.day, ZoneInfo(zone)) for zone in zones] for bound in bounds]
    columns = [where.bind(zones, "text[]"), *(where.bind(starts, "timestamptz[]") for starts in days)]
    where.join = f"""LEFT JOIN unnest({", ".join(columns)}) AS day (zone, {", ".join(names)})
        ON t.due_all_day AND day.zone = coalesce(t.recurrence_timezone, 'UTC')"""
    for name, bound in zip(names, bounds, strict=True):
        at = where.bind(bound.at, "timestamptz")
        where.add(f"t.due_date {bound.comparison} coalesce(day.{name}, {at})")
