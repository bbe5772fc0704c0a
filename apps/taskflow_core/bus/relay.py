"""The relay: takes a producer's outbox rows in order and hands them to the transport, one relay at a time.

An event that is refused holds back later ones of its task. A topic that takes nothing holds back its own events, and
later ones of the same tasks; it is tried again beside the others, by one event, until it takes that.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

import asyncpg
import msgspec
import structlog
from opentelemetry.trace import SpanKind

from taskflow_core.bus.delivery import backoff, is_outage, reason_of
from taskflow_core.bus.held_topics import HeldTopics
from taskflow_core.bus.outbox import WAKE_CHANNEL
from taskflow_core.bus.port import Message, Publisher, TopicsHeldError
from taskflow_core.bus.purge import Purge
from taskflow_core.cancellation import ended, side_by_side, stop_if_cancelled
from taskflow_core.database.lease import lead, still_leading
from taskflow_core.database.listener import listen
from taskflow_core.database.pool import Database, in_transaction
from taskflow_core.events.topics import ServiceName
from taskflow_core.telemetry import tracing
from taskflow_core.telemetry.metrics import PUBLISH_FAILURES, PUBLISHED

log = structlog.get_logger(__name__)

_BATCH: Final = 500
_POLL_SECONDS: Final = 1.0
_TOPICS_SECONDS: Final = 0.25
"""How often to look whether a topic that takes nothing is to be tried again."""

_MARK_SECONDS: Final = 1.0
"""How long what was published may take to be marked by one that has to stop; else it is published again."""

# The next rows to publish, in order, apart from those under way. One that waits for its next try holds back later ones
# of its task, no others.
_NEXT: Final = """
SELECT event_id, topic, task_id, payload, seq FROM outbox
WHERE producer = $1 AND published_at IS NULL AND seq <> ALL($3::bigint[])
    AND task_id NOT IN (
        SELECT task_id FROM outbox WHERE producer = $1 AND published_at IS NULL AND retry_at > now()
    )
ORDER BY seq LIMIT $2
"""
# The same while topics are held: what is for one holds back later ones of its task.
_NEXT_BESIDE_HELD: Final = """
SELECT event_id, topic, task_id, payload, seq FROM outbox
LEFT JOIN (
    SELECT task_id, min(seq) AS first FROM outbox
    WHERE producer = $1 AND published_at IS NULL AND (retry_at > now() OR topic = ANY($4::text[]))
    GROUP BY task_id
) AS waiting USING (task_id)
WHERE producer = $1 AND published_at IS NULL AND seq <> ALL($3::bigint[]) AND (first IS NULL OR seq < first)
ORDER BY seq LIMIT $2
"""
# An outbox is nearly always empty when its statistics are gathered: thousands of rows would be looked up one by one.
_MANY_ROWS: Final = "SET LOCAL enable_nestloop = off"
# The first row for a topic that waits for nothing else.
_FIRST_FOR: Final = """
SELECT event_id, topic, task_id, payload, seq FROM outbox
WHERE producer = $1 AND published_at IS NULL AND seq = (
    SELECT seq FROM (
        SELECT DISTINCT ON (task_id) seq, topic, retry_at FROM outbox
        WHERE producer = $1 AND published_at IS NULL ORDER BY task_id, seq
    ) AS firsts
    WHERE topic = $2 AND (retry_at IS NULL OR retry_at <= now()) ORDER BY seq LIMIT 1
)
"""
# The transport has them.
_PUBLISHED: Final = """
UPDATE outbox SET published_at = now(), publish_count = publish_count + 1, retry_at = NULL, last_error = NULL
WHERE seq = ANY($1::bigint[])
"""
# The transport refused one: try it again after a while.
_REFUSED: Final = """
UPDATE outbox SET attempts = outbox.attempts + 1, last_error = refused.reason,
    retry_at = now() + make_interval(secs => least(60, 0.5 * 2 ^ least(outbox.attempts, 10)))
