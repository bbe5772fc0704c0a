"""Signing out ends the session, on every replica, however it was shown; everywhere ends them all."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from taskflow_core.database.pool import Database
from taskflow_core.service.tokens import Tokens
from taskflow_core.settings import Settings
from tests.chat_api.sessions.conftest import AUTH, BOB, SITE, Holder, Replica, SignIn
from tests.support.clock import MovableClock
from tests.support.tokens import written_otherwise

ORIGIN = {"Origin": SITE}


@pytest.fixture
async def browser(here: httpx.AsyncClient, bob: dict[str, Any]) -> httpx.AsyncClient:
    """Bob's, signed in by its cookies."""
    answer = await here.post(f"{AUTH}/login", json=BOB)
    assert answer.status_code == 200
    return here


async def test_a_browser_that_signs_out(browser: httpx.AsyncClient, there: httpx.AsyncClient) -> None:
    kept = dict(browser.cookies)
    answer = await browser.post(f"{AUTH}/logout", headers=ORIGIN)
    assert (answer.status_code, answer.json()["message"]) == (200, "Signed out")
    assert set(browser.cookies) == {"taskflow_device"}, "the device stays known"
    for client in (browser, there):
        shown = Holder(client, kept["taskflow_session"], kept["refresh_token"])
        assert await shown.me() == 401
        assert (await shown.renew()).status_code == 401
        client.cookies.clear()


async def test_another_replica_hears_of_it(
    sign_in: SignIn, there: httpx.AsyncClient, replicas: tuple[Replica, Replica]
) -> None:
    holder, other = await sign_in(), await sign_in()
    assert await holder.at(there).me() == 200
    assert (await holder.sign_out(json={"everywhere": False})).status_code == 200
    await replicas[1].revocations.read()
    assert (await holder.at(there).me(), await holder.me()) == (401, 401)
    assert (await other.at(there).me(), await other.me()) == (200, 200), "another session of the same user"


async def test_a_token_without_a_session_is_refused_by_itself(
    here: httpx.AsyncClient, bob: dict[str, Any], settings: Settings, clock: MovableClock
) -> None:
    tokens = Tokens(settings.auth_secret, clock, access_seconds=3600)
    ended, other = (
        Holder(here, tokens.issue(bob["id"], bob["email"], at=clock.now() - timedelta(seconds=age)), "")
        for age in (1, 2)
    )
    assert (await ended.sign_out(json={"everywhere": False})).status_code == 200
    assert (await ended.me(), await other.me()) == (401, 200)
    for spelling in written_otherwise(ended.access):
        assert await ended.me(spelling) == 401, "however its signature is written"


async def test_what_phase_ivs_clients_send_ends_a_minute_later(
    sign_in: SignIn, replicas: tuple[Replica, Replica], clock: MovableClock
) -> None:
    """Phase IV ended nothing, and clients that were recorded went on with the token."""
    holder = await sign_in()
    assert (await holder.sign_out()).status_code == 200
    assert await holder.me() == 200
    assert (await holder.renew()).status_code == 401, "but it lasts no longer for that"
    clock.advance(timedelta(seconds=61))
    for replica in replicas:
        await replica.revocations.read()
    assert await holder.me() == 401


async def test_said_clearly_it_ends_at_once_after_all(sign_in: SignIn) -> None:
    holder = await sign_in()
    for how in ({}, {"json": {"everywhere": False}}):
        assert (await holder.sign_out(**how)).status_code == 200
    assert await holder.me() == 401


async def test_a_browser_whose_access_token_has_expired(
    browser: httpx.AsyncClient, clock: MovableClock, settings: Settings, database: Database
) -> None:
    refresh = browser.cookies["refresh_token"]
    clock.advance(timedelta(seconds=settings.jwt_expiry_seconds + 1))
    assert (await browser.post(f"{AUTH}/logout")).status_code == 403, "a page of another site, for all that is known"
    assert (await browser.post(f"{AUTH}/logout", json={"everywhere": True}, headers=ORIGIN)).status_code == 401
    assert (await browser.post(f"{AUTH}/logout", headers=ORIGIN)).status_code == 200
    assert set(browser.cookies) == {"taskflow_device"}, "the device stays known"
    assert (await browser.post(f"{AUTH}/refresh", json={"refresh_token": refresh})).status_code == 401


async def test_without_anything_it_is_phase_ivs_refusal(here: httpx.AsyncClient) -> None:
    for headers in ({}, ORIGIN, {"Cookie": "refresh_token=x", **ORIGIN}):
        answer = await here.post(f"{AUTH}/logout", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "MISSING_AUTH_HEADER")


