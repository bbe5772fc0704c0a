"""Checkpoints: signed notes of where the chain stood, kept in the database and outside it.

Whoever can change the database could make a whole new chain that verifies by itself. What they cannot make is a
signature: its key is not in the database.
"""

import asyncio
import hmac
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import msgspec

from audit_logger.chain import GENESIS
from audit_logger.files import append_line, sync_directory
from audit_logger.metrics import CHAIN_LENGTH, CHECKPOINT_AT
from taskflow_core.database.pool import Connection, Database
from taskflow_core.database.statements import select
from taskflow_db.audit_tables import AuditChain, AuditCheckpoints

_PURPOSE: Final = b"taskflow audit trail\n"
_FILES: Final = "checkpoints-*.jsonl"
_BEGIN: Final = b'{"body":'
"""How every record begins; within one it cannot come again, since quotes in strings are escaped."""
_END: Final = b'"}'
"""How a signed record ends, and no beginning of one."""
_BEGINNINGS: Final = re.compile(b"(?=" + re.escape(_BEGIN) + b")")

# Where the chain stands.
HEAD: Final = select(AuditChain.seq, AuditChain.hash)
# Keeps a checkpoint.
_KEEP: Final = "INSERT INTO audit_checkpoints (seq, made_at, record) VALUES ($1, $2, $3)"
# Every checkpoint's record.
_ALL: Final = select(AuditCheckpoints.record, order_by=[AuditCheckpoints.seq])


class Segment(msgspec.Struct, frozen=True):
    """Rows `first` to `last` of the chain, all pruned; `hash` (hex) is the last one's, which the next row follows."""

    first: int
    last: int
    hash: str


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="checkpoint"):
    """The chain had `seq` rows at `at`, the last with `hash` (hex)."""

    seq: int
    hash: str
    at: datetime


class Pruned(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="pruned"):
    """The rows of `month` (YYYY-MM) left the trail at `at`, after they had been verified."""

    month: str
    rows: int
    runs: list[Segment]
    at: datetime


class _Signed(msgspec.Struct, frozen=True):
    body: msgspec.Raw
    signature: str | None


_Body = Checkpoint | Pruned
Proof = Literal["signed", "unsigned", "forged"]


class Signer:
    """Signs records (HMAC-SHA-256) and reads them back. Without a key records carry no signature."""

    def __init__(self, key: str | None) -> None:
        self._key = key.encode() if key else None

    @property
    def has_key(self) -> bool:
        """Whether there is a key at all."""
        return self._key is not None

    def write(self, body: _Body) -> str:
        """The record of `body`: one line of JSON."""
        encoded = msgspec.json.encode(body, order="sorted")
        return msgspec.json.encode(_Signed(msgspec.Raw(encoded), self._signature(encoded))).decode()

    def read(self, record: str | bytes) -> tuple[_Body | None, Proof]:
        """What a record says and what that is worth; None and "forged" for what is no record of ours."""
        try:
            signed = msgspec.json.decode(record, type=_Signed)
            body: _Body = msgspec.json.decode(signed.body, type=_Body)
        except msgspec.MsgspecError:
            return None, "forged"
        if self._key is None or signed.signature is None:
            return body, "unsigned"
        expected = self._signature(bytes(signed.body)) or ""
        return body, "signed" if hmac.compare_digest(expected, signed.signature) else "forged"

    def _signature(self, encoded: bytes) -> str | None:
        return None if self._key is None else hmac.digest(self._key, _PURPOSE + encoded, "sha256").hex()


class Archived(msgspec.Struct, frozen=True):
    """What the archive holds: records, oldest file first, and how many lines a crash or a full disk cut short."""

    records: list[str]
    torn: int


