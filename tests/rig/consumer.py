"""A service as a sidecar sees it: health, event routes, and answers that a test decides."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import uvicorn

from e2e.rig import ports
from tests.support.asgi_server import body_of

Scope = dict[str, Any]
Receive = Callable[[], Any]
Send = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Delivery:
    """One entry of one bulk delivery."""

    path: str
    topic: str
    entry_id: str
    event: Any
    """The CloudEvent, or the bytes where the subscription is raw."""
    metadata: dict[str, str]
    batch: int

    @property
    def id(self) -> str:
        """The CloudEvent's id, also of a raw one that is JSON."""
        event = json.loads(self.event) if isinstance(self.event, bytes) else self.event
        return event["id"]


class Consumer:
    """Serves on a port of its own. `answer(delivery)` gives an entry's status; `healthy` is what /health/ready says."""

    def __init__(self, token: str) -> None:
        self.port = ports.free(1)[0]
        self.healthy = True
        self.answer: Callable[[Delivery], str | None] = lambda _: "SUCCESS"
        self.held: frozenset[str] = frozenset()
        """Batches with one of these events get no answer until `release()`; others do: earlier ones may come again."""
        self.deliveries: list[Delivery] = []
        self.requests = 0
        self.cancelled = 0
        self.tokens: set[str | None] = set()
        self._token = token
        self._released = asyncio.Event()
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    def of(self, *event_ids: str, path: str = "/internal/events") -> list[Delivery]:
        """The deliveries of these events on `path`, in the order they came."""
        return [one for one in self.deliveries if one.path == path and one.id in event_ids]

    def release(self) -> None:
        """Answers what is held, and holds nothing more."""
        self.held = frozenset()
        self._released.set()

    async def start(self) -> None:
        """Listens; returns once it does."""
        config = uvicorn.Config(
            self._app, host="127.0.0.1", port=self.port, log_level="error", lifespan="off", interface="asgi3"
        )
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:  # noqa: ASYNC110  uvicorn offers nothing to wait for
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Stops listening at once: connections of the sidecar are cut, as in a crash."""
        if self._server is not None and self._task is not None:
            self._server.force_exit = self._server.should_exit = True
            await self._task

    async def crash(self) -> None:
        """Ends as a killed process does: connections are reset and nobody listens."""
        assert self._server is not None
        for listening in self._server.servers:
            listening.close()
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
        await self.stop()

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[Self]:
        """Listens while entered."""
        await self.start()
        try:
            yield self
        finally:
            self.release()
            await self.stop()

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path == "/health/ready":
            await _respond(send, 200 if self.healthy else 503, {})
        elif path.startswith("/internal/events"):
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            self.tokens.add(headers.get("dapr-api-token"))
            if headers.get("dapr-api-token") != self._token:
                await _respond(send, 401, {})
                return
            await self._deliver(path, json.loads(await body_of(receive)), receive, send)
        else:
            await _respond(send, 404, {})

    async def _deliver(self, path: str, envelope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.requests += 1
        batch = [
            Delivery(
                path=path,
                topic=envelope["topic"],
                entry_id=entry["entryId"],
                event=base64.b64decode(entry["event"]) if path.endswith("dead-letters") else entry["event"],
                metadata=entry.get("metadata") or {},
                batch=self.requests,
            )
            for entry in envelope["entries"]
        ]
        self.deliveries += batch
        if not path.endswith("dead-letters") and any(one.id in self.held for one in batch):
            waiting = asyncio.ensure_future(self._released.wait())
            gone = asyncio.ensure_future(receive())
            await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            gone.cancel()
            if not self._released.is_set():
                self.cancelled += 1
                return
        statuses = [{"entryId": one.entry_id, "status": status} for one in batch if (status := self.answer(one))]
        await _respond(send, 200, {"statuses": statuses})


async def _respond(send: Send, status: int, body: dict[str, Any]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
