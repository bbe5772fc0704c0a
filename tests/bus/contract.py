"""The promises of the bus, whatever carries it. Each transport's tests take them over by subclassing BusContract.

Written against the port alone: services subscribe, events are appended to the outbox, handlers are called, dead letters
are kept and replayed. `platform` runs the services; a test's events carry a user of its own, because Kafka's topics are
shared.
"""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from taskflow_core.bus import outbox
from taskflow_core.bus.dead_letters import DeadLetter, letters, request_replay
from taskflow_core.bus.port import SUCCESS, Message, Outcome, Publisher, Subscription
from taskflow_core.database.pool import Database
from taskflow_core.events.account import AnyEvent, SignedUp
from taskflow_core.events.model import Event
from taskflow_core.events.topics import (
    ALL_TOPICS,
    AUDIT_LOGGER,
    CHAT_API,
    NOTIFICATION_SERVICE,
    REMINDER_SERVICE,
    STREAM_TOPICS,
    TASK_CREATED,
    TASK_TOPICS,
    ServiceName,
)
from tests.bus.making import created, deleted, signed_up, updated
from tests.support.waiting import eventually

WITHIN: Final = 40.0


@dataclass
class Consumer:
    """A service's handler that a test decides. It sees events of the test's user only; others it takes silently."""

    group: ServiceName
    user: str
    topics: tuple[str, ...] = TASK_TOPICS
    broadcast: bool = False
    answer: Callable[[Event], Outcome] = lambda _: SUCCESS
    batches: list[list[Event]] = field(default_factory=list[list[Event]])

    @property
    def subscription(self) -> Subscription:
        return Subscription(group=self.group, topics=self.topics, handler=self._handle, broadcast=self.broadcast)

    @property
    def handled(self) -> list[str]:
        """The ids of the events it was given, in order, each as often as it was given."""
        return [event.event_id for batch in self.batches for event in batch]

    def times(self, event: AnyEvent) -> int:
        """How often it was given `event`."""
        return self.handled.count(event.event_id)

    async def _handle(self, events: Sequence[Event]) -> Sequence[Outcome]:
        mine = [event for event in events if event.user_id == self.user]
        if mine:
            self.batches.append(mine)
        return [self.answer(event) if event.user_id == self.user else SUCCESS for event in events]


@dataclass
class Platform:
    """The running services: append() publishes as chat-api does, `publisher` is the transport beneath the outbox."""

    database: Database
    publisher: Publisher

    async def append(self, *events: AnyEvent) -> None:
        """Commits the events to chat-api's outbox."""
        async with self.database.transaction() as connection:
            await outbox.append(connection, CHAT_API, events)

    async def dead(self, consumer: Consumer) -> list[DeadLetter]:
        """The dead letters of the consumer's group."""
        return await letters(self.database, group=consumer.group)


Run = Callable[..., AbstractAsyncContextManager[Platform]]
"""run(*consumers): a platform with chat-api publishing and these services consuming, ready when entered."""


@pytest.fixture
def user() -> str:
    """The test's own user."""
    return f"user-{uuid.uuid4()}"


