"""Clears the outbox: an event leaves it once the audit trail holds it, and is published again when that takes long."""

from typing import Final

import structlog

from taskflow_core.database.pool import Database
from taskflow_core.events.topics import AUDIT_LOGGER, ServiceName
from taskflow_core.periodic import every
from taskflow_core.telemetry.metrics import OUTBOX_OLDEST_AGE, OUTBOX_PENDING, REPUBLISHED

log = structlog.get_logger(__name__)

_SECONDS: Final = 2.0
_BATCH: Final = 2000

# Removes what the audit trail holds.
_AUDITED: Final = """
DELETE FROM outbox WHERE seq IN (
    SELECT o.seq FROM outbox o
    JOIN task_events e ON e.event_id = o.event_id AND e.occurred_at = o.occurred_at
    WHERE o.producer = $1 AND o.published_at IS NOT NULL
    LIMIT $2
)
"""
# Sends again what the audit trail should hold by now: each time after twice as long, and not while the audit group has
# it in hand or has given it up: those must not count among the batch, where they would be in the way for ever.
_REPUBLISH: Final = """
UPDATE outbox SET published_at = NULL
WHERE seq IN (
    SELECT o.seq FROM outbox o
    WHERE o.producer = $1
        AND o.published_at < now() - make_interval(secs => $2 * 2 ^ least(o.publish_count - 1, 6))
        AND NOT EXISTS (SELECT 1 FROM embedded_deliveries d WHERE d.event_id = o.event_id AND d.consumer_group = $4)
        AND NOT EXISTS (SELECT 1 FROM dead_letters l WHERE l.event_id = o.event_id AND l.consumer_group = $4)
    ORDER BY o.seq LIMIT $3
)
"""
# What waits, and since when.
_STATE: Final = """
SELECT count(*) FILTER (WHERE published_at IS NULL) AS pending,
    coalesce(extract(epoch FROM now() - min(created_at)), 0)::float AS oldest
FROM outbox WHERE producer = $1
"""


class Purge:
    """Runs beside a producer's relay, under the same lease."""

    def __init__(self, database: Database, producer: ServiceName, *, republish_after: float) -> None:
        self._database = database
        self._producer = producer
        self._republish_after = republish_after

    async def run(self) -> None:
        """For ever, until cancelled. Outages are waited out."""
        try:
            await every(_SECONDS, self._turn, name="purge", outage=self._forget)
        finally:
            # Whoever takes over the lease measures from now on.
            self._forget()

    async def _turn(self) -> bool:
        """One round; whether there is more to remove."""
        removed = await self.remove_audited()
        await self.republish_missing()
        state = await self._database.fetchrow(_STATE, self._producer)
        if state is not None:
            OUTBOX_PENDING.labels(self._producer).set(state["pending"])
            OUTBOX_OLDEST_AGE.labels(self._producer).set(state["oldest"])
        return removed >= _BATCH

    def _forget(self) -> None:
        """What is not known now is not told: a last value that stays would alarm for nothing, or never."""
        OUTBOX_PENDING.remove(self._producer)
        OUTBOX_OLDEST_AGE.remove(self._producer)

    async def remove_audited(self) -> int:
        """Remove one batch of what the audit trail holds; returns how many."""
        status = await self._database.execute(_AUDITED, self._producer, _BATCH)
        return int(status.rsplit(" ", 1)[-1])

    async def republish_missing(self) -> int:
        """Mark one batch of what the audit trail lacks to be published again; returns how many."""
        status = await self._database.execute(
            _REPUBLISH, self._producer, float(self._republish_after), _BATCH, AUDIT_LOGGER
        )
        count = int(status.rsplit(" ", 1)[-1])
        if count:
            REPUBLISHED.labels(self._producer).inc(count)
            log.warning("events_published_again", producer=self._producer, count=count)
        return count
