"""A user with tasks on a frozen clock, and a reminder service that does what the test tells it."""

import pytest

from taskflow_core.database.pool import Database
from tests.reminder_service.world import NOON, Replica, World
from tests.support.clock import MovableClock


@pytest.fixture
async def world(database: Database, clock: MovableClock) -> World:
    clock.freeze(NOON)
    made = World(database, clock)
    await made.new_user()
    return made


@pytest.fixture
def replica(database: Database, clock: MovableClock) -> Replica:
    return Replica(database, clock)
