"""The sessions of an account: its owner sees those that go on, and ends any of them, everywhere."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from taskflow_core.database.pool import Database
from tests.chat_api.people import add_user
from tests.chat_api.sessions.conftest import AUTH, BOB, SITE, Holder, Replica, SignIn
from tests.support.clock import MovableClock

SESSIONS = f"{AUTH}/sessions"

_ADD = """
INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at)
SELECT 's' || lpad(number::text, 3, '0'), $1, $2::timestamptz, $2, $2::timestamptz + interval '1 day'
FROM generate_series(1, $3::int) AS number
"""


async def asks(holder: Holder, method: str, path: str = SESSIONS, **more: Any) -> httpx.Response:
    return await holder.client.request(method, path, headers={"Authorization": f"Bearer {holder.access}"}, **more)


async def listed(holder: Holder) -> list[dict[str, Any]]:
    answer = await asks(holder, "GET")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_each_is_listed_with_its_device_and_use(sign_in: SignIn, clock: MovableClock) -> None:
    phone = await sign_in(b"a phone")
    clock.advance(timedelta(hours=1))
    laptop = await sign_in(b"a laptop")
    clock.advance(timedelta(hours=1))
    phone.access = (await phone.renew()).json()["token"]
    items = await listed(laptop)
    assert [item["device"] for item in items[:2]] == ["a laptop", "a phone"]
    assert [item["current"] for item in items] == [True, False, False]
    assert items[1]["created_at"] < items[0]["created_at"] < items[1]["last_used_at"]
    assert [item["current"] for item in await listed(phone)] == [False, True, False]
    assert set(items[0]) == {"id", "device", "created_at", "last_used_at", "expires_at", "current"}


async def test_one_is_ended_on_every_replica(
    sign_in: SignIn, there: httpx.AsyncClient, replicas: tuple[Replica, Replica]
) -> None:
    mine, lost = await sign_in(b"mine"), await sign_in(b"lost")
    assert await lost.at(there).me() == 200
    [found] = [item["id"] for item in await listed(mine) if item["device"] == "lost"]
    assert (await asks(mine, "DELETE", f"{SESSIONS}/{found}")).status_code == 204
    await replicas[1].revocations.read()
    assert (await lost.me(), await lost.at(there).me(), (await lost.renew()).status_code) == (401, 401, 401)
    assert await mine.me() == 200
    assert found not in [item["id"] for item in await listed(mine)]
    again = await asks(mine, "DELETE", f"{SESSIONS}/{found}")
    assert (again.status_code, again.json()["detail"]["code"]) == (404, "SESSION_NOT_FOUND")


async def test_ones_own_in_a_browser_takes_its_cookies(here: httpx.AsyncClient, bob: dict[str, Any]) -> None:
    assert bob
    assert (await here.post(f"{AUTH}/login", json=BOB)).status_code == 200
    [own] = [item["id"] for item in (await here.get(SESSIONS)).json()["items"] if item["current"]]
    assert (await here.delete(f"{SESSIONS}/{own}")).status_code == 403, "from no page of this site"
    assert (await here.delete(f"{SESSIONS}/{own}", headers={"Origin": SITE})).status_code == 204
    assert set(here.cookies) == {"taskflow_device"}
    assert (await here.get(SESSIONS)).status_code == 401


async def test_nobody_elses_is_listed_or_ended(
    sign_in: SignIn, database: Database, clock: MovableClock, there: httpx.AsyncClient
) -> None:
    mine = await sign_in()
    other, _ = await add_user(database, clock.now())
    await database.execute(_ADD, other, clock.now(), 1)
    assert "s001" not in [item["id"] for item in await listed(mine)]
    for known in ("s001", "nothing", "%00", "x" * 65):
        assert (await asks(mine, "DELETE", f"{SESSIONS}/{known}")).status_code in (404, 422)
    assert await database.fetchval("SELECT revoked_at IS NULL FROM sessions WHERE id = 's001'")
    assert not await database.fetchval("SELECT count(*) FROM revocations"), "nothing that its owner could not revoke"


async def test_many_come_in_pages(
    sign_in: SignIn, bob: dict[str, Any], database: Database, clock: MovableClock
) -> None:
    mine = await sign_in()
    await database.execute(_ADD, bob["id"], clock.now() - timedelta(hours=1), 120)
    seen: list[str] = []
    path: str | None = f"{SESSIONS}?limit=50"
    while path:
        answer = await asks(mine, "GET", path)
        seen += [item["id"] for item in answer.json()["items"]]
        link = answer.headers.get("link", "")
        path = link.partition(">")[0].removeprefix("<") or None
    assert len(seen) == len(set(seen)) == 122
    assert (await asks(mine, "GET", f"{SESSIONS}?limit=201")).status_code == 422
    assert (await asks(mine, "GET", f"{SESSIONS}?cursor=x")).status_code == 422


@pytest.mark.parametrize("why", ["expired", "signed out"])
async def test_those_that_are_over_are_not_listed(sign_in: SignIn, clock: MovableClock, why: str) -> None:
    over = await sign_in(b"over")
    if why == "expired":
        clock.advance(timedelta(days=8))
    else:
        await over.sign_out(json={"everywhere": False})
    devices = [item["device"] for item in await listed(await sign_in(b"new"))]
    assert devices[0] == "new"
    assert "over" not in devices
