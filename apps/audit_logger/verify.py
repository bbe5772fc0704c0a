"""Verifies the trail: recomputes the chain row by row and holds it against the head and the signed checkpoints."""

from collections.abc import AsyncGenerator
from itertools import groupby
from typing import Any, Final, Literal

import msgspec

from audit_logger.chain import GENESIS, link
from audit_logger.checkpoints import HEAD, Archive, Known, Segment, Signer, known_checkpoints
from audit_logger.retention import CHAINED, pruned_segments
from taskflow_core.database.pool import Connection, in_transaction

# Every row in the order of the chain.
_ROWS: Final = f"SELECT {CHAINED} FROM task_events ORDER BY chain_seq, event_id"  # noqa: S608  # CHAINED is a constant
_AT_ONCE: Final = 2_000

Kind = Literal["changed", "removed", "added", "cut", "rewritten"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The first thing wrong. `seq` numbers the row in the chain; `event_id` names it where it is there to be named."""

    kind: Kind
    seq: int
    event_id: str | None
    message: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What verifying found.

    `rows` were there and fit, `pruned` are vouched for by records of pruning, `checkpoints` were met and fit;
    `warnings` say what could not be proven.
    """

    finding: Finding | None
    rows: int
    pruned: int
    checkpoints: int
    head: int
    warnings: list[str]


class _FoundError(Exception):
    def __init__(self, kind: Kind, seq: int, message: str, row: Any = None) -> None:
        super().__init__(message)
        self.finding = Finding(
            kind=kind, seq=seq, event_id=None if row is None else str(row["event_id"]), message=message
        )


async def verify(connection: Connection, signer: Signer, archive: Archive) -> Verdict:
    """Verify everything there is, in one snapshot, while the trail goes on growing. Raises OSError for the archive."""
    async with in_transaction(connection, isolation="repeatable_read", readonly=True):
        head = await connection.fetchrow(HEAD)
        known = await known_checkpoints(connection, signer, archive)
        segments = {segment.first: segment for segment in await pruned_segments(connection, signer)}
        walk = _Walk(head["seq"] if head else 0, head["hash"] if head else GENESIS, known, segments)
        finding: Finding | None = None
        try:
            async for same in _numbered(connection):
                walk.step(same)
            walk.end()
        except _FoundError as found:
            finding = found.finding
    return Verdict(
        finding=finding,
        rows=walk.rows,
        pruned=walk.pruned,
        checkpoints=walk.met,
        head=walk.head,
        warnings=_warnings(signer, known),
    )


def _warnings(signer: Signer, known: Known) -> list[str]:
    warnings: list[str] = []
    if not signer.has_key:
        warnings.append(
            "TASKFLOW_AUDIT_SIGNING_KEY is not set: a trail that was rewritten as a whole, or cut together with its "
            "head, would pass"
        )
    elif not known.hashes:
        warnings.append("There is no checkpoint yet: a trail cut together with its head would pass")
    if known.forged:
        warnings.append(f"{known.forged} checkpoint records are not signed with this key and were passed over")
    if known.torn:
        warnings.append(
            f"{known.torn} lines of the checkpoint archive were cut short (a crash, a full disk) and were passed over"
        )
    if known.unsigned and signer.has_key:
        warnings.append(f"{known.unsigned} checkpoint records carry no signature and were passed over")
    return warnings


async def _numbered(connection: Connection) -> AsyncGenerator[list[Any]]:
    """Rows by number; more than one of the same is one too many."""
    cursor = await connection.cursor(_ROWS)
    waiting: list[Any] = []
    while rows := await cursor.fetch(_AT_ONCE):
        groups = [list(group) for _, group in groupby([*waiting, *rows], key=lambda row: row["chain_seq"])]
        waiting = groups.pop()
        for group in groups:
            yield group
    if waiting:
        yield waiting


class _Walk:
    """Goes along the chain; raises _FoundError at the first row that does not fit."""

    def __init__(self, head: int, head_hash: bytes, known: Known, segments: dict[int, Segment]) -> None:
        self.head = head
        self.rows = self.pruned = self.met = 0
        self._head_hash = head_hash
        self._known = known.hashes
        self._segments = segments
        self._next = 1
        self._before = GENESIS
        self._last_met = 0

    def step(self, same: list[Any]) -> None:
        """The rows that have the next number: one, if all is well."""
        seq: int = same[0]["chain_seq"]
        if seq < self._next:
            raise _FoundError("added", seq, f"{_name(same[0])} was added out of band: its number is taken", same[0])
        self._skip_pruned()
        if seq > self.head:
            self._end_of_rows()
            raise _FoundError("added", seq, f"{_name(same[0])} was added out of band: the chain ends before", same[0])
        if seq < self._next:
            raise _FoundError("added", seq, f"{_name(same[0])} was added out of band among pruned rows", same[0])
        if seq > self._next:
            raise _FoundError("removed", self._next, f"Row {self._next} was removed; {_name(same[0])} comes next")
        fitting = [row for row in same if link(self._before, row) == row["hash"]]
        if not fitting:
            raise _FoundError("changed", seq, f"{_name(same[0])} was changed: its hash does not fit", same[0])
        if len(same) > 1:
            stray = next((row for row in same if row not in fitting), same[-1])
            raise _FoundError("added", seq, f"{_name(stray)} was added out of band: its number is taken", stray)
        self.rows += 1
        self._advance(seq, fitting[0]["hash"], fitting[0])

    def end(self) -> None:
        """After the last row: nothing may be missing that the head or a checkpoint knows of."""
        self._end_of_rows()
        latest = max(self._known, default=0)
        if latest > self.head:
            raise _FoundError(
                "cut",
                self.head + 1,
                f"Rows {self.head + 1} to {latest} were cut from the tail: a checkpoint knows them",
            )
        if self._before != self._head_hash:
            raise _FoundError("changed", self.head, "The head of the chain was changed: its hash is not the last row's")

    def _end_of_rows(self) -> None:
        self._skip_pruned()
        if self._next <= self.head:
            last = max(self.head, max(self._known, default=0))
            raise _FoundError("cut", self._next, f"Rows {self._next} to {last} were cut from the tail")

    def _skip_pruned(self) -> None:
        while (segment := self._segments.get(self._next)) is not None:
            self.pruned += segment.last - segment.first + 1
            self._advance(segment.last, bytes.fromhex(segment.hash), None)

    def _advance(self, seq: int, hash_: bytes, row: Any) -> None:
        checkpoint = self._known.get(seq)
        if checkpoint is not None:
            if checkpoint != hash_.hex():
                raise _FoundError(
                    "rewritten",
                    self._last_met + 1,
                    f"The trail was rewritten from a row after {self._last_met} on, at the latest from {seq}: "
                    "it verifies by itself, but a signed checkpoint knows it otherwise",
                    row,
                )
            self.met += 1
            self._last_met = seq
        self._before = hash_
        self._next = seq + 1


def _name(row: Any) -> str:
    return f"Row {row['chain_seq']} ({row['type']} of {row['occurred_at']:%Y-%m-%dT%H:%M:%SZ}, event {row['event_id']})"
