"""The service at work in the background: waits for the alarm and fires; looks ahead and reconciles on schedule."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from reminder_service.alarm import Alarm
from reminder_service.firing import Firing
from reminder_service.reconcile import WINDOW, Reconciler
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.events.topics import REMINDER_SERVICE
from taskflow_core.periodic import every
from taskflow_core.supervisor import FINISH_SECONDS, Supervisor, Work

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 30
"""Seconds between two looks at the schedule: how soon a replica knows what another has planned or left undone."""

assert timedelta(seconds=LOOK_SECONDS) * 2 < WINDOW

_TICK_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.05
_LOCKED_SECONDS: Final = 0.2
_JUMP_SECONDS: Final = 5.0


class Engine:
    """Fires reminders for as long as it runs. Everything it does can be cut off anywhere and is taken up again."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        alarm: Alarm,
        firing: Firing,
        reconciler: Reconciler,
        *,
        reconcile_seconds: float,
    ) -> None:
        self._database = database
        self._clock = clock
        self._alarm = alarm
        self._firing = firing
        self._reconciler = reconciler
        self._reconcile_seconds = reconcile_seconds
        self._stopping = False
        self._at_rest = asyncio.Event()
        self._at_rest.set()

    @asynccontextmanager
    async def running(self, supervisor: Supervisor) -> AsyncGenerator[None]:
        """At work until left; what it is firing then gets a moment to finish. Does not wait for the database."""
        self._stopping = False
        works: dict[str, Work] = {
            "fire": self._every(_TICK_SECONDS, "fire", self._fire_while_there_is_something),
            "look ahead": self._every(LOOK_SECONDS, "look ahead", self._reconciler.look_ahead),
            "reconcile": self._every(self._reconcile_seconds, "reconcile", self._reconciler.reconcile),
        }
        try:
            async with supervisor.running(REMINDER_SERVICE, works):
                try:
                    yield
                finally:
                    self._stopping = True
                    with suppress(TimeoutError):
                        async with asyncio.timeout(FINISH_SECONDS):
                            await self._at_rest.wait()
        finally:
            self._alarm.forget()

    def _every(self, seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> Work:
        """Work that begins when the database has first answered, and comes again every `seconds`."""

        async def at_work() -> None:
            await self._database.opened()
            await every(seconds, work, name=name)

        return at_work

    async def _fire_while_there_is_something(self) -> None:
        """Fire what is due, then wait for the alarm or a tick, and again. Returns when the engine stops."""
        last = (self._clock.now(), time.monotonic())
        # What was due when the last attempt failed is no longer in memory.
        due = True
        while not self._stopping:
            if due:
                await self._fire()
            last = await self._notice_jumps(*last)
            heap = self._alarm.heap
            wait = None if heap.next_at is None else heap.next_at - self._clock.now().timestamp()
            due = wait is not None and wait <= 0
            if not due:
                await self._wait(_TICK_SECONDS if wait is None else wait)

    async def _fire(self) -> None:
        # Before firing: what is set meanwhile must wake us again.
        self._alarm.unset_due(self._clock.now())
        self._at_rest.clear()
        try:
            left = await self._firing.fire_due()
        finally:
            self._at_rest.set()
        if self._stopping:
            return
        if left:
            # Another has it locked; unless it deals with it, it is ours in a moment.
            await asyncio.sleep(_LOCKED_SECONDS)
            await self._reconciler.look_ahead()
        else:
            # Reminders a few milliseconds apart share a transaction.
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _notice_jumps(self, wall: datetime, monotonic: float) -> tuple[datetime, float]:
        """Look ahead when the clock was set or the machine slept: what is near now may not be in memory."""
        now, ticks = self._clock.now(), time.monotonic()
        moved = (now - wall).total_seconds() - (ticks - monotonic)
        if abs(moved) > _JUMP_SECONDS:
            log.info("clock_jumped", seconds=round(moved, 1))
            await self._reconciler.look_ahead()
        return now, ticks

    async def _wait(self, seconds: float) -> None:
        """Wait for the alarm's time, its becoming sooner, or a tick: the clock may have been set meanwhile."""
        self._alarm.rung.clear()
        try:
            async with asyncio.timeout(min(max(seconds, 0.001), _TICK_SECONDS)):
                await self._alarm.rung.wait()
        except TimeoutError:
            return
