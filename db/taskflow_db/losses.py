"""What taking Phase V back would drop, counted beforehand: tables, months detached from the trail, columns."""

from typing import Any, Final

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy
from piccolo.table import Table

from taskflow_db.audit_tables import AuditKeys, AuditPruned
from taskflow_db.tables import PHASE_IV_TABLES, TABLES, table_name

Connection = asyncpg.Connection | PoolConnectionProxy

PHASE_IV_COLUMNS: Final = {
    "users": {"id", "email", "hashed_password", "created_at", "updated_at"},
    "tasks": {"id", "user_id", "title", "description", "completed", "created_at", "updated_at"},
    "conversation": {"id", "user_id", "created_at", "updated_at"},
    "message": {"id", "user_id", "conversation_id", "role", "content", "created_at"},
}
"""What Phase IV made; a release may have added others of its own, which stay as well."""

COUNT_SECONDS: Final = 10.0
"""How long to count a table before the planner's idea of it will do."""

# Which of these tables there are.
_PRESENT: Final = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY ($1) AND relkind IN "
    "('r', 'p')"
)
# The columns of a table.
_COLUMNS: Final = (
    "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped"
)
# The planner's idea of a table's rows, its partitions' included.
_ABOUT: Final = (
    "SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_class "
    "WHERE oid IN (SELECT relid FROM pg_partition_tree($1::text::regclass)) OR oid = $1::text::regclass"
)
# Months of the trail that are detached, and not dropped yet.
_DETACHED: Final = "SELECT relation FROM audit_pruned WHERE dropped_at IS NULL ORDER BY month"
# Whether there are users' keys that were not destroyed.
_KEYS: Final = "SELECT EXISTS (SELECT FROM public.audit_keys WHERE wrapped IS NOT NULL)"


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """A table, or a column ("tasks.due_date"), that would go, and how many rows have it; `about` when not counted."""

    name: str
    rows: int
    about: bool = False


class Losses(msgspec.Struct, frozen=True, kw_only=True):
    """What would go from a database, and what stays: Phase IV's tables. `keys`: whether users' keys are among it."""

    database: str
    gone: list[Loss]
    stays: list[Loss]
    keys: bool


async def losses(connection: Connection) -> Losses:
    """Count what a downgrade would drop; reads only. Raises asyncpg's errors."""
    ours = [table_name(table) for table in TABLES if table not in PHASE_IV_TABLES]
    theirs = [table_name(table) for table in PHASE_IV_TABLES]
    found = {row["relname"] for row in await connection.fetch(_PRESENT, [*ours, *theirs])}
    gone: list[Loss] = []
    for table in PHASE_IV_TABLES:
        if table_name(table) in found:
            gone += await _columns(connection, table_name(table), _described(table))
    names = [name for name in ours if name in found]
    if table_name(AuditPruned) in found:
        detached = [row["relation"] for row in await connection.fetch(_DETACHED)]
        names += [row["relname"] for row in await connection.fetch(_PRESENT, detached)]
    return Losses(
        database=await connection.fetchval("SELECT current_database()"),
        gone=gone + [await _table(connection, name) for name in names],
        stays=[await _table(connection, name) for name in theirs if name in found],
        keys=table_name(AuditKeys) in found and await connection.fetchval(_KEYS),
    )


def _described(table: type[Table]) -> set[str]:
    columns = table._meta.columns  # pyright: ignore[reportPrivateUsage]  # Piccolo has no public name for it
    return {str(column._meta.name) for column in columns}  # pyright: ignore[reportPrivateUsage]  # nor for this


async def _columns(connection: Connection, table: str, described: set[str]) -> list[Loss]:
    present = [row["attname"] for row in await connection.fetch(_COLUMNS, f"public.{table}")]
    added = [name for name in present if name in described and name not in PHASE_IV_COLUMNS[table]]
    if not added:
        return []
    counts = ", ".join(f'count("{name}") AS "{name}"' for name in added)
    # The names are the catalogue's, and among those described in tables.py.
    row = await _counted(connection, f"SELECT {counts} FROM public.{table}")  # noqa: S608
    if row is None:
        rows: int = await connection.fetchval(_ABOUT, f"public.{table}")
        return [Loss(name=f"{table}.{name}", rows=rows, about=True) for name in added]
    return [Loss(name=f"{table}.{name}", rows=row[name]) for name in added]


async def _table(connection: Connection, name: str) -> Loss:
    row = await _counted(connection, f'SELECT count(*) AS rows FROM public."{name}"')  # noqa: S608  # see above
    if row is None:
        return Loss(name=name, rows=await connection.fetchval(_ABOUT, f'public."{name}"'), about=True)
    return Loss(name=name, rows=row["rows"])


async def _counted(connection: Connection, query: str) -> Any | None:
    """The one row of a query that counts, or None when it takes too long."""
    try:
        async with connection.transaction(readonly=True):
            await connection.execute(f"SET LOCAL statement_timeout = {int(COUNT_SECONDS * 1000)}")
            return await connection.fetchrow(query)
    except asyncpg.QueryCanceledError:
        return None
