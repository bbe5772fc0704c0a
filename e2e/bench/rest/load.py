"""Load over keep-alive connections, each with one request under way: as little work for the client as there can be."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, cast

Request = Callable[[], bytes]
"""Makes the bytes of the next request."""

_LENGTH: Final = b"content-length: "


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as the answer before it is whole, until told to stop."""

    def __init__(self, request: Request, expected: bytes) -> None:
        self.latencies: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._expected = expected
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = b""
        self._began = 0.0
        self._stopping = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def begin(self) -> None:
        assert self._transport is not None
        self._began = time.perf_counter()
        self._transport.write(self._request())

    def stop(self) -> None:
        self._stopping = True

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self._buffer.find(_LENGTH, 0, head) + len(_LENGTH)
        length = int(self._buffer[at : self._buffer.find(b"\r", at)])
        if len(self._buffer) < head + 4 + length:
            return
        if not self._buffer.startswith(self._expected):
            self._fail(RuntimeError(f"unexpected answer: {self._buffer[:500]!r}"))
            return
        self._buffer = b""
        self.latencies.append(time.perf_counter() - self._began)
        if self._stopping:
            self._end()
        else:
            self.begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionError("the server closed the connection"))

    def _end(self) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


async def load(port: int, request: Request, *, connections: int, seconds: float, status: int) -> list[float]:
    """Seconds that each request took, sorted; all are answered with `status`. Raises RuntimeError and OSError."""
    loop = asyncio.get_running_loop()
    expected = b"HTTP/1.1 %d" % status
    made = [
        (await loop.create_connection(lambda: _Connection(request, expected), "127.0.0.1", port))
        for _ in range(connections)
    ]
    for _, connection in made:
        connection.begin()
    loop.call_later(seconds, lambda: [connection.stop() for _, connection in made])
    try:
        await asyncio.gather(*(connection.done for _, connection in made))
    finally:
        for transport, _ in made:
            transport.abort()
    return sorted(latency for _, connection in made for latency in connection.latencies)
