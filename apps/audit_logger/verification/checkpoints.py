"""Checkpoints: signed notes of where the chain stood, each linked to the one before, in the database and outside it."""

import asyncio
from datetime import datetime
from typing import Final

import msgspec

from audit_logger.evidence.archive import Archive, ArchiveError, ArchiveGrewError, Stamp
from audit_logger.evidence.chain import GENESIS
from audit_logger.evidence.findings import FoundError
from audit_logger.evidence.sealed_form import NEVER, Sealing, is_of_before, sealing_of
from audit_logger.evidence.signing import NOTHING_BEFORE, Checkpoint, Signer, hash_of
from audit_logger.metrics import CHAIN_LENGTH, CHECKPOINT_AT
from audit_logger.retention.pruning import pruned_segments
from audit_logger.verification.walk import Walk, keep_still
from taskflow_core.database.pool import Connection, Database, in_transaction
from taskflow_core.database.statements import select
from taskflow_db.audit_tables import AuditChain, AuditCheckpoints

# Where the chain stands.
HEAD: Final = select(AuditChain.seq, AuditChain.hash)
# Keeps a checkpoint, unless it is there.
_KEEP: Final = """
INSERT INTO audit_checkpoints (seq, made_at, record)
SELECT $1, $2, $3::text WHERE NOT EXISTS (SELECT FROM audit_checkpoints WHERE seq = $1 AND record = $3)
"""
# The records of the last checkpoints; more than one, since not each need be one of ours.
_LAST: Final = "SELECT record FROM audit_checkpoints ORDER BY seq DESC, made_at DESC LIMIT 100"
# The records of a row.
_OF_ROW: Final = select(AuditCheckpoints.record, by=[AuditCheckpoints.seq])
_TRIES: Final = 3


class RefusedError(Exception):
    """The chain does not go on from the last checkpoint, so nothing is signed; the message says why."""


class Sealed(msgspec.Struct, frozen=True):
    """A checkpoint that the key vouches for, with its record as it was written."""

    record: str
    body: Checkpoint


