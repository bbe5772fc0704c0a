"""HTTP/1.1 as the server speaks it: uvicorn's protocol on httptools, with limits, and a way to the connection itself.

uvicorn takes the class as `http=` of its configuration. Limits are on the size of a request's header, on the time that
a header and a body may take, and on the number of connections; what exceeds them is answered with a code of the table
of errors and closed. An answer that never ends may write to its connection itself: see Exchange.
"""

import asyncio
from enum import Enum, auto
from typing import Any, ClassVar, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from taskflow_core.service.limits import Limits, Pool, Refusal, refusal
from taskflow_core.telemetry.metrics import CONNECTIONS_REFUSED

EXTENSION: Final = "taskflow.connection"
"""The key in `scope["extensions"]` under which a request's Exchange stands."""

_LINGER_SECONDS: Final = 1.0
"""How long what a client still sends is read and thrown away, so that it sees why it was refused (RFC 9112, 9.6)."""

_MOST_LINGERING: Final = 100
"""Clients to whom that courtesy is done at a time; others are closed at once."""


class _Stage(Enum):
    """What of a request is being read."""

    NOTHING = auto()
    HEADER = auto()
    BODY = auto()


# By names of the module: looking them up in the class takes twice as long, several times a request.
_NOTHING, _HEADER, _BODY = _Stage


class Exchange:
    """A request's connection, for an answer without end that is written to it past ASGI's `send`.

    Such an answer begins by `send({"type": "http.response.start", …})`, after `unframe()`. From then on its bytes may
    be written to `transport`, in chunks of HTTP/1.1 where `chunked` says so; `transport.close()` or `abort()` ends it,
    and the connection with it, and `receive()` then tells `http.disconnect`. Whatever is sent by ASGI stays in order.
    """

    __slots__ = ("_cycle", "_protocol")

    def __init__(self, protocol: "HttpProtocol", cycle: RequestResponseCycle) -> None:
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


def http_protocol(limits: Limits) -> type["HttpProtocol"]:
    """The protocol of one server, whose connections share `limits`."""

    class Limited(HttpProtocol):
        __slots__ = ()
        pool = Pool(limits)

    return Limited


class _RefusedError(Exception):
    """Makes the parser stop in a request that was refused."""


