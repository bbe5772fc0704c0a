"""The pool of connections, opened without waiting for the server and mended by itself."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final, Literal

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

from taskflow_core.database import poolers
from taskflow_core.database.connecting import Connector, DatabaseUnavailableError, reason_of
from taskflow_core.database.hints import Hints, collected
from taskflow_core.database.outages import OUTAGES, is_outage
from taskflow_core.telemetry.metrics import CONNECTIONS_EVICTED, POOL_EXHAUSTED

log = structlog.get_logger(__name__)

Connection = asyncpg.Connection | PoolConnectionProxy
"""What queries run on; pooled or one's own."""

Isolation = Literal["read_committed", "repeatable_read", "serializable"]

# Every connection reads and writes UTC: so Phase IV's columns mean the same with and without a time zone in their type.
_SERVER_SETTINGS: Final = {"TimeZone": "UTC", "application_name": "taskflow", "jit": "off"}
# A dead peer is noticed within about ten seconds, which is how soon a lock held through it is free again.
_KEEPALIVE: Final = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
_RETRY_SECONDS: Final = 0.5
_GIVE_BACK_SECONDS: Final = 1.0
"""How long a connection may take to be rolled back, and again to be reset, before it is closed hard."""

_CHECK_SECONDS: Final = 0.8
_EVICT_SECONDS: Final = 1.0
_DISK_FULL_SECONDS: Final = 5.0
"""How long a disk counts as full after a statement was refused for it."""
_NOT_OURS: Final = (
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidSQLStatementNameError,
    asyncpg.DuplicatePreparedStatementError,
)
"""What says that the session is on the wrong server, or is not the one we think; a new connection may be right."""

# Why nothing can be written, or None: then a transaction has been committed just now, on disk and on the standbys that
# a commit waits for. It leaves a log record of some bytes and changes no table.
_CAN_WRITE: Final = """
SELECT CASE
    WHEN pg_is_in_recovery() THEN 'the server is a standby'
    WHEN current_setting('transaction_read_only') = 'on' THEN 'default_transaction_read_only is on'
    WHEN pg_logical_emit_message(true, 'taskflow', '') IS NOT NULL THEN NULL
END
"""
fence: ContextVar[Callable[[Connection], Awaitable[None]] | None] = ContextVar("fence", default=None)
"""What every connection of the pool has to pass before it is used in this context; see taskflow_core.database.lease."""


@asynccontextmanager
async def in_transaction(
    connection: Connection, *, isolation: Isolation | None = None, readonly: bool = False
) -> AsyncGenerator[None]:
    """A transaction, or a savepoint within one: committed when the block ends, rolled back when it raises.

    As asyncpg's own, except that rolling it back never takes longer than a second and never raises anything of its own:
    the connection is closed hard when the server does not do it in time, and rolls it back by that.
    """
    transaction = connection.transaction(isolation=isolation, readonly=readonly)
    await transaction.__aenter__()
    try:
        yield
    except BaseException as error:
        try:
            async with asyncio.timeout(_GIVE_BACK_SECONDS):
                await transaction.__aexit__(type(error), error, error.__traceback__)
        except BaseException as failure:
            with suppress(asyncpg.InterfaceError):  # it is closed already
                connection.terminate()
            if not isinstance(failure, Exception):
                raise
        raise
    await transaction.__aexit__(None, None, None)


