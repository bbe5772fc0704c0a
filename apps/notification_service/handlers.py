"""Takes events from the bus and passes them to the hub, their frames already encoded.

Only what is news goes out from here: what a stream that was open when it happened has not sent. An event that
comes later than that (a group that begins at an old offset, a bus that was away) may have been sent long ago. The audit
trail knows: it records each event once, and catch_up.py sends what it records.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import asyncpg
import structlog

from notification_service import frames
from notification_service.frames import LATE, TaskEvent
from notification_service.hub import Hub
from notification_service.recent_events import ReadyEvent
from notification_service.replay import OVERLAP_SECONDS
from notification_service.task_reader import descriptions, read_tasks
from taskflow_core.bus.port import SUCCESS, Outcome
from taskflow_core.database.outages import OUTAGES
from taskflow_core.database.pool import Database
from taskflow_core.domain.task import Task
from taskflow_core.events.model import Event, ReminderTriggered, TaskDeleted

log = structlog.get_logger(__name__)

_PATIENCE_SECONDS: Final = 1.0
_JUST_NOW: Final = timedelta(seconds=OVERLAP_SECONDS)


class Notify:
    """The handler. It always succeeds: an event that reaches nobody now is replayed from the database."""

    def __init__(self, hub: Hub, database: Database) -> None:
        self.hub = hub
        self._database = database

    async def __call__(self, events: Sequence[Event]) -> Sequence[Outcome]:
        """What happened to tasks goes out first, then reminders with their tasks' present state."""
        now = time.monotonic()
        clock = self.hub.clock.now()
        just_now = clock - _JUST_NOW
        reminders: list[ReminderTriggered] = []
        changes: list[TaskEvent] = []
        for event in events:
            observed = event.observed
            if observed < just_now:
                if not self.hub.owes(event.user_id, observed):
                    self.hub.remember(event.task_id, event.version, now)
                    continue
                # A replay may have told it before what has come here since: that is no place in memory to go on from.
                self.hub.recent.interrupt(now)
            if not isinstance(event, ReminderTriggered):
                changes.append(event)
            elif clock - observed > LATE:
                self.hub.remember(event.task_id, 0, now)
            else:
                reminders.append(event)
        if changes:
            texts = await self._descriptions(changes)
            self.hub.publish([_ready(event, frames.task_frame(event, texts), now) for event in changes])
        if reminders:
            await self._remind(reminders)
        return [SUCCESS] * len(events)

    async def _remind(self, reminders: Sequence[ReminderTriggered]) -> None:
        tasks = await self._tasks(reminders)
        now = time.monotonic()
        events: list[ReadyEvent] = []
        for event in reminders:
            task = tasks.get(event.task_id)
            if task is not None and task.completed:
                # Done in the meantime: nobody wants to be reminded of it any more.
                self.hub.seen.add(event.event_id, now)
            else:
                events.append(_ready(event, frames.reminder_frame(event, task), now))
        self.hub.publish(events)

    async def _descriptions(self, events: Sequence[TaskEvent]) -> Mapping[str, str | None]:
        """Descriptions, which events do not carry, of the tasks that have one and that somebody here watches.

        None when the database does not answer at once: frames then say only that there is one.
        """
        wanted = [
            event.task_id
            for event in events
            if not isinstance(event, TaskDeleted)
            and event.task.has_description is True
            and self.hub.here(event.user_id, event.event_type)
        ]
        if not wanted:
            return {}
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await descriptions(self._database, wanted)
        except (*OUTAGES, asyncpg.PostgresError) as error:
            log.warning("frames_without_description", reason=str(error) or type(error).__name__)
            return {}

    async def _tasks(self, reminders: Sequence[ReminderTriggered]) -> dict[str, Task]:
        """The tasks of reminders that somebody here waits for; none when the database does not answer at once."""
        wanted = [r.task_id for r in reminders if self.hub.here(r.user_id, r.event_type)]
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await read_tasks(self._database, wanted)
        except (*OUTAGES, asyncpg.PostgresError) as error:
            # A reminder is worth more on time than with its task.
            log.warning("reminder_without_task", reason=str(error) or type(error).__name__)
            return {}


def _ready(event: Event, data: bytes, now: float) -> ReadyEvent:
    return ReadyEvent(event.event_id, event.user_id, event.task_id, event.version, event.event_type, data, now)
