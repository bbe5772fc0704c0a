"""Who may sign up: everybody, nobody, or who holds an invitation, which counts once."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from chat_api.account import links
from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from tests.chat_api.sessions.conftest import AUTH
from tests.chat_api.signing_in.conftest import At, at
from tests.support.clock import MovableClock

__all__ = ["at"]

SIGN_UP = f"{AUTH}/signup"
WEEK = timedelta(days=7)


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Invitations are needed, unless the test says otherwise."""
    return msgspec.structs.replace(settings, **({"sign_up": "invite"} | getattr(request, "param", {})))


def said(answer: httpx.Response) -> tuple[int, str]:
    """Status and code."""
    body: dict[str, Any] = answer.json()
    return answer.status_code, body.get("detail", {}).get("code", "")


async def sign_up(client: httpx.AsyncClient, email: str = "carla@example.com", **more: Any) -> tuple[int, str]:
    return said(await client.post(SIGN_UP, json={"email": email, "password": "correct horse", **more}))


NEEDED = (403, "INVITATION_NEEDED")


async def test_one_is_for_one_account(visitor: httpx.AsyncClient, database: Database) -> None:
    made = await links.make(database, "invitation", WEEK)
    assert await sign_up(visitor) == NEEDED
    assert await sign_up(visitor, invitation=made.link) == (201, "")
    assert await sign_up(visitor, "dora@example.com", invitation=made.link) == NEEDED
    assert (
        await visitor.post(f"{AUTH}/login", json={"email": "carla@example.com", "password": "correct horse"})
    ).is_success
    assert not await database.fetchval("SELECT count(*) FROM account_links")


@pytest.mark.parametrize("invitation", ["", "x", "x" * 43, "é" * 50, "x" * 5000, None, 5, ["x"], {}, True])
async def test_what_is_none_is_refused(visitor: httpx.AsyncClient, database: Database, invitation: Any) -> None:
    await links.make(database, "invitation", WEEK)
    assert await sign_up(visitor, invitation=invitation) == NEEDED
    assert await database.fetchval("SELECT count(*) FROM account_links") == 1


async def test_one_that_is_for_an_address(visitor: httpx.AsyncClient, database: Database) -> None:
    made = await links.make(database, "invitation", WEEK, email="carla@example.com")
    assert await sign_up(visitor, "dora@example.com", invitation=made.link) == NEEDED
    assert await sign_up(visitor, "Carla@Example.com", invitation=made.link) == (201, "")


async def test_its_time_ends(visitor: httpx.AsyncClient, database: Database, clock: MovableClock) -> None:
    made = await links.make(database, "invitation", WEEK)
    clock.advance(WEEK + timedelta(seconds=1))
    assert await sign_up(visitor, invitation=made.link) == NEEDED


async def test_it_outlives_a_sign_up_that_fails(visitor: httpx.AsyncClient, database: Database) -> None:
    first, made = [await links.make(database, "invitation", WEEK) for _ in range(2)]
    assert await sign_up(visitor, invitation=first.link) == (201, "")
    assert await sign_up(visitor, invitation=made.link) == (400, "SIGNUP_ERROR")
    assert await sign_up(visitor, "no address", invitation=made.link) == (400, "SIGNUP_ERROR")
    assert await sign_up(visitor, "dora@example.com", invitation=made.link) == (201, "")


async def test_of_several_at_once_one_has_it(at: At, database: Database) -> None:
    made = await links.make(database, "invitation", WEEK)
    clients = [at(f"192.0.2.{number}").http for number in range(1, 5)]
    answers = await asyncio.gather(
        *(sign_up(client, f"p{number}@example.com", invitation=made.link) for number, client in enumerate(clients))
    )
    assert sorted(answers) == [(201, ""), *3 * [NEEDED]]
    assert await database.fetchval("SELECT count(*) FROM users") == 1


@pytest.mark.parametrize("settings", [{"address_sign_ups_per_hour": 3}], indirect=True)
async def test_guessing_is_limited(visitor: httpx.AsyncClient) -> None:
    answers = [await sign_up(visitor, invitation=f"{number:043}") for number in range(4)]
    assert answers == [*3 * [NEEDED], (429, "TOO_MANY_SIGN_UPS")]


@pytest.mark.parametrize("settings", [{"sign_up": "closed"}], indirect=True)
async def test_closed_is_for_everybody(visitor: httpx.AsyncClient, database: Database) -> None:
    made = await links.make(database, "invitation", WEEK)
    assert await sign_up(visitor, invitation=made.link) == (403, "SIGN_UP_CLOSED")
    assert await sign_up(visitor, "no address") == (403, "SIGN_UP_CLOSED"), "nothing is looked at"
    assert not await database.fetchval("SELECT count(*) FROM sign_in_budgets")


@pytest.mark.parametrize("settings", [{"sign_up": "open"}], indirect=True)
async def test_open_asks_for_none(visitor: httpx.AsyncClient, database: Database) -> None:
    made = await links.make(database, "invitation", WEEK)
    assert await sign_up(visitor, invitation=made.link) == (201, "")
    assert await database.fetchval("SELECT count(*) FROM account_links") == 1, "it is for somebody else"


@pytest.mark.parametrize(
    "settings", [{"sign_up": "closed", "phase": "iv"}, {"sign_up": "invite", "phase": "iv"}], indirect=True
)
async def test_phase_iv_takes_everybody(visitor: httpx.AsyncClient) -> None:
    assert await sign_up(visitor) == (201, "")
    assert await sign_up(visitor, "dora@example.com", invitation=5) == (201, "")
