"""A real server, and clients that write it bytes."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import uvicorn
import uvloop
from litestar.types import Receive, Scope, Send

from taskflow_core.service.limits import Limits
from taskflow_core.service.router import respond
from taskflow_core.service.server import configured
from tests.support.waiting import eventually

QUICK: Final = Limits(header_seconds=0.3, body_seconds=0.6)
ASK: Final = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
STREAM: Final = b"GET /stream HTTP/1.1\r\nHost: here\r\n\r\n"
KIB: Final = 1024
PIECE: Final = bytes(256 * KIB)
PIECES: Final = 64
"""Of the answer at /large: more than a system keeps for a reader."""


class Client:
    """One connection of bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, Any]:
        """The next answer's status and its body, which is JSON."""
        async with asyncio.timeout(5):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
            length = next(int(line.split(": ")[1]) for line in head if line.startswith("content-length"))
            return int(head[0].split()[1]), json.loads(await self._reader.readexactly(length))

    async def refused(self) -> tuple[int, str]:
        """The status and the code of the last answer; the connection is at its end behind it."""
        status, body = await self.answer()
        assert await self.rest() == b""
        return status, body["detail"]["code"]

    async def asked(self) -> "Client":
        """Itself, after a request and its answer."""
        self.write(ASK)
        assert await self.answer() == (200, {})
        return self

    async def rest(self, within: float = 20.0) -> bytes:
        """What comes up to the end. Raises TimeoutError where there is none."""
        async with asyncio.timeout(within):
            try:
                return await self._reader.read()
            except ConnectionResetError:
                return b""

    async def line(self) -> bytes:
        async with asyncio.timeout(5):
            return await self._reader.readuntil(b"\r\n")


class Serving:
    """A server and its app, which notes what it was asked and what of it came."""

    def __init__(self, limits: Limits, keep_alive_seconds: int) -> None:
        self.bodies: list[bytes | None] = []
        self.scopes: list[Scope] = []
        self.open = 0
        self.server = uvicorn.Server(
            configured(self._app, keep_alive_seconds=keep_alive_seconds, limits=limits, lifespan="off")
        )
        self.port = 0
        self._clients: list[Client] = []

    async def connect(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.writer.transport.abort()

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        if scope["path"] == "/stream":
            self.open += 1
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"begun", "more_body": True})
            while (await receive())["type"] != "http.disconnect":
                pass
            self.open -= 1
            return
        if scope["path"] == "/large":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for number in range(PIECES):
                await send({"type": "http.response.body", "body": PIECE, "more_body": number < PIECES - 1})
            return
        if scope["path"] == "/slow":
            await asyncio.sleep(3 * QUICK.header_seconds)
        if scope["path"] != "/unread":
            self.bodies.append(await self._body(receive))
        await respond(send, 200, b"{}")

    @staticmethod
    async def _body(receive: Receive) -> bytes | None:
        """None where the client went before its end."""
        body = b""
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            body += message["body"]
            if not message["more_body"]:
                return body


@asynccontextmanager
async def on_uvloop(server: uvicorn.Server, listening: socket.socket) -> AsyncGenerator[None]:
    """The server in a thread of its own, on the event loop that it has in earnest."""
    thread = threading.Thread(target=lambda: uvloop.run(server.serve([listening])))
    thread.start()
    try:
        await eventually(lambda: server.started)
        yield
    finally:
        server.should_exit = True
        await asyncio.to_thread(thread.join, 20)


@asynccontextmanager
async def serving(
    limits: Limits = QUICK, keep_alive_seconds: int = 600, listening: socket.socket | None = None
) -> AsyncGenerator[Serving]:
    made = Serving(limits, keep_alive_seconds)
    with listening or socket.create_server(("127.0.0.1", 0)) as listening:
        made.port = listening.getsockname()[1]
        async with on_uvloop(made.server, listening):
            try:
                yield made
            finally:
                made.close()


def posted(length: int, path: str = "/") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Length: {length}\r\n\r\n".encode()
