"""The pool of connections, opened without waiting for the server and mended by itself."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

log = structlog.get_logger(__name__)

Connection = asyncpg.Connection | PoolConnectionProxy
"""What queries run on; pooled or one's own."""

OUTAGES: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)
"""What a query raises when the database is away, full or busy rather than the query wrong: the same may work later."""

# Every connection reads and writes UTC: so Phase IV's columns mean the same with and without a time zone in their type.
_SERVER_SETTINGS: Final = {"TimeZone": "UTC", "application_name": "taskflow", "jit": "off"}
# A dead peer is noticed within about ten seconds, which is how soon a lock held through it is free again.
_KEEPALIVE: Final = {"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3"}
_RETRY_SECONDS: Final = 0.5
_HINT_SECONDS: Final = 0.005
"""Between two rounds of hints: what is drawn meanwhile goes out together."""

_hints: ContextVar[set[tuple[str, str]] | None] = ContextVar("hints", default=None)
"""What the transaction at work wants said once it has committed."""


def notify_after_commit(channel: str, payload: str) -> None:
    """Have NOTIFY sent once the transaction of Database.transaction() at work has committed; elsewhere never.

    It is a hint: it may come late, once for many, or not at all. Within the transaction it would be certain, and dear:
    PostgreSQL lets those that notify commit one after the other, each with a disk flush of its own.
    """
    hints = _hints.get()
    if hints is not None:
        hints.add((channel, payload))


class DatabaseUnavailableError(ConnectionError):
    """The database has not answered yet, or no longer does."""


class Database:
    """A pool on one database. `open()` returns at once; until the server answers, using it raises an outage."""

    def __init__(self, url: str, *, size: int = 10, command_timeout: float = 30.0, name: str = "taskflow") -> None:
        self.url = url
        self._size = size
        self._command_timeout = command_timeout
        self._settings = _SERVER_SETTINGS | {"application_name": name}
        self._pool: asyncpg.Pool | None = None
        self._opening: asyncio.Task[None] | None = None
        self._opened = asyncio.Event()
        self._hints: set[tuple[str, str]] = set()
        self._hinting: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to connect, in the background, for as long as it takes."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._connect(), name="database-open")

    async def opened(self) -> None:
        """Return once the server has answered."""
        await self._opened.wait()

    async def close(self) -> None:
        """Give every connection back. Queries still running get two seconds."""
        for task in (self._opening, self._hinting):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self._opening = self._hinting = None
        pool, self._pool = self._pool, None
        self._opened.clear()
        if pool is not None:
            try:
                await asyncio.wait_for(pool.close(), timeout=2)
            except TimeoutError:
                pool.terminate()

    @asynccontextmanager
    async def acquire(self, *, within: float = 5.0) -> AsyncGenerator[Connection]:
        """A connection of the pool. Raises an outage when none is free `within` seconds or the server is away."""
        if self._pool is None:
            raise DatabaseUnavailableError("the database has not answered yet")
        async with self._pool.acquire(timeout=within) as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """A connection in a transaction: committed when the block ends, taken back when it raises."""
        hints: set[tuple[str, str]] = set()
        async with self.acquire() as connection:
            before = _hints.get()
            _hints.set(hints)
            try:
                async with connection.transaction():
                    yield connection
            finally:
                # Not by a token, which another context refuses: the event loop ends a block left unfinished in its own.
                _hints.set(before)
        self._hint(hints)

    @asynccontextmanager
    async def dedicated(self) -> AsyncGenerator[asyncpg.Connection]:
        """A connection outside the pool, for LISTEN and for locks that live as long as it does."""
        connection = await asyncpg.connect(
            self.url,
            timeout=5,
            command_timeout=self._command_timeout,
            server_settings=self._settings | _KEEPALIVE,
        )
        try:
            yield connection
        finally:
            # terminate() cannot hang on a server that no longer answers; the server drops locks and listeners with it.
            connection.terminate()

    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]:
        """All rows of a query."""
        async with self.acquire() as connection:
            return await connection.fetch(query, *args)

    async def fetchrow(self, query: str, *args: Any) -> asyncpg.Record | None:
        """The first row of a query."""
        async with self.acquire() as connection:
            return await connection.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first column of the first row of a query."""
        async with self.acquire() as connection:
            return await connection.fetchval(query, *args)

    async def execute(self, query: str, *args: Any) -> str:
        """Run a statement; returns its status, for example "UPDATE 3"."""
        async with self.acquire() as connection:
            return await connection.execute(query, *args)

    async def check(self) -> None:
        """Raise an outage unless the server answers within two seconds."""
        async with asyncio.timeout(2):
            await self.fetchval("SELECT 1")

    def _hint(self, hints: set[tuple[str, str]]) -> None:
        self._hints |= hints
        if self._hints and (self._hinting is None or self._hinting.done()):
            self._hinting = asyncio.create_task(self._send_hints(), name="database-hints")

    async def _send_hints(self) -> None:
        with suppress(*OUTAGES, asyncpg.PostgresError):
            while self._hints:
                hints, self._hints = self._hints, set()
                channels, payloads = zip(*hints, strict=True)
                await self.execute(
                    "SELECT pg_notify(c, p) FROM unnest($1::text[], $2::text[]) AS h (c, p)", channels, payloads
                )
                await asyncio.sleep(_HINT_SECONDS)

    async def _connect(self) -> None:
        said = False
        while True:
            try:
                self._pool = await asyncpg.create_pool(
                    self.url,
                    min_size=1,
                    max_size=self._size,
                    timeout=5,
                    command_timeout=self._command_timeout,
                    server_settings=self._settings,
                )
            except (*OUTAGES, asyncpg.PostgresError) as error:
                if not said:
                    log.warning("database_unavailable", reason=str(error) or type(error).__name__, action="retrying")
                    said = True
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                self._opened.set()
                if said:
                    log.info("database_available")
                return
