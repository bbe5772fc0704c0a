"""What the sidecar delivers, given to the handlers, and each entry's answer.

The sidecar makes three attempts (platform/dapr/resiliency.yaml) and then publishes the event to the group's dead-letter
topic, which it delivers in turn. So an event gets there in one of three ways: the handler failed three times, the bytes
are no JSON, or the service gave no answer (it crashed, it hung). Only the first is the event's fault as far as one can
tell; see dead_letters().
"""

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import Container, Sequence
from typing import Final

import structlog

from taskflow_core.bus.dapr.bulk import Entry, members, name
from taskflow_core.bus.dead_letters import DeadLetter, add_dead_letters, unidentified
from taskflow_core.bus.delivery import backoff, deliver, reason_of
from taskflow_core.bus.port import Outcome, Subscription, Verdict
from taskflow_core.bus.suspects import Suspects
from taskflow_core.database.pool import Database
from taskflow_core.decoding import UndecodableError
from taskflow_core.domain.clock import Clock
from taskflow_core.events.envelope import CloudEvent, decode
from taskflow_core.events.topics import topic_of

log = structlog.get_logger(__name__)

_REMEMBERED_FAILURES: Final = 10_000
_UNANSWERED: Final = "the service gave no answer to three deliveries: it crashed, hung or was away"

# Keeps dead letters unless they are there; returns the ids of those that were not.
_ADD_NEW: Final = """
INSERT INTO dead_letters (event_id, consumer_group, topic, task_id, payload, reason, attempts)
SELECT row.event_id, $2, row.topic, row.task_id, row.payload, $6, 0
FROM unnest($1::uuid[], $3::text[], $4::text[], $5::text[]) AS row (event_id, topic, task_id, payload)
ON CONFLICT (event_id, consumer_group) DO NOTHING RETURNING event_id
"""
# Takes back what turned out to be deliverable.
_RECOVERED: Final = "DELETE FROM dead_letters WHERE consumer_group = $1 AND event_id = ANY($2::uuid[])"


class UnexpectedTopicError(LookupError):
    """A delivery for which this service has no handler: the manifests and the code disagree."""


