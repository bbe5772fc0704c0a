"""Checkpoints: signed notes of where the chain stood, kept in the database and outside it.

Whoever can change the database could make a whole new chain that verifies by itself. What they cannot make is a
signature: its key is not in the database.
"""

import asyncio
import hmac
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import msgspec

from audit_logger.chain import GENESIS
from audit_logger.metrics import CHAIN_LENGTH, CHECKPOINT_AT
from taskflow.database.pool import Connection, Database

_PURPOSE: Final = b"taskflow audit trail\n"
_FILES: Final = "checkpoints-*.jsonl"

# Where the chain stands.
_HEAD: Final = "SELECT seq, hash FROM audit_chain"
# Keeps a checkpoint.
_KEEP: Final = "INSERT INTO audit_checkpoints (seq, made_at, record) VALUES ($1, $2, $3)"
# Every checkpoint's record.
_ALL: Final = "SELECT record FROM audit_checkpoints ORDER BY seq"


class Run(msgspec.Struct, frozen=True):
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
    runs: list[Run]
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


class Archive:
    """The directory outside the database; None keeps nothing there."""

    def __init__(self, directory: str | None) -> None:
        self._directory = None if directory is None else Path(directory)

    async def add(self, record: str, at: datetime) -> None:
        """Add a line to the month's file, and have it on disk when this returns. Raises OSError."""
        if self._directory is not None:
            await asyncio.to_thread(self._add, self._directory, record, at)

    def records(self) -> list[str]:
        """Every line ever added, oldest file first. Raises OSError."""
        if self._directory is None or not self._directory.exists():
            return []
        lines: list[str] = []
        for path in sorted(self._directory.glob(_FILES)):
            lines += [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return lines

    @staticmethod
    def _add(directory: Path, record: str, at: datetime) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = directory / f"checkpoints-{at:%Y-%m}.jsonl"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, record.encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Checkpoints:
    """Makes checkpoints of the chain; without a key there is nothing to make."""

    def __init__(self, database: Database, signer: Signer, archive: Archive) -> None:
        self._database = database
        self._signer = signer
        self._archive = archive
        self._last = -1

    async def make(self, at: datetime) -> bool:
        """Write a checkpoint if the chain has grown since the last one; returns whether it did.

        Outside the database first: what is known there cannot be taken back by whoever has the database.
        """
        head = await self._database.fetchrow(_HEAD)
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
    """What the checkpoints of a trail say: hashes (hex) by number, and how many records there were of no worth."""

    hashes: dict[int, str]
    forged: int = 0
    unsigned: int = 0


async def known_checkpoints(connection: Connection, signer: Signer, archive: Archive) -> Known:
    """All checkpoints, from the database and from outside it, that the key vouches for. Raises OSError."""
    inside = [row["record"] for row in await connection.fetch(_ALL)]
    return _known(signer, dict.fromkeys([*archive.records(), *inside]))


def _known(signer: Signer, records: Iterable[str]) -> Known:
    hashes: dict[int, str] = {}
    worthless = {"forged": 0, "unsigned": 0}
    for record in records:
        body, proof = signer.read(record)
        if proof != "signed":
            worthless[proof] += 1
        elif isinstance(body, Checkpoint):
            hashes[body.seq] = body.hash
    return Known(hashes=hashes, forged=worthless["forged"], unsigned=worthless["unsigned"])
