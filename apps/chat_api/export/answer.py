"""The answer that an export is: it ends with its reader, and one that breaks off is never taken for a whole one."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final

import structlog
from litestar.types import Receive, Scope, Send

from chat_api.export.export import Exports
from taskflow_core.cancellation import ended
from taskflow_core.database.connecting import reason_of
from taskflow_core.domain.clock import Clock
from taskflow_core.service.exchange import exchange_of

log = structlog.get_logger(__name__)

STALLED_SECONDS: Final = 30.0
"""How long a reader may take no byte: what is read of the database is held up for so long."""

LONGEST_SECONDS: Final = 900.0
"""How long a whole export may take. Its transaction keeps the database from tidying up behind it."""


class BrokenOffError(Exception):
    """An export could not be ended, after its answer had begun."""


class ReaderGoneError(BrokenOffError):
    """Nobody is there to take the rest."""


class ExportAnswer:
    """An ASGI app that answers one request with the export of a user."""

    def __init__(self, exports: Exports, user_id: str, clock: Clock) -> None:
        self._exports = exports
        self._user_id = user_id
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. Raises what `Exports.begun` does before anything was sent, and BrokenOffError afterwards, unless the
        reader has gone."""
        exchange = exchange_of(scope)
        try:
            async with self._exports.begun(self._user_id) as pieces:
                if exchange is not None:
                    exchange.unframe()
                await send({"type": "http.response.start", "status": 200, "headers": self._headers()})
                await _send_all(pieces, receive, send)
        except ReaderGoneError:
            log.info("export_reader_gone")
        except BrokenOffError as error:
            log.warning("export_broken_off", reason=str(error))
            if exchange is None:
                raise
            # Not by the end that a whole answer has; and a reader that takes nothing would keep what is left for ever.
            exchange.transport.abort()
            with suppress(TimeoutError):
                async with asyncio.timeout(STALLED_SECONDS):
                    await _gone(receive)
        else:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _headers(self) -> list[tuple[bytes, bytes]]:
        name = f"taskflow-{self._clock.now():%Y-%m-%d}.zip"
        return [
            (b"content-type", b"application/zip"),
            (b"content-disposition", f'attachment; filename="{name}"'.encode()),
            (b"cache-control", b"private, no-store"),
            (b"x-accel-buffering", b"no"),  # nginx must not keep it on a disk
        ]


async def _send_all(pieces: AsyncGenerator[bytes], receive: Receive, send: Send) -> None:
    """Send all pieces. Raises BrokenOffError, which says why."""
    sending = asyncio.create_task(_send(pieces, send), name="export")
    leaving = asyncio.create_task(_gone(receive), name="reader of an export")
    try:
        await asyncio.wait({sending, leaving}, timeout=LONGEST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not sending.done():
            raise ReaderGoneError if leaving.done() else BrokenOffError("it took too long")
        if (error := sending.exception()) is not None:
            raise BrokenOffError(reason_of(error)) from error
    finally:
        await ended([sending, leaving])


async def _send(pieces: AsyncGenerator[bytes], send: Send) -> None:
    async for piece in pieces:
        try:
            async with asyncio.timeout(STALLED_SECONDS):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except TimeoutError:
            raise BrokenOffError("the reader takes nothing") from None


async def _gone(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
