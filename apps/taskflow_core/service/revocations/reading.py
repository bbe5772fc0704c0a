"""What is read of revocations: what is new since the reading before, and where some users stand."""

from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple

import asyncpg
import msgspec

from taskflow_core.database.pool import Connection

# What was written since the last reading, or has taken effect since. A transaction is read when it is no older than the
# oldest that was at work then: so none is missed that committed late. $1 is that transaction's number, null at first.
_NEW: Final = """
SELECT snapshot.next, snapshot.server, r.kind, r.subject, r.user_id, r.issued_before, r.expires_at
FROM (
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS next, pg_postmaster_start_time() AS server
) AS snapshot
LEFT JOIN revocations AS r ON r.expires_at > $2 AND (
    (r.xid >= $1 AND (r.effective_at IS NULL OR r.effective_at <= $2))
    OR (r.effective_at > $3 AND r.effective_at <= $2)
)
"""
# Of some users those whose account is gone or disabled, or who have revocations: $3 has every kind read, else only what
# concerns the whole user.
_STANDING: Final = """
SELECT asked.id AS user_id, users.id IS NULL OR disabled.user_id IS NOT NULL AS closed,
    r.kind, r.subject, r.issued_before, r.expires_at
FROM unnest($1::text[]) AS asked (id)
LEFT JOIN users ON users.id = asked.id
LEFT JOIN disabled_accounts AS disabled ON disabled.user_id = asked.id
LEFT JOIN revocations AS r ON r.user_id = asked.id AND r.expires_at > $2 AND ($3 OR r.kind = 'user')
    AND (r.effective_at IS NULL OR r.effective_at <= $2)
WHERE users.id IS NULL OR disabled.user_id IS NOT NULL OR r.user_id IS NOT NULL
"""

_STATEMENT_SECONDS: Final = 3.0
"""How long a statement may take before it is begun anew, on another connection."""


class Revocation(NamedTuple):
    """A row of revocations; times in seconds since 1970. Of a user it says to look at the account as well."""

    user_id: str
    kind: str
    subject: str
    issued_before: float
    expires_at: float


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reading stood: the oldest transaction then at work, the server's start, and the time of the reading."""

    transaction: int
    server: datetime
    read_at: datetime


async def read_new(connection: Connection, before: Position | None, now: datetime) -> tuple[Position, list[Revocation]]:
    """What is new since a position, and the position now. Of another server than before there is nothing to compare
    with, nor at first: then nothing is new. Raises outages."""
    transaction, read_at = (before.transaction, before.read_at) if before else (None, now)
    rows = await connection.fetch(_NEW, transaction, now, read_at, timeout=_STATEMENT_SECONDS)
    position = Position(transaction=rows[0]["next"], server=rows[0]["server"], read_at=now)
    return position, [_revocation(row) for row in rows if row["kind"] is not None]


async def read_standing(
    connection: Connection, user_ids: Collection[str], now: datetime, *, every_kind: bool
) -> tuple[set[str], list[Revocation]]:
    """Of some users those whose account is closed, and what is revoked. Raises outages."""
    asked = list(user_ids)
    rows = await connection.fetch(_STANDING, asked, now, every_kind, timeout=_STATEMENT_SECONDS)
    closed = {row["user_id"] for row in rows if row["closed"]}
    return closed, [_revocation(row) for row in rows if row["kind"] is not None]


def _revocation(row: asyncpg.Record) -> Revocation:
    issued_before: datetime | None = row["issued_before"]
    return Revocation(
        user_id=row["user_id"],
        kind=row["kind"],
        subject=row["subject"],
        issued_before=0.0 if issued_before is None else issued_before.timestamp(),
        expires_at=row["expires_at"].timestamp(),
    )
