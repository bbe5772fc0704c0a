"""Rows that follow one another, verified as they come and noted as segments of the chain."""

from typing import Any

from audit_logger.evidence.chain import link
from audit_logger.evidence.signing import Segment


class UnfitError(Exception):
    """A row that does not verify: its number and its event."""

    def __init__(self, seq: int, event_id: object) -> None:
        super().__init__(f"row {seq} (event {event_id}) does not verify")


class Runs:
    """The `segments` of the rows added so far."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self._hash = b""

    def goes_on(self, seq: int) -> bool:
        """Whether row `seq` follows the one before it; else it begins a segment."""
        return bool(self.segments) and seq == self.segments[-1].last + 1

    def add(self, row: Any, before: bytes | None = None) -> None:
        """Add the next row. One that begins a segment follows the hash `before`. Raises UnfitError."""
        seq: int = row["chain_seq"]
        first = seq
        if self.goes_on(seq):
            first, before = self.segments.pop().first, self._hash
        if before is None or link(before, row) != row["hash"]:
            raise UnfitError(seq, row["event_id"])
        self._hash = row["hash"]
        self.segments.append(Segment(first, seq, self._hash.hex()))
