"""The heap of 100,000 reminders beside plain heapq."""

import random
import tracemalloc
import uuid
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from time import process_time

from reminder_service.heap import CAPACITY, ReminderHeap


def measure_heap() -> None:
    """Compare with plain heapq, in operations a second of CPU."""
    now, chance = 1.8e9, random.Random(1)
    tracemalloc.start()
    times = [now + chance.random() * 1e6 for _ in range(CAPACITY)]
    keys = [uuid.UUID(int=chance.getrandbits(128)).bytes for _ in range(CAPACITY)]
    ours = ReminderHeap()
    for at, key in zip(times, keys, strict=True):
        ours.put(key, at)
    memory, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    later = [at + chance.random() * 1e6 for at in times]
    plain = _Plain(times, keys)

    def due_put() -> None:
        for at, key in zip(later, keys, strict=True):
            assert ours.next_at is not None
            ours.discard_due(ours.next_at)
            ours.put(key, at)

    def move() -> None:
        for at, key in zip(times, keys, strict=True):
            ours.put(key, at)

    print(f"{'heap of 100,000':<36}{'plain heapq':>14}{'ours':>16}")
    rows: list[tuple[str, Callable[[], None], Callable[[], None]]] = [
        ("drop the next, put one; a second", lambda: plain.pop_push(later), due_put),
        ("move one (lazily); a second", lambda: plain.push_all(times, keys), move),
    ]
    for name, theirs, mine in rows:
        rates = [CAPACITY / _cpu(work) for work in (theirs, mine)]
        print(f"{name:<36}{rates[0]:>14,.0f}{rates[1]:>16,.0f}   {rates[1] / rates[0]:.0%}")
    print(f"{'look at the next':<36}{'':>14}{_cpu(lambda: [ours.next_at for _ in range(10**5)]) * 1e4:>13.0f} ns")
    print(f"{'memory of 100,000':<36}{'':>14}{memory / 1e6:>13.1f} MB\n")


class _Plain:
    """What a heap costs that only heapq makes."""

    def __init__(self, times: Sequence[float], keys: Sequence[bytes]) -> None:
        self._entries = list(zip(times, keys, strict=True))
        self._at = dict(zip(keys, times, strict=True))
        heapify(self._entries)

    def pop_push(self, later: Sequence[float]) -> None:
        for at in later:
            _, key = heappop(self._entries)
            heappush(self._entries, (at, key))

    def push_all(self, times: Sequence[float], keys: Sequence[bytes]) -> None:
        for at, key in zip(times, keys, strict=True):
            self._at[key] = at
            heappush(self._entries, (at, key))


def _cpu(work: Callable[[], object]) -> float:
    begin = process_time()
    work()
    return process_time() - begin
