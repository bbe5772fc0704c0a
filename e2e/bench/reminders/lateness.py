"""How late reminders are: from their time to their events being committed."""

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from e2e.bench.figures import Table, percentile
from e2e.bench.machine import unpin
from e2e.bench.reminders.server import reminder_service
from e2e.bench.reminders.tasks import make_tasks
from e2e.bench.storage import opened
from taskflow_core.bus.outbox import WAKE_CHANNEL
from taskflow_core.database.pool import Connection, Database
from taskflow_core.events.envelope import decode
from taskflow_core.service.composition import Service

BULK: Final = 100
_TABLE: Final = Table(32, ("p50", 12), ("p99", 12), ("most", 12))


async def measure_lateness(url: str) -> None:
    """Fire a few thousand reminders and print how late their events were committed."""
    unpin()
    async with opened(url) as database:
        await database.execute("DELETE FROM reminder_schedule")
        async with _committed(database) as seen, _running(database) as service:
            handler = service.subscriptions[0].handler
            print(_TABLE.head("lateness"))
            start, chance = datetime.now(UTC) + timedelta(seconds=4), random.Random(2)
            dues = [start + timedelta(seconds=chance.random() * 10) for _ in range(2_000)]
            await _remind(url, handler, seen, "2,000 over ten seconds", dues)
            start = datetime.now(UTC) + timedelta(seconds=4)
            await _remind(url, handler, seen, "1,000 in the same instant", [start] * 1_000)


async def _remind(url: str, handler: Any, seen: dict[str, float], name: str, dues: Sequence[datetime]) -> None:
    events = await make_tasks(url, len(dues), dues=dues, reminders=["PT0S"])
    for start in range(0, len(events), BULK):
        await handler(events[start : start + BULK])
    async with asyncio.timeout(60):
        while len(seen) < len(events):  # noqa: ASYNC110  # a bench may poll
            await asyncio.sleep(0.1)
    late = list(seen.values())
    seen.clear()
    times = percentile(late, 50), percentile(late, 99), max(late)
    print(_TABLE.line(name, *(f"{x * 1e3:.0f} ms" for x in times)))


@asynccontextmanager
async def _running(database: Database) -> AsyncGenerator[Service]:
    service = reminder_service(database)
    assert service.background is not None
    async with service.background():
        yield service


@asynccontextmanager
async def _committed(database: Database) -> AsyncGenerator[dict[str, float]]:
    """Each reminder's event with its lateness when another connection could see it."""
    seen: dict[str, float] = {}
    last = 0
    wake = asyncio.Event()

    def heard(_connection: Connection, _pid: int, _channel: str, _payload: object) -> None:
        wake.set()

    async def watch() -> None:
        nonlocal last
        while True:
            await wake.wait()
            wake.clear()
            now = datetime.now(UTC)
            for row in await database.fetch("SELECT seq, payload FROM outbox WHERE seq > $1 ORDER BY seq", last):
                last = row["seq"]
                event: Any = decode(row["payload"]).data
                seen[event.event_id] = (now - event.scheduled_at).total_seconds()

    async with database.dedicated() as connection:
        await connection.add_listener(WAKE_CHANNEL, heard)
        watching = asyncio.create_task(watch())
        try:
            yield seen
        finally:
            watching.cancel()
