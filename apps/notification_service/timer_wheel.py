"""What is due when, for thousands of streams, without a timer for each."""

from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class TimerWheel(Generic[Item]):
    """Items by the tick they are due at. Adding, removing and taking cost the same however many there are."""

    def __init__(self, first: int) -> None:
        """`first` is the first tick that will be taken."""
        self._buckets: dict[int, set[Item]] = {}
        self._next = first

    def __len__(self) -> int:
        return sum(len(bucket) for bucket in self._buckets.values())

    def add(self, item: Item, tick: int) -> int:
        """Enter an item; one for the past is due at the next tick. Returns the tick `remove` wants."""
        tick = max(tick, self._next)
        bucket = self._buckets.get(tick)
        if bucket is None:
            self._buckets[tick] = {item}
        else:
            bucket.add(item)
        return tick

    def remove(self, item: Item, tick: int) -> None:
        """Strike an item, if it is still there."""
        bucket = self._buckets.get(tick)
        if bucket is not None:
            bucket.discard(item)
            if not bucket:
                del self._buckets[tick]

    def take(self, tick: int, each: Callable[[Item], None]) -> None:
        """Strike all that is due by `tick` and call `each` for it."""
        first, self._next = self._next, max(self._next, tick + 1)
        # Ticks that were missed are few, except after the machine slept.
        few = tick - first < len(self._buckets)
        for due in range(first, tick + 1) if few else sorted(t for t in self._buckets if t <= tick):
            for item in self._buckets.pop(due, ()):
                each(item)
