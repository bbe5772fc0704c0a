"""An event that alone meets an outage: the others go on, and after ten minutes of it the event uses its attempts."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from taskflow_core.bus import delivery, embedded
from taskflow_core.bus.dapr.inbox import Entry, Inbox
from taskflow_core.bus.dead_letters import letters
from taskflow_core.bus.delivery import deliver
from taskflow_core.bus.embedded import EmbeddedTransport
from taskflow_core.bus.port import SUCCESS, Outcome, Subscription, Verdict
from taskflow_core.bus.suspects import PATIENCE, Suspects
from taskflow_core.database.pool import Database
from taskflow_core.events.envelope import CloudEvent, encode, wrap
from taskflow_core.events.model import Event
from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API, TASK_TOPICS
from tests.bus.making import created, messages
from tests.support.clock import MovableClock
from tests.support.waiting import eventually


class Handler:
    """Takes events; `held` are those whose rows somebody else holds, and `away` that the database is."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.away = False
        self.taken: list[str] = []
        self.calls: list[list[str]] = []
        self.subscription = Subscription(group=AUDIT_LOGGER, topics=TASK_TOPICS, handler=self._handle, max_wait_ms=0)

    async def _handle(self, events: Sequence[Event]) -> Sequence[Outcome]:
        self.calls.append([event.event_id for event in events])
        if self.away:
            raise ConnectionRefusedError("the database is away")
        if self.held & {event.event_id for event in events}:
            raise asyncpg.LockNotAvailableError("canceling statement due to lock timeout")
        self.taken += [event.event_id for event in events]
        return [SUCCESS] * len(events)


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that wait for their next try do not wait long here."""

    def shortly(_: int) -> float:
        return 0.01

    monkeypatch.setattr(embedded, "backoff", shortly)
    monkeypatch.setattr(embedded, "_POLL_SECONDS", 0.02)
    monkeypatch.setattr("taskflow_core.bus.dapr.inbox.backoff", shortly)


def envelopes(*events: Event) -> list[CloudEvent]:
    return [wrap(event, CHAT_API) for event in events]


async def test_the_others_of_its_batch_pass_and_it_costs_no_attempt(handler: Handler, clock: MovableClock) -> None:
    bad, good = created(), [created() for _ in range(9)]
    handler.held = {bad.event_id}
    outcomes = await deliver(handler.subscription, envelopes(bad, *good), Suspects(clock))
    assert [outcome.verdict for outcome in outcomes] == [Verdict.RETRY, *[Verdict.SUCCESS] * 9]
    assert outcomes[0].free
    assert sorted(handler.taken) == sorted(event.event_id for event in good)


async def test_from_then_on_it_is_not_among_the_others(handler: Handler, clock: MovableClock) -> None:
    suspects = Suspects(clock)
    bad, good = created(), [created() for _ in range(9)]
    handler.held = {bad.event_id}
    await deliver(handler.subscription, envelopes(bad, created()), suspects)
    handler.calls.clear()
    await deliver(handler.subscription, envelopes(bad, *good), suspects)
    assert handler.calls == [[event.event_id for event in good], [bad.event_id]]


async def test_an_outage_of_all_is_raised_after_a_few_tries_and_is_nobodys_fault(
    handler: Handler, clock: MovableClock
) -> None:
    suspects = Suspects(clock)
    many = envelopes(*(created() for _ in range(100)))
    handler.away = True
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            await deliver(handler.subscription, many, suspects)
        clock.advance(PATIENCE)
    assert len(handler.calls) == 3 * (1 + 3)
    handler.away = False
    assert await deliver(handler.subscription, many, suspects) == [SUCCESS] * 100


async def test_only_the_time_counts_in_which_others_passed(handler: Handler, clock: MovableClock) -> None:
    suspects = Suspects(clock)
    bad = created()
    handler.held = {bad.event_id}

    async def fails(*others: Event) -> Outcome:
        return (await deliver(handler.subscription, envelopes(bad, *others), suspects))[0]

    assert (await fails(created())).free
    for _ in range(20):  # an outage of all, hours long, in which this one is tried alone
        clock.advance(PATIENCE)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await fails()
    clock.advance(PATIENCE - timedelta(seconds=1))
    assert (await fails(created())).free
    clock.advance(timedelta(seconds=1))
    assert not (await fails(created())).free
    with pytest.raises(asyncpg.LockNotAvailableError):
        await fails()


@pytest.mark.parametrize("many", [3, 60], ids=["few", "most of the batch"])
async def test_several_at_once_do_not_look_like_an_outage_for_ever(
    handler: Handler, clock: MovableClock, many: int
) -> None:
    suspects = Suspects(clock)
    bad, good = [created() for _ in range(many)], [created() for _ in range(40)]
    handler.held = {event.event_id for event in bad}
    for _ in range(200):
        try:
            outcomes = await deliver(handler.subscription, envelopes(*bad, *good), suspects)
        except asyncpg.LockNotAvailableError:
            continue
        break
    else:
        pytest.fail("the good ones never passed")
    assert [outcome.free for outcome in outcomes] == [*[True] * many, *[False] * 40]


async def test_an_event_that_hangs_alone_is_given_up_in_time(
    handler: Handler, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_ALONE_SECONDS", 0.05)
    bad, good = created(), created()

    async def hangs(events: Sequence[Event]) -> Sequence[Outcome]:
        if len(events) > 1:
            raise TimeoutError
        if events[0].event_id == bad.event_id:
            await asyncio.Event().wait()
        return [SUCCESS]

    subscription = Subscription(group=AUDIT_LOGGER, topics=TASK_TOPICS, handler=hangs)
    outcomes = await deliver(subscription, envelopes(bad, good), Suspects(clock))
    assert [outcome.verdict for outcome in outcomes] == [Verdict.RETRY, Verdict.SUCCESS]


async def test_embedded_it_becomes_a_dead_letter_after_ten_minutes_and_no_sooner(
    handler: Handler, database: Database, clock: MovableClock
) -> None:
    transport = EmbeddedTransport(database, [handler.subscription], clock=clock)
    bad = created()
    handler.held = {bad.event_id}
    position = 0

    async def another_passes() -> None:
        nonlocal position
        position += 1
        good = created()
        [message] = messages([good])
        message = type(message)(message.event_id, message.topic, message.task_id, message.payload, 1_000 + position)
        await transport.publish([message])
        await eventually(lambda: good.event_id in handler.taken)

    async def tried_again() -> None:
        before = handler.calls.count([bad.event_id])
        await eventually(lambda: handler.calls.count([bad.event_id]) >= before + 2)

    async with transport.consume():
        await transport.publish(messages([bad, created()]))
        for _ in range(5):
            await another_passes()
            await tried_again()
        row = await database.fetchrow("SELECT attempts, last_error FROM embedded_deliveries")
        assert row is not None
        assert row["attempts"] == 0
        assert "lock timeout" in row["last_error"]
        for _ in range(5):
            clock.advance(PATIENCE)
            await another_passes()
            await tried_again_or_dead(database, tried_again)
        [letter] = await letters(database, group=AUDIT_LOGGER)
    assert (str(letter.event_id), letter.attempts) == (bad.event_id, 3)
    assert "lock timeout" in letter.reason


async def tried_again_or_dead(database: Database, tried_again: Callable[[], Any]) -> None:
    if not await letters(database, group=AUDIT_LOGGER):
        try:
            await tried_again()
        except AssertionError:
            assert await letters(database, group=AUDIT_LOGGER)


async def test_through_a_sidecar_it_comes_again_until_ten_minutes_are_over(
    handler: Handler, database: Database, clock: MovableClock
) -> None:
    inbox = Inbox(database, [handler.subscription], clock)
    bad = created()
    handler.held = {bad.event_id}

    def entries(*events: Event) -> list[Entry]:
        return [Entry(str(at), encode(wrap(event, CHAT_API))) for at, event in enumerate(events)]

    topic = TASK_TOPICS[0]
    for _ in range(3):  # then the sidecar brings it as a dead letter
        assert list((await inbox.events(topic, entries(bad, created()))).values()) == [Verdict.RETRY, Verdict.SUCCESS]
    for _ in range(3):
        assert (await inbox.dead_letters(entries(bad, created()))) == {"0": Verdict.RETRY, "1": Verdict.SUCCESS}
        assert await letters(database) == []
    clock.advance(PATIENCE)
    await inbox.events(topic, entries(created()))
    assert await inbox.dead_letters(entries(bad)) == {"0": Verdict.SUCCESS}
    [letter] = await letters(database)
    assert str(letter.event_id) == bad.event_id
    assert "lock timeout" in letter.reason


async def test_through_a_sidecar_that_brings_it_alone_it_ends_as_well(
    handler: Handler, database: Database, clock: MovableClock
) -> None:
    inbox = Inbox(database, [handler.subscription], clock)
    bad = created()
    handler.held = {bad.event_id}
    entry, topic = Entry("0", encode(wrap(bad, CHAT_API))), TASK_TOPICS[0]
    with pytest.raises(asyncpg.LockNotAvailableError):
        await inbox.dead_letters([entry])
    for expected in (Verdict.RETRY, Verdict.SUCCESS):
        clock.advance(PATIENCE / 2)
        assert await letters(database) == []
        await inbox.events(topic, [Entry("1", encode(wrap(created(), CHAT_API)))])
        assert await inbox.dead_letters([entry]) == {"0": expected}
    assert len(await letters(database)) == 1
