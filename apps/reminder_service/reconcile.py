"""Compares memory and schedule with the tasks: what was missed while nobody listened, or changed without an event.

Keyset batches, so that neither a large table nor a long list of reminders is ever in one statement.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from reminder_service.alarm import Alarm
from reminder_service.heap import CAPACITY
from reminder_service.metrics import LOOKS, RECONCILED
from reminder_service.schedule import Schedule
from taskflow_core.database.clock import clocks_agree
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock

log = structlog.get_logger(__name__)

WINDOW: Final = timedelta(seconds=90)
"""How far ahead the frequent look at the schedule goes: three times the time between two looks."""

KEPT: Final = timedelta(days=90)
"""How long rows are kept that say nothing about a task's present due date."""

_BATCH: Final = 5_000
_TASKS_AT_ONCE: Final = 500
_FORGET_BATCH: Final = 1_000
_FIRST_ID: Final = UUID(int=0)
_FIRST_TIME: Final = datetime(1, 1, 1, tzinfo=UTC)
# An all-day task is overdue at the end of its day; until then its reminders may still be wanted.
_LONGEST_DAY: Final = timedelta(hours=26)

# Pending reminders whose time is near, the soonest first.
_NEAR: Final = """
SELECT id, fire_at FROM reminder_schedule WHERE status = 'pending' AND fire_at <= $1 ORDER BY fire_at, id LIMIT $2
"""
# The next pending reminders in order, each with whether its task no longer wants it.
_PENDING: Final = """
SELECT r.id, r.task_id, r.fire_at, t.id IS NULL OR t.completed OR t.due_date IS DISTINCT FROM r.due_at
    OR NOT coalesce(t.reminder_config ? r.reminder_offset, false) AS unwanted
FROM (
    SELECT id, task_id, fire_at, due_at, reminder_offset FROM reminder_schedule
    WHERE status = 'pending' AND (fire_at, id) > ($1, $2) ORDER BY fire_at, id LIMIT $3
) r LEFT JOIN tasks t ON t.id = r.task_id
ORDER BY r.fire_at, r.id
"""
# The next open tasks with reminders in order, each with whether the schedule lacks one of them or has it elsewhere.
_OPEN: Final = """
SELECT t.id, EXISTS (
    SELECT FROM jsonb_array_elements_text(t.reminder_config) AS wanted (reminder_offset)
    LEFT JOIN reminder_schedule r
        ON r.task_id = t.id AND r.due_at = t.due_date AND r.reminder_offset = wanted.reminder_offset
    WHERE r.id IS NULL
        OR r.status = 'cancelled' AND t.due_date > $3
        OR r.status = 'pending' AND (r.timezone, r.due_all_day)
            IS DISTINCT FROM (coalesce(t.recurrence_timezone, 'UTC'), coalesce(t.due_all_day, false))
) AS differs
FROM tasks t
WHERE t.id > $1 AND t.reminder_config IS NOT NULL AND NOT t.completed ORDER BY t.id LIMIT $2
"""
# Rows of old that no longer matter: their task is gone, done, or due at another time.
_FORGET: Final = """
DELETE FROM reminder_schedule WHERE id IN (
    SELECT r.id FROM reminder_schedule r
    WHERE r.status <> 'pending' AND r.updated_at < $1 AND NOT EXISTS (
        SELECT FROM tasks t WHERE t.id = r.task_id AND NOT t.completed AND t.due_date = r.due_at
    )
    ORDER BY r.updated_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
"""


class Reconciler:
    """Sets the alarm from the schedule, and the schedule from the tasks."""

    def __init__(self, database: Database, clock: Clock, alarm: Alarm, schedule: Schedule) -> None:
        self._database = database
        self._clock = clock
        self._alarm = alarm
        self._schedule = schedule

    async def look_ahead(self) -> None:
        """Set the alarm for what is due or soon will be, whoever planned it. Raises outages."""
        near = await self._database.fetch(_NEAR, self._clock.now() + WINDOW, CAPACITY)
        self._alarm.set((row["id"], row["fire_at"]) for row in near)
        LOOKS.inc()

    async def reconcile(self) -> int:
        """Compare everything, and forget old rows; returns how many tasks differed. Raises outages."""
        differing = await self._compare_pending()
        LOOKS.inc()
        differing += await self._compare_tasks()
        if differing:
            RECONCILED.inc(differing)
            log.info("reminders_reconciled", tasks=differing)
        await self._forget()
        return differing

    async def _compare_pending(self) -> int:
        """Go through the pending reminders: into memory as many as it takes, the unwanted ones out of the schedule."""
        differing, last = 0, (_FIRST_TIME, _FIRST_ID)
        while True:
            rows = await self._database.fetch(_PENDING, *last, _BATCH)
            self._alarm.set((row["id"], row["fire_at"]) for row in rows if not row["unwanted"])
            differing += await self._follow(list(dict.fromkeys(row["task_id"] for row in rows if row["unwanted"])))
            if len(rows) < _BATCH:
                return differing
            last = (rows[-1]["fire_at"], rows[-1]["id"])

    async def _compare_tasks(self) -> int:
        """Go through the open tasks with reminders."""
        differing, last = 0, ""
        while True:
            rows = await self._database.fetch(_OPEN, last, _BATCH, self._clock.now() - _LONGEST_DAY)
            differing += await self._follow([row["id"] for row in rows if row["differs"]])
            if len(rows) < _BATCH:
                return differing
            last = rows[-1]["id"]

    async def _follow(self, tasks: list[str]) -> int:
        for start in range(0, len(tasks), _TASKS_AT_ONCE):
            await self._schedule.follow(dict.fromkeys(tasks[start : start + _TASKS_AT_ONCE]))
        return len(tasks)

    async def _forget(self) -> None:
        async with self._database.acquire() as connection:
            if not await clocks_agree(connection, self._clock):
                return  # one of the two is wrong: nothing is thrown away for its age
        before = self._clock.now() - KEPT
        while await self._database.execute(_FORGET, before, _FORGET_BATCH) == f"DELETE {_FORGET_BATCH}":
            pass
