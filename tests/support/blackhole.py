"""A way to a PostgreSQL that can become a black hole: connections stay open and are accepted; nothing gets through."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit


class BlackHole:
    """Passes bytes on between clients at `url` and the server, or swallows them."""

    def __init__(self, url: str, directory: Path) -> None:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        self._host = query.get("host", [parts.hostname or "localhost"])[0]
        self._port = int(query.get("port", [str(parts.port or 5432)])[0])
        self.socket = directory / ".s.PGSQL.5432"
        login = parts.netloc.rpartition("@")[0]
        others = {name: values[0] for name, values in query.items() if name not in {"host", "port"}}
        here = urlencode({"host": str(directory), "port": "5432"} | others)
        self.url = urlunsplit(parts._replace(netloc=f"{login}@", query=here))
        self._passes = asyncio.Event()
        self._passes.set()
        self._flows: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def swallowing(self) -> AsyncGenerator[None]:
        """While entered nothing gets through; afterwards connections from before are reset, new ones work."""
        self._passes.clear()
        try:
            yield
        finally:
            await self.reset()
            self._passes.set()

    async def reset(self) -> None:
        flows = list(self._flows)
        for flow in flows:
            flow.cancel()
        await asyncio.gather(*flows, return_exceptions=True)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._flows.add(task)
        there: asyncio.StreamWriter | None = None
        try:
            await self._passes.wait()
            if self._host.startswith("/"):
                back, there = await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
            else:
                back, there = await asyncio.open_connection(self._host, self._port)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, there))
                group.create_task(self._pump(back, writer))
        except (ExceptionGroup, OSError, asyncio.CancelledError):
            pass  # either side hung up, or the test did
        finally:
            self._flows.discard(task)
            for end in (writer, there):
                if end is not None:
                    end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            some = await reader.read(65_536)
            await self._passes.wait()
            if not some:
                raise ConnectionResetError
            writer.write(some)
            await writer.drain()


@asynccontextmanager
async def black_hole(url: str) -> AsyncGenerator[BlackHole]:
    """A way to the server of `url`, open at first."""
    with tempfile.TemporaryDirectory(prefix="taskflow-hole-") as directory:
        hole = BlackHole(url, Path(directory))
        server = await asyncio.start_unix_server(hole.serve, hole.socket)
        try:
            yield hole
        finally:
            server.close()
            await hole.reset()
            with suppress(TimeoutError):
                await asyncio.wait_for(server.wait_closed(), 1)
