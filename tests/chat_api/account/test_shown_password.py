"""What a password was shown for counts for nothing when it is changed, or its account closed, before that is done."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from typing import Final

import asyncpg
import httpx
import pytest

from taskflow_core.database.pool import Database
from tests.chat_api.sessions.conftest import AUTH, BOB, Holder, SignIn
from tests.support.connections import connected
from tests.support.waiting import eventually

PASSWORD: Final = BOB["password"]
CHANGED: Final = "UPDATE users SET hashed_password = 'another' WHERE email = $1"
CLOSED: Final = """
WITH closed AS (
    INSERT INTO disabled_accounts (user_id, parked_hash, placeholder, disabled_at)
    SELECT id, hashed_password, 'nothing', now() FROM users WHERE email = $1
)
UPDATE users SET hashed_password = 'nothing' WHERE email = $1
"""
WAITS: Final = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
MADE: Final = """
SELECT (SELECT count(*) FROM account_links) + (SELECT count(*) FROM personal_tokens) + (SELECT count(*) FROM erasures)
"""

Ask = Callable[[Holder], Awaitable[httpx.Response]]


def asking(method: str, path: str, **body: object) -> Ask:
    def ask(holder: Holder) -> Awaitable[httpx.Response]:
        headers = {"Authorization": f"Bearer {holder.access}"}
        return holder.client.request(method, f"{AUTH}/{path}", json=body, headers=headers)

    return ask


EMAIL = asking("POST", "email", password=PASSWORD, email="robert@example.com")
TOKEN = asking("POST", "tokens", password=PASSWORD, name="a script", scopes=["tasks:read"])
CHANGE = asking("POST", "password", current=PASSWORD, new="a password of the thief's")
DELETE = asking("DELETE", "account", password=PASSWORD)


@pytest.fixture
async def owner(owner_url: str) -> AsyncGenerator[asyncpg.Connection]:
    async with connected(owner_url) as connection:
        yield connection


@pytest.mark.parametrize("ask", [EMAIL, TOKEN, CHANGE, DELETE], ids=["e-mail", "token", "password", "deletion"])
@pytest.mark.parametrize(
    ("meanwhile", "answer"),
    [(CHANGED, (403, "WRONG_PASSWORD")), (CLOSED, (401, "INVALID_TOKEN"))],
    ids=["changed", "closed"],
)
async def test_nothing_is_done_by_a_password_of_before(
    sign_in: SignIn, database: Database, owner: asyncpg.Connection, ask: Ask, meanwhile: str, answer: tuple[int, str]
) -> None:
    holder = await sign_in()
    async with owner.transaction():
        await owner.execute(meanwhile, BOB["email"])
        asked = asyncio.ensure_future(ask(holder))
        await eventually(partial(database.fetchval, WAITS))
    refused = await asked
    body = refused.json()
    assert (refused.status_code, body.get("code") or body["detail"]["code"]) == answer
    assert await database.fetchval(MADE) == 0


async def test_an_account_deleted_twice_at_once_is_gone_the_second_time(sign_in: SignIn) -> None:
    holder = await sign_in()
    answers = await asyncio.gather(*(DELETE(holder) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [202, 401, 401, 401]


async def test_addresses_are_confirmed_while_passwords_are_changed_and_neither_waits_for_the_other(
    sign_in: SignIn, here: httpx.AsyncClient, database: Database, owner: asyncpg.Connection
) -> None:
    """A link that is used and an account whose links are withdrawn are locked in one order."""
    holder = await sign_in()
    assert (await EMAIL(holder)).status_code == 202
    link = "a-link-of-the-test"
    await owner.execute("UPDATE account_links SET link_hash = sha256($1)", link.encode())
    before = await database.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    async with owner.transaction():
        await owner.execute("SELECT FROM users WHERE email = $1 FOR UPDATE", BOB["email"])
        confirmed = asyncio.ensure_future(here.post(f"{AUTH}/email/complete", json={"link": link}))
        await eventually(partial(database.fetchval, WAITS))
        await owner.execute("DELETE FROM account_links")  # as a change of the password does
    assert (await confirmed).status_code == 404
    assert before == await database.fetchval(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
