"""When the processor runs: at intervals, when an event says so, and when the next series is due."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from recurring_task_processor.due import next_due
from recurring_task_processor.processor import Processor
from taskflow_core.database.lease import lead
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.events.topics import RECURRING_TASK_PROCESSOR
from taskflow_core.periodic import every
from taskflow_core.supervisor import Supervisor

log = structlog.get_logger(__name__)

LEASE: Final = "recurring-task-processor"
_SOONEST: Final = 0.2


class Worker:
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
    async def running(self, supervisor: Supervisor) -> AsyncGenerator[None]:
        """While entered, take part."""
        async with supervisor.running(RECURRING_TASK_PROCESSOR, {"series": self._take_part}):
            yield

    async def _take_part(self) -> None:
        await lead(self._database, LEASE, self._lead, service=RECURRING_TASK_PROCESSOR)

    async def _lead(self) -> None:
        await self._database.opened()
        await every(self._interval, self._processor.run, name="series", wake=self._wake, until_next=self._pause)

    async def _pause(self) -> float:
        """Seconds until the next series is due; twice the interval where none is sooner."""
        now = self._clock.now()
        following = await next_due(self._database, now)
        if following is None:
            return 2 * self._interval
        return min(2 * self._interval, max(_SOONEST, (following - now).total_seconds()))
