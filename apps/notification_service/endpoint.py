"""GET /api/v1/notifications/stream: in through Litestar, then a raw ASGI answer that lasts as long as its reader.

POST …/stream/ticket gives a ticket for it, to clients that can send it no header.
"""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.types import ASGIApp, Empty, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from notification_service import frames, metrics
from notification_service.connection import connection_of
from notification_service.document import RESPONSES, StreamOperation
from notification_service.door import TICKET, TOKEN, Door
from notification_service.hub import Hub
from notification_service.past_events import unsettled
from notification_service.positions import keyed, mark_id
from notification_service.preferences import Preferences
from notification_service.replay import OVERLAP_SECONDS, Replays
from notification_service.stream import Stream
from notification_service.tickets import Admission, Ticket, Tickets
from taskflow_core.domain.clock import Clock
from taskflow_core.service.auth import SignedInRequest, signed_in
from taskflow_core.service.errors import ApiError
from taskflow_core.service.exchange import exchange_of
from taskflow_core.service.ignored import READS
from taskflow_core.service.incoming import MOST_PAIRS
from taskflow_core.service.litestar_app import SECURITY
from taskflow_core.service.openapi import answers
from taskflow_core.service.requests import header
from taskflow_core.service.tokens import Identity

PATH: Final = "/api/v1/notifications/stream"

_SECRETS: Final = "taskflow_stream_secrets"  # a key's name
_OVERLAP: Final = timedelta(seconds=OVERLAP_SECONDS)
_POSITION: Final = ("last_event_id", "lastEventId")
"""The parameter for where a reader stands; the second name is what replacements of EventSource give it."""

_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx must pass frames on as they come
)
_CLOSE: Final = (b"connection", b"close")
"""The connection ends with the stream: whoever kept it for another request would find it reset (RFC 9112, 9.6)."""
_DEPRECATION: Final = (b"deprecation", b"@1795910400")
"""Of `?token=` (RFC 9745): since 29 November 2026."""


def hide_secrets(app: ASGIApp) -> ASGIApp:
    """`app` with `?token=` and `?ticket=` taken out of each request's URL before anything can log them; the endpoint
    still gets them."""

    def hiding(scope: Scope, receive: Receive, send: Send) -> Any:
        values: Any = scope
        query: bytes = values.get("query_string", b"")
        if query and scope["type"] == "http":
            if query.count(b"&") >= MOST_PAIRS:
                # It is refused, and to look for what is secret in it takes milliseconds.
                values["query_string"] = query = b"&" * MOST_PAIRS
            parts = query.split(b"&")
            others = [part for part in parts if not _is_secret(part)]
            if len(others) < len(parts):
                given = dict(reversed(parse_qsl(query.decode("latin-1"), keep_blank_values=True)))
                found = {name: given[name] for name in (TOKEN, TICKET) if name in given}
                values.setdefault("state", {})[_SECRETS] = found
                # In place: the server's access log reads the same scope when the answer begins.
                values["query_string"] = b"&".join(others)
        # Handing over the coroutine saves each open stream a frame of its own.
        return app(scope, receive, send)

    return hiding


def _is_secret(part: bytes) -> bool:
    return unquote_plus(part.partition(b"=")[0].decode("latin-1")) in (TOKEN, TICKET)


class Streams:
    """What the endpoint needs at hand."""

    def __init__(
        self,
        *,
        hub: Hub,
        door: Door,
        tickets: Tickets,
        preferences: Preferences,
        replays: Replays,
        clock: Clock,
        heartbeat: float,
    ) -> None:
        self.hub = hub
        self.door = door
        self.tickets = tickets
        self.preferences = preferences
        self.replays = replays
        self.clock = clock
        self.dead_after = 2 * heartbeat


@get(
    PATH,
    operation_id="streamNotifications",
    summary="Live changes of one's tasks, and reminders",
    tags=["notifications"],
    security=SECURITY,
    responses=RESPONSES,
    operation_class=StreamOperation,
    media_type="text/event-stream",
    opt={READS: _POSITION},
)
async def stream_notifications(request: Request[Any, Any, State]) -> ASGIApp:
    """Server-sent events for the signed-in user: each change of their tasks and each reminder that goes off.

    A reader that comes back says which event it saw last and gets what it missed first. The stream ends with the token.
    """
    # From the app's state: as a dependency it would cost each connection 2 µs more, of 90.
    streams: Streams = request.app.state["streams"]
    secrets: dict[str, str] = request.scope["state"].get(_SECRETS) or {}
    begins_with = None
    if request.scope["query_string"]:
        begins_with = next(filter(None, map(request.query_params.get, _POSITION)), None)
    identity, admission = await streams.door.admit(request, secrets, begins_with)
    given = header(request.scope, b"last-event-id")
    last_event_id = given.decode("latin-1") if given else begins_with
    return _Answer(streams, identity, admission, last_event_id, deprecated=TOKEN in secrets)


