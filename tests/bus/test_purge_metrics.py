"""What the purge measures is measured by whoever holds the lease, and by nobody else."""

import asyncio

from taskflow_core.bus.purge import Purge
from taskflow_core.database.pool import Database
from taskflow_core.events.topics import REMINDER_SERVICE
from taskflow_core.telemetry.metrics import REGISTRY
from tests.support.waiting import eventually


def age() -> float | None:
    return REGISTRY.get_sample_value("taskflow_outbox_oldest_age_seconds", {"service": REMINDER_SERVICE})


async def test_who_lost_the_lease_no_longer_tells_an_age(database: Database) -> None:
    purge = asyncio.create_task(Purge(database, REMINDER_SERVICE, republish_after=600).run())
    await eventually(lambda: age() == 0.0)
    purge.cancel()
    await asyncio.gather(purge, return_exceptions=True)
    assert age() is None
