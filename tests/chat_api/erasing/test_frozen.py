"""The job while the database stands still: it says so in time, and goes on where it was."""

import asyncio
from collections.abc import Generator

import pytest

from chat_api.erasing.job import Erasing
from taskflow_core.database.outages import OUTAGES
from taskflow_db import runner
from tests.chat_api.erasing.conftest import MARKER, erased, found_in
from tests.chat_api.erasing.test_job import closed, steps
from tests.support.clock import MovableClock
from tests.support.connections import opened
from tests.support.freezing_postgres import Freezer, own_server


@pytest.fixture(scope="module")
def freezer() -> Generator[Freezer]:
    with own_server() as made:
        asyncio.run(runner.upgrade(made.server.owner_url))
        yield made


async def test_a_database_that_is_frozen_meanwhile(freezer: Freezer, clock: MovableClock) -> None:
    async with opened(freezer.server.app_url, size=2, command_timeout=0.5) as database:
        await closed(database, clock, tasks=20)
        erasing = Erasing(database, clock)
        assert await erasing.run()
        freezer.freeze()
        try:
            with pytest.raises(OUTAGES):
                await steps(erasing)
        finally:
            freezer.thaw()
        await erased(erasing, database)
    assert await found_in(freezer.server.owner_url, MARKER) == set()
