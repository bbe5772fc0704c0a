"""Exports: one of a user at a time on all replicas, read in one transaction on a connection of its own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from typing import Final

from chat_api.export.archive import Archive
from chat_api.export.calendar import calendar
from chat_api.export.contents import PARTS, Part, Snapshot, account
from chat_api.export.trail import TrailReader
from chat_api.security.telling import about, tell_of_open
from taskflow_core.database.pool import Connection, Database, in_transaction
from taskflow_core.domain.errors import AccountGoneError, TooManyExportsError
from taskflow_core.events.account import Exported

AT_ONCE: Final = 4
"""Exports of one process at a time: each has a connection to the database."""

CALENDAR: Final = "taskflow.ics"

_CHUNK: Final = 64 * 1024
"""Bytes that are compressed, or go out, at a time."""

# Whether nobody else exports the user's account; until the transaction ends nobody will.
_ALONE: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended('export:' || $1::text, 0))"
_NOW: Final = "SELECT now()"

_FILES: Final[dict[str, Part]] = {**PARTS, CALENDAR: calendar}


class Exports:
    """Begins exports, as many at a time as a process takes."""

    def __init__(self, database: Database, trail: TrailReader) -> None:
        self._database = database
        self._trail = trail
        self._running = 0

    @asynccontextmanager
    async def begun(self, user_id: str, *, by: str | None = None) -> AsyncGenerator[AsyncGenerator[bytes]]:
        """An export that can begin: the ZIP file, piece by piece, as everything was when this was entered. That it was
        taken, by the user or by whom `by` names, is told before the first piece.

        Raises TooManyExportsError where the user has another one, or there are too many; AccountGoneError; outages, to
        which belongs a trail that cannot be read.
        """
        if self._running >= AT_ONCE:
            raise TooManyExportsError
        self._running += 1
        try:
            async with (
                self._database.dedicated() as connection,
                snapshot_of(connection, user_id, self._trail) as snapshot,
                aclosing(zipped(snapshot)) as pieces,
            ):
                await self._tell(user_id, snapshot.at, by)
                yield pieces
        finally:
            self._running -= 1

    async def _tell(self, user_id: str, at: datetime, by: str | None) -> None:
        async with self._database.transaction() as connection:
            if not await tell_of_open(connection, [Exported(**about(user_id, at, by))]):
                raise AccountGoneError


@asynccontextmanager
async def snapshot_of(connection: Connection, user_id: str, trail: TrailReader) -> AsyncGenerator[Snapshot]:
    """While entered, everything as it is now. Raises as `Exports.begun` does."""
    async with in_transaction(connection, isolation="repeatable_read", readonly=True):
        now: datetime = await connection.fetchval(_NOW)
        snapshot = Snapshot(connection=connection, user_id=user_id, at=now, trail=trail)
        if not await connection.fetchval(_ALONE, user_id):
            raise TooManyExportsError
        if await account(snapshot) is None:
            raise AccountGoneError
        await trail.check(user_id, now)
        yield snapshot


async def zipped(snapshot: Snapshot) -> AsyncGenerator[bytes]:
    """The ZIP file. It has its end, without which no program opens it, only when all of it was read."""
    archive = Archive(snapshot.at)
    for name, part in _FILES.items():
        with archive.file(name) as write:
            async for piece in part(snapshot):
                for start in range(0, len(piece), _CHUNK):
                    write(piece[start : start + _CHUNK])
                    if archive.waiting >= _CHUNK:
                        yield archive.take()
                    else:
                        await asyncio.sleep(0)  # others have their turn
    yield archive.finish()
