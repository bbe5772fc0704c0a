"""What readers may have missed: events in the audit trail, and tasks as they are now."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from taskflow_core.database.pool import Database
from taskflow_core.events.model import Event, ReminderTriggered

_APPEND = """
SELECT audit_record($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
    $8::text[], $9::text[], '{}', '{}')
"""


def at(event: Any, moment: datetime) -> Any:
    """The event as it would be had it happened then."""
    return msgspec.structs.replace(event, timestamp=moment)


async def record(database: Database, *events: Event) -> None:
    """Put events into the audit trail."""
    await database.execute(
        _APPEND,
        [e.event_id for e in events],
        [e.observed for e in events],
        [e.event_type for e in events],
        [e.task_id for e in events],
        [e.user_id for e in events],
        [e.actor_id for e in events],
        [e.version for e in events],
        [e.correlation_id for e in events],
        [_data(e) for e in events],
    )


def _data(event: Event) -> str:
    fields = msgspec.to_builtins(event)
    kept = ("reminder_id", "reminder_type", "due_date", "offset", "scheduled_at", "fired_at", "late")
    data = {k: fields[k] for k in kept} if isinstance(event, ReminderTriggered) else {}
    if event.observed != event.timestamp:
        data["timestamp"] = fields["timestamp"]
    return msgspec.json.encode(data).decode()


async def keep_task(database: Database, user_id: str, task_id: str, version: int, title: str = "As it is now") -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO users VALUES ($1, $3, 'x', $2, $2) ON CONFLICT DO NOTHING",
            user_id,
            now,
            f"{user_id}@example.org",
        )
        await connection.execute(
            "INSERT INTO tasks (id, user_id, title, description, completed, created_at, updated_at) "
            "VALUES ($1, $2, $3, 'All of them', false, $4, $4)",
            task_id,
            user_id,
            title,
            now,
        )
        await connection.execute(
            "INSERT INTO task_shadow (task_id, user_id, version, title, completed) VALUES ($1, $2, $3, $4, false)",
            task_id,
            user_id,
            version,
            title,
        )
