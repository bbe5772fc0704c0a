"""A request's connection, for an answer without end that is written to it past ASGI's `send`."""

import asyncio
from typing import Any, Final, Protocol

from litestar.types import Scope
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

EXTENSION: Final = "taskflow.connection"
"""The key in `scope["extensions"]` under which a request's Exchange stands."""


class Connection(Protocol):
    """What is asked of the protocol."""

    transport: asyncio.Transport
    flow: FlowControl
    stopping: bool


class Exchange:
    """A request's connection, for an answer without end that is written to it past ASGI's `send`.

    Such an answer begins by `send({"type": "http.response.start", …})`, after `unframe()`. From then on its bytes may
    be written to `transport`, in chunks of HTTP/1.1 where `chunked` says so; `transport.close()` or `abort()` ends it,
    and the connection with it, and `receive()` then tells `http.disconnect`. Whatever is sent by ASGI stays in order.
    """

    __slots__ = ("_cycle", "_protocol")

    def __init__(self, protocol: "Connection", cycle: RequestResponseCycle) -> None:
        self._protocol = protocol
        self._cycle = cycle

    @property
    def transport(self) -> asyncio.Transport:
        """The connection."""
        return self._protocol.transport

    @property
    def chunked(self) -> bool:
        """Whether the answer, which has begun, is one of chunks."""
        return bool(self._cycle.chunked_encoding)

    @property
    def stopping(self) -> bool:
        """Whether the server has begun to stop, and waits for this answer to end."""
        return self._protocol.stopping

    def unframe(self) -> None:
        """Before an answer without a length: have it without chunks where the client is older than they are (HTTP/1.0).

        Its end is then the end of the connection.
        """
        if self._cycle.scope["http_version"] < "1.1":
            self._cycle.chunked_encoding = False

    async def drain(self) -> None:
        """Wait until the connection takes more."""
        if self._protocol.flow.write_paused:
            await self._protocol.flow.drain()


def exchange_of(scope: Scope) -> Exchange | None:
    """What our server offers of a request's connection; other servers offer nothing."""
    values: Any = scope
    extensions: dict[str, Exchange] = values.get("extensions") or {}
    return extensions.get(EXTENSION)
