"""Connections of the audit commands: one each, closed at once when the command is interrupted."""

from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from taskflow_core.database import poolers
from taskflow_core.database.pool import Connection

# What a database or a role may have set otherwise, and what is read back depends on.
SETTINGS: Final = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "extra_float_digits": "1",
    "application_name": "taskflow audit",
    "jit": "off",
}
_CLOSE_SECONDS: Final = 10.0


@asynccontextmanager
async def connected(url: str, settings: Mapping[str, str] = SETTINGS) -> AsyncGenerator[Connection]:
    """A connection while entered. Raises OSError and asyncpg's errors.

    Behind a pooler that gives each transaction another session, which `settings` would be left to, it is a
    ConnectionError.
    """

    def connect() -> Awaitable[asyncpg.Connection]:
        return asyncpg.connect(url, timeout=10)

    if await poolers.shares_sessions(connect):
        raise ConnectionError(poolers.REFUSED)
    connection = await connect()
    try:
        for name, value in settings.items():  # once connected: poolers refuse parameters that they do not know
            await connection.execute("SELECT pg_catalog.set_config($1, $2, false)", name, value)
        yield connection
    except BaseException:
        connection.terminate()  # a statement may be at work, which need not have heard that it is over
        raise
    await connection.close(timeout=_CLOSE_SECONDS)
