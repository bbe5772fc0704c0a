"""Tasks in the database, with the events of them."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from e2e.bench.makers import created, make_task
from e2e.bench.storage import opened
from taskflow_core.events.model import TaskCreated

_INSERT = """
INSERT INTO tasks (id, user_id, title, completed, created_at, updated_at, due_date, due_all_day, recurrence_timezone,
    reminder_config)
SELECT id, $2, 'Water the plants', false, $4::timestamptz, $4::timestamptz, due_at, false, 'Europe/Berlin', $5::jsonb
FROM unnest($1::text[], $3::timestamptz[]) AS row (id, due_at)
"""


async def make_tasks(
    url: str, count: int, *, dues: Sequence[datetime] | None = None, reminders: Sequence[str] = ("P1D", "PT1H")
) -> list[TaskCreated]:
    """Tasks of a new user in the database, with the events that chat-api publishes of them."""
    now, user = datetime.now(UTC), str(uuid.uuid4())
    tasks = [
        make_task(
            user_id=user,
            due_at=dues[number] if dues else now + timedelta(days=2, seconds=number),
            recurrence_timezone="Europe/Berlin",
            reminders=list(reminders),
            created_at=now,
            updated_at=now,
        )
        for number in range(count)
    ]
    ids, times = [task.id for task in tasks], [task.due_at for task in tasks]
    async with opened(url) as database:
        await database.execute("INSERT INTO users VALUES ($1, $1, 'x', now(), now())", user)
        await database.execute(_INSERT, ids, user, times, now, msgspec.json.encode(list(reminders)).decode())
    return [created(task) for task in tasks]
