"""Broadcasts in one process: at once when alone, together when fast, and never stopped by an event that is no event."""

import asyncio
import uuid
from collections.abc import Sequence

import pytest

from taskflow_core.bus.broadcast import Broadcast
from taskflow_core.bus.port import SUCCESS, Message, Outcome, Subscription
from taskflow_core.events.model import Event
from taskflow_core.events.topics import NOTIFICATION_SERVICE, STREAM_TOPICS, TASK_CREATED, TASK_UPDATED
from tests.bus.making import messages, updated
from tests.support.waiting import eventually

pytestmark = pytest.mark.usefixtures("quick_retries")


class Listener:
    """A broadcast and what its handler was given, batch by batch."""

    def __init__(self, *, max_wait_ms: int = 0, topics: tuple[str, ...] = STREAM_TOPICS) -> None:
        self.batches: list[list[str]] = []
        self.outcomes: list[Outcome | Exception] = []
        subscription = Subscription(
            group=NOTIFICATION_SERVICE, topics=topics, handler=self._handle, max_wait_ms=max_wait_ms, broadcast=True
        )
        self.broadcast = Broadcast(subscription)

    async def _handle(self, events: Sequence[Event]) -> Sequence[Outcome]:
        self.batches.append([event.event_id for event in events])
        outcome = self.outcomes.pop(0) if self.outcomes else SUCCESS
        if isinstance(outcome, Exception):
            raise outcome
        return [outcome] * len(events)

    @property
    def heard(self) -> list[str]:
        return [event_id for batch in self.batches for event_id in batch]


def events(count: int) -> list[Message]:
    return messages([updated(str(uuid.uuid4()), version=1) for _ in range(count)])


def ids(made: Sequence[Message]) -> list[str]:
    return [message.event_id for message in made]


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    def soon(_attempt: int) -> float:
        return 0.001

    monkeypatch.setattr("taskflow_core.bus.broadcast.backoff", soon)


async def test_what_was_offered_before_the_end_is_handed_over_in_order() -> None:
    listener, made = Listener(), events(250)
    listener.broadcast.offer(made)
    listener.broadcast.stop()
    await asyncio.wait_for(listener.broadcast.run(), 5)
    assert [len(batch) for batch in listener.batches] == [100, 100, 50]
    assert listener.heard == ids(made)


async def test_one_alone_goes_at_once_and_those_that_follow_fast_go_together() -> None:
    listener, made = Listener(max_wait_ms=1_000), events(20)
    running = asyncio.create_task(listener.broadcast.run())
    listener.broadcast.offer(made[:1])
    await eventually(lambda: len(listener.batches) == 1)
    for message in made[1:]:
        listener.broadcast.offer([message])
        await asyncio.sleep(0)
    await eventually(lambda: len(listener.heard) == len(made))
    assert listener.batches == [ids(made[:1]), ids(made[1:])]
    listener.broadcast.stop()
    await running


async def test_one_alone_does_not_wait_for_others() -> None:
    listener = Listener(max_wait_ms=3_600_000)
    running = asyncio.create_task(listener.broadcast.run())
    listener.broadcast.offer(events(1))
    await eventually(lambda: len(listener.batches) == 1)
    listener.broadcast.stop()
    await running


async def test_a_full_batch_waits_for_nothing() -> None:
    listener = Listener(max_wait_ms=60_000)
    listener.broadcast.offer(events(300))
    listener.broadcast.stop()
    await asyncio.wait_for(listener.broadcast.run(), 5)
    assert [len(batch) for batch in listener.batches] == [100, 100, 100]


async def test_other_topics_are_not_for_it() -> None:
    listener = Listener(topics=(TASK_CREATED,))
    listener.broadcast.offer(events(3))
    listener.broadcast.stop()
    await asyncio.wait_for(listener.broadcast.run(), 5)
    assert not listener.batches


async def test_what_cannot_be_read_is_left_out() -> None:
    listener, made = Listener(), events(2)
    broken = Message(str(uuid.uuid4()), TASK_UPDATED, "a", '{"type":"task.exploded"}', 0)
    listener.broadcast.offer([broken, made[0], broken, made[1], broken])
    listener.broadcast.stop()
    await asyncio.wait_for(listener.broadcast.run(), 5)
    assert listener.heard == ids(made)


@pytest.mark.parametrize("failure", [Outcome.retry("not now"), ConnectionError("away")])
@pytest.mark.parametrize("times", [2, 9])
async def test_what_fails_is_tried_three_times_in_all(failure: Outcome | Exception, times: int) -> None:
    listener, made = Listener(), events(2)
    listener.outcomes = [failure] * times
    listener.broadcast.offer(made)
    listener.broadcast.stop()
    await asyncio.wait_for(listener.broadcast.run(), 5)
    assert listener.batches == [ids(made)] * 3


async def test_of_too_many_the_oldest_are_lost() -> None:
    listener, made = Listener(), events(1)
    listener.broadcast.offer(made)
    later = events(1) * 10_000
    listener.broadcast.offer(later)
    listener.broadcast.stop()
    await asyncio.wait_for(listener.broadcast.run(), 20)
    assert made[0].event_id not in listener.heard
