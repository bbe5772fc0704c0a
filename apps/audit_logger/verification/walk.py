"""Goes along the chain: recomputes each row's hash and holds it against the head and what checkpoints know."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from itertools import groupby
from typing import Any, Final

from audit_logger.evidence.chain import GENESIS, link
from audit_logger.evidence.findings import FoundError
from audit_logger.evidence.sealed_form import Sealing
from audit_logger.evidence.signing import Segment
from audit_logger.retention.pruning import CHAINED
from taskflow_core.database.pool import Connection

# The rows after a number, in the order of the chain; and all of them, also those that no row of ours could be.
_AFTER: Final = f"SELECT {CHAINED} FROM task_events WHERE chain_seq > $1 ORDER BY chain_seq, event_id"  # noqa: S608  # CHAINED is a constant
_ALL: Final = f"SELECT {CHAINED} FROM task_events ORDER BY chain_seq, event_id"  # noqa: S608  # likewise
_AT_ONCE: Final = 500
"""Rows between two turns of others in the event loop: some three milliseconds."""
# Keeps months where they are. A snapshot taken before one was moved would show it neither where it was nor where it is.
_KEEP_STILL: Final = "LOCK TABLE ONLY task_events IN ACCESS SHARE MODE"


async def keep_still(connection: Connection) -> None:
    """Let no month go or be moved until the transaction ends: the first thing to do in one that reads the trail."""
    await connection.execute(_KEEP_STILL)


class Walk:
    """Goes along the chain from row `after`, whose hash is `before`, to the head.

    `known` are hashes (hex) by number, `segments` the runs of rows that pruning took. `bridge` is how far rows of
    before are encrypted, while that goes on: the row after follows a hash of before.
    """

    def __init__(
        self,
        head: tuple[int, bytes],
        known: Mapping[int, str],
        segments: Iterable[Segment],
        *,
        after: int = 0,
        before: bytes = GENESIS,
        bridge: Sealing | None = None,
    ) -> None:
        self.head, self._head_hash = head
        self.rows = self.pruned = self.met = 0
        self.last_met = after
        self._known = known
        self._bridge = bridge
        # One that had begun by `after` goes on from there.
        self._segments = {max(one.first, after + 1): one for one in segments if one.last > after}
        self._after = after
        self._next = after + 1
        self._before = before

    async def go(self, connection: Connection) -> None:
        """Go all the way. Raises FoundError at the first row that does not fit."""
        async for same in _numbered(connection, self._after):
            self._step(same)
        self._end()

    def _step(self, same: list[Any]) -> None:
        """The rows that have the next number: one, if all is well."""
        seq: int = same[0]["chain_seq"]
        if seq < self._next:
            raise FoundError("added", seq, f"{_name(same[0])} was added out of band: its number is taken", same[0])
        self._skip_pruned()
        if seq > self.head:
            self._end_of_rows()
            raise FoundError("added", seq, f"{_name(same[0])} was added out of band: the chain ends before", same[0])
        if seq < self._next:
            raise FoundError("added", seq, f"{_name(same[0])} was added out of band among pruned rows", same[0])
        if seq > self._next:
            raise FoundError("removed", self._next, f"Row {self._next} was removed; {_name(same[0])} comes next")
        fitting = [row for row in same if link(self._before, row) == row["hash"]]
        if not fitting:
            raise FoundError("changed", seq, f"{_name(same[0])} was changed: its hash does not fit", same[0])
        if len(same) > 1:
            stray = next((row for row in same if row not in fitting), same[-1])
            raise FoundError("added", seq, f"{_name(stray)} was added out of band: its number is taken", stray)
        self.rows += 1
        self._advance(seq, fitting[0]["hash"], fitting[0])

    def _end(self) -> None:
        """After the last row: nothing may be missing that the head or a checkpoint knows of."""
        self._end_of_rows()
        latest = max(self._known, default=0)
        if latest > self.head:
            raise FoundError(
                "cut",
                self.head + 1,
                f"Rows {self.head + 1} to {latest} were cut from the tail: a checkpoint knows them",
            )
        if self._before != self._head_hash:
            raise FoundError("changed", self.head, "The head of the chain was changed: its hash is not the last row's")

    def _end_of_rows(self) -> None:
        self._skip_pruned()
        if self._next <= self.head:
            last = max(self.head, max(self._known, default=0))
            raise FoundError("cut", self._next, f"Rows {self._next} to {last} were cut from the tail")

    def _skip_pruned(self) -> None:
        while (segment := self._segments.get(self._next)) is not None:
            self.pruned += segment.last - self._next + 1
            self._advance(segment.last, bytes.fromhex(segment.hash), None)

    def _advance(self, seq: int, hash_: bytes, row: Any) -> None:
        checkpoint = self._known.get(seq)
        if checkpoint is not None:
            if checkpoint != hash_.hex():
                raise FoundError(
                    "rewritten",
                    self.last_met + 1,
                    f"The trail was rewritten from a row after {self.last_met} on, at the latest from {seq}: "
                    "it verifies by itself, but a signed checkpoint knows it otherwise",
                    row,
                )
            self.met += 1
            self.last_met = seq
        self._before = hash_
        self._next = seq + 1
        if self._bridge is not None and seq == self._bridge.seq:
            if hash_ != self._bridge.new:
                raise FoundError("changed", seq, f"Row {seq} is not the one up to which rows are encrypted", row)
            self._before = self._bridge.old


async def _numbered(connection: Connection, after: int) -> AsyncGenerator[list[Any]]:
    """Rows by number; more than one of the same is one too many."""
    cursor = await (connection.cursor(_AFTER, after) if after else connection.cursor(_ALL))
    waiting: list[Any] = []
    while rows := await cursor.fetch(_AT_ONCE):
        groups = [list(group) for _, group in groupby([*waiting, *rows], key=lambda row: row["chain_seq"])]
        waiting = groups.pop()
        for group in groups:
            yield group
    if waiting:
        yield waiting


def _name(row: Any) -> str:
    return f"Row {row['chain_seq']} ({row['type']} of {row['occurred_at']:%Y-%m-%dT%H:%M:%SZ}, event {row['event_id']})"
