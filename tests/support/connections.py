"""Connections that a test opens by itself. They are closed however it ends: one that is left open is a warning for
whichever test runs when it is collected.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from taskflow_core.database.pool import Database

# End what is left of a mortal process, and wait for that.
_REAP: Final = """
SELECT pg_terminate_backend(pid, 10_000) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'a-mortal'
"""


@asynccontextmanager
async def opened(url: str, *, size: int = 1, **options: Any) -> AsyncGenerator[Database]:
    """A pool that has its first connection; `options` are those of `Database`."""
    async with opening(url, size=size, **options) as database:
        await asyncio.wait_for(database.opened(), 20)
        yield database


@asynccontextmanager
async def opening(url: str, *, size: int = 1, **options: Any) -> AsyncGenerator[Database]:
    """A pool that may have no connection yet, or never."""
    database = Database(url, size=size, **options)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def mortal(survivor: Database) -> AsyncGenerator[Database]:
    """A process's own connections: they end with it, and the server has taken back what they had not committed."""
    async with opened(survivor.url, size=2, name="a-mortal") as made:
        yield made
    await survivor.execute(_REAP)


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[asyncpg.Connection]:
    """One connection."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()
