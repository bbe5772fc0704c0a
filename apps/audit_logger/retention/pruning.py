"""Old months leave the trail: verified, noted in a signed record, detached, and some time later dropped."""

from collections.abc import AsyncGenerator, Collection
from datetime import UTC, date, datetime
from typing import Any, Final

import asyncpg
import msgspec
import structlog

from audit_logger.evidence.archive import Archive
from audit_logger.evidence.chain import GENESIS
from audit_logger.evidence.runs import Runs, UnfitError
from audit_logger.evidence.sealed_form import old_hash, sealing_of
from audit_logger.evidence.signing import Pruned, Restored, Segment, Signer, hash_of
from audit_logger.metrics import PRUNE_REFUSED
from audit_logger.trail.partitions import attached, month_of
from taskflow_core.database.pool import Connection, in_transaction
from taskflow_core.database.statements import columns, select
from taskflow_db.audit_tables import AuditPruned, TaskEvents

log = structlog.get_logger(__name__)

CHAINED: Final = columns(
    TaskEvents.event_id,
    TaskEvents.occurred_at,
    TaskEvents.recorded_at,
    TaskEvents.type,
    TaskEvents.task_id,
    TaskEvents.user_id,
    TaskEvents.actor_id,
    TaskEvents.version,
    TaskEvents.correlation_id,
    TaskEvents.data,
    TaskEvents.chain_seq,
    TaskEvents.hash,
)

# A month's rows in the order of the chain.
_ROWS: Final = f"""
SELECT {CHAINED} FROM task_events WHERE occurred_at >= $1 AND occurred_at < $2 ORDER BY chain_seq, event_id
"""  # noqa: S608  # CHAINED is a constant
# The hashes of a row's number; one, unless someone has added another.
_HASH: Final = select(TaskEvents.hash, by=[TaskEvents.chain_seq])
# Records of what was pruned before.
RECORDS: Final = select(AuditPruned.record)
# What day it is by the database (UTC).
_TODAY: Final = "SELECT (now() AT TIME ZONE 'UTC')::date"
# Counts the day, and answers whether the database's clock is to be believed.
_RAN: Final = "SELECT audit_upkeep_ran()"
# Takes a month off the trail: as a service, or at once as the owner of the tables.
_DETACH: Final = {
    False: "SELECT relation, last_seq FROM audit_detach_old($1, $2, $3)",
    True: "SELECT relation, last_seq FROM audit_take_off($1, $2, $3)",
}
# Months that are detached and not dropped, with the days of upkeep that each has still to stay.
_DETACHED: Final = """
SELECT p.relation, p.month, p.record, p.detached_at,
    greatest(0, u.grace_days - audit_days_of_upkeep(p.detached_at)) AS days_left
FROM audit_pruned p, audit_upkeep u WHERE p.dropped_at IS NULL ORDER BY p.month, p.relation
"""
# Drops one of them: as a service, or at once as the owner of the tables.
_DROP: Final = {False: "SELECT audit_drop_detached($1)", True: "SELECT audit_drop_now($1)"}
# Puts one of them back on the trail.
_PUT_BACK: Final = "SELECT audit_put_back($1)"
# Notes among the checkpoints that it is back.
_NOTE: Final = "INSERT INTO audit_checkpoints (seq, made_at, record) SELECT seq, $1, $2 FROM audit_chain"
# Whether this is the owner of the tables, who alone may do so.
_IS_OWNER: Final = "SELECT has_function_privilege('audit_drop_now(text)', 'EXECUTE')"


class RetentionError(Exception):
    """A month was kept; the message says why and what to do."""


class Detached(msgspec.Struct, frozen=True, kw_only=True):
    """A month that has left the trail and lies by itself in `relation` since `detached_at`.

    A service may drop it when upkeep has run on `days_left` more days. `record` says which rows it took along.
    """

    relation: str
    month: date
    record: str
    detached_at: datetime
    days_left: int


async def upkeep_ran(connection: Connection) -> bool:
    """Count today as a day on which upkeep ran. Returns whether the database's clock is to be believed.

    It is not for a day after it was set, or after upkeep did not run for long; then nothing is detached or dropped.
    """
    return bool(await connection.fetchval(_RAN))


async def is_owner(connection: Connection) -> bool:
    """Whether the connection's role owns the tables, and so may drop months at once."""
    return bool(await connection.fetchval(_IS_OWNER))


async def detach_old(
    connection: Connection, signer: Signer, archive: Archive, *, keep: int, now: datetime, as_owner: bool = False
) -> list[str]:
    """Detach every month that is more than `keep` whole months before this one. Returns the tables they now are.

    Which month this is, the database says; `now` only dates the records. Raises RetentionError for a month whose rows
    do not verify (a record of pruning must not cover up a change), and where the database refuses.
    """
    if (await sealing_of(connection)).goes_on:
        raise RetentionError("old months stay until what earlier releases wrote in the trail is encrypted")
    oldest = month_of(await connection.fetchval(_TODAY), -keep)
    months = [p.month for p in await attached(connection) if p.month is not None and p.month < oldest]
    relations: list[str] = []
    for month in months:
        relations.append(await _detach(connection, signer, archive, month, keep, now, as_owner=as_owner))
        log.info("audit_month_detached", month=f"{month:%Y-%m}", relation=relations[-1])
    PRUNE_REFUSED.set(0)
    return relations


