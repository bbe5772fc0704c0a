"""The supervisor of what a process does in the background: relays, leases, replayers, watches, schedules.

What dies is begun again, after a pause that grows; what is asked to stop stops. Each task says with a metric whether it
runs. A task that can neither go on nor be ended makes the process say that it is not ready, and end.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog
from structlog.contextvars import bind_contextvars

from taskflow_core.bus.delivery import backoff, is_outage, reason_of
from taskflow_core.cancellation import StuckError, ended, stop_if_cancelled
from taskflow_core.telemetry.metrics import BACKGROUND_RESTARTS, BACKGROUND_UP

log = structlog.get_logger(__name__)

FINISH_SECONDS: Final = 2.0
"""How long work that was begun may go on when the process stops."""

STOP_SECONDS: Final = 3.0
"""How long tasks that were cancelled may take to end; the process ends without those that take longer."""

_LONGEST_PAUSE: Final = 5.0
_CALM_SECONDS: Final = 30.0
"""Who ran for so long begins again soon; who did not, later each time."""

Work = Callable[[], Awaitable[None]]
"""Work in the background that goes on until it is cancelled, and can begin again at any time."""


class Supervisor:
    """Runs a process's background tasks. One for all services of the process."""

    def __init__(self) -> None:
        self._stuck: dict[str, str] = {}
        self._gone = asyncio.Event()

    @asynccontextmanager
    async def running(
        self, service: str, works: Mapping[str, Work], *, finish: Callable[[], None] | None = None
    ) -> AsyncGenerator[None]:
        """While entered, each of `works`, by name, is at work for `service`; on leaving all stop, and have ended.

        `finish` asks them to return by themselves; they are cancelled after two seconds, or at once without it. Raises
        StuckError when they have not ended some seconds after that.
        """
        async with self.running_all([(service, name, work) for name, work in works.items()], finish=finish):
            yield

    @asynccontextmanager
    async def running_all(
        self, works: Sequence[tuple[str, str, Work]], *, finish: Callable[[], None] | None = None
    ) -> AsyncGenerator[None]:
        """The same for several services together, each work with its service and name."""
        leaving = asyncio.Event()
        tasks = [
            asyncio.create_task(self._keep_up(service, name, work, leaving), name=f"{service}: {name}")
            for service, name, work in works
        ]
        try:
            yield
        finally:
            leaving.set()
            try:
                if finish is not None and tasks:
                    finish()
                    await asyncio.wait(tasks, timeout=FINISH_SECONDS)
            finally:
                await ended(tasks, within=STOP_SECONDS)

    @property
    def stuck(self) -> str | None:
        """For readiness: what is stuck, so that only a new process can do its work; None when all is well."""
        return "; ".join(f"{name} is stuck: {why}" for name, why in self._stuck.items()) or None

    async def gone(self) -> None:
        """Return when a task is stuck: then the process has to end."""
        await self._gone.wait()

    async def _keep_up(self, service: str, name: str, work: Work, leaving: asyncio.Event) -> None:
        bind_contextvars(service=service)
        up = BACKGROUND_UP.labels(service, name)
        restarts = BACKGROUND_RESTARTS.labels(service, name)
        failures = 0
        try:
            while True:
                up.set(1)
                began = time.monotonic()
                await self._live(service, name, work)
                if leaving.is_set():
                    return
                up.set(0)
                restarts.inc()
                failures = 1 if time.monotonic() - began > _CALM_SECONDS else failures + 1
                await asyncio.sleep(min(_LONGEST_PAUSE, backoff(min(failures, 5))))
        finally:
            BACKGROUND_UP.remove(service, name)

    async def _live(self, service: str, name: str, work: Work) -> None:
        """One life of a task; returns when it has ended by itself, however."""
        try:
            await work()
        except asyncio.CancelledError:
            stop_if_cancelled()
            log.error("background_task_ended", task=name, reason="cancelled by something it waited for")
        except StuckError as error:
            stop_if_cancelled()
            log.critical("background_task_stuck", task=name, reason=str(error), action="the process has to end")
            self._stuck[f"{service}: {name}"] = str(error)
            self._gone.set()
            await asyncio.Event().wait()
        except Exception as error:
            # Whatever it met: it works from the database, so beginning again loses nothing.
            stop_if_cancelled()
            if is_outage(error):
                log.warning("background_task_ended", task=name, reason=reason_of(error), action="begins again")
            else:
                log.exception("background_task_failed", task=name, action="begins again")
        else:
            log.debug("background_task_returned", task=name)
