"""HTTP/1.1 as the server speaks it: uvicorn's protocol on httptools, with limits, and a way to the connection itself.

uvicorn takes the class as `http=` of its configuration. Limits are on the size of a request's header, on the time that
a header and a body may take, and on the number of connections; what exceeds them is answered with a code of the table
of errors and closed. An answer that never ends may write to its connection itself: see Exchange.
"""

import asyncio
from collections import deque
from enum import Enum, auto
from typing import Any, ClassVar, Final

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from taskflow_core.service.exchange import EXTENSION, Exchange
from taskflow_core.service.limits import Limits, Pool, Refusal, refusal
from taskflow_core.telemetry.metrics import CONNECTIONS_REFUSED

_LINGER_SECONDS: Final = 1.0
"""How long what a client still sends is read and thrown away, so that it sees why it was refused (RFC 9112, 9.6)."""

_MOST_LINGERING: Final = 100
"""Clients to whom that courtesy is done at a time; others are closed at once."""

_TO_NOWHERE: Final[Any] = deque[tuple[bytes, bytes]](maxlen=0)
"""Takes trailers: what comes behind a body is no header, least of all once a handler has begun with those."""


class _Stage(Enum):
    """What of a request is being read."""

    NOTHING = auto()
    HEADER = auto()
    BODY = auto()


# By names of the module: looking them up in the class takes twice as long, several times a request.
_NOTHING, _HEADER, _BODY = _Stage


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
        "_framing",
        "_header_least",
        "_header_most",
        "_lingers",
        "_mixed",
        "_refused",
        "_running",
        "_stage",
        "_timer",
        "_upgrades",
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
        self._refused = self._lingers = self._mixed = self._upgrades = False
        self._fed = self._header_least = self._header_most = self._framing = 0
        self._running: RequestResponseCycle | None = None

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
        running = self._running
        if running is not None and running is not self.cycle:
            # Others wait behind it, of which uvicorn tells the last alone.
            running.disconnected = True
            running.message_event.set()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._disarm()
        self.pool.has_header(self)
        self.pool.idle.pop(self, None)
        if self._lingers:
            self._lingers = False
            self.pool.lingering -= 1
        self.pipeline.clear()
        self._running = None
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
        self._framing = max(0, self._framing) + self._fed
        self._unset_keepalive_if_required()
        self._parse(data)
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
        elif self._framing > limits.header_bytes:
            self._refuse_answerable("HEADER_TOO_LARGE")
            return
        if self._timer is None:
            seconds = limits.header_seconds if self._stage is _HEADER else limits.body_seconds
            self._arm(seconds)

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except HttpParserError:
            if not self._refused:
                self._refuse_answerable("MALFORMED_REQUEST")
        except HttpParserUpgrade as upgrade:
            # We speak no other protocol, so it is a request as any other (RFC 9110, 7.8). The parser has left out its
            # body, which would then be read as the next request.
            self._upgrades = False
            version = self.parser.get_http_version().encode()
            lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
            lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
            self.parser = HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            self._parse(b"\r\n".join([*lines, b"", data[upgrade.args[0] :]]))

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
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                raise _RefusedError
            self._upgrades = True
            return
        super().on_headers_complete()
        if len(self.pipeline) > self.pool.limits.pipelined:
            raise _RefusedError
        self.headers = _TO_NOWHERE
        scope: Any = self.scope
        scope["extensions"] = {EXTENSION: Exchange(self, self.cycle)}
        self._stage = _BODY
        self._framing = 0
        self._disarm()
        self.pool.has_header(self)

    def on_message_complete(self) -> None:
        """The whole request has come."""
        if self._upgrades:
            return  # its header, so far
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

    def on_body(self, body: bytes) -> None:
        """A part of a body."""
        self._framing -= 9 * len(body)  # sent one by one, each has five around it
        super().on_body(body)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

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
        """Refuse what has come last; where an answer to it or to another has begun, there is no room for a word."""
        unanswered = self._stage is _BODY and not self.pipeline and not self.cycle.response_started
        if self._answering and not unanswered:
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
