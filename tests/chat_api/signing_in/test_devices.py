"""A device that an account has signed in from has a budget of its own: nobody can lock an owner out."""

import asyncio
from datetime import timedelta
from http.cookies import SimpleCookie

import httpx
import msgspec
import pytest

from chat_api.signing_in.devices import Devices
from chat_api.signing_in.keyed import Keyed
from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from tests.chat_api.signing_in.conftest import ATTEMPTS, BOB, HOME, At, Client
from tests.support.clock import MovableClock

ELSEWHERE, AWAY = "198.51.100.1", "198.51.100.2"
ANNA = "anna@example.com"


def device_cookie(answer: httpx.Response) -> tuple[str, dict[str, object]] | None:
    for header in answer.headers.get_list("set-cookie"):
        jar: SimpleCookie = SimpleCookie(header)
        if "taskflow_device" in jar:
            return jar["taskflow_device"].value, dict(jar["taskflow_device"])
    return None


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(
        settings, address_login_attempts_per_minute=4, all_login_attempts_per_minute=10, address_sign_ups_per_hour=100
    )


async def test_the_cookie(bob: Client) -> None:
    found = device_cookie(await bob.signs_in())
    assert found is not None
    value, attributes = found
    assert len(value) >= 20
    assert (attributes["httponly"], attributes["samesite"], attributes["path"]) == (True, "strict", "/api/v1/auth")
    assert attributes["max-age"] == str(365 * 86_400)


async def test_the_owner_gets_in_whatever_anybody_else_does(bob: Client, at: At) -> None:
    for number, address in enumerate((ELSEWHERE, AWAY, "203.0.113.1")):
        for n in range(4):
            await at(address).fails(BOB["email"] if n < number else f"{number}{n}@example.com")
    assert (await at("203.0.113.3").fails("new@example.com")).status_code == 429, "everybody's budget is used up"
    assert (await at("203.0.113.3").signs_in()).status_code == 429, "a new device waits"
    abroad = at("203.0.113.4")
    abroad.http.cookies = bob.http.cookies
    assert (await abroad.signs_in()).status_code == 200, "his browser, wherever it is"
    assert (await at(HOME).signs_in()).status_code == 200, "a program of his without cookies, at home"
    assert (await at(HOME).fails("somebody@example.com")).status_code == 429, "for that account alone"


async def test_an_attacker_behind_the_same_address_has_a_small_budget_of_its_own(bob: Client, at: At) -> None:
    await at(HOME).uses_up()
    assert (await at(HOME).signs_in()).status_code == 429
    assert (await bob.signs_in()).status_code == 200, "his browser is another device"
    assert (await at(ELSEWHERE).signs_in()).status_code == 200, "and that was not charged to the e-mail"


async def test_a_device_has_no_more_than_its_budget(bob: Client, at: At, clock: MovableClock) -> None:
    await bob.uses_up()
    assert (await bob.signs_in()).status_code == 429
    clock.advance(timedelta(seconds=61))
    assert (await bob.signs_in()).status_code == 200


async def test_a_mark_means_nothing_for_another_account(bob: Client, at: At) -> None:
    assert (await at(AWAY).signs_up(ANNA)).status_code == 201
    await at(ELSEWHERE).uses_up(email=ANNA)
    thief = at("203.0.113.1")
    thief.http.cookies = bob.http.cookies
    assert (await thief.fails(ANNA)).status_code == 429
    await at(ELSEWHERE).fails()


@pytest.mark.parametrize("value", ["x", "", ".", "..", "a" * 5000, "é", "a.b.c.d.e.f", '"', "%00"])
async def test_a_mark_that_nobody_gave_is_none(bob: Client, at: At, value: str) -> None:
    await at(ELSEWHERE).uses_up()
    headers = {"Cookie": f"taskflow_device={value}".encode()}
    stranger = at(AWAY)
    assert (await stranger.signs_in(headers=headers)).status_code == 429


