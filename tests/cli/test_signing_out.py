"""`taskflow admin sessions` and `sign-out`, as an operator types them while somebody is signed in."""

import asyncio
import json
from collections.abc import Callable

import httpx
import pytest

from taskflow_cli.main import main
from taskflow_core.database.pool import Database
from tests.chat_api.sessions.conftest import AUTH, BOB, Holder, Replica, SignIn, bob, here, replicas, sign_in

__all__ = ["bob", "here", "replicas", "sign_in"]

Run = Callable[..., "asyncio.Future[int]"]


@pytest.fixture
def admin(monkeypatch: pytest.MonkeyPatch, database_url: str) -> Run:
    """admin(action, …): its exit status. In a thread, since it has an event loop of its own."""
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", database_url)
    return lambda *words: asyncio.ensure_future(asyncio.to_thread(main, ["admin", *words]))


async def token_of(holder: Holder) -> str:
    headers = {"Authorization": f"Bearer {holder.access}"}
    body = {"password": BOB["password"], "name": "a script", "scopes": ["tasks:read"]}
    answer = await holder.client.post(f"{AUTH}/tokens", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["token"]


async def statuses(here: httpx.AsyncClient, *tokens: str) -> list[int]:
    asked = [await here.get("/api/v1/tasks", headers={"Authorization": f"Bearer {token}"}) for token in tokens]
    return [answer.status_code for answer in asked]


async def test_everything_that_signs_in_is_listed_and_ends(
    sign_in: SignIn,
    here: httpx.AsyncClient,
    replicas: tuple[Replica, Replica],
    admin: Run,
    database: Database,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second = await sign_in(b"a browser"), await sign_in(b"a\x1b[31m phone")
    token = await token_of(first)
    assert await admin("sessions", BOB["email"].upper()) == 0
    said = capsys.readouterr().out
    assert "a browser" in said
    assert "a script (tasks:read)" in said
    assert "\x1b" not in said, "a name draws nothing on the operator's terminal"
    assert said.splitlines()[-1] == f"{BOB['email']} is signed in by 3 sessions and 1 personal tokens."

    assert await admin("sessions", BOB["email"], "--json") == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [made] = [one["id"] for one in listed if one["kind"] == "token"]
    [phone] = [one["id"] for one in listed if one["name"] and one["name"].endswith("phone")]
    assert await admin("sign-out", BOB["email"], made) == 0
    assert await admin("sign-out", BOB["email"], phone) == 0
    assert await admin("sign-out", BOB["email"], phone) == 1
    assert "has no session or token" in capsys.readouterr().err
    await replicas[0].revocations.read()
    assert await statuses(here, first.access, second.access, token) == [200, 401, 401]

    assert await admin("sign-out", BOB["email"]) == 0
    assert "2 sessions and 0 personal tokens ended" in capsys.readouterr().out
    await replicas[0].revocations.read()
    assert await statuses(here, first.access) == [401]
    assert (await here.post(f"{AUTH}/login", json=BOB)).status_code == 200, "the account stays open"
    told = await database.fetch("SELECT payload::jsonb -> 'data' AS data FROM outbox WHERE topic LIKE '%security'")
    by = [data for row in told if (data := json.loads(row["data"])).get("actor_id") == "operator"]
    assert len(by) == 3
