"""What the audit logger does by the clock, one replica among all: months, retention, checkpoints."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import structlog

# APScheduler 3 has no types.
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # pyright: ignore[reportMissingTypeStubs]

from audit_logger.checkpoints import Archive, Checkpoints, Signer
from audit_logger.metrics import UPKEEP_AT, UPKEEP_FAILURES
from audit_logger.partitions import ensure, sort_default
from audit_logger.retention import GRACE, RetentionError, detach_old, drop_detached
from taskflow.database.lease import lead
from taskflow.database.pool import OUTAGES
from taskflow.events.topics import AUDIT_LOGGER
from taskflow.service.composition import Runtime
from taskflow.telemetry import logs

log = structlog.get_logger(__name__)

LEASE: Final = "audit-logger:upkeep"
CHECKPOINT_SECONDS: Final = 300
MONTHS_SECONDS: Final = 3600
_STOP_SECONDS: Final = 2.0


class Upkeep:
    """The jobs, and the background of the service that runs them."""

    def __init__(self, runtime: Runtime) -> None:
        settings = runtime.settings
        self._database = runtime.database
        self._clock = runtime.clock
        self._keep = settings.audit_retention_months
        self._signer = Signer(settings.audit_signing_key)
        self._archive = Archive(settings.audit_checkpoint_dir)
        self._checkpoints = Checkpoints(runtime.database, self._signer, self._archive)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """While entered, the replica that holds the lease runs the jobs: at once, and at their intervals from then."""
        leading = asyncio.create_task(lead(self._database, LEASE, self._lead), name=LEASE)
        try:
            yield
        finally:
            leading.cancel()
            await asyncio.gather(leading, return_exceptions=True)

    async def months(self) -> None:
        """Partitions ahead, the default one emptied, old months detached, those detached long ago dropped."""
        now = self._clock.now()
        async with self._database.acquire() as connection:
            await ensure(connection, now.date())
            moved = await sort_default(connection)
            if moved:
                log.warning("audit_rows_had_no_month", moved=moved)
            try:
                await detach_old(connection, self._signer, self._archive, keep=self._keep, now=now)
            except RetentionError as error:
                log.error("audit_month_kept", reason=str(error))
            await drop_detached(connection, before=now - GRACE)
        UPKEEP_AT.set(now.timestamp())

    async def checkpoint(self) -> None:
        """A signed note of where the chain stands."""
        await self._checkpoints.make(self._clock.now())

    async def _lead(self) -> None:
        logs.service.set(AUDIT_LOGGER)
        scheduler: Any = AsyncIOScheduler(timezone=UTC)
        for job, seconds in ((self.months, MONTHS_SECONDS), (self.checkpoint, CHECKPOINT_SECONDS)):
            scheduler.add_job(
                _kept_up(job),
                "interval",
                seconds=seconds,
                next_run_time=datetime.now(UTC),
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        scheduler.start()
        try:
            await asyncio.Event().wait()
        finally:
            scheduler.shutdown(wait=False)
            # What came since the last checkpoint is vouched for as well, if the database still answers.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_kept_up(self.checkpoint)(), _STOP_SECONDS)


def _kept_up(job: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """A job that comes again at its next time whatever it met."""

    async def run() -> None:
        try:
            await job()
        except OUTAGES as error:
            log.warning("audit_upkeep_waits", reason=str(error) or type(error).__name__)
        except asyncpg.LockNotAvailableError as error:
            log.warning("audit_upkeep_waits", reason=str(error))
        except Exception:
            # The next run starts from the database; the metric and the log say that this one failed.
            UPKEEP_FAILURES.inc()
            log.exception("audit_upkeep_failed")

    return run
