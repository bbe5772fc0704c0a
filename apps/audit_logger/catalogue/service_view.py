"""Looks at the trail as the services' own role does: what is hidden from it, or shown to it only, differs."""

from contextlib import AsyncExitStack
from typing import Final

import asyncpg

from audit_logger.connecting import connected
from audit_logger.verification.walk import keep_still
from taskflow_core.database.pool import Connection, in_transaction
from taskflow_db.trail_schema import SERVICE_FUNCTIONS, SERVICE_ROLE, TABLE_RIGHTS

_COUNTED: Final = ("task_events", "audit_checkpoints", "audit_pruned")
# How many rows a table has, found as the service finds it: by the session's own search path.
_COUNT: Final = "SELECT count(*) FROM {}"
# A snapshot that another session can look at as well.
_SNAPSHOT: Final = "SELECT pg_export_snapshot()"
# Whether the services' role is there, and may be taken on.
_MAY_TAKE_ON: Final = "SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = $1"
# Who this is.
_WHO: Final = "SELECT current_user::text"
# What other tables and functions the session finds by the names of ours, and where it would look before PostgreSQL's
# own; whatever of the server, the database or the role says where to look.
_FINDS: Final = """
SELECT format('finds %s.%s instead of public.%s', c.relnamespace::regnamespace, name, name) AS what
FROM unnest($1::text[]) AS name JOIN pg_class c ON c.oid = to_regclass(name)
WHERE c.relnamespace <> 'public'::regnamespace
UNION ALL
SELECT 'finds another function than public.' || name || ' by its name' FROM unnest($2::text[]) AS name
WHERE to_regproc(name) <> to_regproc('public.' || name)
UNION ALL
SELECT 'finds what is in ' || schema || ' before what is PostgreSQL''s own'
FROM unnest(current_schemas(true)) WITH ORDINALITY AS path (schema, place)
WHERE place < array_position(current_schemas(true), 'pg_catalog') AND NOT schema LIKE 'pg\\_temp\\_%'
UNION ALL
SELECT 'works with session_replication_role = ' || current_setting('session_replication_role')
WHERE current_setting('session_replication_role') <> 'origin'
"""


async def compare_counts(connection: Connection, url: str | None) -> tuple[list[str], str | None]:
    """Differences between what this connection counts and what the services' role does, in one snapshot.

    `url` is how the services reach the database; None where only one way is known: then their role is taken on, if that
    is allowed. The second answer says why nothing could be compared. Raises OSError and asyncpg's errors.
    """
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(in_transaction(connection, isolation="repeatable_read", readonly=True))
        await keep_still(connection)
        snapshot: str = await connection.fetchval(_SNAPSHOT)
        if url is None:
            may = await connection.fetchval(_MAY_TAKE_ON, SERVICE_ROLE)
            if may is None:
                return [], None  # the services are this role
            if not may:
                return [], "TASKFLOW_DATABASE_URL does not say how the services reach the database"
            seen = await _counts(connection)
            await connection.execute(f"SET LOCAL ROLE {SERVICE_ROLE}")
            return _differences(SERVICE_ROLE, seen, await _counts(connection)), None
        service = await stack.enter_async_context(connected(url))
        await stack.enter_async_context(in_transaction(service, isolation="repeatable_read", readonly=True))
        await service.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        role: str = await service.fetchval(_WHO)
        finds = await service.fetch(_FINDS, sorted(TABLE_RIGHTS), sorted(SERVICE_FUNCTIONS))
        hidden = _differences(role, await _counts(connection), await _counts(service))
        return [*hidden, *(f"{role} {row['what']}" for row in finds)], None


async def _counts(connection: Connection) -> dict[str, int | None]:
    counts: dict[str, int | None] = {}
    for name in _COUNTED:
        try:
            async with in_transaction(connection):
                counts[name] = await connection.fetchval(_COUNT.format(name))
        except asyncpg.InsufficientPrivilegeError:
            counts[name] = None
    return counts


def _differences(role: str, ours: dict[str, int | None], theirs: dict[str, int | None]) -> list[str]:
    return [
        f"{role} may not read {name}"
        if theirs[name] is None
        else f"{role} sees {theirs[name]} rows of {name}, and {ours[name]} are there"
        for name in _COUNTED
        if ours[name] != theirs[name]
    ]
