"""The trail's months: made ahead, filled from the default partition, counted. Retention is in retention.py."""

from datetime import date
from typing import Final

import msgspec

from audit_logger.metrics import DEFAULT_MOVED, DEFAULT_ROWS, MONTHS_AHEAD
from taskflow_core.database.pool import Connection

AHEAD: Final = 3
"""Months to come that have a partition."""

# What day it is by the database (UTC).
_TODAY: Final = "SELECT (now() AT TIME ZONE 'UTC')::date"
# Why no month can be made.
_HINDRANCE: Final = "SELECT audit_hindrance()"
# Makes a month's partition where it is absent.
_ENSURE: Final = "SELECT audit_ensure_partition($1)"
# Moves rows out of the default partition.
_SORT: Final = "SELECT audit_sort_default()"
# How many rows have no partition of their month.
_WITHOUT_MONTH: Final = "SELECT count(*) FROM task_events_default"
# The partitions attached, each with the size of table and indexes in bytes and the planner's idea of its rows.
_ATTACHED: Final = """
SELECT c.relname AS relation, pg_total_relation_size(c.oid) AS bytes, greatest(c.reltuples, 0)::bigint AS about_rows
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass('public.task_events') ORDER BY c.relname
"""


class Partition(msgspec.Struct, frozen=True, kw_only=True):
    """An attached partition: its table, its month (None: the default one), bytes on disk, and about how many rows."""

    relation: str
    month: date | None
    bytes: int
    about_rows: int


def month_of(day: date, offset: int = 0) -> date:
    """The first day of the month `offset` months after the one `day` lies in."""
    months = day.year * 12 + day.month - 1 + offset
    return date(months // 12, months % 12 + 1, 1)


async def attached(connection: Connection) -> list[Partition]:
    """The partitions of the trail, in order of their months, the default one last."""
    return [
        Partition(
            relation=row["relation"], month=_month(row["relation"]), bytes=row["bytes"], about_rows=row["about_rows"]
        )
        for row in await connection.fetch(_ATTACHED)
    ]


async def ensure(connection: Connection, today: date | None = None) -> int:
    """See that last month, this one and the next three have partitions. Returns how many were made.

    `today` is the database's unless a test says another day. Raises asyncpg.InsufficientPrivilegeError where no month
    can be made; `hindrance` says why.
    """
    day: date = await connection.fetchval(_TODAY) if today is None else today
    made = 0
    try:
        for offset in range(-1, AHEAD + 1):
            made += bool(await connection.fetchval(_ENSURE, month_of(day, offset)))
    finally:
        # Also where none can be made: then the gauge falls, and somebody is told.
        months = {partition.month for partition in await attached(connection)}
        ahead = 0
        while month_of(day, ahead + 1) in months:
            ahead += 1
        MONTHS_AHEAD.set(ahead)
    return made


async def hindrance(connection: Connection) -> str | None:
    """Why no month can be made, with what to do; None when they can."""
    why: str | None = await connection.fetchval(_HINDRANCE)
    return why


async def sort_default(connection: Connection) -> int:
    """Move what waits in the default partition to its months. Returns how many rows.

    The gauge shows what was found: an alarm on it is raised even though the rows are moved at once.
    """
    waiting: int = await connection.fetchval(_WITHOUT_MONTH)
    DEFAULT_ROWS.set(waiting)
    if not waiting:
        return 0
    moved: int = await connection.fetchval(_SORT)
    DEFAULT_MOVED.inc(moved)
    return moved


def _month(relation: str) -> date | None:
    year, _, month = relation.removeprefix("task_events_").partition("_")
    return date(int(year), int(month), 1) if year.isdigit() and month.isdigit() else None
