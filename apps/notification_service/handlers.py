"""Takes events from the bus and passes them to the hub as notes, their frames already encoded."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import asyncpg
import structlog

from notification_service import frames
from notification_service.hub import Hub
from notification_service.notes import Note
from notification_service.present import present_tasks
from taskflow.bus.port import SUCCESS, Outcome
from taskflow.database.pool import OUTAGES, Database
from taskflow.domain.task import Task
from taskflow.events.model import Event, ReminderTriggered

log = structlog.get_logger(__name__)

_PATIENCE_SECONDS: Final = 1.0


class Notify:
    """The handler. It always succeeds: an event that reaches nobody now is replayed from the database."""

    def __init__(self, hub: Hub, database: Database) -> None:
        self.hub = hub
        self._database = database

    async def __call__(self, events: Sequence[Event]) -> Sequence[Outcome]:
        """What happened to tasks goes out at once, then reminders with their tasks' present state."""
        now = time.monotonic()
        reminders: list[ReminderTriggered] = []
        notes: list[Note] = []
        for event in events:
            if isinstance(event, ReminderTriggered):
                reminders.append(event)
            else:
                notes.append(_note(event, frames.task_frame(event), now))
        self.hub.publish(notes)
        if reminders:
            tasks = await self._tasks(reminders)
            now = time.monotonic()
            self.hub.publish(
                _note(event, frames.reminder_frame(event, tasks.get(event.task_id)), now) for event in reminders
            )
        return [SUCCESS] * len(events)

    async def _tasks(self, reminders: Sequence[ReminderTriggered]) -> dict[str, Task]:
        """The tasks of reminders that somebody here waits for; none when the database does not answer at once."""
        wanted = [r.task_id for r in reminders if self.hub.here(r.user_id, r.event_type)]
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await present_tasks(self._database, wanted)
        except (*OUTAGES, asyncpg.PostgresError) as error:
            # A reminder is worth more on time than with its task.
            log.warning("reminder_without_task", reason=str(error) or type(error).__name__)
            return {}


def _note(event: Event, data: bytes, now: float) -> Note:
    return Note(event.event_id, event.user_id, event.task_id, event.version, event.event_type, data, now)
