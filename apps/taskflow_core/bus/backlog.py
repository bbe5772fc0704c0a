"""What of the events is still on its way: in the outbox, in the audit trail not yet, given up. Read by operators."""

from typing import Final

import msgspec

from taskflow_core.database.pool import Database
from taskflow_core.events.topics import AUDIT_LOGGER

# Events that the audit trail lacks, by producer; those it gave up are counted among the dead letters.
_ON_THEIR_WAY: Final = """
SELECT o.producer, count(*) FILTER (WHERE o.published_at IS NULL) AS unpublished,
    count(*) FILTER (WHERE o.published_at IS NOT NULL) AS unrecorded,
    coalesce(extract(epoch FROM now() - min(o.created_at)), 0)::float AS oldest_seconds
FROM outbox o
WHERE NOT EXISTS (SELECT 1 FROM task_events e WHERE e.event_id = o.event_id AND e.occurred_at = o.occurred_at)
    AND NOT EXISTS (SELECT 1 FROM dead_letters l WHERE l.event_id = o.event_id AND l.consumer_group = $1)
GROUP BY o.producer ORDER BY o.producer
"""
# Dead letters by consumer group.
_GIVEN_UP: Final = "SELECT consumer_group, count(*) AS held FROM dead_letters GROUP BY consumer_group ORDER BY 1"
# What the audit trail lacks, to be published again at once, as if it had never been.
_REPUBLISH: Final = """
UPDATE outbox o SET published_at = NULL
WHERE o.published_at < now() - make_interval(secs => $2)
    AND NOT EXISTS (SELECT 1 FROM task_events e WHERE e.event_id = o.event_id AND e.occurred_at = o.occurred_at)
    AND NOT EXISTS (SELECT 1 FROM embedded_deliveries d WHERE d.event_id = o.event_id AND d.consumer_group = $1)
    AND NOT EXISTS (SELECT 1 FROM dead_letters l WHERE l.event_id = o.event_id AND l.consumer_group = $1)
"""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one producer that the audit trail does not hold yet.

    `unpublished` the transport has not taken; `unrecorded` it has. `oldest_seconds` is the age of the oldest of both.
    """

    producer: str
    unpublished: int
    unrecorded: int
    oldest_seconds: float


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """What is on its way or given up. `unpublished_changes` counts tasks that Phase IV changed without an event yet."""

    waiting: list[Waiting] = []
    dead_letters: dict[str, int] = {}
    unpublished_changes: int | None = None

    @property
    def unpublished(self) -> int:
        """Events that the transport has not taken."""
        return sum(producer.unpublished for producer in self.waiting)

    @property
    def unrecorded(self) -> int:
        """Events that the transport has and the audit trail has not: how far its consumer lags."""
        return sum(producer.unrecorded for producer in self.waiting)

    @property
    def oldest_seconds(self) -> float:
        """Age of the oldest event on its way; 0 when there is none."""
        return max((producer.oldest_seconds for producer in self.waiting), default=0.0)


async def backlog(database: Database) -> Backlog:
    """What is on its way now, `unpublished_changes` left out."""
    waiting = await database.fetch(_ON_THEIR_WAY, AUDIT_LOGGER)
    given_up = await database.fetch(_GIVEN_UP)
    return Backlog(
        waiting=[msgspec.convert(dict(row), Waiting) for row in waiting],
        dead_letters={row["consumer_group"]: row["held"] for row in given_up},
    )


async def republish(database: Database, *, older_than: float) -> int:
    """Have the relays publish again what they published `older_than` seconds ago and the audit trail lacks.

    For a transport that lost what it had: the purge would do the same, later. Consumers know each event by its id, so
    that one which was merely slow deals with it once. Returns how many.
    """
    status = await database.execute(_REPUBLISH, AUDIT_LOGGER, float(older_than))
    return int(status.rsplit(" ", 1)[-1])
