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

from taskflow.bus.broadcast import Broadcast
from taskflow.bus.dead_letters import DeadLetter, bury
from taskflow.bus.delivery import backoff, deliver, is_outage, reason_of
from taskflow.bus.port import Message, Outcome, Subscription, Verdict
from taskflow.database.pool import Database
from taskflow.events.envelope import CloudEvent, UndecodableEventError, decode

log = structlog.get_logger(__name__)

_POLL_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 3.0

# One row per event and group that wants its topic.
_ENQUEUE: Final = """
INSERT INTO embedded_deliveries (consumer_group, seq, event_id, task_id, topic, payload)
SELECT wanted.consumer_group, row.seq, row.event_id, row.task_id, row.topic, row.payload
FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[])
    AS row (seq, event_id, task_id, topic, payload)
JOIN unnest($6::text[], $7::text[]) AS wanted (consumer_group, topic) ON wanted.topic = row.topic
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
# An attempt that failed.
_RETRY: Final = """
UPDATE embedded_deliveries d
SET attempts = d.attempts + 1, last_error = failed.reason, retry_at = now() + make_interval(secs => failed.seconds)
FROM unnest($2::uuid[], $3::text[], $4::float[]) AS failed (event_id, reason, seconds)
WHERE d.consumer_group = $1 AND d.event_id = failed.event_id
"""


class EmbeddedTransport:
    """Publishes by writing delivery rows and waking the groups' workers; broadcasts go straight to their handlers."""

    def __init__(
        self, database: Database, subscriptions: Sequence[Subscription], *, dead_letter_after: int = 3
    ) -> None:
        self._database = database
        self._groups = [_Group(database, s, dead_letter_after) for s in subscriptions if not s.broadcast]
        self._broadcasts = [Broadcast(s) for s in subscriptions if s.broadcast]
        wanted = [(s.group, topic) for s in subscriptions if not s.broadcast for topic in s.topics]
        self._wanted = ([group for group, _ in wanted], [topic for _, topic in wanted])

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
            *self._wanted,
        )
        for group in self._groups:
            group.wake.set()
        return {}

    @asynccontextmanager
    async def consume(self) -> AsyncGenerator[None]:
        """Run a worker per group. On leaving, a batch at work gets a moment to finish; its rows stay if it does not."""
        workers = [*self._groups, *self._broadcasts]
        tasks = [asyncio.create_task(worker.run(), name=f"consume-{worker.name}") for worker in workers]
        try:
            yield
        finally:
            for worker in workers:
                worker.stop()
            _, late = await asyncio.wait(tasks, timeout=_STOP_SECONDS) if tasks else ((), ())
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class _Group:
    """A consumer group's worker: takes its rows in batches and settles each by its outcome."""

    def __init__(self, database: Database, subscription: Subscription, dead_letter_after: int) -> None:
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
            for wait in waits:
                wait.cancel()

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
            answers = await deliver(self._subscription, [envelope for _, envelope in readable])
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
            await bury(connection, [self._letter(row, outcome) for row, outcome in dead])
            await connection.execute(_DONE, self.name, [row["event_id"] for row in (*done, *(row for row, _ in dead))])
            if retry:
                await connection.execute(
                    _RETRY,
                    self.name,
                    [row["event_id"] for row, _ in retry],
                    [outcome.reason[:500] for _, outcome in retry],
                    [backoff(row["attempts"] + 1) for row, _ in retry],
                )

    def _is_dead(self, row: asyncpg.Record, outcome: Outcome) -> bool:
        return outcome.verdict is Verdict.DROP or row["attempts"] + 1 >= self._dead_letter_after

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