FROM unnest($1::uuid[], $2::text[]) AS refused (event_id, reason) WHERE outbox.event_id = refused.event_id
"""


_Published = tuple[Sequence[Message], dict[str, str]]
"""A batch, without what waits for its topic, and what of it was refused."""


class Relay:
    """Publishes the outbox rows of one producer for as long as it holds the producer's lease."""

    def __init__(self, database: Database, producer: ServiceName, publisher: Publisher, purge: Purge) -> None:
        self._database = database
        self._producer = producer
        self._publisher = publisher
        self._purge = purge
        self._held = HeldTopics(producer)

    async def run(self) -> None:
        """For ever, until cancelled; waits for the lease, the database and the transport as long as it takes."""
        await lead(self._database, f"relay:{self._producer}", self._lead, service=self._producer)

    async def _lead(self) -> None:
        wake = asyncio.Event()
        try:
            await side_by_side(
                self._purge.run,
                lambda: self._listen(wake),
                lambda: self._publish_forever(wake),
                lambda: self._retry_topics(wake),
            )
        finally:
            self._held.forget()

    async def _listen(self, wake: asyncio.Event) -> None:
        def heard(payload: str) -> None:
            if payload in {"", self._producer}:
                wake.set()

        await listen(self._database, WAKE_CHANNEL, heard, service=self._producer)

    async def _publish_forever(self, wake: asyncio.Event) -> None:
        failures = 0
        while True:
            wake.clear()
            try:
                await self.publish_waiting()
                failures = 0
            except Exception as error:
                # Only what says that the transport or the database is away; the rows stay and are tried again.
                stop_if_cancelled()
                if not is_outage(error):
                    raise
                failures += 1
                PUBLISH_FAILURES.labels(self._producer).inc()
                if failures == 1:
                    log.warning("publishing_waits", producer=self._producer, reason=reason_of(error))
                await asyncio.sleep(min(5.0, backoff(min(failures, 5))))
                continue
            await _wait(wake, _POLL_SECONDS)

    async def publish_waiting(self) -> None:
        """Publish what waits, batch after batch. Raises outages of the transport or the database.

        While one batch is with the transport, the one before it is marked and the one after it is read. Of what was
        read, the tasks that just had an event refused are left for later.
        """
        batch = await self._read(())
        done: _Published | None = None
        try:
            while batch:
                between = asyncio.create_task(self._mark_and_read(done, batch))
                done = None
                try:
                    done = await self._publish(batch)
                except BaseException:
                    # The batch before this one was published, and is better marked.
                    await _settled(between)
                    raise
                following = await between
                batch = self._without_held(following, _not_accepted(batch, done))
                if following and not batch:
                    await self._mark(*done)
                    batch, done = await self._read(()), None
        except BaseException:
            if done is not None:
                # It has been published, and is better marked; who has to stop does not wait for that long.
                async with asyncio.timeout(_MARK_SECONDS):
                    await self._mark(*done)
            raise
        if done is not None:
            await self._mark(*done)

    async def _retry_topics(self, wake: asyncio.Event) -> None:
        while True:
            await asyncio.sleep(_TOPICS_SECONDS)
            await asyncio.gather(*(self._retry(topic, wake) for topic in self._held.due()))

    async def _retry(self, topic: str, wake: asyncio.Event) -> None:
        """Try a topic by the first event that waits for it alone."""
        try:
            first = self._messages(await self._database.fetch(_FIRST_FOR, self._producer, topic))
            if first:
                done = await self._publish(first)
                if not done[0]:
                    return
                await self._mark(*done)
        except Exception as error:
            stop_if_cancelled()
            if not is_outage(error):
                raise
            self._held.hold({topic: reason_of(error)})
        else:
            self._held.release(topic)
            wake.set()

    async def _mark_and_read(self, done: _Published | None, under_way: Sequence[Message]) -> list[Message]:
        if done is not None:
            await self._mark(*done)
        return await self._read(under_way)

    async def _read(self, under_way: Sequence[Message]) -> list[Message]:
        values = self._producer, _BATCH, [message.seq for message in under_way]
        held = self._held.names
        if not held:
            return self._messages(await self._database.fetch(_NEXT, *values))
        async with self._database.acquire() as connection, in_transaction(connection, readonly=True):
            await connection.execute(_MANY_ROWS)
            return self._messages(await connection.fetch(_NEXT_BESIDE_HELD, *values, held))

    @staticmethod
    def _messages(rows: Sequence[asyncpg.Record]) -> list[Message]:
        return [Message(str(row["event_id"]), row["topic"], row["task_id"], row["payload"], row["seq"]) for row in rows]

    async def _publish(self, batch: Sequence[Message]) -> _Published:
        await still_leading()
        with tracing.spans(f"{self._producer} publish", _parents(batch), SpanKind.PRODUCER):
            try:
                return batch, await self._publisher.publish(batch)
            except TopicsHeldError as error:
                self._held.hold(error.topics)
                return self._without_held(batch, set()), error.refused

    def _without_held(self, messages: Sequence[Message], tasks: set[str]) -> list[Message]:
        """Those whose topic is not held, nor anything before them of their task; and none of `tasks`."""
        held = set(tasks)
        free: list[Message] = []
        for message in messages:
            if message.topic in self._held or message.task_id in held:
                held.add(message.task_id)
            else:
                free.append(message)
        return free

    async def _mark(self, batch: Sequence[Message], refused: dict[str, str]) -> None:
        accepted = [message.seq for message in batch if message.event_id not in refused]
        refused = {message.event_id: refused[message.event_id] for message in batch if message.event_id in refused}
        if accepted:
            await self._database.execute(_PUBLISHED, accepted)
            PUBLISHED.labels(self._producer).inc(len(accepted))
        if refused:
            PUBLISH_FAILURES.labels(self._producer).inc(len(refused))
            log.warning(
                "publish_refused", producer=self._producer, count=len(refused), first=next(iter(refused.values()))
            )
            await self._database.execute(_REFUSED, list(refused), [reason[:500] for reason in refused.values()])


def _not_accepted(batch: Sequence[Message], done: _Published) -> set[str]:
    """The tasks of what the transport did not take of a batch."""
    accepted = {message.seq for message in done[0] if message.event_id not in done[1]}
    return {message.task_id for message in batch if message.seq not in accepted}


class _Traced(msgspec.Struct):
    """Of an envelope, the trace it belongs to."""

    traceparent: str | None = None


def _parents(messages: Sequence[Message]) -> Iterator[str | None]:
    """The trace contexts of the requests that made these events; looked at only where spans are recorded."""
    return (_traced.decode(message.payload).traceparent for message in messages)


_traced: Final = msgspec.json.Decoder(_Traced)


async def _settled(task: asyncio.Task[list[Message]]) -> None:
    """Return once it has ended by itself, or was cancelled for taking longer than a moment."""
    try:
        await asyncio.wait({task}, timeout=_MARK_SECONDS)
    finally:
        await ended([task])


async def _wait(wake: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return
