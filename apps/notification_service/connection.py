"""The way out of a stream: its connection itself under our server, ASGI's send under any other.

A frame costs one write and no task when it goes to the connection itself, which is what lets one core serve thousands
of events a second to ten thousand readers. Our server offers the connection as an extension of ASGI
(taskflow_core/service/http_protocol.py).
"""

import asyncio
import contextlib
import socket
from typing import Final, Protocol

from litestar.types import Send

from taskflow_core.service.http_protocol import Exchange

_MOST_BUFFERED: Final = 32 * 1024
"""Bytes that may wait in a connection's own buffer; beyond that a stream keeps frames in its queue."""

_FLUSH_SECONDS: Final = 1.0
"""How long a closing connection may take to hand over what it still holds."""


class Connection(Protocol):
    """Takes bytes for one reader. Nothing but `send` ever waits."""

    def ready(self) -> bool:
        """Whether `write` may be used now: the reader keeps up."""
        ...

    def write(self, data: bytes) -> None:
        """Hand over bytes at once."""
        ...

    async def send(self, data: bytes) -> None:
        """Hand over bytes as soon as the reader keeps up."""
        ...

    def backlog(self) -> int:
        """Bytes that were handed over and that the network has not taken."""
        ...

    def finish(self, data: bytes) -> None:
        """End the answer with `data`; a reader that takes no more is cut off after a moment."""
        ...

    def abort(self) -> None:
        """Cut the reader off now."""
        ...

    def server_stops(self) -> bool:
        """Whether the server has begun to stop and waits for this answer to end."""
        ...


def connection_of(exchange: Exchange | None, send: Send, *, dead_after: float) -> Connection:
    """The way out of an answer that has begun. A peer silent for `dead_after` seconds is given up by the network."""
    if exchange is None:
        return AsgiConnection(send)
    return (ChunkedConnection if exchange.chunked else UnframedConnection)(exchange, send, dead_after)


class ChunkedConnection:
    """Writes chunks of HTTP/1.1 (RFC 9112, 7.1) to the connection of an answer that has begun."""

    __slots__ = ("_exchange", "_send", "_transport")

    def __init__(self, exchange: Exchange, send: Send, dead_after: float) -> None:
        self._exchange = exchange
        self._transport = exchange.transport
        self._send = send
        self._transport.set_write_buffer_limits(high=_MOST_BUFFERED)
        peer = self._transport.get_extra_info("socket")
        if peer is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            with contextlib.suppress(OSError):  # already gone, or no TCP
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(dead_after * 1000))

    def ready(self) -> bool:
        # A peer that reset it may be known to the transport a moment before it is to the stream: uvloop then raises.
        transport = self._transport
        return not transport.is_closing() and transport.get_write_buffer_size() <= _MOST_BUFFERED

    def write(self, data: bytes) -> None:
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))

    async def send(self, data: bytes) -> None:
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    def backlog(self) -> int:
        return self._transport.get_write_buffer_size()

    def finish(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        if data:
            self.write(data)
        self._end()
        self._transport.close()
        # What a reader does not take would keep the connection open for as long as it likes.
        asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self._transport.abort)

    def abort(self) -> None:
        self._transport.abort()

    def server_stops(self) -> bool:
        return self._exchange.stopping

    def _end(self) -> None:
        self._transport.write(b"0\r\n\r\n")


class UnframedConnection(ChunkedConnection):
    """The same for HTTP/1.0, which has no chunks: bytes as they are, and the connection's end is the answer's."""

    __slots__ = ()

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    async def send(self, data: bytes) -> None:
        # By ASGI they would be counted against a length, and there is none.
        await self._exchange.drain()
        self.write(data)

    def _end(self) -> None:
        """Closing says it."""


class AsgiConnection:
    """Sends by ASGI alone: every frame goes through the stream's queue and its task."""

    __slots__ = ("_ending", "_send")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._ending: asyncio.Task[None] | None = None

    def ready(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        raise RuntimeError("never ready")

    async def send(self, data: bytes) -> None:
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    def backlog(self) -> int:
        return 0

    def finish(self, data: bytes) -> None:
        self._ending = asyncio.ensure_future(self._finish(data))

    def abort(self) -> None:
        self.finish(b"")

    def server_stops(self) -> bool:
        return False

    async def _finish(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # the reader is gone: that is an end as well
            await self._send({"type": "http.response.body", "body": data, "more_body": False})
