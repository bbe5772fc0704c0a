"""The heap holds what a sorted list would, in order, within its bounds."""

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
    """Any sequence of puts, moves, discards and of what is due, beside a sorted list that does the same."""

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
    def discard_due(self, now: float) -> None:
        self.heap.discard_due(now)
        self.model = [entry for entry in self.model if entry[0] > now]

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
    assert len(heap) == min(capacity, len({key for key, _ in puts}))


def test_changes_cost_no_more_memory_than_what_is_held() -> None:
    heap = ReminderHeap()
    keys = [uuid4().bytes for _ in range(2_000)]
    for turn in reversed(range(4)):
        for number, key in enumerate(keys):
            heap.put(key, float(1 + turn * 10_000 + number))
            assert heap.stale <= 2_000 + 1_000
    for number, key in enumerate(keys):
        assert (len(heap), heap.next_at) == (2_000 - number, 1.0 + number)
        heap.discard(key)
    assert (len(heap), heap.next_at) == (0, None)


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
