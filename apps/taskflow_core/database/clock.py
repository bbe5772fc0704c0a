"""The clock of the services: the database's, as well as it can be told from here.

What is due, old or droppable must be the same for every replica, and the one clock that all of them can ask is the
database's. Asking it each time would cost a round trip, so a process measures now and then how far the database's clock
is from ticks of its own that nobody sets, and counts on from there; also while the database is away. The machine's
wall clock is only compared with it: one that is more than a minute off is reported, and whoever has one destroys
nothing, since of two clocks that differ nobody knows which is right.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import structlog

from taskflow_core.cancellation import stop_if_cancelled
from taskflow_core.database.outages import OUTAGES
from taskflow_core.database.pool import Connection, Database
from taskflow_core.domain.clock import Clock, SystemClock
from taskflow_core.telemetry.metrics import CLOCK_OFFSET

log = structlog.get_logger(__name__)

TOLERATED: Final = timedelta(minutes=1)
"""How far a machine's clock may be from the database's without anybody minding."""

MEASURE_SECONDS: Final = 10.0
"""Seconds between two measurements. Clocks that are disciplined drift apart by less than a millisecond in this time."""

LASTS_SECONDS: Final = 60.0
"""How long a jump of the database's clock must last to be followed. Reminders sent early cannot be taken back."""

_NOW: Final = "SELECT clock_timestamp()"
_JUMP_SECONDS: Final = 30.0
_HOLD: Final = timedelta(seconds=_JUMP_SECONDS)


def ticks() -> float:
    """Seconds that nobody sets and that go on while the machine sleeps, from some instant on."""
    # time.monotonic() stands still in a laptop that sleeps; not every system has the clock that does not.
    source = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(source)


class DatabaseClock:
    """Tells the database's time: never ahead of it, and behind by at most what the quickest measurement took.

    Until the database was first asked it is the machine's. A jump of the database's clock by more than half a minute is
    followed once it has lasted a minute. `services` are those whose metric it sets.
    """

    def __init__(self, *, machine: Clock | None = None, ticks: Callable[[], float] = ticks) -> None:
        self.machine = machine or SystemClock()
        self.services: Sequence[str] = ()
        self._ticks = ticks
        self._offset: float | None = None
        self._jumped: tuple[float, float] | None = None
        self._given = datetime.min.replace(tzinfo=UTC)
        self._reported_off = False

    def now(self) -> datetime:
        """The present by the database, aware, in UTC."""
        if self._offset is None:
            return self.machine.now()
        now = datetime.fromtimestamp(self._ticks() + self._offset, UTC)
        # Measurements correct one another by a fraction of a second; whoever compares two answers must not see that.
        if now < self._given <= now + _HOLD:
            return self._given
        self._given = now
        return now

    @property
    def machine_off(self) -> timedelta:
        """How far the machine's clock is ahead of the database's; negative: behind. Zero before the first answer."""
        return timedelta() if self._offset is None else self.machine.now() - self.now()

    @property
    def in_doubt(self) -> bool:
        """Whether the database's clock has jumped just now, and is not followed yet."""
        return self._jumped is not None

    async def measure(self, connection: Connection) -> None:
        """Ask the database for the time. Raises outages."""
        before = self._ticks()
        at: datetime = await connection.fetchval(_NOW)
        answered = self._ticks()
        self._learn(at.timestamp() - answered, at.timestamp() - before)
        self._compare()

    async def follow(self, database: Database) -> None:
        """Measure every ten seconds, for ever, until cancelled. While the database is away the offset stays."""
        await database.opened()
        try:
            while True:
                try:
                    async with database.acquire() as connection:
                        await self.measure(connection)
                except (*OUTAGES, asyncpg.PostgresError):
                    stop_if_cancelled()
                    # Whoever needs the database says that it is away; here nothing is lost.
                    log.debug("clock_not_measured")
                await asyncio.sleep(MEASURE_SECONDS)
        finally:
            for service in self.services:
                CLOCK_OFFSET.remove_by_labels({"service": service})

    def _learn(self, least: float, most: float) -> None:
        """The offset lies between two bounds, as far apart as the round trip took; the lower one is never ahead."""
        before = self._offset
        if before is None or least - _JUMP_SECONDS <= before <= most + _JUMP_SECONDS:
            self._jumped = None
            if before is None or not least <= before <= most:
                self._offset = least
            return
        if self._jumped is None or abs(self._jumped[0] - least) > most - least + _JUMP_SECONDS:
            self._jumped = least, self._ticks()
            log.error("database_clock_jumped", seconds=round(least - before, 1), action="followed if that lasts")
        elif self._ticks() - self._jumped[1] >= LASTS_SECONDS:
            self._offset, self._jumped = least, None
            log.warning("database_clock_set", seconds=round(least - before, 1))

    def _compare(self) -> None:
        off = self.machine_off
        for service in self.services:
            CLOCK_OFFSET.labels(service).set(off.total_seconds())
        is_off = abs(off) > TOLERATED
        if is_off != self._reported_off:
            self._reported_off = is_off
            if is_off:
                log.error(
                    "clock_off",
                    seconds=round(off.total_seconds(), 1),
                    meaning="this machine's clock and the database's differ; the database's counts, and what this "
                    "process would delete for its age stays until they agree",
                )
            else:
                log.info("clock_agrees", seconds=round(off.total_seconds(), 1))


async def clocks_agree(connection: Connection, clock: Clock) -> bool:
    """Whether the machine's clock and the database's are together just now, so that what is old may be destroyed.

    True for a clock that is not the database's: then the caller says what time it is. Raises outages.
    """
    if not isinstance(clock, DatabaseClock):
        return True
    await clock.measure(connection)
    return not clock.in_doubt and abs(clock.machine_off) <= TOLERATED
