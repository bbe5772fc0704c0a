"""The two consumers: one that only counts, and our host with a handler that counts. Each answers GET /counted."""

import os
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import uvicorn

from taskflow_core.bus.port import SUCCESS, Outcome, Subscription
from taskflow_core.events.model import Event
from taskflow_core.events.topics import ALL_TOPICS, AUDIT_LOGGER
from taskflow_core.service.composition import Service
from taskflow_core.service.host import Host
from taskflow_core.service.router import respond
from taskflow_core.settings import load
from taskflow_core.telemetry import logs


class Counted(msgspec.Struct):
    """What a consumer has seen: when its first and last event came (seconds of the epoch), and each one's delay."""

    count: int = 0
    first: float = 0.0
    last: float = 0.0
    delays: list[float] = []

    def add(self, times: Sequence[datetime]) -> None:
        """Events that came now, made at these times."""
        now = time.time()
        self.first = self.first or now
        self.last = now
        self.count += len(times)
        self.delays += [now - made.timestamp() for made in times]


class _CloudEvent(msgspec.Struct):
    time: datetime


class _Entry(msgspec.Struct, rename="camel"):
    entry_id: str
    event: _CloudEvent


class _Bulk(msgspec.Struct):
    entries: list[_Entry]


def serve(kind: str) -> None:
    """Runs the consumer `kind` (counting, ours) with the settings in the environment."""
    logs.configure("WARNING")
    settings = load(os.environ)
    counted = Counted()
    app: Any = _counting(counted) if kind == "counting" else Host(settings, [lambda _: _service(counted)])

    async def with_counts(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/counted":
            await respond(send, 200, msgspec.json.encode(counted))
        elif scope["type"] == "http" and scope["path"] == "/forget":
            counted.count, counted.first, counted.delays = 0, 0.0, []
            await respond(send, 200, b"{}")
        else:
            await app(scope, receive, send)

    lifespan = "off" if kind == "counting" else "on"
    uvicorn.run(with_counts, port=settings.port, log_config=None, lifespan=lifespan, interface="asgi3")


def _service(counted: Counted) -> Service:
    async def count(events: Sequence[Event]) -> Sequence[Outcome]:
        counted.add([event.timestamp for event in events])
        return [SUCCESS] * len(events)

    async def nothing_here(scope: Any, receive: Any, send: Any) -> None:
        await respond(send, 404, b"{}")

    subscription = Subscription(group=AUDIT_LOGGER, topics=ALL_TOPICS, handler=count)
    return Service(name=AUDIT_LOGGER, app=nothing_here, subscriptions=[subscription])


def _counting(counted: Counted) -> Any:
    decoder = msgspec.json.Decoder(_Bulk)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] != "/internal/events":
            await respond(send, 200, b"[]")  # a list for /dapr/subscribe; the rest reads the status only
            return
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message["more_body"]:
                break
        bulk = decoder.decode(body)
        counted.add([entry.event.time for entry in bulk.entries])
        statuses = [{"entryId": entry.entry_id, "status": "SUCCESS"} for entry in bulk.entries]
        await respond(send, 200, msgspec.json.encode({"statuses": statuses}))

    return app
