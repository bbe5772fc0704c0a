"""What the bus did not bring, or too late: every few seconds what came is compared with the audit trail.

An instance's consumer group starts at newest. So in a partition that never brought it anything it has no offset to go
on from after its sidecar or the broker was away, and a broker that loses its disk takes every offset with it: what was
published meanwhile does not come. The trail holds it, once, and streams stay open meanwhile, so their readers must be
sent it. Where it is not known any more whether something was sent, it is not sent twice.
"""

import time
from collections.abc import Sequence
from typing import Any, Final, get_args

import structlog

from notification_service import history, metrics
from notification_service.hub import Hub
from notification_service.past_events import PastEvent, missed_frame, of_row
from notification_service.recent_events import ReadyEvent
from notification_service.replay import OVERLAP_SECONDS
from notification_service.task_reader import read_tasks
from taskflow_core.database.pool import Database
from taskflow_core.events.model import EventType
from taskflow_core.periodic import every

log = structlog.get_logger(__name__)

_EVERY_SECONDS: Final = 5.0
_GRACE_SECONDS: Final = 3.0
"""So long after it was recorded an event may still be on its way here."""

_BATCH: Final = 2_000
_SENT_TOGETHER: Final = 200
_KINDS: Final = frozenset(get_args(EventType))
"""What users are sent. The trail also holds who read of it."""

# What was recorded since, without what only just was; how many seconds ago, and how many ago it was observed.
_RECORDED: Final = """
SELECT chain_seq, event_id::text, user_id, type, recorded_at,
    extract(epoch FROM now() - recorded_at)::float AS recorded_ago,
    extract(epoch FROM now() - occurred_at)::float AS observed_ago
FROM task_events
WHERE chain_seq > $1 AND recorded_at < now() - make_interval(secs => $2)
ORDER BY chain_seq LIMIT $3
"""
# All that a frame tells of these events.
_EVENTS: Final = """
SELECT event_id, type, occurred_at, task_id, version, data, user_id FROM task_events
WHERE chain_seq = ANY($1::bigint[]) ORDER BY chain_seq
"""


class CatchUp:
    """Passes on to the hub what its users have not been sent."""

    def __init__(self, database: Database, hub: Hub) -> None:
        self._database = database
        self._hub = hub
        self._position: int | None = None

    async def run(self) -> None:
        """For ever, until cancelled. While the database is away there is nothing to compare with."""
        await self._database.opened()
        await every(_EVERY_SECONDS, self.turn, name="catch-up")

    async def turn(self, *, grace: float = _GRACE_SECONDS) -> bool:
        """Look at what was recorded since the last turn, up to `grace` seconds ago; whether there is more.

        Nobody waits for what was recorded while no stream was open: the next one begins with a replay, or anew.
        """
        if self._position is None or not len(self._hub):
            await self._go_to_head()
            return False
        rows = await self._database.fetch(_RECORDED, self._position, grace, _BATCH)
        missing = self._missing(rows, time.monotonic())
        for start in range(0, len(missing), _SENT_TOGETHER):
            await self._send(missing[start : start + _SENT_TOGETHER])
        if rows:
            self._position = rows[-1]["chain_seq"]
            self._hub.reached(rows[-1]["recorded_at"])
        elif (await history.head(self._database)).seq < self._position:
            # Another database under the same name, or the same one as it was once.
            await self._go_to_head()
        return len(rows) == _BATCH

    async def _go_to_head(self) -> None:
        head = await history.head(self._database)
        self._position = head.seq
        self._hub.reached(head.recorded_at)

    def _missing(self, rows: Sequence[Any], now: float) -> list[int]:
        """The numbers of what some stream here lacks. `now` is no earlier than when the rows were read."""
        hub = self._hub
        missing: list[int] = []
        unknown = 0
        for row in rows:
            kind, event_id, user_id = row["type"], row["event_id"], row["user_id"]
            if kind not in _KINDS or hub.seen.holds(event_id) or not hub.here(user_id, kind):
                continue
            if not hub.lacks(user_id, event_id, now - row["recorded_ago"]):
                continue
            if now - row["observed_ago"] - OVERLAP_SECONDS <= hub.seen.since:
                unknown += 1
            else:
                missing.append(row["chain_seq"])
        if unknown:
            metrics.UNKNOWN.inc(unknown)
        return missing

    async def _send(self, numbers: Sequence[int]) -> None:
        past_events = [of_row(row) for row in await self._database.fetch(_EVENTS, list(numbers))]
        tasks = await read_tasks(self._database, {past.task_id for past in past_events})
        now, clock = time.monotonic(), self._hub.clock.now()
        missed = [(past, missed_frame(past, tasks.get(past.task_id), clock)) for past in past_events]
        events = [_ready(past, frame.data, now) for past, frame in missed if frame is not None]
        self._hub.publish(events)
        metrics.CAUGHT_UP.inc(len(events))
        log.warning("events_from_the_trail", count=len(events), problem="the bus did not bring them, or too late")


def _ready(past: PastEvent, data: bytes, now: float) -> ReadyEvent:
    return ReadyEvent(past.event_id, past.user_id, past.task_id, past.version, past.kind, data, now)
