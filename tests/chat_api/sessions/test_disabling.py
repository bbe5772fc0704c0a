"""An account that is disabled is refused everywhere, by Phase IV as well; enabled it is as it was."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from chat_api.sessions.disabling import Done, disable, enable
from taskflow_core.database.pool import Database
from tests.chat_api.sessions.conftest import AUTH, BOB, Replica, SignIn
from tests.support.phase_iv import release_on

EMAIL = BOB["email"]
WEEK = timedelta(days=7)


async def off(database: Database) -> Done:
    done = await disable(database, EMAIL, lasts=WEEK, rounds=4)
    assert done is not None
    return done


async def on(database: Database) -> Done:
    done = await enable(database, EMAIL, lasts=WEEK)
    assert done is not None
    return done


async def hashes(database: Database) -> tuple[str, int]:
    present: str = await database.fetchval("SELECT hashed_password FROM users WHERE email = $1", EMAIL)
    parked: int = await database.fetchval("SELECT count(*) FROM disabled_accounts")
    return present, parked


async def log_in(client: httpx.AsyncClient, **body: Any) -> tuple[int, Any]:
    answer = await client.post(f"{AUTH}/login", json=BOB | body)
    client.cookies.clear()
    return answer.status_code, answer.json() if answer.status_code != 200 else None


async def test_it_is_refused_everywhere_and_answers_like_a_wrong_password(
    sign_in: SignIn, database: Database, replicas: tuple[Replica, Replica], there: httpx.AsyncClient
) -> None:
    holder = await sign_in()
    assert await holder.at(there).me() == 200
    done = await off(database)
    assert (done.already, done.sessions) == (False, 2)
    for replica in replicas:
        await replica.revocations.read()
    assert (await holder.me(), await holder.at(there).me()) == (401, 401)
    assert (await holder.renew()).status_code == 401
    wrong = await log_in(there, password="wrong horse")
    assert wrong[0] == 401
    assert await log_in(there) == wrong
    async with release_on(database.url) as release:
        assert (await log_in(release.client))[0] == 401, "Phase IV's own answer"


async def test_enabled_it_is_as_it_was_but_for_its_sessions(
    sign_in: SignIn, database: Database, replicas: tuple[Replica, Replica], there: httpx.AsyncClient
) -> None:
    holder = await sign_in()
    before = await hashes(database)
    await off(database)
    for replica in replicas:
        await replica.revocations.read()
    await on(database)
    for replica in replicas:
        await replica.revocations.read()
    assert await hashes(database) == before
    assert await holder.me() == 401
    again = await sign_in()
    assert (await again.me(), await again.at(there).me()) == (200, 200)
    async with release_on(database.url) as release:
        assert (await log_in(release.client))[0] == 200


async def test_both_may_be_repeated_in_any_order(bob: dict[str, Any], database: Database) -> None:
    before = await hashes(database)
    assert (await on(database)).already
    assert [(await off(database)).already for _ in range(3)] == [False, True, True]
    assert [(await on(database)).already for _ in range(2)] == [False, True]
    assert await hashes(database) == before
    await asyncio.gather(*(which(database) for which in (off, on) * 4))
    await on(database)
    assert await hashes(database) == before


async def test_a_password_that_was_changed_meanwhile_stays(
    bob: dict[str, Any], database: Database, here: httpx.AsyncClient
) -> None:
    old, _ = await hashes(database)
    await off(database)
    await database.execute("UPDATE users SET hashed_password = $1", old)
    assert (await log_in(here))[0] == 401, "the right password opens nothing"
    await database.execute("UPDATE users SET hashed_password = 'another'")
    await on(database)
    assert await hashes(database) == ("another", 0)
    await off(database)
    await database.execute("UPDATE users SET hashed_password = 'a third'")
    assert not (await off(database)).already
    await on(database)
    assert await hashes(database) == ("a third", 0)


async def test_a_crash_within_leaves_it_as_it_was(
    sign_in: SignIn, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = await sign_in()
    before = await hashes(database)
    monkeypatch.setattr("chat_api.sessions.disabling._REPLACE", "SELECT 1 / 0, $1, $2, $3")
    with pytest.raises(asyncpg.PostgresError):
        await off(database)
    assert await hashes(database) == before
    assert await holder.me() == 200
    monkeypatch.undo()
    await off(database)
    monkeypatch.setattr("chat_api.sessions.disabling._LOOK", "SELECT 1 / 0, $1, $2")
    with pytest.raises(asyncpg.PostgresError):
        await on(database)
    assert (await hashes(database))[1] == 1


async def test_an_address_that_means_none_or_several(bob: dict[str, Any], database: Database) -> None:
    assert await disable(database, "nobody@example.com", lasts=WEEK) is None
    assert await enable(database, "nobody@example.com\x00", lasts=WEEK) is None
    assert await disable(database, EMAIL.upper(), lasts=WEEK, rounds=4) is not None
