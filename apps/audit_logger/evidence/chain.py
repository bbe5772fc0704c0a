"""The hash chain: each row's hash is made of the hash before it and the row's own bytes.

`audit_append` (migration 0005) computes it as rows are added, this module when they are verified.
"""

import hashlib
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

GENESIS: Final = bytes(32)
"""What stands before the first row."""

_POSTGRES_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_HEAD: Final = struct.Struct(">q16sqqq")
_LINES: Final = 6


def link(before: bytes, row: Mapping[str, Any]) -> bytes | None:
    """The hash a row of task_events must have after `before`; None for a row that `audit_append` would not have made.

    The bytes: number, event id, both times (microseconds since 2000-01-01 UTC) and version in network order, then type,
    task id (empty for none), user, actor, correlation id and data as UTF-8, one to a line. JSON has no line break of
    its own, so with exactly six lines two different rows never have the same bytes.
    """
    lines = (row["type"], row["task_id"] or "", row["user_id"], row["actor_id"], row["correlation_id"], row["data"])
    text = "\n".join(lines)
    if text.count("\n") != _LINES - 1:
        return None
    head = _HEAD.pack(
        row["chain_seq"],
        row["event_id"].bytes,
        _microseconds(row["occurred_at"]),
        _microseconds(row["recorded_at"]),
        row["version"],
    )
    return hashlib.sha256(before + head + text.encode()).digest()


def _microseconds(at: datetime) -> int:
    since = at - _POSTGRES_EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
