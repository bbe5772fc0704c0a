"""Replaying dead letters: only what was asked for, and what fails again stays with its newest reason."""

from collections.abc import Sequence

import pytest

from taskflow_core.bus.dead_letters import DeadLetter, Replayer, add_dead_letters, letters, request_replay, unidentified
from taskflow_core.bus.port import SUCCESS, Outcome, Subscription
from taskflow_core.database.pool import Database
from taskflow_core.events.envelope import encode, wrap
from taskflow_core.events.model import Event
from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API, REMINDER_SERVICE, TASK_CREATED, TASK_TOPICS
from tests.bus.making import created


class Handler:
    """Says of every event what the test decided, or raises it."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.answer: Outcome | Exception = SUCCESS

    async def __call__(self, events: Sequence[Event]) -> Sequence[Outcome]:
        self.seen += [event.event_id for event in events]
        if isinstance(self.answer, Exception):
            raise self.answer
        return [self.answer] * len(events)


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def replayer(database: Database, handler: Handler) -> Replayer:
    """Of the audit group."""
    return Replayer(database, Subscription(group=AUDIT_LOGGER, topics=TASK_TOPICS, handler=handler))


async def given_up(database: Database, *events: Event, group: str = AUDIT_LOGGER) -> None:
    payloads = [encode(wrap(event, CHAT_API)).decode() for event in events]
    await keep(database, *(_letter(event, payload, group) for event, payload in zip(events, payloads, strict=True)))


async def keep(database: Database, *kept: DeadLetter) -> None:
    async with database.transaction() as connection:
        await add_dead_letters(connection, kept)


def _letter(event: Event, payload: str, group: str) -> DeadLetter:
    return DeadLetter(
        event_id=unidentified(event.event_id),
        consumer_group=group,
        topic=TASK_CREATED,
        task_id=event.task_id,
        payload=payload,
        reason="no ink",
        attempts=3,
    )


async def test_nothing_is_tried_before_somebody_asks(database: Database, replayer: Replayer, handler: Handler) -> None:
    await given_up(database, created())
    assert await replayer.replay_requested() == 0
    assert handler.seen == []


async def test_what_works_is_gone_and_other_groups_keep_theirs(
    database: Database, replayer: Replayer, handler: Handler
) -> None:
    event = created()
    await given_up(database, event)
    await given_up(database, event, group=REMINDER_SERVICE)
    assert await request_replay(database) == 2
    assert await replayer.replay_requested() == 1
    assert handler.seen == [event.event_id]
    assert [letter.consumer_group for letter in await letters(database)] == [REMINDER_SERVICE]


async def test_what_fails_again_stays_and_waits_to_be_asked_for(
    database: Database, replayer: Replayer, handler: Handler
) -> None:
    await given_up(database, created())
    await request_replay(database)
    for answer, reason in (
        (Outcome.retry("still no ink"), "still no ink"),
        (Outcome.drop("never"), "never"),
        (ValueError("a bug"), "ValueError: a bug"),
    ):
        handler.answer = answer
        await request_replay(database)
        assert await replayer.replay_requested() == 1
        [letter] = await letters(database)
        assert letter.reason == reason
        assert letter.replay_requested_at is None
        assert await replayer.replay_requested() == 0
    assert letter.attempts == 6


async def test_an_outage_keeps_the_request(database: Database, replayer: Replayer, handler: Handler) -> None:
    await given_up(database, created())
    await request_replay(database)
    handler.answer = ConnectionRefusedError("the database is away")
    with pytest.raises(ConnectionRefusedError):
        await replayer.replay_requested()
    handler.answer = SUCCESS
    assert await replayer.replay_requested() == 1
    assert await letters(database) == []


async def test_what_never_was_an_event_says_so(database: Database, replayer: Replayer, handler: Handler) -> None:
    alien = DeadLetter(
        event_id=unidentified("\x00 alien"),
        consumer_group=AUDIT_LOGGER,
        topic=TASK_CREATED,
        task_id=None,
        payload="\x00 alien",
        reason="r",
        attempts=1,
    )
    await keep(database, alien)
    await keep(database, alien)
    await request_replay(database, event_ids=[alien.event_id])
    assert await replayer.replay_requested() == 1
    assert handler.seen == []
    [letter] = await letters(database)
    assert "UndecodableEventError" in letter.reason
    assert letter.attempts == 3, "kept twice with one attempt each, tried once"
