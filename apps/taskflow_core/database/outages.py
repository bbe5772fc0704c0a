"""What is transient: one table, by PostgreSQL's own error codes, for requests, consumers and background work alike.

An outage says that the database (or the way to it) is away, full, busy or on its way somewhere else. The same work may
succeed later, so it costs an event no attempt, and a request is answered 503 with Retry-After. Everything else says
that the statement or its values are wrong, and the same would fail again.
"""

from collections.abc import Iterator, Mapping
from typing import Final, cast

import asyncpg

TRANSIENT: Final[Mapping[str, str]] = {
    "08": "the connection broke, or a pooler in between (its own errors are 08P01) has no server to give",
    "28": "the server does not let us in: a password is being changed, or its rules are; no event is at fault",
    "3D": "the database is not there: it is being restored or renamed",
    "40": "taken back for another transaction's sake: serialization, deadlock; or nobody knows whether it was kept",
    "53": "out of something: disk, memory, connections, or a limit that was configured",
    "57": "an operator or a time-out cut it short: cancelled, shut down, starting up, idle for too long",
    "58": "the operating system under the server failed: input or output, a file that is missing",
    "72": "the snapshot is too old; a new one is not",
    "F0": "the server's own configuration file is wrong",
    "XX": "an error inside the server: a concurrent ALTER, a damaged page. Its fault, never the event's",
    "25006": "read-only: a standby, or a primary that was told to be",
    "25P02": "the transaction had failed already; what it died of shows in a new one",
    "25P03": "idle within a transaction for too long",
    "25P04": "the transaction took too long",
    "26000": "a prepared statement is gone: the session is another one than we think (a pooler, a DISCARD)",
    "42P05": "a prepared statement is there already: as above",
    "55006": "somebody else uses the object just now",
    "55P03": "somebody else holds the lock: NOWAIT, or lock_timeout",
}
"""SQLSTATE classes (two characters) and codes (five) of what may work later, each with the reason."""

_LASTING: Final = (
    "00 01 02 03 09 0A 0B 0F 0L 0P 0Z 10 20 21 22 23 24 25 26 27 2B 2D 2F 34 38 39 3B 3F 42 44 54 55 HV P0"
)
LASTING: Final = frozenset(_LASTING.split())
"""The other classes: there the statement or its values are wrong, apart from the codes that TRANSIENT names."""


def is_transient(sqlstate: str) -> bool:
    """Whether the server's error says that the same may work later. A code that is not known counts by its class."""
    return sqlstate in TRANSIENT or sqlstate[:2] in TRANSIENT


def _by_sqlstate() -> Iterator[type[Exception]]:
    """The driver's exception classes for TRANSIENT."""
    kinds = (kind for kind in vars(asyncpg.exceptions).values() if isinstance(kind, type))
    for kind in kinds:
        if issubclass(kind, asyncpg.PostgresError) and is_transient(kind.sqlstate or ""):  # the common bases have none
            yield kind


OUTAGES: Final[tuple[type[Exception], ...]] = (
    OSError,  # refused, reset, unreachable, unresolved, TLS cut; the local disk as well
    TimeoutError,
    asyncpg.InterfaceError,  # the connection or the pool is closed, or no longer in step
    asyncpg.InternalClientError,  # the protocol is out of step, no host is of the kind that was asked for
    asyncpg.InvalidCachedStatementError,  # a migration changed a table under a statement; the next try prepares anew
    *_by_sqlstate(),
)
"""What a query raises in an outage, for `except`."""

HELD_UP: Final = (
    TimeoutError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.TransactionTimeoutError,
)
"""Of these, what one piece of work among many may have brought upon itself: it took too long, or waited for a lock."""


def is_outage(error: BaseException) -> bool:
    """Whether `error` is an outage. A group of errors is one when all that is in it is."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(is_outage, cast("BaseExceptionGroup[BaseException]", error).exceptions))
    if isinstance(error, OUTAGES):
        return True
    # A code that the driver has no class for.
    return isinstance(error, asyncpg.PostgresError) and is_transient(error.sqlstate or "")
