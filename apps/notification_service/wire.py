"""The way out of a stream: the connection itself under uvicorn, ASGI's send under any other server.

A frame costs one write and no task when it goes to the connection itself, which is what lets one core serve thousands
of events a second to ten thousand readers. What is used of uvicorn is its public answer up to the headers, then the
transport of the asyncio protocol behind `receive`; tests run against the real server to see that it still works.
"""

import asyncio
import contextlib
import socket
from typing import Any, Final, Protocol

from litestar.types import Receive, Send

_MOST_BUFFERED: Final = 32 * 1024
"""Bytes that may wait in a connection's own buffer; beyond that a stream keeps frames in its queue."""

_FLUSH_SECONDS: Final = 1.0
"""How long a closing connection may take to hand over what it still holds."""


class Wire(Protocol):
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


def wire_to(receive: Receive, send: Send, *, dead_after: float) -> Wire:
    """The way out of an answer that has begun. A peer silent for `dead_after` seconds is given up by the network."""
    cycle: Any = getattr(receive, "__self__", None)
    transport: Any = getattr(cycle, "transport", None)
    # uvloop's transports are no subclasses of asyncio's.
    if hasattr(transport, "get_write_buffer_size") and getattr(cycle, "chunked_encoding", None) is True:
        return ConnectionWire(cycle, transport, send, dead_after)
    return AsgiWire(send)


class ConnectionWire:
    """Writes chunks of HTTP/1.1 (RFC 9112, 7.1) to the connection of an answer that uvicorn has begun."""

    __slots__ = ("_cycle", "_send", "_transport")

    def __init__(self, cycle: Any, transport: asyncio.WriteTransport, send: Send, dead_after: float) -> None:
        self._cycle = cycle
        self._transport = transport
        self._send = send
        transport.set_write_buffer_limits(high=_MOST_BUFFERED)
        # The connection ends with the answer, whatever the client asked for; so this says only one thing from here on:
        # uvicorn takes it back when it begins to stop.
        cycle.keep_alive = True
        peer = transport.get_extra_info("socket")
        if peer is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            with contextlib.suppress(OSError):  # already gone, or no TCP
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(dead_after * 1000))

    def ready(self) -> bool:
        return self._transport.get_write_buffer_size() <= _MOST_BUFFERED

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
        self._transport.write(b"0\r\n\r\n")
        self._transport.close()
        # What a reader does not take would keep the connection open for as long as it likes.
        asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self._transport.abort)

    def abort(self) -> None:
        self._transport.abort()

    def server_stops(self) -> bool:
        return not self._cycle.keep_alive


class AsgiWire:
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
