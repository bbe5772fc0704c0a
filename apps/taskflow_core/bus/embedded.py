"""The transport for one process: each event and consumer group has a row until the group has dealt with it.

For first contact, tests and small installations. It is not for several processes on one database: broadcasts reach the
process that publishes, no other.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import structlog

from taskflow_core.bus.broadcast import Broadcast
from taskflow_core.bus.dead_letters import DeadLetter, add_dead_letters
from taskflow_core.bus.delivery import backoff, deliver, is_outage, reason_of
from taskflow_core.bus.port import Message, Outcome, Subscription, Verdict
from taskflow_core.bus.suspects import Suspects
from taskflow_core.cancellation import ended, stop_if_cancelled
from taskflow_core.database.pool import Database
from taskflow_core.decoding import keepable
from taskflow_core.domain.clock import Clock, SystemClock
from taskflow_core.events.envelope import CloudEvent, UndecodableEventError, decode
from taskflow_core.supervisor import Supervisor, Work

log = structlog.get_logger(__name__)

_POLL_SECONDS: Final = 1.0

# One row per event and group that wants its topic.
_ENQUEUE: Final = """
INSERT INTO embedded_deliveries (consumer_group, seq, event_id, task_id, topic, payload)
SELECT subscribed.consumer_group, row.seq, row.event_id, row.task_id, row.topic, row.payload
FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[])
    AS row (seq, event_id, task_id, topic, payload)
JOIN unnest($6::text[], $7::text[]) AS subscribed (consumer_group, topic) ON subscribed.topic = row.topic
ON CONFLICT DO NOTHING
"""
# A group's next rows, in order. One that waits for its next try holds back the later ones of its task, no others.
_NEXT: Final = """
SELECT event_id, topic, task_id, payload, attempts FROM embedded_deliveries
WHERE consumer_group = $1
    AND task_id NOT IN (SELECT task_id FROM embedded_deliveries WHERE consumer_group = $1 AND retry_at > now())
ORDER BY seq LIMIT $2
"""
# The group has dealt with them, or they are dead letters now.
_DONE: Final = "DELETE FROM embedded_deliveries WHERE consumer_group = $1 AND event_id = ANY($2::uuid[])"
# An attempt that failed, or (0) an outage that the event met alone.
_RETRY: Final = """
UPDATE embedded_deliveries d
SET attempts = d.attempts + failed.attempt, last_error = failed.reason,
    retry_at = now() + make_interval(secs => failed.seconds)
