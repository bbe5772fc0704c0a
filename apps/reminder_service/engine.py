"""The service at work in the background: waits for the alarm and fires; looks ahead and reconciles on schedule."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from reminder_service.alarm import Alarm
from reminder_service.firing import Firing
from reminder_service.reconcile import WINDOW, Reconciler
from taskflow.bus.delivery import backoff, is_outage, reason_of
from taskflow.database.pool import Database
from taskflow.domain.clock import Clock
from taskflow.events.topics import REMINDER_SERVICE
from taskflow.telemetry import logs

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 30
"""Seconds between two looks at the schedule: how soon a replica knows what another has planned or left undone."""

assert timedelta(seconds=LOOK_SECONDS) * 2 < WINDOW

_TICK_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.05
_LOCKED_SECONDS: Final = 0.2
_JUMP_SECONDS: Final = 5.0
_CALM_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 2.0


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
        self._jobs: set[asyncio.Task[Any]] = set()
        self._stopping = False
        self._busy = False

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """At work until left; what it is firing then gets a moment to finish. Does not wait for the database."""
        token = logs.service.set(REMINDER_SERVICE)
        self._stopping = False
        scheduler = _scheduler()
        self._every(scheduler, LOOK_SECONDS, "look ahead", self._reconciler.look_ahead)
        self._every(scheduler, self._reconcile_seconds, "reconcile", self._reconciler.reconcile)
        scheduler.start()
        firing = asyncio.create_task(self._fire_forever(), name="reminders-fire")
        logs.service.reset(token)
        try:
            yield
        finally:
            self._stopping = True
            self._alarm.rung.set()
            scheduler.shutdown(wait=False)  # cancels its jobs, which begin again from the database
            if self._busy:
                await asyncio.wait({firing}, timeout=_STOP_SECONDS)
            firing.cancel()
            await asyncio.gather(firing, *self._jobs, return_exceptions=True)

    def _every(self, scheduler: Any, seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Run `work` now and then every `seconds`; while the database is away it waits, and one run stands for all."""

        async def job() -> None:
            task = asyncio.current_task()
            assert task is not None  # APScheduler runs coroutines as tasks
            self._jobs.add(task)
            task.add_done_callback(self._jobs.discard)
            await self._database.opened()
            await self._persevere(name, work)

        scheduler.add_job(job, "interval", seconds=seconds, next_run_time=datetime.now(UTC), id=name)

    async def _persevere(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Run `work` to its end, again after each failure."""
        failures = 0
        while not self._stopping:
            began = time.monotonic()
            try:
                await work()
            except Exception as error:
                # A job must outlive whatever it meets: all it does begins from the database and can be done again.
                failures = 1 if time.monotonic() - began > _CALM_SECONDS else failures + 1
                if is_outage(error):
                    if failures == 1:
                        log.warning("reminders_wait", work=name, reason=reason_of(error))
                else:
                    log.exception("reminders_failed", work=name)
                await asyncio.sleep(min(5.0, backoff(min(failures, 5))))
            else:
                return

    async def _fire_forever(self) -> None:
        await self._database.opened()
        while not self._stopping:
            await self._persevere("fire", self._fire_while_there_is_something)

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
                if heap.worth_compacting:
                    await heap.compact()
                await self._wait(_TICK_SECONDS if wait is None else wait)

    async def _fire(self) -> None:
        # Before firing: what is set meanwhile must wake us again.
        self._alarm.heap.take(self._clock.now().timestamp())
        self._busy = True
        try:
            left = await self._firing.fire_due()
        finally:
            self._busy = False
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


def _scheduler() -> Any:
    """APScheduler on this event loop; runs that were missed become one."""
    return AsyncIOScheduler(
        event_loop=asyncio.get_running_loop(),
        timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
