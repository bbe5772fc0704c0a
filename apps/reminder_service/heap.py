"""When to wake: the soonest pending reminders, in memory, as a hint. The schedule in PostgreSQL is the truth."""

from heapq import heapify, heappop, heappush
from typing import Final

CAPACITY: Final = 100_000
"""Reminders held at most; later ones stay in the database until their time comes near."""

_FEW: Final = 1_000
"""So many stale entries beyond half are not worth the trouble."""


class ReminderHeap:
    """Keys (a reminder's id as bytes) by time (seconds since the epoch).

    `put` and `discard` are O(log n) amortised, `next_at` is O(1). Both are lazy: an entry that was moved or discarded
    stays in the list until it surfaces, or until such entries are more than half of all and are dropped together (20 ms
    for a full heap, once in 100,000 changes). A full heap makes room by giving up one of its late
    entries, or does not take the new one: what it does not hold, it is given again when its time is near.
    """

    __slots__ = ("_at", "_capacity", "_entries")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._entries: list[tuple[float, bytes]] = []
        self._at: dict[bytes, float] = {}

    def __len__(self) -> int:
        return len(self._at)

    @property
    def next_at(self) -> float | None:
        """When the soonest is due; None when there is none."""
        return self._entries[0][0] if self._entries else None

    @property
    def stale(self) -> int:
        """Entries that no longer count, still in the list."""
        return len(self._entries) - len(self._at)

    def put(self, key: bytes, at: float) -> bool:
        """Hold `key` at `at`, moving it if it is held. Returns whether it is held."""
        before = self._at.get(key)
        if before == at:
            return True
        if before is None and len(self._at) >= self._capacity and not self._make_room(at):
            return False
        self._at[key] = at
        heappush(self._entries, (at, key))
        if before is not None:
            self._surface()
        return True

    def discard(self, key: bytes) -> None:
        """Hold `key` no longer, if it was held."""
        if self._at.pop(key, None) is not None:
            self._surface()

    def discard_due(self, now: float) -> None:
        """Hold nothing any longer that is due by `now`."""
        entries, held = self._entries, self._at
        while entries and entries[0][0] <= now:
            at, key = heappop(entries)
            if held.get(key) == at:
                del held[key]
        self._surface()

    def _surface(self) -> None:
        """Drop stale entries from the top, so that the top always counts; all of them where they are most."""
        entries, held = self._entries, self._at
        while entries and held.get(entries[0][1]) != entries[0][0]:
            heappop(entries)
        if len(entries) > 2 * len(held) + _FEW:
            self._entries = [(at, key) for key, at in held.items()]
            heapify(self._entries)

    def _make_room(self, at: float) -> bool:
        """Give up the last leaf, in O(1), if it is later than `at`; any leaf may leave a heap without harm to it."""
        entries, held = self._entries, self._at
        while entries and held.get(entries[-1][1]) != entries[-1][0]:
            entries.pop()
        if not entries or entries[-1][0] <= at:
            return False
        del held[entries.pop()[1]]
        return True
