"""A connection without a request: kept longer than load balancers keep theirs, and in the way of no stop."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Final

from litestar.types import Receive, Scope, Send

from taskflow_core.service.router import respond
from taskflow_core.service.server import GRACE_SECONDS, Server, configured
from taskflow_core.settings import Settings

ROOT: Final = Path(__file__).resolve().parents[2]
GOOGLES_SECONDS: Final = 600
"""For how long Google's load balancers keep a connection to a backend; it cannot be set."""

GOS_SECONDS: Final = 90
"""IdleConnTimeout of Go's own HTTP client, with which a Dapr sidecar calls its service."""

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send, 200, b"{}")


@asynccontextmanager
async def serving(keep_alive_seconds: int) -> AsyncGenerator[tuple[Server, int, asyncio.Task[None]]]:
    """A server of ours on a port; told to stop at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(configured(answers, keep_alive_seconds=keep_alive_seconds, lifespan="off"))
        running = asyncio.create_task(server.run_on(listening))
        try:
            yield server, listening.getsockname()[1], running
        finally:
            server.stop()
            await asyncio.wait_for(running, 20)


@asynccontextmanager
async def connection(port: int) -> AsyncGenerator[Connection]:
    """A connection on which nobody has asked anything."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with closing(writer):
        yield reader, writer


@asynccontextmanager
async def asked_once(port: int) -> AsyncGenerator[Connection]:
    """A connection on which one request was answered."""
    async with connection(port) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n{}"), 10)
        assert head.startswith(b"HTTP/1.1 200")
        yield reader, writer


def test_a_connection_is_kept_longer_than_whoever_is_in_front_keeps_it() -> None:
    """Else now and then a request meets a connection that is just being closed, and becomes a 502."""
    seconds = Settings(database_url="postgresql://none", auth_secret="x" * 32).keep_alive_seconds
    manifests = [path.read_text(encoding="utf-8") for path in (ROOT / "kustomize").rglob("*.yaml")]
    ours = {int(found) for text in manifests for found in re.findall(r"idle_timeout\.timeout_seconds=(\d+)", text)}
    assert ours, "the ALB says how long it keeps one"
    assert seconds > max(ours | {GOOGLES_SECONDS, GOS_SECONDS})


async def test_the_setting_is_what_counts() -> None:
    async with serving(1) as (_, port, _):
        began = time.monotonic()
        async with asked_once(port) as (reader, _):
            assert await asyncio.wait_for(reader.read(), 10) == b"", "closed by the server, without a word"
            assert time.monotonic() - began >= 0.9


async def test_open_connections_hold_up_no_stop() -> None:
    """Those that have had an answer, and those on which nobody has asked anything."""
    async with serving(600) as (server, port, running), AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(asked_once(port)) for _ in range(50)]
        connections += [await stack.enter_async_context(connection(port)) for _ in range(50)]
        began = time.monotonic()
        server.stop()
        await asyncio.wait_for(running, 20)
        assert time.monotonic() - began < GRACE_SECONDS + 1
        for reader, _ in connections:
            assert await asyncio.wait_for(reader.read(), 5) == b""
