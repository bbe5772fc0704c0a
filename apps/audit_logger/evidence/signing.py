"""Signed records of the trail: where it stood, what left it, what came back.

Whoever can change the database could make a whole new chain that verifies by itself. What they cannot make is a
signature: its key is not in the database.
"""

import hashlib
import hmac
from datetime import datetime
from typing import Final, Literal

import msgspec

_PURPOSE: Final = b"taskflow audit trail\n"

NOTHING_BEFORE: Final = "0" * 64
"""What the first of all linked checkpoints names."""


class Segment(msgspec.Struct, frozen=True):
    """Rows `first` to `last` of the chain, all pruned; `hash` (hex) is the last one's, which the next row follows."""

    first: int
    last: int
    hash: str


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="checkpoint"):
    """The chain had `seq` rows at `at`, the last with `hash` (hex).

    `before` is `hash_of` the checkpoint before this one, NOTHING_BEFORE for the first; None in those of releases that
    did not link them. `old` is there in one: when all rows up to it had been encrypted, its hash of before.
    """

    seq: int
    hash: str
    at: datetime
    before: str | None = None
    old: str | None = None


class Pruned(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="pruned"):
    """The rows of `month` (YYYY-MM) left the trail at `at`, after they had been verified."""

    month: str
    rows: int
    runs: list[Segment]
    at: datetime


class Restored(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="restored"):
    """The rows of `month` are on the trail again since `at`, so the record of their pruning, named by hash, is void."""

    month: str
    record: str
    at: datetime


class Resealed(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="resealed"):
    """Rows up to `seq`, which were verified before, are encrypted since `at`: its hash was `old` and is `new` (hex)."""

    seq: int
    old: str
    new: str
    at: datetime


class _Signed(msgspec.Struct, frozen=True):
    body: msgspec.Raw
    signature: str | None


Body = Checkpoint | Pruned | Restored | Resealed
Proof = Literal["signed", "unsigned", "forged"]


def hash_of(record: str) -> str:
    """What names a record: the SHA-256 (hex) of its line."""
    return hashlib.sha256(record.encode()).hexdigest()


class Signer:
    """Signs records (HMAC-SHA-256) and reads them back. Without a key records carry no signature."""

    def __init__(self, key: str | None) -> None:
        self._key = key.encode() if key else None

    @property
    def has_key(self) -> bool:
        """Whether there is a key at all."""
        return self._key is not None

    def write(self, body: Body) -> str:
        """The record of `body`: one line of JSON."""
        encoded = msgspec.json.encode(body, order="sorted")
        return msgspec.json.encode(_Signed(msgspec.Raw(encoded), self._signature(encoded))).decode()

    def read(self, record: str | bytes) -> tuple[Body | None, Proof]:
        """What a record says and what that is worth; None and "forged" for what is no record of ours."""
        try:
            signed = msgspec.json.decode(record, type=_Signed)
            body: Body = msgspec.json.decode(signed.body, type=Body)
        except msgspec.MsgspecError:
            return None, "forged"
        if self._key is None or signed.signature is None:
            return body, "unsigned"
        expected = self._signature(bytes(signed.body)) or ""
        return body, "signed" if hmac.compare_digest(expected, signed.signature) else "forged"

    def _signature(self, encoded: bytes) -> str | None:
        return None if self._key is None else hmac.digest(self._key, _PURPOSE + encoded, "sha256").hex()