class _Failures:
    """How often and why events failed here lately; what one replica knows, and gone when it restarts."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[int, str]] = OrderedDict()

    def add(self, event_id: str, reason: str) -> None:
        attempts, _ = self._known.pop(event_id, (0, ""))
        self._known[event_id] = (attempts + 1, reason)
        if len(self._known) > _REMEMBERED_FAILURES:
            self._known.popitem(last=False)

    def take(self, event_id: str) -> tuple[int, str] | None:
        return self._known.pop(event_id, None)


class Inbox:
    """Gives deliveries to the subscriptions of one service."""

    def __init__(self, database: Database, subscriptions: Sequence[Subscription], clock: Clock | None = None) -> None:
        self._database = database
        self._by_topic = {topic: subscription for subscription in subscriptions for topic in subscription.topics}
        self._durable = [subscription for subscription in subscriptions if not subscription.broadcast]
        self._failures = _Failures()
        # One for all subscriptions: what passes in one of them tells that the service is well.
        self._suspects = Suspects(clock)

    async def events(self, topic: str, entries: Sequence[Entry]) -> dict[str, Verdict]:
        """Hand over a batch; SUCCESS or RETRY for each entry. Raises outages: then the whole batch comes again.

        What will never work (undecodable, or the handler says so) is among the dead letters before it is answered, as
        a success. The sidecar could do that upon DROP, but would lose the reason, and in a batch that it has already
        made smaller it looks the entry up by its old position (dapr 1.17, pkg/runtime/subscription/postman/http).
        """
        subscription = self._by_topic.get(topic)
        if subscription is None:
            raise UnexpectedTopicError(topic)
        readable, hopeless = _decoded(subscription.group, topic, entries)
        again: set[str | None] = set()
        if readable:
            outcomes = await deliver(subscription, [envelope for _, envelope in readable], self._suspects)
            for (entry, envelope), outcome in zip(readable, outcomes, strict=True):
                if outcome.verdict is Verdict.RETRY:
                    if not outcome.free:
                        self._failures.add(envelope.id, outcome.reason)
                    again.add(entry.entry_id)
                elif outcome.verdict is Verdict.DROP:
                    hopeless.append(self._letter(subscription.group, topic, entry, envelope, outcome))
                else:
                    self._failures.take(envelope.id)
        await self._dead_letter(subscription, hopeless)
        return answers(entries, again)

    async def dead_letters(self, entries: Sequence[Entry]) -> dict[str, Verdict]:
        """Keep a batch of the dead-letter topic. Raises outages: then it comes again, for as long as it takes.

        What failed here three times is stored with its reason. Of the rest this replica knows nothing: such an event is
        stored as well, then tried once more, and deleted if that works. Once: an event that ends the process is found
        stored when it comes again, and stays there.
        """
        if not self._durable:
            raise UnexpectedTopicError("dead letters")
        first = self._durable[0]
        readable, dead = _decoded(first.group, "", entries)
        unknown: dict[str, list[tuple[Entry, CloudEvent]]] = {}
        for entry, envelope in readable:
            failure = self._failures.take(envelope.id)
            if failure is None:
                unknown.setdefault(_topic_of(envelope), []).append((entry, envelope))
            else:
                outcome = Outcome.retry(failure[1])
                dead.append(_letter(first.group, entry, envelope, outcome, attempts=failure[0]))
        await self._dead_letter(first, dead)
        again: set[str | None] = set()
        for topic, tried in unknown.items():
            again.update(await self._try_once_more(self._by_topic.get(topic, first), tried))
        if again:  # the sidecar would bring them again at once
            await asyncio.sleep(backoff(4))
        return answers(entries, again)

    async def _try_once_more(
        self, subscription: Subscription, unknown: Sequence[tuple[Entry, CloudEvent]]
    ) -> list[str | None]:
        """Returns the entries of those that have to come again: they met an outage, and do so alone."""
        group = subscription.group
        rows = await self._database.fetch(
            _ADD_NEW,
            [envelope.id for _, envelope in unknown],
            group,
            [_topic_of(envelope) for _, envelope in unknown],
            [envelope.subject for _, envelope in unknown],
            [entry.payload.decode() for entry, _ in unknown],
            _UNANSWERED,
        )
        new = {str(row["event_id"]) for row in rows}
        tried = [(entry, envelope) for entry, envelope in unknown if envelope.id in new]
        if not tried:
            return []
        try:
            outcomes = await deliver(subscription, [envelope for _, envelope in tried], self._suspects)
        except BaseException:
            # An outage, or the sidecar hung up: nothing is known, so they must be new when they come again.
            await self._database.execute(_RECOVERED, group, list(new))
            raise
        answered = list(zip(tried, outcomes, strict=True))
        worked = [envelope.id for (_, envelope), outcome in answered if _is_success(outcome)]
        waiting = [(entry, envelope) for (entry, envelope), outcome in answered if outcome.free]
        failed = [
            _letter(group, entry, envelope, outcome, attempts=1)
            for (entry, envelope), outcome in answered
            if not _is_success(outcome) and not outcome.free
        ]
        await self._dead_letter(subscription, failed)
        if worked or waiting:
            await self._database.execute(_RECOVERED, group, [*worked, *(envelope.id for _, envelope in waiting)])
        if worked:
            log.info("dead_letters_recovered", group=group, count=len(worked))
        return [entry.entry_id for entry, _ in waiting]

    def _letter(self, group: str, topic: str, entry: Entry, envelope: CloudEvent, outcome: Outcome) -> DeadLetter:
        before = self._failures.take(envelope.id)
        return _letter(group, entry, envelope, outcome, attempts=(before[0] if before else 0) + 1, topic=topic)

    async def _dead_letter(self, subscription: Subscription, letters: Sequence[DeadLetter]) -> None:
        if subscription.broadcast:  # nothing about it is stored in the database
            for letter in letters:
                log.error("broadcast_given_up", group=letter.consumer_group, reason=letter.reason)
        elif letters:
            once = {letter.event_id: letter for letter in letters}  # a batch may hold an event twice
            async with self._database.transaction() as connection:
                await add_dead_letters(connection, list(once.values()))


def answers(entries: Sequence[Entry], again: Container[str | None] = ()) -> dict[str, Verdict]:
    """SUCCESS for each entry, RETRY for those `again` names; one without an id cannot be answered."""
    return {
        entry.entry_id: Verdict.RETRY if entry.entry_id in again else Verdict.SUCCESS
        for entry in entries
        if entry.entry_id is not None
    }


def _is_success(outcome: Outcome) -> bool:
    return outcome.verdict is Verdict.SUCCESS


def _topic_of(envelope: CloudEvent) -> str:
    """The topic an event of the dead-letter topic came from: its type tells."""
    return topic_of(envelope.data)


def _letter(
    group: str, entry: Entry, envelope: CloudEvent, outcome: Outcome, *, attempts: int, topic: str = ""
) -> DeadLetter:
    return DeadLetter(
        event_id=uuid.UUID(envelope.id),
        consumer_group=group,
        topic=topic or _topic_of(envelope),
        task_id=envelope.subject,
        payload=entry.payload.decode(),
        reason=outcome.reason or outcome.verdict.value,
        attempts=attempts,
    )


def _decoded(
    group: str, topic: str, entries: Sequence[Entry]
) -> tuple[list[tuple[Entry, CloudEvent]], list[DeadLetter]]:
    """Entries that are events of ours, and dead letters for those that are not."""
    readable: list[tuple[Entry, CloudEvent]] = []
    hopeless: list[DeadLetter] = []
    for entry in entries:
        try:
            envelope = decode(entry.payload)
            uuid.UUID(envelope.id)
        except ValueError as error:
            hopeless.append(_undecodable(group, topic, entry, reason_of(error)))
            continue
        if entry.problem is None:
            readable.append((entry, envelope))
        else:
            outcome = Outcome.drop(entry.problem)
            hopeless.append(_letter(group, entry, envelope, outcome, attempts=1, topic=topic))
    return readable, hopeless


def _undecodable(group: str, topic: str, entry: Entry, reason: str) -> DeadLetter:
    """What cannot be read as a whole, under its own id where that much of it can."""
    payload = entry.payload.decode(errors="backslashreplace")  # nothing lost, and still not to be decoded
    try:
        named = members(entry.payload)
    except UndecodableError:
        named = {}
    try:
        event_id = uuid.UUID(name(named.get("id")))
    except (ValueError, TypeError, AttributeError):
        event_id = unidentified(payload)
    return DeadLetter(
        event_id=event_id,
        consumer_group=group,
        topic=topic or "unknown",
        task_id=name(named.get("subject")),
        payload=payload,
        reason=reason,
        attempts=1,
    )
