"""What is found wrong in the trail, named by its kind, its number and its row."""

from typing import Any, Literal

import msgspec

Kind = Literal["changed", "removed", "added", "cut", "rewritten", "contradicted", "unlinked", "forged", "replayed"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong. `seq` numbers the row in the chain; `event_id` names it where it is there to be named."""

    kind: Kind
    seq: int
    event_id: str | None
    message: str


class FoundError(Exception):
    """The first thing wrong on the way along the chain: its `finding`."""

    def __init__(self, kind: Kind, seq: int, message: str, row: Any = None) -> None:
        super().__init__(message)
        self.finding = Finding(
            kind=kind, seq=seq, event_id=None if row is None else str(row["event_id"]), message=message
        )
