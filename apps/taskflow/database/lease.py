"""A lease: one holder at a time among all replicas, by an advisory lock on a connection of its own."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from taskflow.database.pool import OUTAGES, Database

log = structlog.get_logger(__name__)

_TRY_LOCK: Final = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
_TRY_SECONDS: Final = 1.0
_BEAT_SECONDS: Final = 5.0
_BEAT_TIMEOUT: Final = 3.0


async def lead(database: Database, name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` whenever this process holds the lease called `name`; for ever, until cancelled.

    The lock lives on a connection of its own, so that a holder that dies is followed within seconds. While `work` runs
    the connection is checked every few seconds; when it is lost, `work` is cancelled, since another may now hold the
    lease. An outage that `work` raises ends its turn; any other exception is logged and its turn ends as well.
    """
    said = False
    while True:
        try:
            async with database.dedicated() as connection:
                said = False
                while not await connection.fetchval(_TRY_LOCK, name):  # noqa: ASYNC110  # nothing here signals a lock
                    await asyncio.sleep(_TRY_SECONDS)
                log.debug("lease_taken", lease=name)
                turn = asyncio.ensure_future(work())
                try:
                    while not turn.done():
                        await asyncio.wait({turn}, timeout=_BEAT_SECONDS)
                        if not turn.done():
                            async with asyncio.timeout(_BEAT_TIMEOUT):
                                await connection.fetchval("SELECT 1")
                finally:
                    turn.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await turn
        except OUTAGES as error:
            if not said:  # once for an outage, however long it lasts
                log.warning("lease_lost", lease=name, reason=str(error) or type(error).__name__)
                said = True
        except Exception:
            # The work of a lease must go on whatever one turn of it met; the next turn begins from the database.
            log.exception("lease_work_failed", lease=name)
        await asyncio.sleep(_TRY_SECONDS)
