"""Encrypts what earlier releases wrote in the clear, once: some rows at a time, whatever crashes in between.

Nothing that was tampered with is encrypted: each row has to fit the chain of before, and what its checkpoints know.
What was done so far is signed with each step, so that nobody can go on from another state.
"""

import asyncio
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec
import structlog

from audit_logger.encryption.contents import SEALED, plain_content
from audit_logger.encryption.keys import DamagedKeysError, Keys
from audit_logger.encryption.wrapping import nonces
from audit_logger.evidence.archive import Archive
from audit_logger.evidence.chain import link
from audit_logger.evidence.sealed_form import Sealing, sealing_of
from audit_logger.evidence.signing import Body, Checkpoint, Resealed, Segment, Signer
from audit_logger.metrics import SEALING_LEFT
from audit_logger.retention.pruning import CHAINED, pruned_segments
from audit_logger.trail.writing import DESTROYED, stored
from audit_logger.verification.checkpoints import HEAD
from audit_logger.verification.walk import keep_still
from taskflow_core.database.pool import Connection, Database, in_transaction

log = structlog.get_logger(__name__)

BATCH: Final = 500
"""Rows of a step: what is added to the trail waits so long."""

# The rows after a number.
_ROWS: Final = f"SELECT {CHAINED} FROM task_events WHERE chain_seq > $1 ORDER BY chain_seq, event_id LIMIT $2"  # noqa: S608  # CHAINED is a constant
_SEAL: Final = "SELECT * FROM audit_seal($1::bigint[], $2::bytea[], $3::text[], $4::bytea[], $5::uuid[])"
_RECORDS: Final = "SELECT record FROM audit_checkpoints"
# Keeps what was done, in the transaction that does it.
_NOTE: Final = "INSERT INTO audit_checkpoints (seq, made_at, record) VALUES ($1, $2, $3)"

_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


class SealingRefusedError(Exception):
    """The trail of before is not as it was written, so nothing more of it is encrypted; the message says why."""


class _Known(msgspec.Struct, frozen=True):
    """What signed records say: hashes (hex) of the chain of before, by number, and all that was done so far."""

    hashes: dict[int, str]
    bodies: list[Body]