class Database:
    """A pool on one database. `open()` returns at once; until the server answers, using it raises an outage."""

    def __init__(
        self,
        url: str,
        *,
        size: int = 10,
        command_timeout: float = 30.0,
        name: str = "taskflow",
        greet: Callable[[Connection], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        """`greet` is awaited with each new connection before anybody uses it."""
        self.url = url
        self._greet = greet
        self._size = size
        self._command_timeout = command_timeout
        settings = _SERVER_SETTINGS | _KEEPALIVE | {"application_name": name}
        self.connector = Connector(url, settings, command_timeout=command_timeout)
        self._pool: asyncpg.Pool | None = None
        self._why = "the database has not answered yet"
        self._in_use = 0
        self._evicted = self._disk_full = float("-inf")
        self._opening: asyncio.Task[None] | None = None
        self._opened = asyncio.Event()
        self._hints = Hints(self.execute)
        self._dedicated: set[asyncpg.Connection] = set()

    async def open(self) -> None:
        """Begin to connect, in the background, for as long as it takes."""
        self.connector.stopping = False
        if self._opening is None:
            self._opening = asyncio.create_task(self._connect(), name="database-open")

    async def opened(self) -> None:
        """Return once the server has answered."""
        await self._opened.wait()

    async def close(self) -> None:
        """Give every connection back. Queries still running get a second."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
            self._opening = None
        await self._hints.close()
        pool, self._pool = self._pool, None
        self._opened.clear()
        if pool is not None:
            # What does not end in time, pool.close() itself closes hard.
            with suppress(TimeoutError):
                async with asyncio.timeout(_GIVE_BACK_SECONDS):
                    await pool.close()

    def terminate(self) -> None:
        """Close every connection hard, dedicated ones too: whatever waits for the server ends at once, by an outage.

        None can be made any more until open(). For a process that has to stop although the server answers nothing.
        """
        self.connector.stopping = True
        if self._pool is not None:
            self._pool.terminate()
        for connection in tuple(self._dedicated):
            connection.terminate()

    @asynccontextmanager
    async def acquire(self, *, within: float = 5.0) -> AsyncGenerator[Connection]:
        """A connection of the pool. Raises an outage when none is free `within` seconds or the server is away.

        Leaving never takes longer than a second or two, and never raises anything of its own: a connection that the
        server does not take back in time is closed hard. What the block did, or why it failed, stands.
        """
        if self._pool is None:
            raise DatabaseUnavailableError(self._why)
        pool = self._pool
        try:
            connection = await pool.acquire(timeout=within)
        except TimeoutError:
            if self._in_use >= self._size:
                POOL_EXHAUSTED.inc()
            raise
        self._in_use += 1
        try:
            if (passes := fence.get()) is not None:
                await passes(connection)
            yield connection
        except asyncpg.PostgresError as error:
            await self._learn(error)
            if is_outage(error) and not isinstance(error, OUTAGES):  # by its code alone: the driver has no class for it
                raise DatabaseUnavailableError(reason_of(error)) from error
            raise
        finally:
            self._in_use -= 1
            try:
                # Cancelled as well it ends in time, in the background: asyncpg shields it.
                await pool.release(connection, timeout=_GIVE_BACK_SECONDS)
            except Exception as error:
                log.debug("connection_closed_hard", reason=str(error) or type(error).__name__)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """A connection in a transaction: committed when the block ends, rolled back when it raises."""
        async with self.acquire() as connection:
            with collected() as hints:
                async with in_transaction(connection):
                    yield connection
        self._hints.send(hints)

    @asynccontextmanager
    async def dedicated(self) -> AsyncGenerator[asyncpg.Connection]:
        """A connection outside the pool, for LISTEN and for locks that live as long as it does."""
        connection = await self.connector.connect()
        self._dedicated.add(connection)
        try:
            yield connection
        finally:
            self._dedicated.discard(connection)
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
        """Raise an outage that says why, unless a transaction commits within a second.

        On a connection of the pool that everything uses, so that one that is used up, or leads to a server that turned
        read-only or silent, is noticed; such connections are then replaced, whether or not anybody writes.
        """
        try:
            async with asyncio.timeout(_CHECK_SECONDS), self.acquire() as connection:
                try:
                    read_only = await connection.fetchval(_CAN_WRITE)
                except (TimeoutError, asyncio.CancelledError) as silent:
                    connection.terminate()  # to ask the server to cancel would take as long again
                    await self._evict(silent)
                    raise
        except TimeoutError:
            if self._in_use >= self._size:
                raise DatabaseUnavailableError(f"all {self._size} connections of the pool are in use") from None
            raise DatabaseUnavailableError(f"no answer within {_CHECK_SECONDS} s") from None
        if read_only is not None:
            await self._evict(DatabaseUnavailableError(f"read-only: {read_only}"))
            raise DatabaseUnavailableError(f"read-only: {read_only}")
        if time.monotonic() - self._disk_full < _DISK_FULL_SECONDS:
            raise DatabaseUnavailableError("the database's disk is full")

    async def _learn(self, error: asyncpg.PostgresError) -> None:
        """Take from what the server said what the next ones should know."""
        if isinstance(error, _NOT_OURS):
            await self._evict(error)
        elif isinstance(error, asyncpg.DiskFullError):
            self._disk_full = time.monotonic()

    async def _evict(self, error: BaseException) -> None:
        """Have every connection of this age replaced, idle ones when next asked for and others when given back."""
        now = time.monotonic()
        if self._pool is not None and now - self._evicted > _EVICT_SECONDS:  # while a failover lasts: not at each query
            self._evicted = now
            await self._pool.expire_connections()
            CONNECTIONS_EVICTED.inc()
            log.warning("connections_evicted", reason=reason_of(error))

    async def _connect(self) -> None:
        refused = False
        while True:
            try:
                if await poolers.shares_sessions(self.connector.connect):
                    self._why = poolers.REFUSED
                    if not refused:
                        log.error("database_refused", reason=poolers.REFUSED)
                        refused = True
                else:
                    self._pool = await asyncpg.create_pool(
                        min_size=1,
                        max_size=self._size,
                        connect=self.connector.connect,  # pyright: ignore[reportArgumentType]  # the stub wants all of asyncpg's arguments by name
                        init=self._greet,  # pyright: ignore[reportArgumentType]  # asyncpg names a narrower type than it needs
                    )
                    self._opened.set()
                    return
            except (*OUTAGES, asyncpg.PostgresError) as error:
                self._why = f"the database has not answered yet: {reason_of(error)}"
            await asyncio.sleep(_RETRY_SECONDS)
