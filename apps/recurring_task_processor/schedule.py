"""When the processor runs: at intervals (APScheduler), when an event says so, and when the next series is due."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from recurring_task_processor.due import next_due
from recurring_task_processor.processor import Processor
from taskflow.database.lease import lead
from taskflow.database.pool import Database
from taskflow.domain.clock import Clock

log = structlog.get_logger(__name__)

LEASE: Final = "recurring-task-processor"
_SOONEST: Final = 0.2


class Schedule:
    """Runs the processor while this replica holds the lease."""

    def __init__(self, database: Database, clock: Clock, processor: Processor, interval_seconds: float) -> None:
        self._database = database
        self._clock = clock
        self._processor = processor
        self._interval = interval_seconds
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Something happened that may make an occurrence due now."""
        self._wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """While entered, take part."""
        scheduler = AsyncIOScheduler(timezone="UTC")
        scheduler.add_job(self.wake, "interval", seconds=self._interval, coalesce=True, max_instances=1)  # pyright: ignore[reportUnknownMemberType]  # APScheduler has no types
        scheduler.start()
        work = asyncio.create_task(lead(self._database, LEASE, self._lead))
        try:
            yield
        finally:
            scheduler.shutdown(wait=False)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _lead(self) -> None:
        await self._database.opened()
        while True:
            self._wake.clear()
            await self._processor.run()
            try:
                async with asyncio.timeout(await self._pause()):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _pause(self) -> float:
        """Seconds until the next series is due, within the interval."""
        now = self._clock.now()
        following = await next_due(self._database, now)
        if following is None:
            return self._interval
        return min(self._interval, max(_SOONEST, (following - now).total_seconds()))