@post(
    f"{PATH}/ticket",
    operation_id="streamTicket",
    status_code=201,
    guards=[signed_in],
    security=SECURITY,
    summary="A ticket for one stream",
    description="For clients that can send no header, such as EventSource: `…/stream?ticket=`. First used within a "
    "minute, it lasts for that stream, its reconnects with Last-Event-ID included, until the token ends.",
    tags=["notifications"],
    responses=answers(401, 403, 413, 503, s201=Ticket),
)
async def stream_ticket(request: SignedInRequest) -> Response[Ticket]:
    """A new ticket."""
    streams: Streams = request.app.state["streams"]
    return Response(await streams.tickets.issue(request.user), headers={"Cache-Control": "no-store"})


class _Answer:
    """An open stream, as the ASGI app that answers its request."""

    __slots__ = ("_admission", "_deprecated", "_identity", "_last_event_id", "_streams")

    def __init__(
        self,
        streams: Streams,
        identity: Identity,
        admission: Admission | None,
        last_event_id: str | None,
        *,
        deprecated: bool,
    ) -> None:
        self._streams = streams
        self._identity = identity
        self._admission = admission
        self._last_event_id = last_event_id
        self._deprecated = deprecated

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve until the reader goes or the stream is ended. What it takes up is given back whatever happens."""
        streams, identity = self._streams, self._identity
        preference = await streams.preferences.of(identity.user_id)
        try:
            stream = streams.door.enter(identity, preference, self._admission)
        except ApiError:
            await streams.door.give_back(self._admission)
            raise
        try:
            exchange = exchange_of(scope)
            if exchange is not None:
                exchange.unframe()
            # Made anew for each: what stands around the app adds headers of its own to the message.
            headers = [*_HEADERS, _DEPRECATION] if self._deprecated else list(_HEADERS)
            if exchange is not None:
                headers.append(_CLOSE)
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            _let_go(scope)
            greeting = streams.hub.greeting(self._mark() if self._last_event_id is None else None)
            stream.attach(connection_of(exchange, send, dead_after=streams.dead_after), greeting)
            # Registered first, then replayed: what happens in between waits in the queue.
            stream.begin([] if self._last_event_id is None else await self._missed(stream, self._last_event_id))
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            # Nothing here waits, so nothing can cancel it.
            streams.door.leave(stream, self._admission)

    def _mark(self) -> str | None:
        """Where a reader stands that has been told everything so far. One with a ticket is always told."""
        mark, admission = self._streams.hub.mark, self._admission
        if admission is None:
            return mark
        return keyed(mark or mark_id(self._streams.clock.now() - _OVERLAP), admission.mark_key)

    async def _missed(self, stream: Stream, last_event_id: str) -> list[bytes]:
        """The frames the reader missed, or the reset that stands for them."""
        streams = self._streams
        events = streams.hub.recent.since(stream.user_id, last_event_id, OVERLAP_SECONDS)
        if events is not None:
            metrics.REPLAYS["memory"].inc()
            worth = unsettled((event.kind, event.task_id) for event in events)
            pairs = zip(events, worth, strict=True)
            told = [
                event.data for event, is_worth in pairs if is_worth and streams.hub.here(stream.user_id, event.kind)
            ]
            return self._with_mark(told)
        answer = await streams.replays.missed(stream.user_id, last_event_id)
        stream.replayed = answer.unrecorded
        if answer.reset is not None:
            metrics.REPLAYS["reset"].inc()
            told = [frames.reset_frame(answer.reset, streams.clock.now())]
        else:
            metrics.REPLAYS["database"].inc()
            told = [missed.data for missed in answer.missed if streams.hub.here(stream.user_id, missed.kind)]
        if answer.mark is not None and (answer.reset is not None or not told):
            # No event says where it stands now; what it came with may be old, or none of ours.
            mark = keyed(mark_id(answer.mark), None if self._admission is None else self._admission.mark_key)
            return [*told, frames.position(mark)]
        return self._with_mark(told)

    def _with_mark(self, told: list[bytes]) -> list[bytes]:
        """To the first reader of a ticket also a mark: what it came with, or was told of before, proves nothing."""
        mark = self._mark()
        first = self._admission is not None and self._admission.first
        return [*told, frames.position(mark)] if first and mark is not None else told


def _let_go(scope: Scope) -> None:
    """Drop what nobody asks of a request once its answer has begun: 2 KB for as long as the stream is open."""
    values: Any = scope
    values.pop("extensions", None)
    headers = values["headers"]
    if isinstance(headers, list):
        headers.clear()  # the server holds the same list
    state = ScopeState.from_scope(scope)
    state.headers = state.parsed_query = state.cookies = state.exception_handlers = Empty
