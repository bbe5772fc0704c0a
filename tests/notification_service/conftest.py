"""What tests of the streams share."""

from collections.abc import AsyncGenerator

import msgspec
import pytest

from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from tests.notification_service.rig import (
    Running,
    quick,
    serving,
)


@pytest.fixture
async def running(settings: Settings, database: Database) -> AsyncGenerator[Running]:
    fast = msgspec.structs.replace(settings, auth_secret=quick().auth_secret)
    async with serving(fast, database) as made:
        yield made
