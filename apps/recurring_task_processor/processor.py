"""A run of the processor: batches of due series until nothing is due."""

import asyncio
import time
import uuid
from typing import Final

import msgspec
import structlog
from structlog.contextvars import bound_contextvars

from recurring_task_processor.chat_api import Occurrences
from recurring_task_processor.due import due_series
from recurring_task_processor.metrics import FAILED, MADE, RUN_SECONDS
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock

log = structlog.get_logger(__name__)

BATCH: Final = 100
_MOST_TRIED: Final = 10_000


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to: series looked at, occurrences made, series that failed and wait for another try."""

    series: int
    made: int
    failed: int


class Processor:
    """Moves due series on. One run at a time; which replica runs is the lease's matter."""

    def __init__(self, database: Database, clock: Clock, occurrences: Occurrences) -> None:
        self._database = database
        self._clock = clock
        self._occurrences = occurrences
        self._lock = asyncio.Lock()

    async def run(self) -> RunResult:
        """Make everything that is due. Raises outages of the database or chat-api; what was made until then stays."""
        async with self._lock:
            began = time.perf_counter()
            try:
                with bound_contextvars(correlation_id=uuid.uuid4().hex):
                    run = await self._run()
            finally:
                RUN_SECONDS.observe(time.perf_counter() - began)
        return run

    async def _run(self) -> RunResult:
        series = made = failed = 0
        # A series that failed waits by its retry time; this only keeps one run from asking for it again and again.
        troubled: list[str] = []
        while batch := await due_series(self._database, self._clock.now(), BATCH, troubled):
            for result in await self._occurrences.make(batch):
                series += 1
                made += len(result.task_ids)
                if result.error is not None or not result.task_ids:
                    failed += result.error is not None
                    troubled.append(result.series_id)
            if len(troubled) > _MOST_TRIED:
                break
        MADE.inc(made)
        FAILED.inc(failed)
        if series:
            log.info("series_moved_on", series=series, made=made, failed=failed)
        return RunResult(series=series, made=made, failed=failed)