class Checkpoints:
    """Makes checkpoints of the chain; without a key there is nothing to make."""

    def __init__(self, database: Database, signer: Signer, archive: Archive) -> None:
        self._database = database
        self._signer = signer
        self._archive = archive
        self._outside: tuple[Stamp, Sealed | None] | None = None

    async def make(self, at: datetime) -> bool:
        """Write a checkpoint if the chain has grown since the last one; returns whether it did.

        Only a chain that goes on from the last archived checkpoint is signed: every row since is verified first. It is
        written outside the database first: what is known there cannot be taken back by whoever has the database. Raises
        RefusedError, and ArchiveError when it cannot be written there.
        """
        for _ in range(_TRIES):
            try:
                return await self._make(at)
            except ArchiveGrewError:
                continue
        raise ArchiveError("others keep writing to the archive of checkpoints")

    async def _make(self, at: datetime) -> bool:
        async with self._database.acquire() as connection:
            stamp, outside, last = await self._last_made(connection) if self._signer.has_key else ((), None, None)
            async with in_transaction(connection, isolation="repeatable_read", readonly=True):
                await keep_still(connection)
                head = await connection.fetchrow(HEAD)
                sealing = await sealing_of(connection)
                if head is None:
                    return False
                CHAIN_LENGTH.set(head["seq"])
                if not self._signer.has_key or (last is None and head["hash"] == GENESIS):
                    return False
                sealed = last is not None and not sealing.goes_on and is_of_before(last.body, sealing)
                if sealing.seq and (sealed or sealing.goes_on):
                    await self._check_signed(connection, sealing)
                grown = sealed or await self._extends(
                    connection, outside, last, (head["seq"], head["hash"]), sealing if sealing.goes_on else NEVER
                )
        if last is not None and not grown:
            CHECKPOINT_AT.set(last.body.at.timestamp())
            return False
        before = NOTHING_BEFORE if last is None else hash_of(last.record)
        made = Checkpoint(seq=head["seq"], hash=head["hash"].hex(), at=at, before=before)
        if sealed:
            # Signs the head of before together with what it has become; what came since is the next one's.
            made = Checkpoint(seq=sealing.seq, hash=sealing.new.hex(), at=at, before=before, old=sealing.old.hex())
        record = self._signer.write(made)
        stamp = await self._archive.add(record, at, since=stamp)
        if self._archive.is_kept:
            self._outside = stamp, Sealed(record, made)
        await self._database.execute(_KEEP, made.seq, at, record)
        CHECKPOINT_AT.set(at.timestamp())
        return True

    async def _last_made(self, connection: Connection) -> tuple[Stamp, Sealed | None, Sealed | None]:
        """The archive's stamp, the last checkpoint in it, and the last of all, which may be in the database only."""
        stamp = await asyncio.to_thread(self._archive.stamp)
        if self._outside is None or self._outside[0] != stamp:
            self._outside = stamp, await asyncio.to_thread(self._last_archived)
        outside = self._outside[1]
        if outside is not None:
            # A crash may have come between the two.
            await connection.execute(_KEEP, outside.body.seq, outside.body.at, outside.record)
        inside = last_of(self._signer, [row["record"] for row in reversed(await connection.fetch(_LAST))])
        if outside is None or (inside is not None and inside.body.seq > outside.body.seq):
            return stamp, outside, inside
        return stamp, outside, outside

    async def _check_signed(self, connection: Connection, sealing: Sealing) -> None:
        """Raise RefusedError unless a signed record says how far rows are encrypted."""
        records = await connection.fetch(_OF_ROW, sealing.seq)
        read = [self._signer.read(row["record"]) for row in records]
        if not sealing.is_said_by(body for body, proof in read if proof == "signed" and body is not None):
            raise RefusedError(f"no signed record says that the rows up to {sealing.seq} were encrypted")

    def _last_archived(self) -> Sealed | None:
        """In a thread: an archive of years takes a second or two to read."""
        return last_of(self._signer, self._archive.read().records)

    async def _extends(
        self,
        connection: Connection,
        outside: Sealed | None,
        last: Sealed | None,
        head: tuple[int, bytes],
        sealing: Sealing,
    ) -> bool:
        """Whether the chain has grown since `last`. Raises RefusedError for a chain that is no continuation of both."""
        seq, hash_ = _place(last)
        if head[0] < seq:
            raise RefusedError(f"the chain ends at row {head[0]}, and a checkpoint knows {seq}: rows were cut")
        if head[0] == seq and head[1] != hash_:
            raise RefusedError(f"row {seq} is not the one that a checkpoint knows: the trail was rewritten")
        if head[0] == seq:
            return False
        # Rows that are encrypted by now were verified before that.
        begin, before = max(_place(outside or last), (sealing.seq, sealing.old))
        known = {seq: hash_.hex()} if begin < seq else {}
        segments = await pruned_segments(connection, self._signer)
        walk = Walk(head, known, segments, after=begin, before=before)
        try:
            await walk.go(connection)
        except FoundError as found:
            raise RefusedError(f"the rows since checkpoint {begin} do not verify: {found}") from found
        return True


def last_of(signer: Signer, records: list[str]) -> Sealed | None:
    """The checkpoint of the largest number that the key vouches for; of several the one that was written last."""
    last: Sealed | None = None
    for record in records:
        body, proof = signer.read(record)
        if proof == "signed" and isinstance(body, Checkpoint) and (last is None or body.seq >= last.body.seq):
            last = Sealed(record, body)
    return last


def _place(sealed: Sealed | None) -> tuple[int, bytes]:
    """The number and hash that a checkpoint says; those before the first row for none."""
    return (0, GENESIS) if sealed is None else (sealed.body.seq, bytes.fromhex(sealed.body.hash))
