"""Dead letters: events a consumer group gave up on, stored with the reason, and replayed to that group alone."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
import structlog

from taskflow_core.bus.delivery import deliver, is_outage, reason_of
from taskflow_core.bus.port import Subscription, Verdict
from taskflow_core.database.pool import Connection, Database
from taskflow_core.decoding import keepable
from taskflow_core.events.envelope import UndecodableEventError, decode
from taskflow_core.periodic import every
from taskflow_core.telemetry.metrics import DEAD_LETTERS, DEAD_LETTERS_HELD

log = structlog.get_logger(__name__)

_POLL_SECONDS: Final = 2.0
_BATCH: Final = 100
_NAMESPACE: Final = uuid.UUID("5e1b7f2c-6c1e-4d43-9d2c-9a3f0c2f7a10")

# Keeps dead letters; one that is there already takes the newer reason.
_ADD: Final = """
INSERT INTO dead_letters (event_id, consumer_group, topic, task_id, payload, reason, attempts)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[])
ON CONFLICT (event_id, consumer_group) DO UPDATE
    SET reason = excluded.reason, attempts = dead_letters.attempts + excluded.attempts,
        dead_at = now(), replay_requested_at = NULL
"""
# Dead letters, the newest first, of one group or of all.
_LIST: Final = """
SELECT event_id, consumer_group, topic, task_id, payload, reason, attempts, dead_at, replay_requested_at
FROM dead_letters
WHERE ($1::text IS NULL OR consumer_group = $1) AND ($2::uuid IS NULL OR event_id = $2)
ORDER BY dead_at DESC, event_id LIMIT $3
"""
# Asks the group's service to try again.
_REQUEST: Final = """
UPDATE dead_letters SET replay_requested_at = now()
WHERE ($1::text IS NULL OR consumer_group = $1) AND ($2::uuid[] IS NULL OR event_id = ANY($2))
"""
# What a group was asked to try again, the oldest request first.
_REQUESTED: Final = """
SELECT event_id, payload FROM dead_letters
WHERE consumer_group = $1 AND replay_requested_at IS NOT NULL
ORDER BY replay_requested_at, dead_at LIMIT $2
"""
# A replay that worked.
_DONE: Final = "DELETE FROM dead_letters WHERE consumer_group = $1 AND event_id = ANY($2::uuid[])"
# A replay that failed once more.
_FAILED: Final = """
UPDATE dead_letters SET attempts = attempts + 1, reason = $3, replay_requested_at = NULL
WHERE consumer_group = $1 AND event_id = $2
"""
# How many a group has.
_COUNT: Final = "SELECT count(*) FROM dead_letters WHERE consumer_group = $1"


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """An event a group gave up on. `payload` is what arrived, decodable or not; `event_id` and `task_id` if known."""

    event_id: uuid.UUID
    consumer_group: str
    topic: str
    task_id: str | None
    payload: str
    reason: str
    attempts: int
    dead_at: datetime | None = None
    replay_requested_at: datetime | None = None


def unidentified(payload: str) -> uuid.UUID:
    """An id for something that names none: the same for the same content, so that it is stored once."""
    return uuid.uuid5(_NAMESPACE, payload)


async def add_dead_letters(connection: Connection, letters: Sequence[DeadLetter]) -> None:
    """Keep `letters`, within the transaction `connection` is in."""
    if not letters:
        return
    await connection.execute(
        _ADD,
        [letter.event_id for letter in letters],
        [letter.consumer_group for letter in letters],
        [letter.topic for letter in letters],
        [None if letter.task_id is None else keepable(letter.task_id) for letter in letters],
        [keepable(letter.payload) for letter in letters],
        [keepable(letter.reason)[:2000] for letter in letters],
        [letter.attempts for letter in letters],
    )
    for letter in letters:
        DEAD_LETTERS.labels(letter.consumer_group).inc()
        log.error(
            "dead_letter",
            group=letter.consumer_group,
            event_id=str(letter.event_id),
            topic=letter.topic,
            attempts=letter.attempts,
            reason=letter.reason,
        )


async def letters(
    database: Database, *, group: str | None = None, event_id: uuid.UUID | None = None, limit: int = 100
) -> list[DeadLetter]:
    """Dead letters, the newest first."""
    rows = await database.fetch(_LIST, group, event_id, limit)
    return [msgspec.convert(dict(row), DeadLetter) for row in rows]


async def request_replay(
    database: Database, *, group: str | None = None, event_ids: Sequence[uuid.UUID] | None = None
) -> int:
    """Ask for another try of a group's letters, or of these, or of all. Returns how many were found."""
    status = await database.execute(_REQUEST, group, list(event_ids) if event_ids is not None else None)
    return int(status.rsplit(" ", 1)[-1])


class Replayer:
    """Hands a group's requested letters to its handler, under either transport, within seconds of the request."""

    def __init__(self, database: Database, subscription: Subscription) -> None:
        self._database = database
        self._subscription = subscription

    async def run(self) -> None:
        """For ever, until cancelled; from when the database has first answered."""
        await self._database.opened()
        try:
            await every(_POLL_SECONDS, self._turn, name="dead letters", outage=self._forget)
        finally:
            self._forget()

    async def _turn(self) -> bool:
        replayed = await self.replay_requested()
        held = await self._database.fetchval(_COUNT, self._subscription.group)
        DEAD_LETTERS_HELD.labels(self._subscription.group).set(held)
        return bool(replayed)

    def _forget(self) -> None:
        DEAD_LETTERS_HELD.remove(self._subscription.group)

    async def replay_requested(self) -> int:
        """One round; returns how many letters were tried."""
        group = self._subscription.group
        rows = await self._database.fetch(_REQUESTED, group, _BATCH)
        for row in rows:
            reason = await self._try(row["payload"])
            if reason is None:
                await self._database.execute(_DONE, group, [row["event_id"]])
                log.info("dead_letter_replayed", group=group, event_id=str(row["event_id"]))
            else:
                await self._database.execute(_FAILED, group, row["event_id"], reason)
                log.warning("dead_letter_replay_failed", group=group, event_id=str(row["event_id"]), reason=reason)
        return len(rows)

    async def _try(self, payload: str) -> str | None:
        """Why it failed again, or None. Raises outages."""
        try:
            envelope = decode(payload)
        except UndecodableEventError as error:
            return reason_of(error)
        try:
            outcome = (await deliver(self._subscription, [envelope]))[0]
        except Exception as error:
            # The replayer of a group outlives whatever its handler raises.
            if is_outage(error):
                raise
            return reason_of(error)
        return None if outcome.verdict is Verdict.SUCCESS else outcome.reason or outcome.verdict.value
