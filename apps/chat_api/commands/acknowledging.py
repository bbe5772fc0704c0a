"""Acknowledging a task's reminders."""

from datetime import datetime
from typing import Final

from chat_api.commands import store
from taskflow_core.database.pool import Connection
from taskflow_core.domain import reminders
from taskflow_core.domain.errors import TaskNotFoundError
from taskflow_core.domain.task import Task

# A task's reminders for one due date, seen: none of them fires again, whether its row was there already or not.
_ACKNOWLEDGE: Final = """
INSERT INTO reminder_schedule (task_id, user_id, reminder_offset, due_at, scheduled_at, fire_at, status, task_version,
    acknowledged_at)
SELECT $1, $2, row.reminder_offset, $3, row.scheduled_at, row.scheduled_at, 'acknowledged', $4, $5
FROM unnest($6::text[], $7::timestamptz[]) AS row (reminder_offset, scheduled_at)
ON CONFLICT (task_id, due_at, reminder_offset) DO UPDATE
    SET status = 'acknowledged', acknowledged_at = excluded.acknowledged_at, updated_at = now()
    WHERE reminder_schedule.status <> 'acknowledged'
"""


async def acknowledge(connection: Connection, user_id: str, task_id: str, now: datetime) -> Task:
    """Stop the reminders of a task's present due date: those sent are seen, those to come do not come.

    Works in the transaction its connection is in. Raises TaskNotFoundError.
    """
    locked = await store.lock(connection, user_id, task_id, now)
    if locked is None:
        raise TaskNotFoundError
    task = locked.as_it_stands
    if task.due is not None:
        planned = reminders.plan(task.due, task.reminders)
        await connection.execute(
            _ACKNOWLEDGE,
            task_id,
            user_id,
            task.due_at,
            task.version,
            now,
            [reminder.offset for reminder in planned],
            [reminder.at for reminder in planned],
        )
    return task
