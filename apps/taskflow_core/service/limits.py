"""What a server takes of connections and of one request's header and time, and how it refuses what is more."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from taskflow_core.service.answer_headers import wire_headers
from taskflow_core.service.codes import CODES
from taskflow_core.service.errors import RETRY_AFTER_SECONDS, error_body

Refusal = Literal["MALFORMED_REQUEST", "HEADER_TOO_LARGE", "REQUEST_TIMEOUT", "TOO_MANY_CONNECTIONS"]

_MESSAGES: Final[Mapping[Refusal, str]] = {
    "MALFORMED_REQUEST": "Send a request of HTTP/1.1 (RFC 9112).",
    "HEADER_TOO_LARGE": "Send less in headers, cookies and the URL.",
    "REQUEST_TIMEOUT": "Send the whole request at once, and again if it is safe to repeat.",
    "TOO_MANY_CONNECTIONS": "Come back as Retry-After says.",
}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a server takes: connections, bytes of a header, seconds for a whole header and, from then, a whole body.

    Of what is around a body's chunks, and behind them, it takes as much as of a header. `pipelined` is how many
    requests may wait for their turn on one connection: a piece that is read can hold 14,000. `https` says whether
    browsers reach it by that.
    """

    max_connections: int = 20_000
    header_bytes: int = 32 * 1024
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    pipelined: int = 64
    https: bool = False


_LOOK_SECONDS: Final = 0.1
"""How much later than its time a connection may be looked at."""


class NewConnection(Protocol):
    """A connection on which no whole header has come yet."""

    def late(self) -> None:
        """Its time is over."""
        ...


class Pool:
    """What the connections of one server share: limits, and which of them are idle, the longest idle first."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.idle: dict[HttpToolsProtocol, None] = {}
        self.lingering = 0
        self._new: dict[NewConnection, float] = {}
        self._look: asyncio.TimerHandle | None = None
        self._nearly_full = limits.max_connections - max(1, limits.max_connections // 20)

    def make_room(self, connections: set[Any]) -> bool:
        """Close idle connections where there are nearly too many. Whether there is room for one more."""
        while self.idle and len(connections) >= self._nearly_full:
            oldest = next(iter(self.idle))
            del self.idle[oldest]
            connections.discard(oldest)
            # Closed, it would still wait for a client that does not read the end of its answer.
            unread = oldest.transport.get_write_buffer_size()
            (oldest.transport.abort if unread else oldest.transport.close)()
        return len(connections) < self.limits.max_connections

    def expect_header(self, connection: NewConnection, loop: asyncio.AbstractEventLoop) -> None:
        """Tell a new connection when the time for its first header is over: by one timer, instead of one for each."""
        self._new[connection] = loop.time() + self.limits.header_seconds
        if self._look is None:
            self._look = loop.call_later(self.limits.header_seconds, self._look_at_new, loop)

    def has_header(self, connection: NewConnection) -> None:
        """It has come, or the connection has gone."""
        self._new.pop(connection, None)

    def _look_at_new(self, loop: asyncio.AbstractEventLoop) -> None:
        self._look = None
        now = loop.time()
        while self._new:
            connection, deadline = next(iter(self._new.items()))
            if deadline > now:
                # Not for each by itself, when many came.
                self._look = loop.call_at(max(deadline, now + _LOOK_SECONDS), self._look_at_new, loop)
                return
            del self._new[connection]
            connection.late()


def refusal(code: Refusal, *, https: bool) -> bytes:
    """A whole answer."""
    status = CODES[code][0]
    body = error_body(code, _MESSAGES[code])
    again = b"retry-after: %d\r\n" % RETRY_AFTER_SECONDS if status == 503 else b""
    return b"%bcontent-type: application/json\r\ncontent-length: %d\r\n%b%bconnection: close\r\n\r\n%b" % (
        STATUS_LINE[status],
        len(body),
        wire_headers(https=https),
        again,
        body,
    )