async def test_a_refresh_token_of_somebody_else_is_left_alone(sign_in: SignIn, here: httpx.AsyncClient) -> None:
    mine = await sign_in()
    answer = await here.post(
        f"{AUTH}/signup", json={"email": "a@example.com", "password": "correct horse", "refresh_token": True}
    )
    theirs = answer.json()["refresh_token"]
    headers = {"Cookie": f"refresh_token={theirs}", "Authorization": f"Bearer {mine.access}"}
    assert (await mine.client.post(f"{AUTH}/logout", headers=headers, json={"everywhere": False})).status_code == 200
    assert await mine.me() == 401
    assert (await here.post(f"{AUTH}/refresh", json={"refresh_token": theirs})).status_code == 200


async def test_everywhere(
    sign_in: SignIn,
    there: httpx.AsyncClient,
    replicas: tuple[Replica, Replica],
    bob: dict[str, Any],
    settings: Settings,
    clock: MovableClock,
) -> None:
    one, two = await sign_in(), await sign_in()
    tokens = Tokens(settings.auth_secret, clock, access_seconds=3600)
    phase_ivs = Holder(there, tokens.issue(bob["id"], bob["email"], at=clock.now() - timedelta(seconds=5)), "")
    assert (await two.at(there).me(), await phase_ivs.me()) == (200, 200)
    answer = await one.sign_out(json={"everywhere": True})
    assert (answer.status_code, answer.json()["message"]) == (200, "Signed out everywhere")
    await replicas[1].revocations.read()
    assert [await holder.at(there).me() for holder in (one, two, phase_ivs)] == [401] * 3
    assert {(await holder.renew()).status_code for holder in (one, two)} == {401}
    again = await sign_in()
    assert (await again.me(), await again.at(there).me()) == (200, 200)


BODIES: list[tuple[bytes, int, int]] = [
    (b'{"everywhere": "yes"}', 422, 200),
    (b'{"everywhere": 1}', 422, 200),
    (b'{"everywhere": false, "other": 1}', 200, 401),
    (b'{"everywhere": null}', 200, 200),
    (b'{"other": 1}', 200, 200),
    (b"{", 200, 200),
    (b"[]", 200, 200),
]
"""A body, the answer, and what the token is good for then; what says nothing of `everywhere` is as Phase IV's."""


async def test_what_a_body_says(sign_in: SignIn, subtests: pytest.Subtests) -> None:
    for body, status, afterwards in BODIES:
        with subtests.test(body=body):
            holder = await sign_in()
            assert (await holder.sign_out(content=body)).status_code == status
            assert await holder.me() == afterwards


async def test_a_session_says_what_a_list_of_them_will_need(sign_in: SignIn, database: Database) -> None:
    await sign_in(b"Mozilla/5.0 (X11; Linux x86_64)\t\xdc" + b"x" * 500)
    holder = await sign_in(b"")
    rows = await database.fetch("SELECT * FROM sessions ORDER BY created_at")
    long = rows[1]["device"]
    assert long.startswith("Mozilla/5.0 (X11; Linux x86_64) x")
    assert len(long) == 200
    assert rows[2]["device"] is None
    assert rows[2]["last_used_at"] == rows[2]["created_at"] < rows[2]["expires_at"]
    await holder.renew()
    used = await database.fetchrow("SELECT * FROM sessions WHERE id = $1", rows[2]["id"])
    assert used is not None
    assert used["last_used_at"] > used["created_at"] == rows[2]["created_at"]


async def test_a_token_of_phase_iv_that_is_gone_or_disabled(
    sign_in: SignIn,
    database: Database,
    there: httpx.AsyncClient,
    replicas: tuple[Replica, Replica],
    bob: dict[str, Any],
) -> None:
    holder = await sign_in()
    assert await holder.at(there).me() == 200
    await database.execute("DELETE FROM users WHERE id = $1", bob["id"])
    for replica in replicas:
        await replica.revocations.read()
    for client in (holder.client, there):
        assert await holder.at(client).me() == 401
        headers = {"Authorization": f"Bearer {holder.access}", "Idempotency-Key": "k"}
        for method, path in (("GET", "/api/v1/tasks"), ("POST", "/api/v1/tasks"), ("GET", "/api/v1/me/preferences"),
                             ("POST", f"/api/{bob['id']}/chat"), ("POST", "/api/v1/chat")):  # fmt: skip
            body = {"title": "A", "message": "help"} if method == "POST" else None
            answer = await client.request(method, path, headers=headers, json=body)
            assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN"), path
