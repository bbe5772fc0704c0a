"""What one chat-api among all replicas does besides answering: it finds what Phase IV did, and lets old keys go."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from chat_api.accounts import Accounts
from chat_api.background import running
from taskflow.database.pool import Database
from taskflow.service.composition import Runtime
from taskflow.settings import Settings
from tests.chat_api.people import User
from tests.chat_api.told import kinds_told
from tests.support.clock import MovableClock
from tests.support.phase_iv import Release
from tests.support.waiting import eventually

_OLD_KEYS = """
INSERT INTO idempotency_keys (user_id, route, key, request_hash, status, headers, body, created_at)
SELECT 'u', 'POST /', n::text, '', 200, '{}', '', now() - interval '1 hour' * n FROM generate_series(1, 2500) AS n
"""


@pytest.fixture
async def runtime(settings: Settings, database: Database, clock: MovableClock) -> AsyncGenerator[Runtime]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(501))) as unused:
        yield Runtime(settings=settings, database=database, clock=clock, chat_api=unused)


async def test_at_the_start(anna: User, runtime: Runtime, database: Database, clock: MovableClock) -> None:
    async with database.acquire() as connection:
        made = await Release(connection).create(anna.id)
        await connection.execute(_OLD_KEYS)

    async def done() -> None:
        assert await kinds_told(database) == [("task.created", 1)]
        assert await database.fetchval("SELECT count(*) FROM idempotency_keys") == 23, "those of the last day"

    # Two replicas: what is found is told once.
    async with (
        running(runtime, Accounts(database, clock, attempts_per_minute=1)),
        running(runtime, Accounts(database, clock, attempts_per_minute=1)),
    ):
        await eventually(done)
    assert await kinds_told(database, made) == [("task.created", 1)]