class BusContract:
    """Subclass it beside a fixture `run`."""

    async def test_every_group_gets_every_event_of_its_topics(self, run: Run, user: str) -> None:
        audit = Consumer(AUDIT_LOGGER, user, topics=ALL_TOPICS)
        reminders = Consumer(REMINDER_SERVICE, user)
        task = created(user=user)
        events = [task, updated(task.task_id, user=user), deleted(task.task_id, user=user)]
        async with run(audit, reminders) as platform:
            await platform.append(*events)
            for consumer in (audit, reminders):
                await eventually(lambda c=consumer: set(c.handled) == {e.event_id for e in events}, within=WITHIN)

    async def test_what_happens_to_an_account_reaches_the_audit_trail_alone_and_in_order(
        self, run: Run, user: str
    ) -> None:
        audit = Consumer(AUDIT_LOGGER, user, topics=ALL_TOPICS)
        others = Consumer(REMINDER_SERVICE, user), Consumer(NOTIFICATION_SERVICE, user, STREAM_TOPICS, broadcast=True)
        events = [signed_up(user) for _ in range(30)]
        async with run(audit, *others) as platform:
            await platform.append(*events, task := created(user=user))
            wanted = [event.event_id for event in events]
            await eventually(lambda: {*wanted, task.event_id} <= set(audit.handled), within=WITHIN)
            await eventually(lambda: others[0].times(task) >= 1, within=WITHIN)
        assert [one for one in dict.fromkeys(audit.handled) if one != task.event_id] == wanted
        assert not any(isinstance(event, SignedUp) for other in others for batch in other.batches for event in batch)

    async def test_many_events_come_in_batches_and_those_of_a_task_in_order(self, run: Run, user: str) -> None:
        audit = Consumer(AUDIT_LOGGER, user)
        tasks = [str(uuid.uuid4()) for _ in range(20)]
        events = [updated(tasks[i % 20], user=user, version=i) for i in range(400)]
        async with run(audit) as platform:
            await platform.append(*events)
            await eventually(lambda: len(set(audit.handled)) == 400, within=WITHIN)
        assert len(audit.batches) < 200
        assert max(map(len, audit.batches)) <= 100
        for task in tasks:
            wanted = [event.event_id for event in events if event.task_id == task]
            got = list(dict.fromkeys(i for i in audit.handled if i in wanted))
            assert got == wanted

    async def test_an_event_has_three_attempts_and_then_is_a_dead_letter_of_that_group_alone(
        self, run: Run, user: str
    ) -> None:
        audit, reminders = Consumer(AUDIT_LOGGER, user), Consumer(REMINDER_SERVICE, user)
        good, bad = created(user=user), created(user=user)
        audit.answer = lambda event: Outcome.retry("no ink") if event.event_id == bad.event_id else SUCCESS
        async with run(audit, reminders) as platform:
            await platform.append(bad, good)

            async def dead_lettered() -> None:
                [letter] = await platform.dead(audit)
                assert (str(letter.event_id), letter.reason, letter.attempts) == (bad.event_id, "no ink", 3)
                assert letter.topic == TASK_CREATED
                assert letter.task_id == bad.task_id
                assert json.loads(letter.payload)["id"] == bad.event_id

            await eventually(_asserted(dead_lettered), within=WITHIN)
            assert audit.times(bad) == 3
            await eventually(lambda: audit.times(good) == 1 and reminders.times(bad) == 1, within=WITHIN)
            assert await platform.dead(reminders) == []

    async def test_an_event_that_fails_twice_is_handled_the_third_time(self, run: Run, user: str) -> None:
        audit = Consumer(AUDIT_LOGGER, user)
        flaky = created(user=user)
        audit.answer = lambda _: SUCCESS if audit.times(flaky) >= 3 else Outcome.retry("not yet")
        async with run(audit) as platform:
            await platform.append(flaky)
            await eventually(lambda: audit.times(flaky) == 3, within=WITHIN)
            await asyncio.sleep(1)
            assert audit.times(flaky) == 3
            assert await platform.dead(audit) == []

    async def test_what_a_handler_drops_is_a_dead_letter_at_once(self, run: Run, user: str) -> None:
        audit = Consumer(AUDIT_LOGGER, user)
        useless = created(user=user)
        audit.answer = lambda _: Outcome.drop("of no use")
        async with run(audit) as platform:
            await platform.append(useless)

            async def dead_lettered() -> None:
                assert [(str(one.event_id), one.reason) for one in await platform.dead(audit)] == [
                    (useless.event_id, "of no use")
                ]

            await eventually(_asserted(dead_lettered), within=WITHIN)
            assert audit.times(useless) == 1

    async def test_an_event_whose_handler_raises_spoils_nothing_for_its_neighbours(self, run: Run, user: str) -> None:
        audit = Consumer(AUDIT_LOGGER, user)
        events = [created(user=user) for _ in range(10)]
        poison = events[4]

        def answer(event: Event) -> Outcome:
            if event.event_id == poison.event_id:
                raise ValueError("cannot read this one")
            return SUCCESS

        audit.answer = answer
        async with run(audit) as platform:
            await platform.append(*events)

            async def dead_lettered() -> None:
                [letter] = await platform.dead(audit)
                assert (str(letter.event_id), letter.reason) == (
                    poison.event_id,
                    "ValueError: cannot read this one",
                )

            await eventually(_asserted(dead_lettered), within=WITHIN)
            await eventually(lambda: {e.event_id for e in events} <= set(audit.handled), within=WITHIN)

    async def test_what_does_not_decode_is_a_dead_letter_and_holds_up_nobody(self, run: Run, user: str) -> None:
        audit = Consumer(AUDIT_LOGGER, user)
        alien = str(uuid.uuid4())
        envelope: dict[str, Any] = {
            "id": alien,
            "specversion": "1.0",
            "type": "alien",
            "subject": "t",
            "source": "s",
            "data": {},
        }
        after = created(user=user)
        async with run(audit) as platform:
            await platform.publisher.publish([Message(alien, TASK_CREATED, "t", json.dumps(envelope), 10**9)])
            await platform.append(after)

            async def dead_lettered() -> None:
                [letter] = [one for one in await platform.dead(audit) if str(one.event_id) == alien]
                assert "UndecodableEventError" in letter.reason

            await eventually(_asserted(dead_lettered), within=WITHIN)
            await eventually(lambda: audit.times(after) == 1, within=WITHIN)

    async def test_an_outage_costs_no_attempt(self, run: Run, user: str) -> None:
        audit = Consumer(AUDIT_LOGGER, user)
        event = created(user=user)

        def answer(_: Event) -> Outcome:
            if len(audit.batches) < 4:
                raise ConnectionRefusedError("the database is away")
            return SUCCESS

        audit.answer = answer
        async with run(audit) as platform:
            await platform.append(event)
            await eventually(lambda: audit.times(event) >= 4, within=WITHIN)
            await asyncio.sleep(1)
            assert await platform.dead(audit) == []

    async def test_a_dead_letter_is_replayed_to_its_group_alone(self, run: Run, user: str) -> None:
        audit, reminders = Consumer(AUDIT_LOGGER, user), Consumer(REMINDER_SERVICE, user)
        event = created(user=user)
        audit.answer = lambda _: Outcome.drop("not understood")
        async with run(audit, reminders) as platform:
            await platform.append(event)

            async def dead_lettered() -> None:
                assert len(await platform.dead(audit)) == 1

            await eventually(_asserted(dead_lettered), within=WITHIN)
            await eventually(lambda: reminders.times(event) == 1, within=WITHIN)
            audit.answer = lambda _: SUCCESS  # the fix
            assert await request_replay(platform.database, group=AUDIT_LOGGER) == 1

            async def gone() -> None:
                assert await platform.dead(audit) == []

            await eventually(_asserted(gone), within=WITHIN)
            assert (audit.times(event), reminders.times(event)) == (2, 1)

    async def test_a_broadcast_gets_what_is_published_from_now_on_and_keeps_nothing(self, run: Run, user: str) -> None:
        stream = Consumer(NOTIFICATION_SERVICE, user, topics=STREAM_TOPICS, broadcast=True)
        async with run(stream) as platform:
            probe = created(user=user)

            async def follows() -> None:
                nonlocal probe
                probe = created(user=user)
                await platform.append(probe)
                await eventually(lambda: stream.times(probe) >= 1, within=2)

            await eventually(_asserted(follows), within=WITHIN)
            events = [created(user=user) for _ in range(50)]
            await platform.append(*events)
            await eventually(lambda: {e.event_id for e in events} <= set(stream.handled), within=WITHIN)
            stream.answer = lambda _: Outcome.drop("no")
            await platform.append(refused := created(user=user))
            await eventually(lambda: stream.times(refused) >= 1, within=WITHIN)
            assert await letters(platform.database, group=NOTIFICATION_SERVICE) == []


def _asserted(check: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[bool]]:
    """`check` as eventually() takes it: a lone unpacking that does not fit is not true yet."""

    async def asserted() -> bool:
        try:
            await check()
        except ValueError as error:
            raise AssertionError(str(error)) from error
        return True

    return asserted
