"""The platform's database, looked into from outside: through a port forwarded to PostgreSQL in the cluster."""

import base64
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from taskflow_db.tables import TABLES, table_name
from taskflow_ops.cluster import SECRETS, Cluster

Key = tuple[str, str]
"""A table's name and a row's id."""

# Phase IV's columns of every row: whose it is, and a checksum of its contents.
_ROWS: Final = """
SELECT relation, id, owner, md5(content) AS checksum FROM (
    SELECT 'users' AS relation, id, id AS owner,
        ROW (id, email, hashed_password, created_at, updated_at)::text AS content FROM users
    UNION ALL SELECT 'tasks', id, user_id,
        ROW (id, user_id, title, description, completed, created_at, updated_at)::text FROM tasks
    UNION ALL SELECT 'conversation', id, user_id, ROW (id, user_id, created_at, updated_at)::text FROM conversation
    UNION ALL SELECT 'message', id, user_id,
        ROW (id, user_id, conversation_id, role, content, tool_calls, created_at)::text FROM message
) AS everything
"""


@asynccontextmanager
async def connected(cluster: Cluster) -> AsyncGenerator[asyncpg.Connection]:
    """A connection as the database's administrator."""
    secret = cluster.find(SECRETS, "taskflow-postgres") or {}
    password = base64.b64decode(secret["data"]["admin-password"]).decode()
    with cluster.forward("taskflow-postgres-0", 5432) as port:
        connection: asyncpg.Connection = await asyncpg.connect(
            host="127.0.0.1", port=port, user="postgres", password=password, database="taskflow", timeout=20
        )
        try:
            yield connection
        finally:
            await connection.close(timeout=10)


async def phase_iv_rows(connection: asyncpg.Connection, *, without: Collection[str]) -> dict[Key, str]:
    """Checksums over Phase IV's columns of every row, but those of the users in `without`."""
    rows = await connection.fetch(f"{_ROWS} WHERE owner <> ALL($1)", list(without))
    return {(row["relation"], row["id"]): row["checksum"] for row in rows}


async def empty_tables(connection: asyncpg.Connection) -> set[str]:
    """The tables, Phase IV's and ours, that hold no row."""
    empty: set[str] = set()
    for table in TABLES:
        name = table_name(table)
        if not await connection.fetchval(f'SELECT EXISTS (SELECT FROM "{name}")'):
            empty.add(name)
    return empty


async def tasks_of(connection: asyncpg.Connection, users: Collection[str]) -> dict[str, tuple[str, bool]]:
    """The tasks of some users by id: title, and whether completed."""
    rows = await connection.fetch("SELECT id, title, completed FROM tasks WHERE user_id = ANY($1)", list(users))
    return {row["id"]: (row["title"], row["completed"]) for row in rows}


async def events_of(connection: asyncpg.Connection, users: Collection[str]) -> list[dict[str, Any]]:
    """What the audit trail holds about some users' tasks: event_id, type, task_id, version, actor_id, in order."""
    rows = await connection.fetch(
        "SELECT event_id::text, type, task_id, version, actor_id FROM task_events WHERE user_id = ANY($1)"
        " AND task_id IS NOT NULL ORDER BY chain_seq",
        list(users),
    )
    return [dict(row) for row in rows]


async def on_their_way(connection: asyncpg.Connection) -> int:
    """Events that the audit trail does not hold yet."""
    return await connection.fetchval("SELECT count(*) FROM outbox")
