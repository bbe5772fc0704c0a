"""Streams end when the sign-in that opened them is revoked, or the account is closed, whoever did it."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import msgspec
import pytest
from jose import jwt

from notification_service.endpoint import PATH
from notification_service.preferences import Preferences
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import SystemClock
from taskflow_core.service.revocations.revocations import Revocations
from taskflow_core.settings import Settings
from tests.chat_api.people import add_user
from tests.notification_service.rig import SECRET, Reader, Running, created, serving

_REVOKE = """
INSERT INTO revocations (kind, subject, user_id, issued_before, expires_at)
VALUES ($1, $2, $3, $4, now() + interval '1 day')
"""


@pytest.fixture
async def revocations(database: Database) -> AsyncGenerator[Revocations]:
    """As a process has it: read every second."""
    made = Revocations(database, SystemClock())
    reading = asyncio.create_task(made.run())
    yield made
    reading.cancel()


@pytest.fixture
async def running(settings: Settings, database: Database, revocations: Revocations) -> AsyncGenerator[Running]:
    fast = msgspec.structs.replace(settings, auth_secret=SECRET)
    async with serving(fast, database, revocations=revocations) as made:
        yield made


@pytest.fixture
async def anna(database: Database) -> str:
    user_id, _ = await add_user(database, SystemClock().now())
    return user_id


async def of_session(running: Running, user_id: str, session_id: str | None) -> Reader:
    """A stream that a session opened; None for one by a token of Phase IV's."""
    now = int(time.time())
    claims = {"sub": user_id, "iat": now, "exp": now + 3600, "type": "access"}
    token = jwt.encode(claims | ({"sid": session_id} if session_id else {}), SECRET)
    reader = await running.request(PATH, [f"Authorization: Bearer {token}"])
    assert reader.status == 200, reader.body
    return reader


async def revoke(database: Database, user_id: str, kind: str, subject: str, before: datetime | None = None) -> None:
    await database.execute(_REVOKE, kind, subject, user_id, before)


async def ends(reader: Reader) -> bool:
    """Whether it ends within seconds, and says why."""
    return [frame["type"] for frame in await reader.rest(within=15)] == ["signed_out"]


async def test_a_session_that_is_revoked_ends_its_streams_and_no_others(
    running: Running, database: Database, anna: str
) -> None:
    gone = [await of_session(running, anna, "gone") for _ in range(2)]
    other = await of_session(running, anna, "other")
    began = time.monotonic()
    await revoke(database, anna, "session", "gone")
    assert [await ends(reader) for reader in gone] == [True, True]
    assert time.monotonic() - began < 15, "two seconds, on a machine that does much else"
    await running.publish(created(anna))
    assert (await other.frame())["type"] == "task.created"
    assert len(running.hub) == 1


async def test_tokens_without_a_session_end_by_when_they_were_issued(
    running: Running, database: Database, anna: str
) -> None:
    old, session = await of_session(running, anna, None), await of_session(running, anna, "s")
    await revoke(database, anna, "user", anna, SystemClock().now())
    assert await ends(old)
    assert await session.quiet(0.3)


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO disabled_accounts VALUES ($1, 'hash', 'placeholder', now())", "DELETE FROM users WHERE id = $1"],
    ids=["disabled", "removed"],
)
async def test_an_account_that_is_closed_ends_all_its_streams(
    running: Running, database: Database, anna: str, statement: str
) -> None:
    readers = [await of_session(running, anna, "s"), await of_session(running, anna, None)]
    ben, _ = await add_user(database, SystemClock().now())
    other = await of_session(running, ben, "t")
    await database.execute(statement, anna)
    assert [await ends(reader) for reader in readers] == [True, True]
    again = await running.connect(anna)
    assert (again.status, json.loads(again.body)["code"]) == (401, "INVALID_TOKEN")
    assert await other.quiet(0.3)


async def test_what_is_revoked_while_a_stream_is_opening_is_not_missed(
    running: Running, database: Database, revocations: Revocations, anna: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def of(_: Preferences, user_id: str) -> str:
        """Between the look at the token and the stream."""
        await revoke(database, user_id, "session", "s")
        await revocations.read()
        return "all"

    monkeypatch.setattr(Preferences, "of", of)
    now = int(time.time())
    claims: dict[str, Any] = {"sub": anna, "iat": now, "exp": now + 3600, "type": "access", "sid": "s"}
    reader = await running.request(PATH, [f"Authorization: Bearer {jwt.encode(claims, SECRET)}"])
    assert (reader.status, json.loads(reader.body)["code"]) == (401, "INVALID_TOKEN")
    assert len(running.hub) == 0


async def test_a_slow_reader_is_signed_out_too(running: Running, database: Database, anna: str) -> None:
    """Its last frame may not come; its connection ends all the same."""
    slow = await of_session(running, anna, "s")
    big = "x" * 60_000
    for number in range(400):
        await running.publish(created(anna, f"{big}{number}"))
    await revoke(database, anna, "session", "s")
    async with asyncio.timeout(20):
        while await slow.reader.read(1 << 20):
            pass
    assert len(running.hub) == 0
