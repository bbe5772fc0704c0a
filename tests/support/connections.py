"""Connections that a test opens by itself. They are closed however it ends: one that is left open is a warning for
whichever test runs when it is collected.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from taskflow_core.database.pool import Database


@asynccontextmanager
async def opened(url: str, *, size: int = 1, **options: Any) -> AsyncGenerator[Database]:
    """A pool that has its first connection; `options` are those of `Database`."""
    async with opening(url, size=size, **options) as database:
        await database.opened()
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
async def connected(url: str) -> AsyncGenerator[asyncpg.Connection]:
    """One connection."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()
