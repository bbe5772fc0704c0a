"""Deleting one's account: for who shows its password; it closes at once, everywhere, and its address is free."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from hashlib import md5
from typing import Any, Final

import httpx
import msgspec
import pytest

from chat_api.account import links
from chat_api.erasing.again import apply, erasures
from chat_api.erasing.job import Erasing
from chat_api.sessions.disabling import enable
from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from tests.chat_api.erasing.conftest import ACCOUNT, MARKER, Live, asks, deletes, erased, found_in
from tests.chat_api.sessions.conftest import AUTH, BOB, SITE, Replica, SignIn
from tests.support.phase_iv import release_on

ATTEMPTS = 3


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, login_attempts_per_minute=ATTEMPTS)


async def test_nothing_is_left(
    live: Live, bob: dict[str, Any], owner_url: str, erasing: Erasing, database: Database
) -> None:
    """But the mark, and what refuses tokens until they would have ended by themselves."""
    holder = await live()
    assert {
        "tasks",
        "message",
        "dead_letters",
        "outbox",
        "task_shadow",
        "idempotency_keys",
        "sessions",
        "deleted_tasks",
    } <= (await found_in(owner_url, MARKER))
    assert (await deletes(holder)).status_code == 202
    await erased(erasing, database)
    assert await found_in(owner_url, MARKER, BOB["email"]) == set()
    assert await found_in(owner_url, bob["id"]) == {"revocations"}
    [mark] = await erasures(database)
    assert mark.done_at is not None


async def test_it_closes_at_once_on_every_replica(
    live: Live, sign_in: SignIn, here: httpx.AsyncClient, there: httpx.AsyncClient, replicas: tuple[Replica, Replica]
) -> None:
    holder, other = await live(), await sign_in()
    assert await other.at(there).me() == 200
    assert (await deletes(holder)).status_code == 202
    await replicas[1].revocations.read()
    assert [await holder.me(), await other.me(), await other.at(there).me()] == [401, 401, 401]
    assert (await other.renew()).status_code == 401
    assert (await here.post(f"{AUTH}/login", json=BOB)).status_code == 401


async def test_a_wrong_password_is_a_failed_sign_in(sign_in: SignIn) -> None:
    holder = await sign_in()
    for _ in range(ATTEMPTS):
        answer = await deletes(holder, "wrong horse")
        assert (answer.status_code, answer.json()["detail"]["code"]) == (403, "WRONG_PASSWORD")
    assert (await deletes(holder)).status_code == 429
    assert await holder.me() == 200


async def test_no_reminder_is_to_come(live: Live, database: Database) -> None:
    holder = await live()
    assert (await deletes(holder)).status_code == 202
    assert not await database.fetchval("SELECT count(*) FROM reminder_schedule WHERE status = 'pending'")


async def test_the_address_signs_up_again_as_somebody_else(
    live: Live, bob: dict[str, Any], here: httpx.AsyncClient, erasing: Erasing, database: Database
) -> None:
    holder = await live()
    assert (await deletes(holder)).status_code == 202
    answer = await here.post(f"{AUTH}/signup", json=BOB)
    assert answer.status_code == 201
    new = answer.json()
    assert new["user"]["id"] != bob["id"]
    await erased(erasing, database)
    headers = {"Authorization": f"Bearer {new['token']}"}
    assert (await here.get("/api/v1/tasks", headers=headers)).json() == []


async def test_nobody_can_take_the_address_that_it_is_closed_with(
    live: Live, bob: dict[str, Any], here: httpx.AsyncClient, database: Database
) -> None:
    holder = await live()
    taken = f"erased.{md5(bob['id'].encode(), usedforsecurity=False).hexdigest()}@erased.invalid"
    assert (await here.post(f"{AUTH}/signup", json={**BOB, "email": taken})).status_code == 201
    here.cookies.clear()
    assert (await deletes(holder)).status_code == 202


async def test_what_was_mailed_to_its_address_goes_though_it_was_of_no_account_then(
    live: Live, here: httpx.AsyncClient, database: Database
) -> None:
    kinds: Final[tuple[links.Kind, ...]] = ("invitation", "reset")
    for kind in kinds:
        await links.ask_for_mail(database, kind, timedelta(days=1), email=BOB["email"].upper())
    await links.make(database, "invitation", timedelta(days=1), email="somebody@else.example")
    assert (await deletes(await live())).status_code == 202
    assert [row["email"] for row in await database.fetch("SELECT email FROM account_links")] == [
        "somebody@else.example"
    ]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/api/v1/me/preferences", b'{"timezone": "UTC"}'),
        ("POST", "/api/v1/tasks", b'{"title": "late"}'),
        ("POST", "/api/v1/chat", b'{"message": "add a late task"}'),
        ("POST", f"{AUTH}/password", b'{"current": "x", "new": "y"}'),
    ],
)
async def test_a_body_whose_end_comes_after_it_was_closed_changes_nothing(
    live: Live, database: Database, erasing: Erasing, owner_url: str, method: str, path: str, body: bytes
) -> None:
    """Who sends a request is looked at before its body, and that may take half a minute."""
    holder, begun, closed = await live(), asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncGenerator[bytes]:
        yield body[:9]
        begun.set()
        await closed.wait()
        yield body[9:]

    headers = {"Idempotency-Key": f"{MARKER}-late", "Content-Type": "application/json"}
    asking = {**headers, "Authorization": f"Bearer {holder.access}"}
    sent = asyncio.ensure_future(holder.client.request(method, path, content=slowly(), headers=asking))
    await begun.wait()
    assert (await deletes(holder)).status_code == 202
    await erased(erasing, database)
    closed.set()
    assert (await sent).status_code == 401
    assert await found_in(owner_url, MARKER) == set()
    assert not await database.fetchval("SELECT count(*) FROM user_preferences")


async def test_a_browser_needs_the_origin_and_loses_its_cookies(here: httpx.AsyncClient, bob: dict[str, Any]) -> None:
    assert bob
    assert (await here.post(f"{AUTH}/login", json=BOB)).status_code == 200
    body = {"password": BOB["password"]}
    assert (await here.request("DELETE", ACCOUNT, json=body)).status_code == 403
    answer = await here.request("DELETE", ACCOUNT, json=body, headers={"Origin": SITE})
    assert answer.status_code == 202
    assert set(here.cookies) <= {"taskflow_device"}


async def test_phase_iv_lets_nobody_in_and_the_job_goes_on_after_it(
    live: Live, bob: dict[str, Any], owner_url: str, erasing: Erasing, database: Database
) -> None:
    """A half-erased account: closed, in Phase IV too; a token of before still writes there, and goes with the rest."""
    holder = await live()
    assert (await deletes(holder)).status_code == 202
    assert await erasing.run()
    async with release_on(owner_url) as release:
        assert (await release.client.post(f"{AUTH}/login", json=BOB)).status_code == 401
        headers = {"Authorization": f"Bearer {holder.access}"}
        written = await release.client.post("/api/v1/tasks", json={"title": MARKER}, headers=headers)
        assert written.status_code in (201, 401)
    await erased(erasing, database)
    assert await found_in(owner_url, MARKER, BOB["email"]) == set()
    assert not await database.fetchval("SELECT count(*) FROM users WHERE id = $1", bob["id"])


async def test_it_cannot_be_enabled_again(live: Live, bob: dict[str, Any], database: Database) -> None:
    from datetime import timedelta

    holder = await live()
    assert (await deletes(holder)).status_code == 202
    email = await database.fetchval("SELECT email FROM users WHERE id = $1", bob["id"])
    done = await enable(database, email, lasts=timedelta(days=1))
    assert done is not None
    assert done.already
    assert await database.fetchval("SELECT count(*) FROM disabled_accounts") == 1


async def test_a_restored_backup_is_erased_again(
    live: Live, bob: dict[str, Any], erasing: Erasing, database: Database, owner_url: str
) -> None:
    from datetime import timedelta

    holder = await live()
    assert (await deletes(holder)).status_code == 202
    await erased(erasing, database)
    marks = [one.mark for one in await erasures(database)]
    await database.execute("DELETE FROM erasures")
    await database.execute(
        "INSERT INTO users (id, email, hashed_password, created_at, updated_at) VALUES ($1, $2, '-', now(), now())",
        bob["id"],
        BOB["email"],
    )
    await database.execute(
        "INSERT INTO tasks (id, user_id, title, completed, created_at, updated_at) "
        "VALUES ('back', $1, $2, false, now(), now())",
        bob["id"],
        MARKER,
    )
    lasts = timedelta(days=7)
    assert await apply(database, marks, lasts=lasts) == 1
    await erased(erasing, database)
    assert await found_in(owner_url, MARKER, BOB["email"]) == set()
    assert await apply(database, marks, lasts=lasts) == 0


async def test_who_may_not(here: httpx.AsyncClient, sign_in: SignIn) -> None:
    assert (await here.request("DELETE", ACCOUNT, json={"password": "x"})).status_code == 401
    holder = await sign_in()
    assert (await asks(holder, "DELETE", ACCOUNT, json={})).status_code == 422
