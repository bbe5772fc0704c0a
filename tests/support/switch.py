"""A way to a server that a test can lead elsewhere, cut, or have swallow what it is given."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

Target = Path | tuple[str, int]
"""A Unix socket, or a host with its port."""


class Switch:
    """Listens on a TCP port of its own and passes bytes to `target`; None: takes them and is silent."""

    def __init__(self, target: Target | None) -> None:
        self.target = target
        self.port = 0
        self.connections = 0
        self._passing: set[asyncio.Task[None]] = set()
        self._held: set[asyncio.Task[None]] = set()

    def url(self, url: str) -> str:
        """`url` with this way to its server: the same role and database."""
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{self.port}", query=""))

    def hold(self) -> None:
        """Have what is open now bring nothing more, in either direction, without ending it."""
        self._held = set(self._passing)

    def cut(self) -> None:
        """End every connection that is open now."""
        for task in self._passing:
            task.cancel()

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, for as long as it lasts."""
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        self.connections += 1
        try:
            if self.target is None:
                await asyncio.Event().wait()
            else:
                inside, outside = await _connected(self.target)
                with contextlib.closing(outside):
                    ways = [
                        asyncio.ensure_future(self._copy(task, reader, outside)),
                        asyncio.ensure_future(self._copy(task, inside, writer)),
                    ]
                    try:
                        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        for way in ways:
                            way.cancel()
        except (OSError, asyncio.CancelledError):
            pass  # nobody listens there, or the test has cut it: the client sees the end of its connection
        finally:
            self._passing.discard(task)
            writer.transport.abort()

    async def _copy(self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                if task in self._held:
                    await asyncio.Event().wait()
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def switch(target: Target | None) -> AsyncGenerator[Switch]:
    """A switch that is open while entered."""
    made = Switch(target)
    server = await asyncio.start_server(made.pass_on, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.cut()
        await asyncio.sleep(0)


def target_of(url: str) -> Target:
    """Where the server of `url` listens."""
    parts = urlsplit(url)
    if parts.hostname:
        return parts.hostname, parts.port or 5432
    return Path(parse_qs(parts.query)["host"][0]) / ".s.PGSQL.5432"


async def _connected(target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(target, Path):
        return await asyncio.open_unix_connection(str(target))
    return await asyncio.open_connection(*target)
