"""GET /api/v1/notifications/stream: in through Litestar, then a raw ASGI answer that lasts as long as its reader."""

from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

from litestar import Request, get
from litestar.datastructures import State
from litestar.types import ASGIApp, Empty, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from notification_service import frames, metrics
from notification_service.document import RESPONSES, StreamOperation
from notification_service.hub import Hub
from notification_service.preferences import Preferences
from notification_service.replay import OVERLAP_SECONDS, Replays
from notification_service.stream import Stream
from notification_service.wire import wire_to
from taskflow.domain.clock import Clock
from taskflow.service.auth import SignIn
from taskflow.service.litestar_app import SECURITY
from taskflow.service.requests import header
from taskflow.service.tokens import Identity

PATH: Final = "/api/v1/notifications/stream"

_TOKEN: Final = "taskflow_stream_token"  # noqa: S105  # a key's name
_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx must pass frames on as they come
)


def hide_token(app: ASGIApp) -> ASGIApp:
    """`app` with `?token=` taken out of each request's URL before anything can log it; the endpoint still gets it."""

    def hiding(scope: Scope, receive: Receive, send: Send) -> Any:
        values: Any = scope
        query: bytes = values.get("query_string", b"")
        if query and scope["type"] == "http":
            parts = query.split(b"&")
            kept = [part for part in parts if unquote_plus(part.partition(b"=")[0].decode("latin-1")) != "token"]
            if len(kept) < len(parts):
                given = dict(reversed(parse_qsl(query.decode("latin-1"), keep_blank_values=True)))
                values.setdefault("state", {})[_TOKEN] = given.get("token")
                # In place: the server's access log reads the same scope when the answer begins.
                values["query_string"] = b"&".join(kept)
        # Handing over the coroutine saves each open stream a frame of its own.
        return app(scope, receive, send)

    return hiding


class Streams:
    """What the endpoint needs at hand."""

    def __init__(
        self, *, hub: Hub, sign_in: SignIn, preferences: Preferences, replays: Replays, clock: Clock, heartbeat: float
    ) -> None:
        self.hub = hub
        self.sign_in = sign_in
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
)
async def stream_notifications(request: Request[Any, Any, State]) -> ASGIApp:
    """Server-sent events for the signed-in user: each change of their tasks and each reminder that goes off.

    A reader that comes back says which event it saw last and gets what it missed first. The stream ends with the token.
    """
    streams: Streams = request.app.state["streams"]
    identity = streams.sign_in.identify(request, request.scope["state"].get(_TOKEN))
    given = header(request.scope, b"last-event-id")
    last_event_id = given.decode("latin-1") if given else None
    if last_event_id is None and request.scope["query_string"]:
        last_event_id = request.query_params.get("last_event_id") or None
    return _Answer(streams, identity, last_event_id)


class _Answer:
    """An open stream, as the ASGI app that answers its request."""

    __slots__ = ("_identity", "_last_event_id", "_streams")

    def __init__(self, streams: Streams, identity: Identity, last_event_id: str | None) -> None:
        self._streams = streams
        self._identity = identity
        self._last_event_id = last_event_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve until the reader goes or the stream is ended. The place it takes is given back whatever happens."""
        streams, identity = self._streams, self._identity
        preference = await streams.preferences.of(identity.user_id)
        stream = streams.hub.open(identity.user_id, preference, identity.expires_at)
        try:
            # Made anew for each: what stands around the app adds headers of its own to the message.
            await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
            _let_go(scope)
            stream.attach(wire_to(receive, send, dead_after=streams.dead_after), streams.hub.greeting())
            # Registered first, then replayed: what happens in between waits in the queue.
            stream.begin([] if self._last_event_id is None else await self._missed(stream, self._last_event_id))
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            # Nothing here waits, so nothing can cancel it.
            streams.hub.close(stream)

    async def _missed(self, stream: Stream, last_event_id: str) -> list[bytes]:
        """The frames the reader missed, or the reset that stands for them."""
        streams = self._streams
        notes = streams.hub.ring.since(stream.user_id, last_event_id, OVERLAP_SECONDS)
        if notes is not None:
            metrics.REPLAYS["memory"].inc()
            return [note.data for note in notes if streams.hub.here(stream.user_id, note.kind)]
        answer = await streams.replays.missed(stream.user_id, last_event_id)
        if isinstance(answer, str):
            metrics.REPLAYS["reset"].inc()
            return [frames.reset_frame(answer, streams.clock.now())]
        metrics.REPLAYS["database"].inc()
        return [missed.data for missed in answer if streams.hub.here(stream.user_id, missed.kind)]


def _let_go(scope: Scope) -> None:
    """Drop what nobody asks of a request once its answer has begun: 2 KB for as long as the stream is open."""
    headers: Any = scope["headers"]
    if isinstance(headers, list):
        headers.clear()  # the server holds the same list
    state = ScopeState.from_scope(scope)
    state.headers = state.parsed_query = state.cookies = state.exception_handlers = Empty
