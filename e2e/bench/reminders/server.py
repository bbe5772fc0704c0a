"""The server that takes events in: a raw handler, one event a request or a bulk, and reminder-service."""

import os
from heapq import heappop, heappush
from time import process_time
from typing import Any, Final

import httpx
import msgspec
import uvicorn

from e2e.bench.machine import pin
from reminder_service.app import create_service
from reminder_service.heap import CAPACITY
from taskflow_core.bus.dapr.inbox import Inbox
from taskflow_core.bus.dapr.routes import EVENTS, EventRoutes
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import SystemClock
from taskflow_core.events.account import subject_of
from taskflow_core.events.envelope import decode
from taskflow_core.service.composition import Runtime, Service
from taskflow_core.settings import Settings
from taskflow_core.telemetry import logs

TOKEN: Final = "a-token-for-the-bench-of-32-or-more-characters"
PORT: Final = 18_431


def serve() -> None:
    """Answer with all three handlers on one core, until killed."""
    pin(0)
    logs.configure("ERROR")
    uvicorn.run(_app(), port=PORT, log_level="error", access_log=False, lifespan="on", loop="uvloop", http="httptools")


def _app() -> Any:
    database = Database(os.environ["BENCH_DATABASE_URL"])
    heap: list[tuple[float, str]] = []
    state: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            service = reminder_service(database)
            state["ours"] = EventRoutes(Inbox(database, service.subscriptions), TOKEN)
            await database.open()
            await database.opened()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        path: str = scope["path"]
        if path == EVENTS:
            await state["ours"](scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if path == "/one":
            _push(heap, body)
        elif path == "/bulk":
            for entry in _bulk.decode(body).entries:
                _push(heap, entry.event)
        answer = f"{process_time()}".encode() if path == "/cpu" else b""
        headers = [(b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer, "more_body": False})

    return app


class _Entry(msgspec.Struct):
    event: msgspec.Raw


class _Entries(msgspec.Struct):
    entries: list[_Entry]


_bulk = msgspec.json.Decoder(_Entries)


def _push(heap: list[tuple[float, str]], body: bytes | msgspec.Raw) -> None:
    event = decode(bytes(body)).data
    heappush(heap, (event.timestamp.timestamp(), subject_of(event)))
    if len(heap) > CAPACITY:
        heappop(heap)


def reminder_service(database: Database) -> Service:
    """reminder-service as the host composes it."""
    settings = Settings(database_url=database.url, auth_secret=TOKEN)
    return create_service(
        Runtime(settings=settings, database=database, clock=SystemClock(), chat_api=httpx.AsyncClient())
    )