class Archive:
    """The directory outside the database; None keeps nothing there."""

    def __init__(self, directory: str | None) -> None:
        self._directory = None if directory is None else Path(directory)

    async def add(self, record: str, at: datetime) -> None:
        """Add a line to the month's file, and have it on disk when this returns.

        Raises ArchiveError when that did not succeed; the file then holds what it held before.
        """
        if self._directory is not None:
            await asyncio.to_thread(self._add, self._directory, record, at)

    def read(self) -> Archived:
        """Everything that was ever added. Raises OSError."""
        records: list[str] = []
        torn = 0
        for path in sorted(self._directory.glob(_FILES)) if self._directory is not None else ():
            for line in path.read_bytes().split(b"\n"):
                # A line that was cut short may have been gone on with by the next record.
                for piece in _BEGINNINGS.split(line):
                    if _is_torn(piece):
                        torn += 1
                    elif piece.strip():
                        records.append(piece.decode(errors="replace"))
        return Archived(records, torn)

    @staticmethod
    def _add(directory: Path, record: str, at: datetime) -> None:
        try:
            if not directory.exists():
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                sync_directory(directory.parent)
            append_line(directory / f"checkpoints-{at:%Y-%m}.jsonl", record.encode())
        except OSError as error:
            raise ArchiveError(error.errno, f"{directory} takes no record: {error.strerror or error}") from error


class ArchiveError(OSError):
    """The archive could not be written; nothing that needs it has been done."""


def _is_torn(piece: bytes) -> bool:
    """Whether this is the beginning of a record, and no whole one; a disk may have put zeros in place of the rest."""
    begun = piece.replace(b"\0", b"")
    if not begun:
        return bool(piece)
    if not (begun.startswith(_BEGIN) or _BEGIN.startswith(begun)) or begun.endswith(_END):
        return False
    try:
        msgspec.json.decode(piece)
    except msgspec.DecodeError:
        return True
    return False


class Checkpoints:
    """Makes checkpoints of the chain; without a key there is nothing to make."""

    def __init__(self, database: Database, signer: Signer, archive: Archive) -> None:
        self._database = database
        self._signer = signer
        self._archive = archive
        self._last = -1

    async def make(self, at: datetime) -> bool:
        """Write a checkpoint if the chain has grown since the last one; returns whether it did.

        Outside the database first: what is known there cannot be taken back by whoever has the database. Raises
        ArchiveError when it cannot be written there.
        """
        head = await self._database.fetchrow(HEAD)
        if head is None:
            return False
        CHAIN_LENGTH.set(head["seq"])
        if not self._signer.has_key or head["seq"] == self._last or head["hash"] == GENESIS:
            return False
        record = self._signer.write(Checkpoint(seq=head["seq"], hash=head["hash"].hex(), at=at))
        await self._archive.add(record, at)
        await self._database.execute(_KEEP, head["seq"], at, record)
        self._last = head["seq"]
        CHECKPOINT_AT.set(at.timestamp())
        return True


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the checkpoints of a trail say: hashes (hex) by number, and how many records there were of no worth.

    `torn` ones are lines of the archive that a crash or a full disk cut short.
    """

    hashes: dict[int, str]
    forged: int = 0
    unsigned: int = 0
    torn: int = 0


async def known_checkpoints(connection: Connection, signer: Signer, archive: Archive) -> Known:
    """All checkpoints, from the database and from outside it, that the key vouches for. Raises OSError."""
    inside = [row["record"] for row in await connection.fetch(_ALL)]
    outside = archive.read()
    return _known(signer, dict.fromkeys([*outside.records, *inside]), outside.torn)


def _known(signer: Signer, records: Iterable[str], torn: int) -> Known:
    hashes: dict[int, str] = {}
    worthless = {"forged": 0, "unsigned": 0}
    for record in records:
        body, proof = signer.read(record)
        if proof != "signed":
            worthless[proof] += 1
        elif isinstance(body, Checkpoint):
            hashes[body.seq] = body.hash
    return Known(hashes=hashes, forged=worthless["forged"], unsigned=worthless["unsigned"], torn=torn)