class HttpProtocol(HttpToolsProtocol):
    """One connection. A request that comes in one piece, as most do, sets no timer."""

    # More attributes than uvicorn's would make each instance's dictionary one of its own: 1.5 KB.
    __slots__ = (
        "_fed",
        "_header_least",
        "_header_most",
        "_lingers",
        "_mixed",
        "_refused",
        "_stage",
        "_timer",
        "stopping",
    )

    pool: ClassVar[Pool]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.stopping = False
        self._stage = _NOTHING
        self._timer: asyncio.TimerHandle | None = None
        self._refused = self._lingers = self._mixed = False
        self._fed = self._header_least = self._header_most = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # as uvicorn's
        """Take the connection, or refuse it where there are too many."""
        if not self.pool.make_room(self.connections):
            self.transport = transport
            self._refuse("TOO_MANY_CONNECTIONS")
            return
        super().connection_made(transport)
        self.pool.expect_header(self, self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it, and what holds it together: it is not to wait for the garbage collector."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._disarm()
        self.pool.has_header(self)
        self.pool.idle.pop(self, None)
        if self._lingers:
            self._lingers = False
            self.pool.lingering -= 1
        self.pipeline.clear()
        self.cycle = self.scope = None  # pyright: ignore[reportAttributeAccessIssue]  # as before the first request

    def shutdown(self) -> None:
        """The server begins to stop."""
        self.stopping = True
        super().shutdown()

    def data_received(self, data: bytes) -> None:
        """Parse what came, then see what is still to come and until when."""
        if self._refused:
            return
        self.pool.idle.pop(self, None)
        self._mixed = False
        self._fed = len(data)
        super().data_received(data)
        if self._refused:
            return
        if self._stage is _NOTHING:
            if self.timeout_keep_alive_task is None and self.cycle and self.cycle.response_complete:
                # The rest of a body that nobody read, or line ends between requests.
                self.timeout_keep_alive_task = self.loop.call_later(
                    self.timeout_keep_alive, self.timeout_keep_alive_handler
                )
                self.pool.idle[self] = None
            return
        limits = self.pool.limits
        if self._stage is _HEADER:
            self._header_most += self._fed
            # Where a request ends and the next begins in one piece, nobody knows yet how much of it is the next one's.
            self._header_least += 0 if self._mixed else self._fed
            if self._header_least > limits.header_bytes:
                self._refuse_answerable("HEADER_TOO_LARGE")
                return
        if self._timer is None:
            seconds = limits.header_seconds if self._stage is _HEADER else limits.body_seconds
            self._arm(seconds)

    def on_message_begin(self) -> None:
        """A request's first byte has come."""
        super().on_message_begin()
        self._stage = _HEADER
        self._header_least = self._header_most = 0

    def on_headers_complete(self) -> None:
        """The whole header has come."""
        # Looked at closely only where the bytes that came, a body's among them, could be too many.
        if self._header_most + self._fed > self.pool.limits.header_bytes < self._size_of_header():
            self._refuse_answerable("HEADER_TOO_LARGE")
            raise _RefusedError
        super().on_headers_complete()
        scope: Any = self.scope
        scope["extensions"] = {EXTENSION: Exchange(self, self.cycle)}
        self._stage = _BODY
        self._disarm()
        self.pool.has_header(self)

    def on_message_complete(self) -> None:
        """The whole request has come."""
        super().on_message_complete()
        self._stage = _NOTHING
        self._mixed = True
        self._disarm()

    def on_response_complete(self) -> None:
        """A whole answer was written: unless there is more to do, the connection is idle."""
        super().on_response_complete()
        if self.timeout_keep_alive_task is None:
            return
        if self._stage is _NOTHING:
            self.pool.idle[self] = None
        elif self._stage is _HEADER:
            # What of a next request came in the meantime waited for this answer: its time begins now.
            self._disarm()
            self._arm(self.pool.limits.header_seconds)

    def _size_of_header(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + len(b": \r\n") for name, value in self.headers)

    def send_400_response(self, msg: str) -> None:
        """The answer to what is no HTTP; and how uvicorn hears of a request that was refused in the parser."""
        if self._refused:
            return
        self._refused = True
        self._disarm()
        if self._answering:
            self.transport.abort()
        else:
            self.transport.write(refusal("MALFORMED_REQUEST", https=self.pool.limits.https))
            self.transport.close()

    @property
    def _answering(self) -> bool:
        return bool(self.cycle) and not self.cycle.response_complete

    def late(self) -> None:
        """The time for a header or a body is over. What waits for us, and not for the client, is given it again."""
        if self._refused:
            return
        self._disarm()
        limits = self.pool.limits
        if self._stage is _BODY:
            if self.flow.read_paused:
                self._arm(limits.body_seconds)
            elif self.cycle.response_complete:
                self.transport.close()
            elif self.cycle.response_started:
                self.transport.abort()
            else:
                self._refuse("REQUEST_TIMEOUT")
        elif self._answering:
            self._arm(limits.header_seconds)
        elif self._stage is _HEADER:
            self._refuse("REQUEST_TIMEOUT")
        else:
            self.transport.close()

    def _refuse_answerable(self, code: Refusal) -> None:
        """Refuse a request behind which no other is still being answered; then there is no room for a word."""
        if self._answering:
            self._refused = True
            self._disarm()
            self.transport.abort()
        else:
            self._refuse(code)

    def _refuse(self, code: Refusal) -> None:
        """Answer with a code of the table, and close."""
        CONNECTIONS_REFUSED.labels(code.lower()).inc()
        self._refused = True
        self._disarm()
        if self.cycle:
            # Whoever reads its body hears that the client has gone.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(refusal(code, https=self.pool.limits.https))
        if self.pool.lingering >= _MOST_LINGERING or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self._lingers = True
        self.pool.lingering += 1
        self._timer = self.loop.call_later(_LINGER_SECONDS, self.transport.abort)

    def _arm(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self.late)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
