"""Recognises a pooler that gives each transaction another session (PgBouncer's transaction mode).

TaskFlow needs sessions of its own: leases are advisory locks, LISTEN and prepared statements live in them too. Behind
such a pooler a lock would be held by nobody in particular, which is worse than not to run.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg

REFUSED: Final = (
    "a pooler gives each transaction another session (PgBouncer in transaction or statement mode), and TaskFlow needs "
    "sessions of its own for its leases: give the server's own address in TASKFLOW_DATABASE_URL, or a pool in session "
    "mode"
)
_PATIENCE_SECONDS: Final = 2.0
_LOOKS: Final = 3

# The process that serves the session.
_PID: Final = "SELECT pg_backend_pid()"


async def shares_sessions(connect: Callable[[], Awaitable[asyncpg.Connection]]) -> bool:
    """Whether what `connect` leads to gives a session to others between two transactions. Raises outages.

    A server announces the process that serves a connection, a pooler something of its own: where they are the same
    nothing is in between, which one query tells.
    """
    own = await connect()
    try:
        try:
            if await own.fetchval(_PID) == own.get_server_pid():
                return False
            return await _moves(own, connect)
        except (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError):
            return True  # what was prepared is not there any more, or somebody else's is
        except asyncpg.PostgresConnectionError as error:
            if "statement pooling" in str(error):
                return True
            raise
    finally:
        own.terminate()


async def _moves(own: asyncpg.Connection, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> bool:
    """Whether the session changes by itself, or when somebody else takes one out of the pool."""
    pids = {await own.fetchval(_PID) for _ in range(_LOOKS)}
    if len(pids) > 1:
        return True
    other = await connect()
    begun = False
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), other.transaction():
            begun = True
            pids.add(await own.fetchval(_PID))
            return len(pids) > 1 or await other.fetchval(_PID) in pids
    except TimeoutError:
        return begun  # the pool has one session only: the other one took it, or could not
    finally:
        other.terminate()
