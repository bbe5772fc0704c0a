"""Fires what is due: claims rows and appends their events in one transaction, so that each is sent once or not yet."""

import uuid
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Final, Literal

import asyncpg
import structlog

from reminder_service.metrics import CANCELLED, FIRED, LATENESS
from taskflow_core.bus import outbox
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.events.model import ReminderTriggered
from taskflow_core.events.topics import REMINDER_SERVICE
from taskflow_core.telemetry import tracing

log = structlog.get_logger(__name__)

BATCH: Final = 500
"""Reminders claimed in one transaction."""

LATE: Final = timedelta(seconds=60)
"""What is sent this much after its time says that it is late."""

# Due reminders whose task is open and due as they say, locked with the task. What another has locked is left for the
# next try: a replica that claims it, or a change of the task that may take away its reason.
_LOCK_DUE: Final = """
SELECT r.id FROM reminder_schedule r JOIN tasks t ON t.id = r.task_id
WHERE r.status = 'pending' AND r.fire_at <= $1 AND NOT t.completed AND t.due_date = r.due_at
ORDER BY r.fire_at, r.id LIMIT $2
FOR NO KEY UPDATE OF t, r SKIP LOCKED
"""
# The claim, with the versions of the tasks as they are now that they are locked.
_CLAIM: Final = """
UPDATE reminder_schedule r SET status = 'sent', fired_at = $2, event_id = gen_random_uuid(), updated_at = now()
WHERE r.id = ANY($1::uuid[]) AND r.status = 'pending'
RETURNING r.id, r.event_id, r.task_id, r.user_id, r.reminder_offset, r.due_at, r.fire_at, r.scheduled_at,
    r.snoozed_until, coalesce((SELECT s.version FROM task_shadow s WHERE s.task_id = r.task_id), 0) AS version
"""
# Whether anything due is still pending.
_LEFT: Final = "SELECT EXISTS (SELECT FROM reminder_schedule WHERE status = 'pending' AND fire_at <= $1)"
# Due reminders whose task is completed, gone, or due at another time.
_CANCEL: Final = """
UPDATE reminder_schedule r SET status = 'cancelled', updated_at = now(),
    task_version = greatest(r.task_version, (SELECT s.version FROM task_shadow s WHERE s.task_id = r.task_id))
WHERE r.status = 'pending' AND r.id IN (
    SELECT due.id FROM reminder_schedule due
    WHERE due.status = 'pending' AND due.fire_at <= $1 AND NOT EXISTS (
        SELECT FROM tasks t WHERE t.id = due.task_id AND NOT t.completed AND t.due_date = due.due_at
    )
    ORDER BY due.fire_at, due.id LIMIT $2
    FOR NO KEY UPDATE SKIP LOCKED
)
"""


class Firing:
    """Sends due reminders, however many replicas do so at once."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def fire_due(self) -> bool:
        """Send all that is due by now. Returns whether something due is left, because another has it locked.

        Raises outages; what was not sent then is still pending.
        """
        run = uuid.uuid4().hex
        with tracing.span("reminders fire") if tracing.enabled() else nullcontext():
            while await self._fire_batch(run) == BATCH:
                pass
        if not await self._database.fetchval(_LEFT, self._clock.now()):
            return False
        await self._cancel_unwanted()
        return bool(await self._database.fetchval(_LEFT, self._clock.now()))

    async def _fire_batch(self, run: str) -> int:
        now = self._clock.now()
        async with self._database.transaction() as connection:
            due = await connection.fetch(_LOCK_DUE, now, BATCH)
            if not due:
                return 0
            claimed = await connection.fetch(_CLAIM, [row["id"] for row in due], now)
            events = sorted((_event(row, now, run) for row in claimed), key=lambda event: event.scheduled_at)
            await outbox.append(connection, REMINDER_SERVICE, events)
        _count(events)
        return len(due)

    async def _cancel_unwanted(self) -> None:
        while True:
            status = await self._database.execute(_CANCEL, self._clock.now(), BATCH)
            count = int(status.removeprefix("UPDATE "))
            CANCELLED.inc(count)
            if count < BATCH:
                return


def _event(row: asyncpg.Record, now: datetime, run: str) -> ReminderTriggered:
    snoozed = row["snoozed_until"] is not None
    scheduled_at: datetime = row["fire_at"] if snoozed else row["scheduled_at"]
    kind: Literal["due", "before_due", "snoozed"] = (
        "snoozed" if snoozed else "due" if row["reminder_offset"] == "PT0S" else "before_due"
    )
    return ReminderTriggered(
        event_id=str(row["event_id"]),
        timestamp=now,
        user_id=row["user_id"],
        actor_id=REMINDER_SERVICE,
        task_id=row["task_id"],
        version=row["version"],
        correlation_id=run,
        reminder_id=str(row["id"]),
        reminder_type=kind,
        due_date=row["due_at"],
        offset=row["reminder_offset"],
        scheduled_at=scheduled_at,
        fired_at=now,
        late=now - scheduled_at > LATE,
    )


def _count(events: Sequence[ReminderTriggered]) -> None:
    for event in events:
        FIRED[event.late].inc()
        LATENESS.observe(max(0.0, (event.fired_at - event.scheduled_at).total_seconds()))
    log.info("reminders_fired", count=len(events), late=sum(event.late for event in events))