FROM unnest($2::uuid[], $3::text[], $4::float[], $5::int[]) AS failed (event_id, reason, seconds, attempt)
WHERE d.consumer_group = $1 AND d.event_id = failed.event_id
"""


class EmbeddedTransport:
    """Publishes by writing delivery rows and waking the groups' workers; broadcasts go straight to their handlers."""

    def __init__(
        self,
        database: Database,
        subscriptions: Sequence[Subscription],
        *,
        dead_letter_after: int = 3,
        supervisor: Supervisor | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._supervisor = supervisor or Supervisor()
        self._database = database
        self._groups = [
            _Group(database, s, dead_letter_after, clock or SystemClock()) for s in subscriptions if not s.broadcast
        ]
        self._broadcasts = [Broadcast(s) for s in subscriptions if s.broadcast]
        subscribed = [(s.group, topic) for s in subscriptions if not s.broadcast for topic in s.topics]
        self._subscribed = ([group for group, _ in subscribed], [topic for _, topic in subscribed])

    @property
    def routes(self) -> None:
        """Events do not come in by HTTP here."""
        return

    async def check(self) -> None:
        """There is nothing between publisher and consumers that could be away."""

    async def publish(self, messages: Sequence[Message]) -> dict[str, str]:
        """Write the rows in one statement; nothing is ever refused. Raises the database's outages."""
        for broadcast in self._broadcasts:
            broadcast.offer(messages)
        await self._database.execute(
            _ENQUEUE,
            [message.seq for message in messages],
            [message.event_id for message in messages],
            [message.task_id for message in messages],
            [message.topic for message in messages],
            [message.payload for message in messages],
            *self._subscribed,
        )
        for group in self._groups:
            group.wake.set()
        return {}

    @asynccontextmanager
    async def consume(self) -> AsyncGenerator[None]:
        """Run a worker per group. On leaving, a batch at work gets a moment to finish; its rows stay if it does not."""
        workers = [*self._groups, *self._broadcasts]

        def stop() -> None:
            for worker in workers:
                worker.stop()

        works: list[tuple[str, str, Work]] = [(worker.name, "deliveries", worker.run) for worker in workers]
        async with self._supervisor.running_all(works, finish=stop):
            yield


class _Group:
    """A consumer group's worker: takes its rows in batches and settles each by its outcome."""

    def __init__(self, database: Database, subscription: Subscription, dead_letter_after: int, clock: Clock) -> None:
        self._suspects = Suspects(clock)
        self.name = subscription.group
        self.wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._database = database
        self._subscription = subscription
        self._dead_letter_after = dead_letter_after

    def stop(self) -> None:
        self._stopping.set()
        self.wake.set()

    async def run(self) -> None:
        failures = 0
        await self._until_opened()
        while not self._stopping.is_set():
            self.wake.clear()
            try:
                taken = await self._next_batch()
                failures = 0
            except Exception as error:
                stop_if_cancelled()
                # A worker outlives whatever it meets: rows it did not settle are still there, and come again.
                failures += 1
                level = log.warning if is_outage(error) else log.error
                if failures == 1 or not is_outage(error):
                    level("delivery_waits", group=self.name, reason=reason_of(error))
                await self._pause(min(5.0, backoff(min(failures, 5))))
                continue
            if taken < self._subscription.max_batch:
                await self._pause(_POLL_SECONDS)
                # Let a batch fill: one transaction for many events is what makes a consumer fast.
                if not self._stopping.is_set() and self._subscription.max_wait_ms:
                    await asyncio.sleep(self._subscription.max_wait_ms / 1000)

    async def _until_opened(self) -> None:
        """Until the database has answered once, or it is time to stop. The pool says when that takes long."""
        waits = [asyncio.ensure_future(wait) for wait in (self._database.opened(), self._stopping.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await ended(waits)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.wake.wait()
        except TimeoutError:
            return

    async def _next_batch(self) -> int:
        rows = await self._database.fetch(_NEXT, self.name, self._subscription.max_batch)
        readable: list[tuple[asyncpg.Record, CloudEvent]] = []
        outcomes: list[tuple[asyncpg.Record, Outcome]] = []
        for row in rows:
            try:
                readable.append((row, decode(row["payload"])))
            except UndecodableEventError as error:
                outcomes.append((row, Outcome.drop(reason_of(error))))
        if readable:
            answers = await deliver(self._subscription, [envelope for _, envelope in readable], self._suspects)
            outcomes += [(row, answer) for (row, _), answer in zip(readable, answers, strict=True)]
        if outcomes:
            await self._settle(outcomes)
        return len(rows)

    async def _settle(self, outcomes: Sequence[tuple[asyncpg.Record, Outcome]]) -> None:
        done = [row for row, outcome in outcomes if outcome.verdict is Verdict.SUCCESS]
        failed = [(row, outcome) for row, outcome in outcomes if outcome.verdict is not Verdict.SUCCESS]
        dead = [(row, outcome) for row, outcome in failed if self._is_dead(row, outcome)]
        retry = [(row, outcome) for row, outcome in failed if not self._is_dead(row, outcome)]
        async with self._database.transaction() as connection:
            await add_dead_letters(connection, [self._letter(row, outcome) for row, outcome in dead])
            await connection.execute(_DONE, self.name, [row["event_id"] for row in (*done, *(row for row, _ in dead))])
            if retry:
                await connection.execute(
                    _RETRY,
                    self.name,
                    [row["event_id"] for row, _ in retry],
                    [keepable(outcome.reason[:500]) for _, outcome in retry],
                    [self._pause_of(row) for row, _ in retry],
                    [0 if outcome.free else 1 for _, outcome in retry],
                )

    def _is_dead(self, row: asyncpg.Record, outcome: Outcome) -> bool:
        if outcome.verdict is Verdict.RETRY:
            return not outcome.free and row["attempts"] + 1 >= self._dead_letter_after
        return outcome.verdict is Verdict.DROP

    def _pause_of(self, row: asyncpg.Record) -> float:
        return backoff(max(row["attempts"] + 1, min(self._suspects.failures(str(row["event_id"])), 10)))

    def _letter(self, row: asyncpg.Record, outcome: Outcome) -> DeadLetter:
        return DeadLetter(
            event_id=row["event_id"],
            consumer_group=self.name,
            topic=row["topic"],
            task_id=row["task_id"],
            payload=row["payload"],
            reason=outcome.reason,
            attempts=row["attempts"] + 1,
        )
