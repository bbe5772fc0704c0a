"""LISTEN that is noticed when it falls silent: a heartbeat, a new connection, and a word of each.

What a channel says is a hint, and whoever listens polls as well: so where LISTEN is not possible (a standby, a right
that is missing) things come a little later, and that is all.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Final

import asyncpg
import structlog

from taskflow_core.cancellation import stop_if_cancelled
from taskflow_core.database.connecting import reason_of
from taskflow_core.database.outages import OUTAGES
from taskflow_core.database.pool import Connection, Database
from taskflow_core.telemetry.metrics import LISTENER_LOST, LISTENING

log = structlog.get_logger(__name__)

_BEAT_SECONDS: Final = 5.0
_BEAT_TIMEOUT: Final = 3.0
_FIRST_RETRY_SECONDS: Final = 0.5
_LONGEST_RETRY_SECONDS: Final = 15.0
_BEAT: Final = "heartbeat "

# What is said here is heard here: the connection lives, and it listens.
_SAY: Final = "SELECT pg_notify($1, $2)"


async def listen(database: Database, channel: str, heard: Callable[[str], None], *, service: str) -> None:
    """Call `heard(payload)` for what is said on `channel`; for ever, until cancelled. Raises nothing else.

    Each time that a connection begins to listen it is called with "": something may have been said before.
    """
    pause = _FIRST_RETRY_SECONDS
    reported = False
    LISTENING.labels(service).set(0)
    try:
        while True:
            began: float | None = None
            try:
                async with database.dedicated() as connection:
                    ears = _Ears(connection, channel, heard)
                    await ears.begin()
                    began = time.monotonic()
                    LISTENING.labels(service).set(1)
                    if reported:
                        log.info("listening_again", service=service, channel=channel)
                        reported = False
                    heard("")
                    await ears.until_silent()
            except (*OUTAGES, asyncpg.PostgresError) as error:
                stop_if_cancelled()
                LISTENING.labels(service).set(0)
                if began is not None:
                    LISTENER_LOST.labels(service).inc()
                    # One that is lost again and again is not to be made anew twice a second.
                    pause = pause if time.monotonic() - began < _LONGEST_RETRY_SECONDS else _FIRST_RETRY_SECONDS
                if not reported:  # once for an outage, however long it lasts
                    reason = reason_of(error)
                    log.warning("listener_lost", service=service, channel=channel, reason=reason, action="polling")
                    reported = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_RETRY_SECONDS)
    finally:
        LISTENING.remove(service)


class _Ears:
    """One connection that listens to one channel."""

    def __init__(self, connection: asyncpg.Connection, channel: str, heard: Callable[[str], None]) -> None:
        self._connection = connection
        self._channel = channel
        self._heard = heard
        self._beat = _BEAT + secrets.token_hex(8)
        self._news = asyncio.Event()

    async def begin(self) -> None:
        """Listen, and hear oneself once."""
        self._connection.add_termination_listener(self._ended)
        await self._connection.add_listener(self._channel, self._on_notify)
        await self._hear_oneself()

    async def until_silent(self) -> None:
        """Return never. Raises an outage when the connection has ended, or no longer brings what is said."""
        while True:
            self._news.clear()
            try:
                async with asyncio.timeout(_BEAT_SECONDS):
                    while not self._connection.is_closed():
                        await self._news.wait()
                        self._news.clear()
            except TimeoutError:
                await self._hear_oneself()
            else:
                raise ConnectionError("the listening connection was closed")

    async def _hear_oneself(self) -> None:
        self._news.clear()
        async with asyncio.timeout(_BEAT_TIMEOUT):
            await self._connection.fetchval(_SAY, self._channel, self._beat)
            await self._news.wait()

    def _on_notify(self, _connection: Connection, _pid: int, _channel: str, payload: object) -> None:
        if payload == self._beat:
            self._news.set()
        elif isinstance(payload, str) and not payload.startswith(_BEAT):
            self._heard(payload)

    def _ended(self, _connection: Connection) -> None:
        self._news.set()
