"""The heap holds what a sorted list would, in order, within its bounds."""

import asyncio
import tracemalloc
from bisect import insort
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from reminder_service.heap import CAPACITY, ReminderHeap

KEYS = st.integers(0, 9).map(lambda number: bytes([number]))
TIMES = st.integers(0, 20).map(float)


class AgainstASortedList(RuleBasedStateMachine):
    """Any sequence of puts, moves, discards, takes and compactions, beside a sorted list that does the same."""

    def __init__(self) -> None:
        super().__init__()
        self.heap = ReminderHeap()
        self.model: list[tuple[float, bytes]] = []

    @rule(key=KEYS, at=TIMES)
    def put(self, key: bytes, at: float) -> None:
        assert self.heap.put(key, at)
        self.model = [entry for entry in self.model if entry[1] != key]
        insort(self.model, (at, key))

    @rule(key=KEYS)
    def discard(self, key: bytes) -> None:
        self.heap.discard(key)
        self.model = [entry for entry in self.model if entry[1] != key]

    @rule(now=TIMES)
    def take(self, now: float) -> None:
        assert self.heap.take(now) == [key for at, key in self.model if at <= now]
        self.model = [entry for entry in self.model if entry[0] > now]

    @rule()
    def compact(self) -> None:
        asyncio.run(self.heap.compact())
        assert self.heap.stale == 0

    @invariant()
    def looks_the_same(self) -> None:
        assert len(self.heap) == len(self.model)
        assert self.heap.next_at == (self.model[0][0] if self.model else None)


TestAgainstASortedList = AgainstASortedList.TestCase
TestAgainstASortedList.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)


@given(st.lists(st.tuples(KEYS, TIMES)), st.integers(1, 4))
def test_a_full_heap_holds_no_more_than_it_may_and_gives_up_late_ones_only(
    puts: list[tuple[bytes, float]], capacity: int
) -> None:
    heap, given_up = ReminderHeap(capacity), dict[bytes, float]()
    for key, at in puts:
        if not heap.put(key, at):
            given_up[key] = at
        assert len(heap) <= capacity
    taken = heap.take(1e9)
    assert len(taken) == len(set(taken)) == min(capacity, len({key for key, _ in puts}))


async def test_lazy_changes_cost_memory_only_until_compaction() -> None:
    heap = ReminderHeap()
    keys = [uuid4().bytes for _ in range(2_000)]
    for turn in reversed(range(4)):
        for number, key in enumerate(keys):
            heap.put(key, float(1 + turn * 10_000 + number))
    assert heap.worth_compacting
    compacting = asyncio.create_task(heap.compact())
    await asyncio.sleep(0)
    moved, gone, new = keys[5], keys[7], uuid4().bytes
    heap.put(moved, 0.5)
    heap.discard(gone)
    heap.put(new, 0.1)
    await compacting
    assert len(heap) == 2_000
    assert heap.stale <= 2
    assert heap.take(1e9) == [new, moved, *(key for key in keys if key not in (moved, gone))]


def test_its_capacity_takes_at_most_sixty_megabytes() -> None:
    sample = CAPACITY // 5
    tracemalloc.start()
    try:
        heap = ReminderHeap(sample)
        for number in range(sample + 1):
            heap.put(UUID(int=number).bytes, 1.8e9 + number)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(heap) == sample
    assert used < 60_000_000 / 5
