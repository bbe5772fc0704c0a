"""What the audit logger does by the clock, one replica among all: months, retention, checkpoints."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import structlog

from audit_logger.encryption.keys import keys_of
from audit_logger.evidence.archive import Archive, ArchiveError
from audit_logger.evidence.signing import Signer
from audit_logger.metrics import (
    CHECKPOINT_REFUSED,
    RETENTION_WAITS,
    SEALING_REFUSED,
    UPKEEP_AT,
    UPKEEP_FAILURES,
    forget,
)
from audit_logger.retention.leaving import drop_what_may_go
from audit_logger.retention.pruning import RetentionError, detach_old, upkeep_ran
from audit_logger.sealing import SealingJob, SealingRefusedError
from audit_logger.trail.partitions import ensure, sort_default
from audit_logger.verification.checkpoints import Checkpoints, RefusedError
from taskflow_core.cancellation import side_by_side
from taskflow_core.database.clock import clocks_agree
from taskflow_core.database.lease import lead
from taskflow_core.database.outages import OUTAGES
from taskflow_core.database.pool import Connection
from taskflow_core.events.topics import AUDIT_LOGGER
from taskflow_core.periodic import every
from taskflow_core.service.composition import Runtime

log = structlog.get_logger(__name__)

LEASE: Final = "audit-logger:upkeep"
CHECKPOINT_SECONDS: Final = 300
MONTHS_SECONDS: Final = 3600
SEALING_SECONDS: Final = 300
_STOP_SECONDS: Final = 2.0


class Upkeep:
    """The jobs, and the background of the service that runs them."""

    def __init__(self, runtime: Runtime) -> None:
        settings = runtime.settings
        self._database = runtime.database
        self._keys = keys_of(settings, runtime.database)
        self._supervisor = runtime.supervisor
        self._clock = runtime.clock
        self._keep = settings.audit_retention_months
        self._export_dir = None if settings.audit_export_dir is None else Path(settings.audit_export_dir)
        self._drop_unexported = settings.audit_drop_unexported
        self._signer = Signer(settings.audit_signing_key)
        self._archive = Archive(settings.audit_checkpoint_dir)
        self._sealing = SealingJob(runtime.database, self._keys, self._signer, self._archive)
        self._archiving = asyncio.Lock()
        self._checkpoints = Checkpoints(runtime.database, self._signer, self._archive)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """While entered, the replica that holds the lease runs the jobs: at once, and at their intervals from then."""
        async with self._supervisor.running(AUDIT_LOGGER, {"upkeep": self._take_part}):
            yield

    async def months(self) -> None:
        """Partitions ahead, the default one emptied, old months detached, those detached long ago dropped.

        What day it is, the database says. While its clock and this machine's differ, or its clock has been set within
        the last day, nothing is detached or dropped.
        """
        async with self._database.acquire() as connection:
            await ensure(connection)
            moved = await sort_default(connection)
            if moved:
                log.warning("audit_rows_had_no_month", moved=moved)
            believed = await clocks_agree(connection, self._clock) and await upkeep_ran(connection)
            RETENTION_WAITS.set(not believed)
            if believed:
                await self._retain(connection)
            else:
                log.warning("audit_retention_waits", reason="a clock is wrong, or was within the last day")
        UPKEEP_AT.set(self._clock.now().timestamp())

    async def _retain(self, connection: Connection) -> None:
        now = self._clock.now()
        try:
            await detach_old(connection, self._signer, self._archive, keep=self._keep, now=now)
        except RetentionError as error:
            log.error("audit_month_kept", reason=str(error))
        await drop_what_may_go(connection, self._signer, self._export_dir, unexported=self._drop_unexported)

    async def rewrap(self) -> None:
        """Users' keys wrapped by the first encryption key, where another one wraps them."""
        await self._keys.rewrap()

    async def seal(self) -> None:
        """What earlier releases wrote in the clear, encrypted, to the last row; once for ever."""
        try:
            more = True
            while more:
                async with self._archiving:
                    more = await self._sealing.step(self._clock.now())
        except SealingRefusedError as error:
            SEALING_REFUSED.set(1)  # an alert of its own
            log.error("audit_sealing_refused", reason=str(error))
        else:
            SEALING_REFUSED.set(0)

    async def checkpoint(self) -> None:
        """A signed note of where the chain stands, if it goes on from the one before."""
        try:
            async with self._archiving:
                await self._checkpoints.make(self._clock.now())
        except RefusedError as error:
            CHECKPOINT_REFUSED.set(1)  # an alert of its own
            log.error("audit_checkpoint_refused", reason=str(error))
        else:
            CHECKPOINT_REFUSED.set(0)

    async def _take_part(self) -> None:
        await lead(self._database, LEASE, self._lead, service=AUDIT_LOGGER)

    async def _lead(self) -> None:
        try:
            await side_by_side(
                lambda: every(MONTHS_SECONDS, _measured(self.months), name="months"),
                lambda: every(MONTHS_SECONDS, _measured(self.rewrap), name="keys"),
                lambda: every(SEALING_SECONDS, _measured(self.seal), name="sealing"),
                lambda: every(CHECKPOINT_SECONDS, _measured(self.checkpoint), name="checkpoint"),
            )
        finally:
            # What came since the last checkpoint is vouched for as well, if the database still answers.
            try:
                with contextlib.suppress(*OUTAGES):
                    async with asyncio.timeout(_STOP_SECONDS):
                        await _measured(self.checkpoint)()
            finally:
                forget()


def _measured(job: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """A job that comes again at its next time whatever it met; after an outage sooner."""

    async def run() -> None:
        try:
            await job()
        except ArchiveError as error:
            # A disk that is full does not get better by waiting, as an outage does.
            UPKEEP_FAILURES.inc()
            log.error("audit_archive_cannot_be_written", reason=str(error))
        except OUTAGES:
            raise
        except Exception:
            # The next run starts from the database; the metric and the log say that this one failed.
            UPKEEP_FAILURES.inc()
            log.exception("audit_upkeep_failed")

    return run
