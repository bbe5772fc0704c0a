"""The routes the sidecar calls: bulk deliveries of events and of dead letters. Nobody else may."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
import structlog
from litestar.types import HTTPScope, Receive, Scope, Send

from taskflow_core.bus.dapr.bulk import Entry, read_bulk
from taskflow_core.bus.dapr.inbox import Inbox, UnexpectedTopicError, answers
from taskflow_core.bus.delivery import backoff, is_outage, reason_of
from taskflow_core.bus.port import Verdict
from taskflow_core.decoding import UndecodableError

log = structlog.get_logger(__name__)

EVENTS: Final = "/internal/events"
"""Where platform/dapr/subscriptions has events delivered."""

DEAD_LETTERS: Final = f"{EVENTS}/dead-letters"
"""Where it has dead letters delivered: raw, since they need not be JSON."""

_HOLD_SECONDS: Final = 45.0
"""How long a batch waits here for a dependency to come back: less than the sidecar waits for an answer (60 s)."""


Take = Callable[[Sequence[Entry]], Awaitable[dict[str, Verdict]]]


class EventRoutes:
    """An ASGI app. `token` is what the sidecar shows as `dapr-api-token`, its APP_API_TOKEN; without one nobody may."""

    def __init__(self, inbox: Inbox, token: str | None) -> None:
        self._inbox = inbox
        self._token = token.encode() if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here")
        if not self._may(scope):
            await _answer(send, 401, {"detail": {"error": "Unauthorized", "code": "TOKEN_REQUIRED"}})
        elif any(name == b"dapr-caller-app-id" for name, _ in scope["headers"]):
            # By invocation, of another service: its own sidecar delivers events in nobody's name.
            await _answer(send, 403, {"detail": {"error": "Forbidden", "code": "CALLER_NOT_ALLOWED"}})
        elif scope["path"] == "/dapr/subscribe":
            # Subscriptions are declared in platform/dapr; anything but a list would take those away as well.
            await _answer(send, 200, [])
        elif scope["path"] in {EVENTS, DEAD_LETTERS} and scope["method"] == "POST":
            scope["path_template"] = scope["path"]  # what spans are named by
            await self._deliver(scope, receive, send)
        else:
            await _answer(send, 404, {"detail": "Not Found"})

    def _may(self, scope: HTTPScope) -> bool:
        shown = next((value for name, value in scope["headers"] if name == b"dapr-api-token"), b"")
        return self._token is not None and hmac.compare_digest(shown, self._token)

    async def _deliver(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            return
        dead = scope["path"] == DEAD_LETTERS
        try:
            bulk = read_bulk(body, encoded=dead)
        except UndecodableError as error:
            # Not an event but the sidecar's own words: nothing of ours can be told apart in them.
            log.error("delivery_unreadable", reason=reason_of(error))
            problem = {"loc": ["body"], "msg": f"is no bulk delivery: it {error}", "type": "json_invalid"}
            await _answer(send, 422, {"detail": [problem]})
            return
        take: Take = self._inbox.dead_letters if dead else self._events_of(bulk.topic)
        verdicts = await _unless_disconnected(receive, _held(take, bulk.entries, bulk.topic))
        if verdicts is not None:
            statuses = [{"entryId": entry_id, "status": verdict.value} for entry_id, verdict in verdicts.items()]
            await _answer(send, 200, {"statuses": statuses})

    def _events_of(self, topic: str) -> Take:
        async def take(entries: Sequence[Entry]) -> dict[str, Verdict]:
            return await self._inbox.events(topic, entries)

        return take


async def _held(take: Take, entries: Sequence[Entry], topic: str) -> dict[str, Verdict]:
    """The answers. While a dependency is away the batch waits here, since to ask for it again would cost an attempt.
    Meanwhile the sidecar learns that the service is not ready, hangs up and keeps the batch.
    """
    deadline = asyncio.get_running_loop().time() + _HOLD_SECONDS
    failures = 0
    while True:
        try:
            return await take(entries)
        except UnexpectedTopicError:
            log.error("delivery_unexpected", topic=topic, count=len(entries), problem="no handler for this topic")
            return answers(entries, {entry.entry_id for entry in entries})
        except Exception as error:
            # Whatever went wrong beyond the handlers, which answer for themselves: only waiting can help.
            failures += 1
            if failures == 1:
                (log.warning if is_outage(error) else log.exception)(
                    "delivery_waits", topic=topic, count=len(entries), reason=reason_of(error)
                )
            pause = min(2.0, backoff(failures))
            if asyncio.get_running_loop().time() + pause > deadline:
                return answers(entries, {entry.entry_id for entry in entries})
            await asyncio.sleep(pause)


async def _unless_disconnected(receive: Receive, work: Awaitable[dict[str, Verdict]]) -> dict[str, Verdict] | None:
    """What `work` gives, or None when the sidecar hung up first: the batch is still the sidecar's then."""
    working = asyncio.ensure_future(work)
    disconnected = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait({working, disconnected}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, disconnected):
            task.cancel()
        await asyncio.gather(working, disconnected, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(receive: Receive) -> bytes | None:
    """The request's body; None when the sidecar hung up before its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message["body"])
        if not message["more_body"]:
            return b"".join(parts)


async def _answer(send: Send, status: int, content: object) -> None:
    body = msgspec.json.encode(content)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
