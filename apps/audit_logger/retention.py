"""Old months leave the trail: verified, noted in a signed record, detached, and some time later dropped."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import asyncpg
import msgspec
import structlog

from audit_logger.chain import GENESIS, link
from audit_logger.checkpoints import Archive, Pruned, Run, Signer
from audit_logger.metrics import PRUNE_REFUSED
from audit_logger.partitions import attached, month_of
from taskflow.database.pool import Connection

log = structlog.get_logger(__name__)

GRACE: Final = timedelta(days=30)
"""How long a detached month stays by itself, to be exported, before the scheduled job drops it."""

CHAINED: Final = (
    "event_id, occurred_at, recorded_at, type, task_id, user_id, actor_id, version, correlation_id, data, "
    "chain_seq, hash"
)

# A month's rows in the order of the chain.
_ROWS: Final = f"""
SELECT {CHAINED} FROM task_events WHERE occurred_at >= $1 AND occurred_at < $2 ORDER BY chain_seq, event_id
"""  # noqa: S608  # CHAINED is a constant
# The hashes of a row's number; one, unless someone has added another.
_HASH: Final = "SELECT hash FROM task_events WHERE chain_seq = $1"
# Records of what was pruned before.
RECORDS: Final = "SELECT record FROM audit_pruned"
# Takes a month off the trail.
_DETACH: Final = "SELECT relation, last_seq FROM audit_detach_partition($1, $2)"
# Months that are detached and not dropped.
_DETACHED: Final = "SELECT relation, month, detached_at FROM audit_pruned WHERE dropped_at IS NULL ORDER BY month"
# Drops one of them.
_DROP: Final = "SELECT audit_drop_detached($1)"


class RetentionError(Exception):
    """A month was kept; the message says why and what to do."""


class Detached(msgspec.Struct, frozen=True, kw_only=True):
    """A month that has left the trail and lies by itself in `relation` since `detached_at`."""

    relation: str
    month: date
    detached_at: datetime


async def detach_old(
    connection: Connection, signer: Signer, archive: Archive, *, keep: int, now: datetime
) -> list[str]:
    """Detach every month that is more than `keep` whole months before this one. Returns the tables they now are.

    Raises RetentionError for a month whose rows do not verify: a record of pruning must not cover up a change.
    """
    oldest = month_of(now.date(), -keep)
    months = [p.month for p in await attached(connection) if p.month is not None and p.month < oldest]
    relations: list[str] = []
    for month in months:
        relations.append(await _detach(connection, signer, archive, month, now))
        log.info("audit_month_detached", month=f"{month:%Y-%m}", relation=relations[-1])
    PRUNE_REFUSED.set(0)
    return relations


async def detached(connection: Connection) -> list[Detached]:
    """Months that are off the trail and not dropped yet, the oldest first."""
    return [
        Detached(relation=row["relation"], month=row["month"], detached_at=row["detached_at"])
        for row in await connection.fetch(_DETACHED)
    ]


async def drop_detached(connection: Connection, *, before: datetime) -> list[str]:
    """Drop the months that were detached before an instant. Returns their tables."""
    relations = [one.relation for one in await detached(connection) if one.detached_at < before]
    for relation in relations:
        await connection.execute(_DROP, relation)
        log.info("audit_month_dropped", relation=relation)
    return relations


async def _detach(connection: Connection, signer: Signer, archive: Archive, month: date, now: datetime) -> str:
    async with connection.transaction():
        runs = await _runs(connection, signer, month)
        rows = sum(run.last - run.first + 1 for run in runs)
        record = signer.write(Pruned(month=f"{month:%Y-%m}", rows=rows, runs=runs, at=now))
        try:
            done = await connection.fetchrow(_DETACH, month, record)
        except asyncpg.InsufficientPrivilegeError as error:
            raise RetentionError(f"{month:%Y-%m} stays: {error}. {error.hint or ''}".strip()) from error
        assert done is not None, "the function answers one row"
        if done["last_seq"] != (runs[-1].last if runs else 0):
            raise RetentionError(f"{month:%Y-%m} stays for now: rows came while it was being detached; try again")
        await archive.add(record, now)
    return str(done["relation"])


async def _runs(connection: Connection, signer: Signer, month: date) -> list[Run]:
    """The month's rows as runs of the chain, each row verified. Raises RetentionError."""
    runs: list[Run] = []
    before: bytes | None = None
    async for row in _rows(connection, month):
        seq: int = row["chain_seq"]
        if runs and seq == runs[-1].last + 1:
            first = runs.pop().first
        else:
            first, before = seq, await _hash_before(connection, signer, seq)
        if before is None or link(before, row) != row["hash"]:
            PRUNE_REFUSED.set(1)
            raise RetentionError(
                f"{month:%Y-%m} stays: its row {seq} (event {row['event_id']}) does not verify; "
                "run `taskflow audit verify` and settle that first"
            )
        before = row["hash"]
        runs.append(Run(first, seq, row["hash"].hex()))
    return runs


async def _rows(connection: Connection, month: date) -> AsyncGenerator[Any]:
    begin, end = (datetime(m.year, m.month, 1, tzinfo=UTC) for m in (month, month_of(month, 1)))
    async for row in connection.cursor(_ROWS, begin, end, prefetch=2_000):
        yield row


async def _hash_before(connection: Connection, signer: Signer, seq: int) -> bytes | None:
    """The hash that row `seq` follows: its predecessor's, or the last of a run pruned earlier. None: not to be told."""
    if seq == 1:
        return GENESIS
    hashes = [row["hash"] for row in await connection.fetch(_HASH, seq - 1)]
    if hashes:
        return hashes[0] if len(hashes) == 1 else None
    return next((bytes.fromhex(run.hash) for run in await pruned_runs(connection, signer) if run.last == seq - 1), None)


async def pruned_runs(connection: Connection, signer: Signer) -> list[Run]:
    """Runs of the chain that pruning took, as far as the records are to be believed: with a key, only signed ones."""
    runs: list[Run] = []
    for row in await connection.fetch(RECORDS):
        body, proof = signer.read(row["record"])
        if isinstance(body, Pruned) and proof == ("signed" if signer.has_key else "unsigned"):
            runs += body.runs
    return runs