async def test_accounts_that_share_a_browser_are_known_each(bob: Client, at: At) -> None:
    assert (await bob.signs_up(ANNA)).status_code == 201
    for address in (ELSEWHERE, AWAY):
        await at(address).fails()
        await at(address).fails(ANNA)
    await at("203.0.113.1").fails()
    await at("203.0.113.1").fails(ANNA)
    abroad = at("203.0.113.4")
    abroad.http.cookies = bob.http.cookies
    assert (await at("203.0.113.3").signs_in()).status_code == 429
    assert (await abroad.signs_in()).status_code == 200
    assert (await abroad.signs_in(ANNA)).status_code == 200


async def test_signing_out_keeps_the_device(bob: Client, at: At) -> None:
    token = (await bob.signs_in()).json()["token"]
    answer = await bob.http.post("/api/v1/auth/logout", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    await at(ELSEWHERE).uses_up()
    abroad = at(AWAY)
    abroad.http.cookies = bob.http.cookies
    assert (await abroad.signs_in()).status_code == 200


async def test_an_address_is_known_for_thirty_days(bob: Client, at: At, clock: MovableClock) -> None:
    clock.advance(timedelta(days=29))
    await at(ELSEWHERE).uses_up()
    assert (await at(HOME).signs_in()).status_code == 200
    clock.advance(timedelta(days=29))
    await at(ELSEWHERE).uses_up()
    assert (await at(HOME).signs_in()).status_code == 200, "since he signed in from it"
    clock.advance(timedelta(days=31))
    await at(ELSEWHERE).uses_up()
    assert (await at(HOME).signs_in()).status_code == 429
    assert (await bob.signs_in()).status_code == 200, "a browser for a year"


async def test_behind_a_proxy_that_nobody_trusts_an_address_is_nobodys(bob: Client, at: At) -> None:
    behind = at("10.0.0.9")
    forwarded = {"X-Forwarded-For": "203.0.113.50"}
    assert (await behind.signs_in(headers=forwarded)).status_code == 200
    await at(ELSEWHERE).uses_up()
    assert (await at("10.0.0.9").signs_in(headers=forwarded)).status_code == 429
    assert (await behind.signs_in(headers=forwarded)).status_code == 200, "the browser's mark counts"


async def test_at_most_so_many_of_a_user(bob: Client, at: At, database: Database, clock: MovableClock) -> None:
    for n in range(14):
        clock.advance(timedelta(seconds=61))
        assert (await at(f"198.51.100.{n}").signs_in()).status_code == 200
    kinds = await database.fetch("SELECT by_address, count(*) FROM sign_in_devices GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in kinds] == [(False, 10), (True, 10)]
    clock.advance(timedelta(seconds=61))
    await at("203.0.113.1").uses_up()
    abroad = at("203.0.113.2")
    abroad.http.cookies = bob.http.cookies
    assert (await abroad.signs_in()).status_code == 429, "the one that signed in longest ago has gone"
    assert (await at("198.51.100.13").signs_in()).status_code == 200


async def test_sign_ins_that_come_together(bob: Client, at: At, database: Database) -> None:
    clients = [at(f"198.51.100.{n}") for n in range(8)]
    for _ in range(3):
        answers = await asyncio.gather(*(client.signs_in() for client in clients), bob.signs_in())
        assert {answer.status_code for answer in answers} == {200}
    assert await database.fetchval("SELECT count(*) FROM sign_in_devices") == 18


async def test_what_is_old_goes(bob: Client, database: Database, clock: MovableClock, settings: Settings) -> None:
    devices = Devices(database, clock, Keyed(settings.auth_secret))
    for days, left in ((29, 2), (2, 1), (333, 1), (2, 0)):
        clock.advance(timedelta(days=days))
        await devices.purge()
        assert await database.fetchval("SELECT count(*) FROM sign_in_devices") == left, days


async def test_a_known_device_has_an_attempt_or_two_of_its_own(bob: Client) -> None:
    for _ in range(3):
        for _ in range(ATTEMPTS - 1):
            assert (await bob.fails()).status_code == 401
        assert (await bob.signs_in()).status_code == 200
