"""A lease: one holder at a time among all replicas, by an advisory lock on a connection of its own.

Three locks make sure that nothing is done without the lease, however late it is noticed that it is lost:

- `name`: whoever has it holds the lease. It is the session lock of the lease's own connection.
- a number drawn for each turn, on the same connection: so that others can see whether this very turn still holds it.
- `name`, a second time: shared by each pooled connection while it works for a turn. A connection that gets it, and sees
  the turn's number still taken, works within the turn, and a new holder waits until no connection of the turn before
  is left. A statement sent before the server froze, and run after another took over, is so impossible.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar, copy_context
from typing import Final

import asyncpg
import structlog
from prometheus_client import Gauge

from taskflow_core.cancellation import ended, stop_if_cancelled
from taskflow_core.database.outages import OUTAGES
from taskflow_core.database.pool import Connection, Database, fence
from taskflow_core.telemetry.metrics import LEASE_HELD

log = structlog.get_logger(__name__)

_TRY_SECONDS: Final = 1.0
_BEAT_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 3.0
_SURE_SECONDS: Final = 1.0

# Whether the server takes writes. A standby gives locks as well, and knows nothing of those of its primary.
_WRITES: Final = "NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'"
# The lease, if nobody has it; nothing where it would mean nothing.
_TRY: Final = f"SELECT CASE WHEN {_WRITES} THEN pg_try_advisory_lock(hashtextextended($1, 0)) END"
# Whether the lease still means something.
_STILL: Final = f"SELECT {_WRITES}"
# The number of this turn.
_NUMBER: Final = "SELECT pg_advisory_lock($1)"
# Whether no connection works for an earlier turn any more.
_ALONE: Final = """
SELECT CASE WHEN pg_try_advisory_lock(hashtextextended($1, 1))
    THEN pg_advisory_unlock(hashtextextended($1, 1)) ELSE false END
"""
# Ends those that do.
_END_OTHERS: Final = """
SELECT count(pg_terminate_backend(pid)) FROM pg_locks, hashtextextended($1, 1) AS lock (key)
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid <> pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = (key >> 32) & 4294967295 AND objid::bigint = key & 4294967295
"""
# Has a connection work for a turn, until its locks are released; false when the turn is over.
_JOIN: Final = """
SELECT CASE WHEN pg_try_advisory_lock_shared(hashtextextended($1, 1))
    THEN NOT pg_try_advisory_lock_shared($2) ELSE false END
"""

_turn: ContextVar["_Turn | None"] = ContextVar("turn", default=None)


class LeaseLostError(ConnectionError):
    """The lease that this work was done under is no longer held, so nothing more may be done: an outage."""


async def lead(database: Database, name: str, work: Callable[[], Awaitable[None]], *, service: str) -> None:
    """Run `work` whenever this process holds the lease called `name`; for ever, until cancelled.

    The lock lives on a connection of its own, which is checked every few seconds. When it is lost, `work` is cancelled
    and has ended before the lease is tried for again; meanwhile every pooled connection that `work` asks for is refused
    with LeaseLostError. An outage that `work` raises ends its turn. Raises whatever else `work` raises, and StuckError
    when `work` does not end.
    """
    reported = False
    held = LEASE_HELD.labels(service, name)
    try:
        while True:
            try:
                async with database.dedicated() as connection:
                    turn = _Turn(connection, name, held)
                    await turn.begin()
                    reported = False
                    log.info("lease_taken", lease=name)
                    await turn.run(work)
            except OUTAGES as error:
                stop_if_cancelled()
                if not reported:  # once for an outage, however long it lasts
                    log.warning("lease_lost", lease=name, reason=str(error) or type(error).__name__)
                    reported = True
            await asyncio.sleep(_TRY_SECONDS)
    finally:
        LEASE_HELD.remove(service, name)


async def still_leading() -> None:
    """Raise LeaseLostError, or another outage, unless the lease this work is done under is held; outside any, pass.

    For work that is not done in the database, right before it: statements are refused without being asked for.
    """
    if (turn := _turn.get()) is not None:
        await turn.ensure()


class _Turn:
    """The time between taking the lease and losing it."""

    def __init__(self, connection: asyncpg.Connection, name: str, held: Gauge) -> None:
        self._connection = connection
        self._name = name
        self._number = secrets.randbits(63)
        self._asking = asyncio.Lock()
        self._sure_at = 0.0
        self._held = held
        self._held.set(0)

    async def begin(self) -> None:
        """Wait until the lease is ours, and whatever was done under it before has ended."""
        while not (taken := await self._ask(_TRY, self._name)):
            if taken is None:
                raise LeaseLostError(f"no lease {self._name}: the server is read-only")
            await asyncio.sleep(_TRY_SECONDS)
        await self._ask(_NUMBER, self._number)
        while not await self._ask(_ALONE, self._name):
            # Their holder is gone; the server has not noticed yet, or is still at their last statement.
            count = await self._ask(_END_OTHERS, self._name)
            log.warning("lease_left_at_work", lease=self._name, connections=count, action="ended")
            await asyncio.sleep(_TRY_SECONDS / 10)
        self._held.set(1)

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` until it ends or the lease is lost; then it has ended."""
        context = copy_context()
        context.run(_turn.set, self)
        context.run(fence.set, self._join)
        lost = asyncio.get_running_loop().create_future()

        def closed(_connection: object) -> None:
            if not lost.done():
                lost.set_result(None)

        self._connection.add_termination_listener(closed)
        turn = asyncio.create_task(_awaited(work), name=f"turn of {self._name}", context=context)
        try:
            while not turn.done():
                await asyncio.wait({turn, lost}, timeout=_BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if not turn.done():
                    await self.ensure(0.0)
        except Exception:
            # Nothing more is begun from now on, not even by the clean-up of `work`.
            self._connection.terminate()
            raise
        finally:
            self._held.set(0)
            await ended([turn])
        await turn

    async def ensure(self, seconds: float = _SURE_SECONDS) -> None:
        """Raise an outage unless the lease was known to be held within the last seconds."""
        if self._connection.is_closed():
            raise LeaseLostError(f"the lease {self._name} is lost")
        if time.monotonic() - self._sure_at >= seconds and not await self._ask(_STILL):
            raise LeaseLostError(f"the lease {self._name} is lost: the server is read-only")

    async def _ask(self, query: str, *args: object) -> object:
        async with self._asking:
            answer = await self._connection.fetchval(query, *args, timeout=_ANSWER_SECONDS)
            self._sure_at = time.monotonic()
            return answer

    async def _join(self, connection: Connection) -> None:
        """The fence of this turn's connections."""
        if self._connection.is_closed() or not await connection.fetchval(_JOIN, self._name, self._number):
            raise LeaseLostError(f"the lease {self._name} is lost")


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()