class SealingJob:
    """Does it, a step at a time."""

    def __init__(self, database: Database, keys: Keys, signer: Signer, archive: Archive) -> None:
        self._database = database
        self._keys = keys
        self._signer = signer
        self._archive = archive
        self._known: _Known | None = None

    async def step(self, now: datetime) -> bool:
        """Encrypt the next rows; whether there are more. Raises SealingRefusedError, ArchiveError, outages."""
        async with self._database.acquire() as connection:
            state = await sealing_of(connection)
            if not state.goes_on:
                SEALING_LEFT.set(0)
                return False
            known = await self._signed(connection, state)
            async with in_transaction(connection, isolation="repeatable_read", readonly=True):
                await keep_still(connection)
                head = await connection.fetchrow(HEAD)
                rows = await connection.fetch(_ROWS, state.seq, BATCH)
                segments = {one.first: one for one in await pruned_segments(connection, self._signer)}
        end: int = 0 if head is None else head["seq"]
        SEALING_LEFT.set(max(0, end - state.seq))
        gaps = _fit(state, rows, segments, known.hashes, end)
        try:
            done = await self._seal(rows, gaps, now)
        except DamagedKeysError as error:
            raise SealingRefusedError(f"among the next rows are some of {len(error.users)} users: {error}") from error
        except asyncpg.PostgresError as error:
            if error.sqlstate == DESTROYED:  # an account was erased meanwhile
                self._keys.forget({row["user_id"] for row in rows})
                return True
            if isinstance(error, asyncpg.InsufficientPrivilegeError):
                raise SealingRefusedError(str(error)) from error
            raise
        if done:
            log.info("audit_trail_sealed", rows=end)
            SEALING_LEFT.set(0)
        return not done

    async def _seal(self, rows: list[Any], gaps: list[bytes | None], now: datetime) -> bool:
        plain = [(row, content) for row in rows if SEALED not in (content := _decode(row["data"]))]
        parts = {row["chain_seq"]: plain_content(row["type"], content) for row, content in plain}
        written = {seq: part for seq, part in parts.items() if part.written}
        keys = await self._keys.for_writing({row["user_id"] for row in rows if row["chain_seq"] in written})
        contents = [
            stored(written[row["chain_seq"]], keys.get(row["user_id"]), row["event_id"], row["user_id"], nonce)
            if row["chain_seq"] in written
            else row["data"]
            for row, nonce in zip(rows, nonces(len(rows)), strict=True)
        ]
        async with self._database.transaction() as connection:
            done = await connection.fetchrow(
                _SEAL,
                [row["chain_seq"] for row in rows],
                gaps,
                contents,
                [key.user for key in keys.values()],
                [key.key_id for key in keys.values()],
            )
            assert done is not None, "the function answers one row"
            if rows and self._signer.has_key:
                body = Resealed(seq=done["seq"], old=done["old_hash"].hex(), new=done["new_hash"].hex(), at=now)
                record = self._signer.write(body)
                await connection.execute(_NOTE, body.seq, now, record)
                await self._archive.add(record, now)
                if self._known is not None:
                    self._known.bodies.append(body)
        return bool(done["done"])

    async def _signed(self, connection: Connection, state: Sealing) -> _Known:
        """What is signed, the state among it. Raises SealingRefusedError where that is not."""
        if self._known is not None and state.is_said_by(self._known.bodies[-1:]):
            return self._known
        self._known = known = await self._read(connection)
        if state.seq and self._signer.has_key and not state.is_said_by(known.bodies):
            raise SealingRefusedError(f"no signed record says that rows up to {state.seq} were encrypted")
        return known

    async def _read(self, connection: Connection) -> _Known:
        archived = await asyncio.to_thread(self._archive.read)
        records = {*archived.records, *(row["record"] for row in await connection.fetch(_RECORDS))}
        read = [self._signer.read(record) for record in records]
        if not self._signer.has_key and any('"signature":"' in record for record in records):
            raise SealingRefusedError("its checkpoints are signed, and TASKFLOW_AUDIT_SIGNING_KEY is not set")
        bodies = [body for body, proof in read if proof == "signed" and body is not None]
        checkpoints = [body for body in bodies if isinstance(body, Checkpoint)]
        if any(body.old is not None for body in checkpoints):
            raise SealingRefusedError("a signed record says that it was encrypted once already")
        hashes: dict[int, str] = {}
        for body in checkpoints:
            if hashes.setdefault(body.seq, body.hash) != body.hash:
                raise SealingRefusedError(f"two signed checkpoints of row {body.seq} contradict each other")
        return _Known(hashes, bodies)


def _fit(
    state: Sealing, rows: list[Any], segments: dict[int, Segment], known: dict[int, str], end: int
) -> list[bytes | None]:
    """Of each row the hash it follows where rows left the trail before it, else None. Raises SealingRefusedError."""
    gaps: list[bytes | None] = []
    expected, before = state.seq + 1, state.old

    def passed(seq: int, hash_: bytes) -> None:
        if known.get(seq, hash_.hex()) != hash_.hex():
            raise SealingRefusedError(f"row {seq} is not the one that a checkpoint knows: the trail was rewritten")

    def skip() -> bytes | None:
        """Over rows that left the trail; the last one's hash."""
        nonlocal expected
        last: bytes | None = None
        while (segment := segments.get(expected)) is not None:
            last = bytes.fromhex(segment.hash)
            passed(segment.last, last)
            expected = segment.last + 1
        return last

    if state.seq:
        passed(state.seq, state.old)
    for row in rows:
        gap = skip()
        before = before if gap is None else gap
        seq: int = row["chain_seq"]
        if seq != expected or link(before, row) != row["hash"]:
            raise SealingRefusedError(f"row {expected} does not verify: run `taskflow audit verify`")
        passed(seq, row["hash"])
        gaps.append(gap)
        before, expected = row["hash"], seq + 1
    if len(rows) < BATCH:
        skip()
        if expected <= max(end, max(known, default=0)):
            raise SealingRefusedError(f"row {expected} is missing: run `taskflow audit verify`")
    return gaps
