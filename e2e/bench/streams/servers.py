"""The two servers under test: notification-service under uvicorn, and the least a Python server can do.

Run by bench.py as `python -m e2e.bench.streams.servers service|bare CORE`; prints its two ports, serves until killed.
"""

import asyncio
import gc
import json
import socket
import sys
from collections.abc import Coroutine
from typing import Any, ClassVar

import httpx
import uvicorn
import uvloop

from e2e.bench.machine import pin
from e2e.bench.streams.feed import Feed
from notification_service.app import create_service
from taskflow_core.bus.broadcast import Broadcast
from taskflow_core.bus.port import Message
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import SystemClock
from taskflow_core.events.topics import TASK_UPDATED
from taskflow_core.service.answer_headers import AnswerHeaders
from taskflow_core.service.composition import Runtime
from taskflow_core.service.requests import observed
from taskflow_core.service.server import configured
from taskflow_core.settings import Settings
from taskflow_core.telemetry import logs

SECRET = "a-secret-of-the-benchmark-of-32-characters"
_BACKLOG = 16_384
_RATE_OUT_OF_REACH = 1_000_000
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class _NoDatabase(Database):
    """Answers that there is nothing: what the benchmark is about needs no rows."""

    async def fetch(self, query: str, *args: Any) -> list[Any]:
        await asyncio.sleep(0)
        return []


async def service(listening: socket.socket, feeding: socket.socket) -> None:
    """notification-service as the host runs it; events come to it as they do in one process."""
    # The limit is in force, but out of reach: every event is to be a frame, also those for the reader that stops.
    settings = Settings(
        database_url="postgresql://none", auth_secret=SECRET, bus="embedded", stream_rate=_RATE_OUT_OF_REACH
    )
    async with httpx.AsyncClient() as client:
        runtime = Runtime(
            settings=settings, database=_NoDatabase("postgresql://none"), clock=SystemClock(), chat_api=client
        )
        made = create_service(runtime)
        assert made.background is not None
        broadcast = Broadcast(made.subscriptions[0])

        def take(batch: list[bytes]) -> None:
            broadcast.offer([Message("", TASK_UPDATED, "", entry.decode(), 0) for entry in batch])

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await observed(made.app, made.name, AnswerHeaders(https=False), scope, receive, send)

        config = configured(app, keep_alive_seconds=settings.keep_alive_seconds, lifespan="off", backlog=_BACKLOG)
        consuming = asyncio.create_task(broadcast.run())
        await asyncio.get_running_loop().create_server(lambda: Feed(take), sock=feeding)
        async with made.background():
            await uvicorn.Server(config).serve([listening])
        consuming.cancel()


class _Bare(asyncio.Protocol):
    """Answers any request with an endless answer; the feed's entries name a reader and hold a frame ready to write."""

    readers: ClassVar[dict[int, Any]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport  # uvloop's are no subclasses of asyncio.Transport

    def data_received(self, data: bytes) -> None:
        number = int(data.split(b"X-Reader: ", 1)[1].split(b"\r", 1)[0])
        _Bare.readers[number] = self._transport
        self._transport.write(_HEAD)

    @classmethod
    def take(cls, batch: list[bytes]) -> None:
        for entry in batch:
            cls.readers[int.from_bytes(entry[:4], "little")].write(entry[4:])


async def bare(listening: socket.socket, feeding: socket.socket) -> None:
    """A protocol that writes ready frames: the limit in Python."""
    loop = asyncio.get_running_loop()
    await loop.create_server(_Bare, sock=listening, backlog=_BACKLOG)
    await loop.create_server(lambda: Feed(_Bare.take), sock=feeding)
    gc.freeze()
    await asyncio.Event().wait()


def main() -> None:
    kind, core = sys.argv[1], int(sys.argv[2])
    pin(core)
    logs.configure("ERROR")
    listening = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
    feeding = socket.create_server(("127.0.0.1", 0))
    print(json.dumps([listening.getsockname()[1], feeding.getsockname()[1]]), flush=True)
    run: Coroutine[Any, Any, None] = {"service": service, "bare": bare}[kind](listening, feeding)
    uvloop.run(run)


if __name__ == "__main__":
    main()
