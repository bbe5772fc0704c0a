"""How the load generator hands events to a server under test: batches on a socket of their own.

A batch is a number of entries (u32), then each entry as its length (u32) and its bytes.
"""

import asyncio
import struct
from collections.abc import Callable, Sequence

_NUMBER = struct.Struct("<I")


def pack(entries: Sequence[bytes]) -> bytes:
    """A batch as bytes."""
    return _NUMBER.pack(len(entries)) + b"".join(_NUMBER.pack(len(e)) + e for e in entries)


class Feed(asyncio.Protocol):
    """Calls `take` with the entries of each batch, as they come."""

    def __init__(self, take: Callable[[list[bytes]], None]) -> None:
        self._take = take
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        start = 0
        while (entries := _batch(data, start)) is not None:
            found, start = entries
            self._take(found)
        self._rest = data[start:]


def _batch(data: bytes, start: int) -> tuple[list[bytes], int] | None:
    """The entries of the batch at `start` and where the next begins, None if it is not whole yet."""
    if len(data) - start < 4:
        return None
    (count,) = _NUMBER.unpack_from(data, start)
    at = start + 4
    entries: list[bytes] = []
    for _ in range(count):
        if len(data) - at < 4:
            return None
        (size,) = _NUMBER.unpack_from(data, at)
        at += 4 + size
        if at > len(data):
            return None
        entries.append(data[at - size : at])
    return entries, at
