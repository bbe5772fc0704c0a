"""Tasks as chat-api writes them, with the events it would publish, and what the reminder service sent."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import msgspec

from reminder_service.alarm import Alarm
from reminder_service.firing import Firing
from reminder_service.handlers import make_handler
from reminder_service.reconcile import Reconciler
from reminder_service.reminders import Reminders
from reminder_service.schedule import Schedule
from taskflow_core.bus.port import Verdict
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.domain.due import due_text
from taskflow_core.domain.task import Task
from taskflow_core.events.envelope import decode
from taskflow_core.events.model import (
    Change,
    Event,
    ReminderTriggered,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskUpdated,
)

NOON: Final = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

_INSERT = """
WITH made AS (
    INSERT INTO tasks (id, user_id, title, completed, created_at, updated_at, due_date, due_all_day,
        recurrence_timezone, reminder_config)
    SELECT id, $1, title, false, $4::timestamptz, $4::timestamptz, due_at, all_day, zone, reminders::jsonb
    FROM unnest($2::text[], $3::text[], $5::timestamptz[], $6::boolean[], $7::text[], $8::text[])
        AS row (id, title, due_at, all_day, zone, reminders)
)
INSERT INTO task_shadow (task_id, user_id, version, title, completed)
SELECT id, $1, 1, title, false FROM unnest($2::text[], $3::text[]) AS row (id, title)
"""
_UPDATE = """
WITH changed AS (
    UPDATE tasks SET title = $2, completed = $3, updated_at = $4::timestamptz, due_date = $5, due_all_day = $6,
        recurrence_timezone = $7, reminder_config = $8::jsonb
    WHERE id = $1
)
UPDATE task_shadow SET version = $9, title = $2, completed = $3 WHERE task_id = $1
"""


class World:
    """One user's tasks in the test's database. Each change returns the event that chat-api publishes of it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.user_id = ""

    async def new_user(self) -> str:
        self.user_id = str(uuid.uuid4())
        await self.database.execute(
            "INSERT INTO users VALUES ($1, $2, 'x', now(), now())", self.user_id, f"{self.user_id}@example.com"
        )
        return self.user_id

    async def create(
        self, due: datetime | None, *reminders: str, all_day: bool = False, zone: str = "UTC"
    ) -> TaskCreated:
        """A task with these reminders (canonical offsets)."""
        return (await self.create_many([due], *reminders, all_day=all_day, zone=zone))[0]

    async def create_many(
        self, dues: Sequence[datetime | None], *reminders: str, all_day: bool = False, zone: str = "UTC"
    ) -> list[TaskCreated]:
        now = self.clock.now()
        tasks = [
            Task(
                id=str(uuid.uuid4()),
                user_id=self.user_id,
                title="Water the plants",
                description=None,
                completed=False,
                due_date=None if due is None else due_text(due, all_day, zone),
                due_at=due,
                due_all_day=all_day,
                recurrence_timezone=zone,
                reminders=list(reminders),
                version=1,
                created_at=now,
                updated_at=now,
            )
            for due in dues
        ]
        await self.database.execute(
            _INSERT,
            self.user_id,
            [task.id for task in tasks],
            [task.title for task in tasks],
            now,
            list(dues),
            [task.due_all_day for task in tasks],
            [task.recurrence_timezone for task in tasks],
            [_config(task) for task in tasks],
        )
        return [TaskCreated(task=task, **self._happened(task)) for task in tasks]

    async def change(self, task: Task, **fields: Any) -> TaskUpdated:
        """Edit a task: title, due_at, due_all_day, recurrence_timezone, reminders, or completed=False to reopen."""
        after = msgspec.structs.replace(task, **fields, version=task.version + 1, updated_at=self.clock.now())
        if after.due_at is not None:
            text = due_text(after.due_at, after.due_all_day, after.recurrence_timezone)
            after = msgspec.structs.replace(after, due_date=text)
        await self._write(after)
        changes = {
            field: Change(getattr(task, field), getattr(after, field))
            for field in ("title", "completed", "due_date", "due_all_day", "recurrence_timezone", "reminders")
            if getattr(task, field) != getattr(after, field)
        }
        return TaskUpdated(changes=changes, task=after, **self._happened(after))

    async def complete(self, task: Task) -> TaskCompleted:
        after = msgspec.structs.replace(task, completed=True, version=task.version + 1, updated_at=self.clock.now())
        await self._write(after)
        return TaskCompleted(completed_at=self.clock.now(), task=after, **self._happened(after))

    async def delete(self, task: Task) -> TaskDeleted:
        await self.database.execute("DELETE FROM tasks WHERE id = $1", task.id)
        gone = msgspec.structs.replace(task, version=task.version + 1)
        return TaskDeleted(deleted_at=self.clock.now(), **self._happened(gone))

    async def sent(self) -> list[ReminderTriggered]:
        """What the service has published or is about to, in the order it was appended."""
        rows = await self.database.fetch("SELECT payload FROM outbox WHERE producer = 'reminder-service' ORDER BY seq")
        events = [decode(row["payload"]).data for row in rows]
        assert all(isinstance(event, ReminderTriggered) for event in events)
        return [event for event in events if isinstance(event, ReminderTriggered)]

    async def rows(self, task: Task | None = None) -> list[asyncpg.Record]:
        return await self.database.fetch(
            "SELECT * FROM reminder_schedule WHERE $1::text IS NULL OR task_id = $1 ORDER BY fire_at, id",
            None if task is None else task.id,
        )

    async def statuses(self, task: Task) -> dict[str, str]:
        """Each offset of the task's present due date with its status."""
        return {row["reminder_offset"]: row["status"] for row in await self.rows(task) if row["due_at"] == task.due_at}

    async def _write(self, task: Task) -> None:
        await self.database.execute(
            _UPDATE,
            task.id,
            task.title,
            task.completed,
            task.updated_at,
            task.due_at,
            task.due_all_day,
            task.recurrence_timezone,
            _config(task),
            task.version,
        )

    def _happened(self, task: Task) -> dict[str, Any]:
        return {
            "event_id": str(uuid.uuid4()),
            "timestamp": self.clock.now(),
            "user_id": task.user_id,
            "actor_id": task.user_id,
            "task_id": task.id,
            "version": task.version,
            "correlation_id": "a-test",
        }


class Replica:
    """One reminder service without its loops: the test says when it hears, fires and reconciles."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.alarm = Alarm()
        self.schedule = Schedule(database, clock, self.alarm)
        self.firing = Firing(database, clock)
        self.reconciler = Reconciler(database, clock, self.alarm, self.schedule)
        self.reminders = Reminders(database, clock, self.alarm)
        self._handler = make_handler(self.schedule)

    async def hear(self, *events: Event) -> None:
        """Handle events, in one batch."""
        outcomes = await self._handler(events)
        assert [outcome.verdict for outcome in outcomes] == [Verdict.SUCCESS] * len(events)

    async def fire(self) -> None:
        """Send what is due."""
        assert not await self.firing.fire_due()


def _config(task: Task) -> str | None:
    return msgspec.json.encode(task.reminders).decode() if task.reminders else None


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
