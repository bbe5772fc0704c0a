"""What the bus did not bring: every few seconds what came is compared with the audit trail.

An instance's consumer group starts at newest. So in a partition that never brought it anything it has no place to go on
from after its sidecar or the broker was away, and a broker that loses its disk takes every place with it: what was
published meanwhile does not come. The trail holds it, and streams stay open meanwhile, so their readers must be told.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import asyncpg
import structlog

from notification_service import metrics
from notification_service.hub import Hub
from notification_service.notes import Note
from notification_service.present import present_tasks
from notification_service.replay import Past, missed_frame, past_of
from taskflow.database.pool import OUTAGES, Database

log = structlog.get_logger(__name__)

_EVERY_SECONDS: Final = 5.0
_GRACE_SECONDS: Final = 3.0
"""So long after it was recorded an event may still be on its way here."""

_BATCH: Final = 2_000

# Where the trail ends.
_HEAD: Final = "SELECT seq FROM audit_chain"
# What was recorded since, without what only just was.
_RECORDED: Final = """
SELECT chain_seq, event_id::text, user_id, type FROM task_events
WHERE chain_seq > $1 AND recorded_at < now() - make_interval(secs => $2)
ORDER BY chain_seq LIMIT $3
"""
# All that a frame tells of these events.
_EVENTS: Final = """
SELECT event_id, type, occurred_at, task_id, version, data, user_id FROM task_events
WHERE chain_seq = ANY($1::bigint[]) ORDER BY chain_seq
"""


class CatchUp:
    """Passes on to the hub what its users have not been told."""

    def __init__(self, database: Database, hub: Hub) -> None:
        self._database = database
        self._hub = hub
        self._position: int | None = None

    async def run(self) -> None:
        """For ever, until cancelled. While the database is away there is nothing to compare with."""
        await self._database.opened()
        while True:
            try:
                while await self.turn():
                    pass  # at once, as long as there is more
            except (*OUTAGES, asyncpg.PostgresError) as error:
                log.debug("catch_up_waits", reason=str(error) or type(error).__name__)
            await asyncio.sleep(_EVERY_SECONDS)

    async def turn(self, *, grace: float = _GRACE_SECONDS) -> bool:
        """Look at what was recorded since the last turn, up to `grace` seconds ago; whether there is more.

        Nobody waits for what was recorded while no stream was open: the next one begins with a replay, or anew.
        """
        if self._position is None or not len(self._hub):
            self._position = await self._database.fetchval(_HEAD)
            return False
        rows = await self._database.fetch(_RECORDED, self._position, grace, _BATCH)
        untold = [
            row["chain_seq"]
            for row in rows
            if not self._hub.ring.holds(row["event_id"]) and self._hub.here(row["user_id"], row["type"])
        ]
        if untold:
            await self._tell(untold)
        if rows:
            self._position = rows[-1]["chain_seq"]
        return len(rows) == _BATCH

    async def _tell(self, numbers: Sequence[int]) -> None:
        pasts = [past_of(row, row["user_id"]) for row in await self._database.fetch(_EVENTS, list(numbers))]
        tasks = await present_tasks(self._database, {past.task_id for past in pasts})
        now = time.monotonic()
        self._hub.publish(_note(past, missed_frame(past, tasks.get(past.task_id)).data, now) for past in pasts)
        metrics.CAUGHT_UP.inc(len(pasts))
        log.warning("events_from_the_trail", count=len(pasts), problem="the bus did not bring them")


def _note(past: Past, data: bytes, now: float) -> Note:
    return Note(past.event_id, past.user_id, past.task_id, past.version, past.kind, data, now)
