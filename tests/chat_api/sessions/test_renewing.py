"""Refresh tokens: used once, the same successor for half a minute, and the end of the session after that."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from chat_api.controllers.cookies import Cookies
from taskflow_core.database.pool import Database
from taskflow_core.service.tokens import Tokens, token_hash
from taskflow_core.settings import Settings
from tests.chat_api.sessions.conftest import AUTH, BOB, SITE, Replica, SignIn
from tests.support.clock import MovableClock
from tests.support.connections import connected
from tests.support.tokens import written_otherwise

SECONDS = timedelta(seconds=1)


def without_message(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return {key: value for key, value in answer.json().items() if key != "message"}


def refused(answer: httpx.Response) -> bool:
    if answer.status_code == 200:
        return False
    assert (answer.status_code, answer.json()["detail"]["code"]) == (401, "INVALID_REFRESH_TOKEN")
    return True


async def test_a_program_is_given_its_refresh_token_when_it_asks(here: httpx.AsyncClient, bob: dict[str, Any]) -> None:
    plain = await here.post(f"{AUTH}/login", json=BOB)
    assert set(plain.json()) == {"user", "token", "message"}, "as Phase IV answers"
    for asked in ("yes", 1, ["true"], None, False):
        assert set((await here.post(f"{AUTH}/login", json={**BOB, "refresh_token": asked})).json()) == set(plain.json())
    told = await here.post(f"{AUTH}/login", json={**BOB, "refresh_token": True})
    assert told.json()["refresh_token"] == told.cookies["refresh_token"]
    signed_up = await here.post(
        f"{AUTH}/signup", json={"email": "a@example.com", "password": "correct horse", "refresh_token": True}
    )
    assert signed_up.json()["refresh_token"] == signed_up.cookies["refresh_token"]


async def test_the_next_one_comes_as_the_one_before_came(here: httpx.AsyncClient, bob: dict[str, Any]) -> None:
    first = (await here.post(f"{AUTH}/login", json=BOB)).cookies["refresh_token"]
    by_cookie = await here.post(f"{AUTH}/refresh", headers={"Origin": SITE})
    assert set(by_cookie.json()) == {"token", "message"}
    second = by_cookie.cookies["refresh_token"]
    by_body = await here.post(f"{AUTH}/refresh", json={"refresh_token": second})
    assert by_body.json()["refresh_token"] not in {first, second}
    assert by_body.json()["token"] == by_body.cookies["taskflow_session"]


async def test_the_same_successor_for_half_a_minute(sign_in: SignIn, clock: MovableClock) -> None:
    holder = await sign_in()
    clock.advance(5 * SECONDS)
    first = await holder.renew()
    clock.advance(29 * SECONDS)
    assert without_message(await holder.renew()) == without_message(first), "to the byte"
    assert await holder.me(first.json()["token"]) == 200
    clock.advance(2 * SECONDS)
    assert refused(await holder.renew())


async def test_one_used_again_ends_the_session(sign_in: SignIn, clock: MovableClock, database: Database) -> None:
    holder, other = await sign_in(), await sign_in()
    successor = (await holder.renew()).json()
    clock.advance(31 * SECONDS)
    with capture_logs() as lines:
        assert refused(await holder.renew())
    assert [line["log_level"] for line in lines if line["event"] == "refresh_token_reused"] == ["warning"]
    assert not [line for line in lines if holder.refresh in str(line) or BOB["email"] in str(line)]
    assert refused(await holder.renew(successor["refresh_token"])), "the thief's or the owner's: nobody knows"
    assert await holder.me() == await holder.me(successor["token"]) == 401
    assert await other.me() == 200, "another sign-in is another family"
    assert not refused(await other.renew())
    with capture_logs() as lines:
        assert refused(await holder.renew())
    assert not [line for line in lines if line["log_level"] == "warning"], "told once"


async def test_an_old_one_is_known_for_what_it_is_long_after_its_row_is_gone(
    sign_in: SignIn, clock: MovableClock, database: Database
) -> None:
    holder = await sign_in()
    chain = [holder.refresh]
    for _ in range(5):
        chain.append((await holder.renew(chain[-1])).json()["refresh_token"])
        clock.advance(31 * SECONDS)
    kept = await database.fetchval("SELECT count(*) FROM refresh_tokens WHERE used_at IS NOT NULL")
    assert kept <= 2, "of tokens that were used only the latest is kept"
    assert refused(await holder.renew(chain[1]))
    assert refused(await holder.renew(chain[-1]))


async def test_a_straggler_two_generations_back_gets_its_own_successor(sign_in: SignIn) -> None:
    holder = await sign_in()
    first = await holder.renew()
    second = await holder.renew(first.json()["refresh_token"])
    assert without_message(await holder.renew()) == without_message(first)
    assert without_message(await holder.renew(first.json()["refresh_token"])) == without_message(second)


async def test_tabs_and_replicas_that_renew_at_once(
    sign_in: SignIn, there: httpx.AsyncClient, database: Database
) -> None:
    holder = await sign_in()
    elsewhere = holder.at(there)
    answers = await asyncio.gather(*(who.renew() for who in (holder, elsewhere) * 5))
    assert len({str(without_message(answer)) for answer in answers}) == 1
    assert await database.fetchval("SELECT count(*) FROM refresh_tokens WHERE used_at IS NULL AND token_hash = $1",
        token_hash(answers[0].json()["refresh_token"])) == 1  # fmt: skip
    assert await elsewhere.me(answers[0].json()["token"]) == 200


async def test_what_is_stored_are_hashes(sign_in: SignIn, database: Database) -> None:
    holder = await sign_in()
    stored = [row["token_hash"] for row in await database.fetch("SELECT token_hash FROM refresh_tokens")]
    assert token_hash(holder.refresh) in stored
    rows = str(await database.fetch("SELECT * FROM sessions, refresh_tokens"))
    assert holder.refresh not in rows


@pytest.fixture
async def phase_ivs(settings: Settings, clock: MovableClock, bob: dict[str, Any]) -> str:
    """A refresh token that Phase IV gave Bob a minute ago."""
    tokens = Tokens(settings.auth_secret, clock, access_seconds=60)
    return tokens.issue(bob["id"], bob["email"], "refresh", at=clock.now() - 60 * SECONDS)


async def test_phase_ivs_refresh_tokens_are_adopted(
    phase_ivs: str, sign_in: SignIn, there: httpx.AsyncClient, clock: MovableClock, database: Database
) -> None:
    holder = await sign_in()
    elsewhere = holder.at(there)
    answers = await asyncio.gather(*(who.renew(phase_ivs) for who in (holder, elsewhere) * 4))
    assert len({str(without_message(answer)) for answer in answers}) == 1
    assert await database.fetchval("SELECT count(*) FROM sessions") == 3, "sign-up, sign-in and this"
    successor = answers[0].json()
    assert await holder.me(successor["token"]) == 200
    for _ in range(3):
        successor = (await holder.renew(successor["refresh_token"])).json()
        clock.advance(31 * SECONDS)
    assert refused(await holder.renew(phase_ivs))
    assert refused(await holder.renew(successor["refresh_token"])), "it is of that family"
    for spelling in written_otherwise(phase_ivs):
        assert refused(await holder.renew(spelling)), "however its signature is written"


async def test_however_it_is_written_a_token_has_one_successor(sign_in: SignIn, phase_ivs: str) -> None:
    holder = await sign_in()
    for token in (holder.refresh, phase_ivs):
        answers = [without_message(await holder.renew(spelling)) for spelling in (token, *written_otherwise(token))]
        assert all(answer == answers[0] for answer in answers)


async def test_one_of_phase_ivs_that_was_shown_at_signing_out(
    phase_ivs: str, here: httpx.AsyncClient, sign_in: SignIn
) -> None:
    holder = await sign_in()
    cookies = {"Cookie": f"refresh_token={phase_ivs}", "Origin": SITE}
    assert (await here.post(f"{AUTH}/logout", headers=cookies)).status_code == 200
    assert refused(await holder.renew(phase_ivs))


async def test_one_of_phase_ivs_from_before_everything_was_ended(phase_ivs: str, sign_in: SignIn) -> None:
    holder = await sign_in()
    assert (await holder.sign_out(json={"everywhere": True})).status_code == 200
    assert refused(await holder.renew(phase_ivs))


async def test_everything_ended_while_one_of_phase_ivs_is_adopted(
    phase_ivs: str, sign_in: SignIn, database: Database, app_url: str, bob: dict[str, Any]
) -> None:
    """Whichever comes first, the session that begins does not outlive the end of all."""
    holder = await sign_in()
    async with connected(app_url) as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("SELECT pg_advisory_xact_lock(hashtextextended('sessions:' || $1::text, 0))", bob["id"])
        renewing = asyncio.create_task(holder.renew(phase_ivs))
        ending = asyncio.create_task(holder.sign_out(json={"everywhere": True}))
        await asyncio.wait([renewing, ending], timeout=0.3)
        await transaction.rollback()
    await ending
    renewed = await renewing
    assert refused(renewed) or refused(await holder.renew(renewed.json()["refresh_token"]))


@pytest.mark.parametrize(
    "gone", ["DELETE FROM users", "INSERT INTO disabled_accounts SELECT id, '', '', now() FROM users"]
)
async def test_an_account_that_is_gone_or_disabled_renews_nothing(
    sign_in: SignIn, phase_ivs: str, database: Database, gone: str
) -> None:
    holder = await sign_in()
    await database.execute(gone)
    assert refused(await holder.renew())
    assert refused(await holder.renew(phase_ivs))
    assert await database.fetchval("SELECT count(*) FROM sessions") == 2, "none began"


async def test_a_crash_after_the_commit_loses_nothing(
    sign_in: SignIn, replicas: tuple[Replica, Replica], there: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is lost, and the process with it; another one gives the same."""
    holder = await sign_in()

    def crash(*_: object) -> None:
        raise RuntimeError("the process is gone")

    monkeypatch.setattr(Cookies, "signed_in", crash)
    assert (await holder.renew()).status_code == 500
    monkeypatch.undo()
    again = await holder.at(there).renew()
    assert not refused(await holder.renew(again.json()["refresh_token"]))


async def test_while_the_database_is_away(sign_in: SignIn, database: Database) -> None:
    holder = await sign_in()
    await database.close()
    answer = await holder.renew()
    await database.open()
    await database.opened()
    assert answer.status_code == 503
    assert not refused(await holder.renew())
