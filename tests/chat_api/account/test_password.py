"""A new password: for who shows the old one, as strong as at sign-up, and the end of every other session."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from taskflow_core.database.pool import Database
from taskflow_core.service.tokens import Tokens
from taskflow_core.settings import Settings
from tests.chat_api.sessions.conftest import AUTH, BOB, SITE, Holder, Replica, SignIn
from tests.support.clock import MovableClock
from tests.support.connections import connected
from tests.support.phase_iv import release_on
from tests.support.waiting import eventually

NEW = "a staple battery"
ATTEMPTS = 3
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, login_attempts_per_minute=ATTEMPTS)


async def change(holder: Holder, current: str = BOB["password"], new: str = NEW) -> httpx.Response:
    headers = {"Authorization": f"Bearer {holder.access}"}
    return await holder.client.post(f"{AUTH}/password", json={"current": current, "new": new}, headers=headers)


async def signs_in(client: httpx.AsyncClient, password: str) -> int:
    answer = await client.post(f"{AUTH}/login", json={**BOB, "password": password})
    client.cookies.clear()
    return answer.status_code


async def test_the_new_one_signs_in_and_the_other_sessions_end(
    sign_in: SignIn, here: httpx.AsyncClient, there: httpx.AsyncClient, replicas: tuple[Replica, Replica]
) -> None:
    mine, other = await sign_in(), await sign_in()
    assert await other.at(there).me() == 200
    answer = await change(mine)
    assert answer.status_code == 200, answer.text
    assert "token" not in answer.json(), "the session goes on"
    assert set(mine.client.cookies) == {"taskflow_device"}
    await replicas[1].revocations.read()
    assert (await other.me(), await other.at(there).me(), (await other.renew()).status_code) == (401, 401, 401)
    assert (await mine.me(), (await mine.renew()).status_code) == (200, 200)
    assert (await signs_in(here, BOB["password"]), await signs_in(here, NEW)) == (401, 200)


async def test_a_token_of_phase_ivs_is_exchanged(
    here: httpx.AsyncClient, bob: dict[str, Any], settings: Settings, clock: MovableClock
) -> None:
    """It has no session that could go on, and is refused with all others that were issued before."""
    tokens = Tokens(settings.auth_secret, clock, access_seconds=3600)
    old = Holder(here, tokens.issue(bob["id"], bob["email"], at=clock.now() - timedelta(seconds=5)), "")
    answer = await change(old)
    here.cookies.clear()
    assert (await old.me(), await old.me(answer.json()["token"])) == (401, 200)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"current": BOB["password"], "new": "ü" * 40}, "new"),
        ({"current": BOB["password"], "new": "password1"}, "new"),
        ({"current": BOB["password"], "new": "short"}, "new"),
        ({"current": BOB["password"]}, "new"),
        ({"new": NEW}, "current"),
    ],
)
async def test_the_rules_of_signing_up_hold(sign_in: SignIn, body: dict[str, str], field: str) -> None:
    holder = await sign_in()
    answer = await holder.client.post(
        f"{AUTH}/password", json=body, headers={"Authorization": f"Bearer {holder.access}"}
    )
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][-1] == field
    assert await holder.me() == 200


async def test_the_old_one_cannot_be_guessed(sign_in: SignIn, here: httpx.AsyncClient) -> None:
    """A stolen token has the budget that signing in has, and they are one."""
    holder = await sign_in()
    for _ in range(ATTEMPTS):
        answer = await change(holder, "wrong horse")
        assert (answer.status_code, answer.json()["detail"]["code"]) == (403, "WRONG_PASSWORD")
    refused = await change(holder)
    assert (refused.status_code, refused.json()["detail"]["code"]) == (429, "TOO_MANY_ATTEMPTS")
    assert int(refused.headers["Retry-After"]) > 0
    assert await signs_in(here, BOB["password"]) == 429
    assert await holder.me() == 200, "a wrong password signs nobody out"


async def test_of_two_changes_at_once_one_holds(sign_in: SignIn, here: httpx.AsyncClient) -> None:
    one, other = await sign_in(), await sign_in()
    new = ["a staple battery", "a battery staple"]
    answers = await asyncio.gather(change(one, new=new[0]), change(other, new=new[1]))
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) in ([200, 401], [200, 403]), "the other's session, or password, was the old one"
    assert [await signs_in(here, password) for password in new] == [
        200 if status == 200 else 401 for status in statuses
    ]


async def test_a_sign_in_with_the_old_one_that_comes_late(
    sign_in: SignIn, bob: dict[str, Any], here: httpx.AsyncClient, database: Database, owner_url: str
) -> None:
    """The old password was looked at before the change, and the session would begin after it."""
    async with connected(owner_url) as connection:
        async with connection.transaction():
            await connection.execute("UPDATE users SET hashed_password = 'another' WHERE id = $1", bob["id"])
            late = asyncio.create_task(here.post(f"{AUTH}/login", json=BOB))

            async def waits() -> None:
                assert await database.fetchval(WAITING)

            await eventually(waits, within=30)
        assert (await late).status_code == 401
    assert await database.fetchval("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == 1, "that of signing up"


async def test_phase_iv_signs_in_with_it(sign_in: SignIn, owner_url: str) -> None:
    holder = await sign_in()
    assert (await change(holder)).status_code == 200
    async with release_on(owner_url) as release:
        answers = [
            await release.client.post(f"{AUTH}/login", json={**BOB, "password": password})
            for password in (NEW, BOB["password"])
        ]
    assert [answer.status_code for answer in answers] == [200, 401]


async def test_who_may_not(here: httpx.AsyncClient, bob: dict[str, Any]) -> None:
    body = {"current": BOB["password"], "new": NEW}
    assert (await here.post(f"{AUTH}/password", json=body)).status_code == 401
    assert (await here.post(f"{AUTH}/login", json=BOB)).status_code == 200
    refused = await here.post(f"{AUTH}/password", json=body, headers={"Origin": "https://elsewhere.example"})
    assert refused.json()["detail"]["code"] == "ORIGIN_MISMATCH"
    assert (await here.post(f"{AUTH}/password", json=body, headers={"Origin": SITE})).status_code == 200
    assert bob["id"]


async def test_a_crash_before_the_commit_changes_nothing(
    sign_in: SignIn, here: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    mine, other = await sign_in(), await sign_in()

    async def crash(*_: Any) -> bool:
        raise ConnectionError("gone")

    monkeypatch.setattr("chat_api.account.links.withdraw", crash)
    assert (await change(mine)).status_code >= 500
    assert (await mine.me(), await other.me()) == (200, 200)
    assert await signs_in(here, BOB["password"]) == 200
    assert not await database.fetchval("SELECT count(*) FROM revocations")
