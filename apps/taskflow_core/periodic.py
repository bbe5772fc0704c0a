"""Periodic work: what a service does at intervals, under the supervisor. APScheduler says when.

APScheduler goes by the machine's clock, which may be set. So its next time is counted from now and never from the time
before, and work that it does not call within twice the interval, by a clock that nobody sets, is done all the same.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from taskflow_core.bus.delivery import backoff, is_outage, reason_of
from taskflow_core.cancellation import stop_if_cancelled

log = structlog.get_logger(__name__)


async def every(
    seconds: float,
    work: Callable[[], Awaitable[object]],
    *,
    name: str,
    outage: Callable[[], None] | None = None,
    wake: asyncio.Event | None = None,
    until_next: Callable[[], Awaitable[float]] | None = None,
) -> None:
    """Run `work` at once and again every `seconds`, for ever; without a pause after it returned True: there is more.

    `wake` has it run as soon as it is set; `until_next` says after each run in how many seconds the next one is due, if
    that is sooner. Outages are waited out, with one line for all in a row; `outage` is called for each. Whatever
    else is raised ends it. Of times that went by while it ran, none is made up for.
    """
    failures = 0
    wake = wake or asyncio.Event()
    with _set_after(seconds, wake) as timer:
        while True:
            timer.pause()
            # Before the work: what is set while it runs may have come too late for it.
            wake.clear()
            try:
                more = await work()
                at_most = 2 * seconds if until_next is None else await until_next()
            except Exception as error:
                stop_if_cancelled()
                if not is_outage(error):
                    raise
                failures += 1
                if failures == 1:
                    log.warning("background_work_waits", work=name, reason=reason_of(error))
                if outage is not None:
                    outage()
                await asyncio.sleep(min(seconds, backoff(min(failures, 5))))
            else:
                failures = 0
                if more is not True:
                    timer.resume()
                    await _woken(wake, at_most)


async def _woken(wake: asyncio.Event, at_most: float) -> None:
    """Return when `wake` is set, or after so many seconds."""
    try:
        async with asyncio.timeout(at_most):
            await wake.wait()
    except TimeoutError:
        return


@contextmanager
def _set_after(seconds: float, wake: asyncio.Event) -> Generator[Any]:
    """A job of APScheduler's that sets `wake` when it has been resumed, and not paused again, for so many seconds."""

    async def due() -> None:  # a plain function would be called in a thread
        wake.set()

    scheduler: Any = AsyncIOScheduler(timezone=UTC)  # APScheduler has no types
    scheduler.start()
    try:
        yield scheduler.add_job(due, _FromNow(seconds), misfire_grace_time=None)
    finally:
        scheduler.shutdown(wait=False)


class _FromNow(BaseTrigger):  # pyright: ignore[reportUntypedBaseClass]
    """Fires in so many seconds from now. APScheduler's own interval counts on from the last time, through every time
    that went by: a clock set a thousand days ahead would have it count millions."""

    def __init__(self, seconds: float) -> None:
        self._interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:  # pyright: ignore[reportIncompatibleMethodOverride]
        """APScheduler's question."""
        return now + self._interval
