"""What one chat-api among all replicas does besides answering: it finds what Phase IV did, and lets old keys go."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import httpx
import pytest

from chat_api.accounts import Accounts
from chat_api.background import running
from chat_api.security.refusals import Refusals
from chat_api.sessions.purge import purge
from chat_api.signing_in.gate import SharedGate, limits_of
from taskflow_core.database.clock import DatabaseClock
from taskflow_core.database.pool import Database
from taskflow_core.service.composition import Runtime
from taskflow_core.settings import Settings
from tests.chat_api.people import User
from tests.chat_api.published import published_kinds
from tests.support.clock import MovableClock
from tests.support.phase_iv import release_on
from tests.support.waiting import eventually

_OLD_KEYS = """
INSERT INTO idempotency_keys (user_id, route, key, request_hash, status, headers, body, created_at)
SELECT 'u', 'POST /', n::text, '', 200, '{}', '', now() - interval '1 hour' * n FROM generate_series(1, 2500) AS n
"""


_OLD_SESSIONS = """
INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at)
SELECT n::text, 'u', now(), now(), now() - interval '1 hour' * n FROM generate_series(1, 2500) AS n;
INSERT INTO refresh_tokens (token_hash, session_id, expires_at)
SELECT n::text::bytea, n::text, now() - interval '1 hour' * n FROM generate_series(1, 2500) AS n;
INSERT INTO revocations (kind, subject, user_id, expires_at)
SELECT 'session', n::text, 'u', now() - interval '1 hour' * n FROM generate_series(1, 2500) AS n;
INSERT INTO disabled_accounts VALUES ('gone', 'hash', 'placeholder', now());
"""
_LEFT = """
SELECT ARRAY[(SELECT count(*) FROM sessions), (SELECT count(*) FROM refresh_tokens), (SELECT count(*) FROM revocations),
    (SELECT count(*) FROM disabled_accounts)]
"""


@pytest.fixture
async def runtime(settings: Settings, database: Database, clock: MovableClock) -> AsyncGenerator[Runtime]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(501))) as unused:
        yield Runtime(settings=settings, database=database, clock=clock, chat_api=unused)


async def test_sessions_that_are_over_are_let_go(runtime: Runtime, database: Database, clock: MovableClock) -> None:
    await database.execute(_OLD_SESSIONS)
    await purge(database, clock)
    assert await database.fetchval(_LEFT) == [23, 23, 23, 0], "those that ended within a day"


async def test_nothing_is_let_go_while_clocks_differ(database: Database) -> None:
    await database.execute(_OLD_SESSIONS)
    off = MovableClock()
    off.advance(timedelta(hours=1))
    await purge(database, DatabaseClock(machine=off))
    assert await database.fetchval(_LEFT) == [2500, 2500, 2500, 1]


async def test_at_the_start(anna: User, runtime: Runtime, database: Database, clock: MovableClock) -> None:
    async with release_on(database.url) as release:
        made = await release.create(anna.id)
    await database.execute(_OLD_KEYS)

    async def done() -> None:
        assert await published_kinds(database) == [("task.created", 1)]
        assert await database.fetchval("SELECT count(*) FROM idempotency_keys") == 23, "those of the last day"

    # Two replicas: what is found is published once.
    gate = SharedGate(database, clock, runtime.settings.auth_secret, limits_of(runtime.settings))
    async with (
        running(runtime, Accounts(database, clock, gate), gate, Refusals(database, clock)),
        running(runtime, Accounts(database, clock, gate), gate, Refusals(database, clock)),
    ):
        await eventually(done)
    assert await published_kinds(database, made) == [("task.created", 1)]