async def detached(connection: Connection) -> list[Detached]:
    """Months that are off the trail and not dropped yet, the oldest first."""
    return [
        Detached(
            relation=row["relation"],
            month=row["month"],
            record=row["record"],
            detached_at=row["detached_at"],
            days_left=row["days_left"],
        )
        for row in await connection.fetch(_DETACHED)
    ]


async def drop_detached(connection: Connection, relation: str, *, as_owner: bool = False) -> None:
    """Drop a month whose days of grace are over; as the owner of the tables, any that is detached.

    The database holds the same against whoever asks it directly.
    """
    await connection.execute(_DROP[as_owner], relation)
    log.info("audit_month_dropped", relation=relation)


async def put_back(connection: Connection, signer: Signer, archive: Archive, month: date, now: datetime) -> int:
    """Put a month that was detached back on the trail, as the owner of the tables. Returns how many rows.

    A signed record makes those of its pruning void, so that nobody can use them again. Raises RetentionError where the
    month is not to be had, and ArchiveError when it is back and the archive does not know.
    """
    found = [one for one in await detached(connection) if one.month == month]
    if not found:
        raise RetentionError(f"{month:%Y-%m} is not detached; `taskflow audit partitions` lists what is")
    sealing = await sealing_of(connection)
    if sealing.done_at is None or (sealing.seq and any(one.detached_at < sealing.done_at for one in found)):
        raise RetentionError(
            f"{month:%Y-%m} was detached before the trail was encrypted, and is not: `taskflow audit export` reads it"
        )
    records = [signer.write(Restored(month=f"{month:%Y-%m}", record=hash_of(one.record), at=now)) for one in found]
    async with in_transaction(connection):
        rows = sum([await connection.fetchval(_PUT_BACK, one.relation) for one in found])
        for record in records if signer.has_key else ():
            await connection.execute(_NOTE, now, record)
    for record in records if signer.has_key else ():
        await archive.add(record, now)
    return rows


async def _detach(
    connection: Connection,
    signer: Signer,
    archive: Archive,
    month: date,
    keep: int,
    now: datetime,
    *,
    as_owner: bool,
) -> str:
    async with in_transaction(connection):
        segments = await _segments(connection, signer, month)
        rows = sum(segment.last - segment.first + 1 for segment in segments)
        record = signer.write(Pruned(month=f"{month:%Y-%m}", rows=rows, runs=segments, at=now))
        try:
            done = await connection.fetchrow(_DETACH[as_owner], month, record, keep)
        except asyncpg.InsufficientPrivilegeError as error:
            raise RetentionError(f"{month:%Y-%m} stays: {error}. {error.hint or ''}".strip()) from error
        assert done is not None, "the function answers one row"
        if done["last_seq"] != (segments[-1].last if segments else 0):
            raise RetentionError(f"{month:%Y-%m} stays for now: rows came while it was being detached; try again")
        await archive.add(record, now)
    return str(done["relation"])


async def _segments(connection: Connection, signer: Signer, month: date) -> list[Segment]:
    """The month's rows as segments of the chain, each row verified. Raises RetentionError."""
    runs = Runs()
    try:
        async for row in _rows(connection, month):
            seq: int = row["chain_seq"]
            runs.add(row, None if runs.goes_on(seq) else await hash_before(connection, signer, seq))
    except UnfitError as error:
        PRUNE_REFUSED.set(1)
        raise RetentionError(
            f"{month:%Y-%m} stays: its {error}; run `taskflow audit verify` and settle that first"
        ) from error
    return runs.segments


async def _rows(connection: Connection, month: date) -> AsyncGenerator[Any]:
    begin, end = (datetime(m.year, m.month, 1, tzinfo=UTC) for m in (month, month_of(month, 1)))
    async for row in connection.cursor(_ROWS, begin, end, prefetch=2_000):
        yield row


async def hash_before(connection: Connection, signer: Signer, seq: int) -> bytes | None:
    """The hash that row `seq` follows: its predecessor's, or the last of a segment pruned earlier. None: unknown."""
    if seq == 1:
        return GENESIS
    if (before := await old_hash(connection, seq - 1)) is not None:
        return before
    hashes = [row["hash"] for row in await connection.fetch(_HASH, seq - 1)]
    if hashes:
        return hashes[0] if len(hashes) == 1 else None
    return next(
        (
            bytes.fromhex(segment.hash)
            for segment in await pruned_segments(connection, signer)
            if segment.last == seq - 1
        ),
        None,
    )


async def pruned_segments(connection: Connection, signer: Signer, void: Collection[str] = ()) -> list[Segment]:
    """Runs of the chain that pruning took, as far as the records are to be believed: with a key, only signed ones.

    `void` are the records (by `hash_of`) that do not count, since their rows came back.
    """
    segments: list[Segment] = []
    for row in await connection.fetch(RECORDS):
        body, proof = signer.read(row["record"])
        believed = proof == ("signed" if signer.has_key else "unsigned") and hash_of(row["record"]) not in void
        if isinstance(body, Pruned) and believed:
            segments += body.runs
    return segments
