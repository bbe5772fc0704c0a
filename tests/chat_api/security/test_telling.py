"""Each change of an account is told once, in its transaction, and by whom; nothing is told that was not done."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from chat_api.account import links
from chat_api.erasing.again import delete
from chat_api.export.export import Exports
from chat_api.security.telling import OPERATOR
from chat_api.sessions.disabling import disable, enable
from taskflow_core.database.pool import Connection, Database
from taskflow_core.events.account import (
    AccountEvent,
    Deleted,
    Disabled,
    PasswordChanged,
    SessionsRevoked,
    SignedIn,
    TokenMade,
    TokensRevoked,
)
from taskflow_core.events.envelope import encode, wrap
from taskflow_core.events.topics import ACCOUNT_SECURITY, CHAT_API
from tests.chat_api.export.conftest import NoTrail
from tests.chat_api.published import security_events
from tests.chat_api.sessions.conftest import AUTH, BOB, Holder, SignIn
from tests.support.connections import connected

NEW = "staple battery horse"
DAY = timedelta(days=1)


@pytest.fixture
async def broken(owner_url: str) -> AsyncGenerator[Connection]:
    """No event can be written, from now on."""
    async with connected(owner_url) as owner:
        await owner.execute("ALTER TABLE outbox ADD CONSTRAINT closed CHECK (false) NOT VALID")
        yield owner


async def kinds(database: Database, user: dict[str, Any]) -> list[str]:
    return [event.event_type for event in await security_events(database, user["id"])]


async def last(database: Database, user: dict[str, Any]) -> AccountEvent:
    return (await security_events(database, user["id"]))[-1]


async def asks(holder: Holder, method: str, path: str, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {holder.access}"}
    return await holder.client.request(method, AUTH + path, headers=headers, **more)


async def test_signing_up_and_in_are_told_with_the_session_and_its_device(
    sign_in: SignIn, bob: dict[str, Any], database: Database
) -> None:
    await sign_in(b"curl/8.0")
    assert await kinds(database, bob) == ["account.signed_up", "account.signed_in", "account.signed_in"]
    event = await last(database, bob)
    assert isinstance(event, SignedIn)
    session = await database.fetchrow("SELECT id, device FROM sessions ORDER BY created_at DESC LIMIT 1")
    assert session is not None
    assert (event.session_id, event.device, event.actor_id) == (session["id"], session["device"], bob["id"])
    assert session["device"] == "curl/8.0"
    rows = await database.fetch("SELECT topic, task_id, user_id FROM outbox")
    assert {tuple(row) for row in rows} == {(ACCOUNT_SECURITY, bob["id"], bob["id"])}


async def test_signing_out_is_told_once_and_of_the_session_that_ended(
    sign_in: SignIn, bob: dict[str, Any], database: Database
) -> None:
    one, other = await sign_in(b"one"), await sign_in(b"other")
    before = len(await kinds(database, bob))
    assert (await one.sign_out()).status_code == 200
    event = await last(database, bob)
    assert isinstance(event, SessionsRevoked)
    assert (event.reason, event.count, event.device) == ("signed_out", 1, "one")
    sessions = (await asks(other, "GET", "/sessions")).json()["items"]
    [third] = [item["id"] for item in sessions if not item["current"]]
    assert (await asks(other, "DELETE", f"/sessions/{third}")).status_code == 204
    assert (await asks(other, "DELETE", f"/sessions/{third}")).status_code == 404
    assert len(await kinds(database, bob)) == before + 2
    event = await last(database, bob)
    assert isinstance(event, SessionsRevoked)
    assert (event.reason, event.session_id, event.actor_id) == ("signed_out", third, bob["id"])


async def test_signing_out_everywhere_is_one_event_with_a_count(
    sign_in: SignIn, bob: dict[str, Any], database: Database
) -> None:
    holders = [await sign_in() for _ in range(3)]
    assert (await holders[0].sign_out(json={"everywhere": True})).status_code == 200
    event = await last(database, bob)
    assert isinstance(event, SessionsRevoked)
    assert (event.reason, event.count, event.session_id) == ("everywhere", 4, None)


async def test_a_refresh_token_that_was_used_twice_is_told_of_and_nobody_is_named_for_it(
    sign_in: SignIn, bob: dict[str, Any], database: Database
) -> None:
    holder = await sign_in()
    assert (await holder.renew()).status_code == 200
    await database.execute("UPDATE refresh_tokens SET used_at = used_at - interval '1 hour' WHERE used_at IS NOT NULL")
    assert (await holder.renew()).status_code == 401
    event = await last(database, bob)
    assert isinstance(event, SessionsRevoked)
    assert (event.reason, event.actor_id, event.count) == ("reuse", CHAT_API, 1)


async def test_a_new_password_is_told_and_so_are_the_sessions_that_it_ended(
    sign_in: SignIn, bob: dict[str, Any], database: Database
) -> None:
    holder = await sign_in()
    await sign_in()
    wrong = await asks(holder, "POST", "/password", json={"current": "not it at all", "new": NEW})
    assert wrong.status_code == 403
    before = len(await kinds(database, bob))
    answer = await asks(holder, "POST", "/password", json={"current": BOB["password"], "new": NEW})
    assert answer.status_code == 200, answer.text
    changed, revoked = (await security_events(database, bob["id"]))[before:]
    assert isinstance(changed, PasswordChanged)
    assert isinstance(revoked, SessionsRevoked)
    assert (revoked.reason, revoked.count) == ("password", 2)
    assert revoked.kept == changed.session_id
    assert changed.session_id is not None


async def test_a_reset_by_an_operator_s_link_is_told_with_who_made_the_link(
    sign_in: SignIn, here: httpx.AsyncClient, bob: dict[str, Any], database: Database
) -> None:
    await asks(await sign_in(), "POST", "/tokens", json=token())
    made = await links.make_reset(database, bob["id"], DAY)
    event = await last(database, bob)
    assert (event.event_type, event.actor_id) == ("account.reset_link_made", OPERATOR)
    before = len(await kinds(database, bob))
    answer = await here.post(f"{AUTH}/reset/complete", json={"link": made.link, "password": NEW})
    assert answer.status_code == 200, answer.text
    wanted = ["account.password_reset", "account.tokens_revoked", "account.sessions_revoked"]
    assert (await kinds(database, bob))[before:] == wanted


async def test_a_new_address_is_told_without_the_address(
    sign_in: SignIn, here: httpx.AsyncClient, bob: dict[str, Any], database: Database
) -> None:
    asked = {"email": "robert@example.com", "password": BOB["password"]}
    assert (await asks(await sign_in(), "POST", "/email", json=asked)).status_code == 202
    before = len(await kinds(database, bob))
    handed = await links.hand_out(database, bob["id"], DAY)
    assert handed is not None
    event = await last(database, bob)
    assert (event.event_type, event.actor_id) == ("account.email_link_made", OPERATOR)
    assert (await here.post(f"{AUTH}/email/complete", json={"link": handed[1].link})).status_code == 200
    assert (await kinds(database, bob))[before:] == ["account.email_link_made", "account.email_changed"]
    assert await links.hand_out(database, bob["id"], DAY) is None
    assert (await last(database, bob)).event_type == "account.email_changed", "no link, so nothing is told"
    everything = b"".join(encode(wrap(event, CHAT_API)) for event in await security_events(database))
    assert b"@" not in everything


def token() -> dict[str, Any]:
    return {"name": "Nightly backup", "scopes": ["tasks:read"], "expires_in_days": 30, "password": BOB["password"]}


async def test_a_personal_token_is_told_when_it_is_made_and_when_it_ends(
    sign_in: SignIn, bob: dict[str, Any], database: Database
) -> None:
    holder = await sign_in()
    answer = await asks(holder, "POST", "/tokens", json=token())
    assert answer.status_code == 201, answer.text
    made = await last(database, bob)
    assert isinstance(made, TokenMade)
    assert (made.token_id, made.name, made.scopes) == (answer.json()["id"], "Nightly backup", ["tasks:read"])
    assert answer.json()["token"].encode() not in encode(wrap(made, CHAT_API))
    assert (await asks(holder, "DELETE", f"/tokens/{made.token_id}")).status_code == 204
    assert (await asks(holder, "DELETE", f"/tokens/{made.token_id}")).status_code == 404
    revoked = await last(database, bob)
    assert isinstance(revoked, TokensRevoked)
    assert (revoked.token_id, revoked.name, revoked.reason) == (made.token_id, "Nightly backup", "signed_out")
    assert (await kinds(database, bob)).count("account.tokens_revoked") == 1


async def test_disabling_and_enabling_are_told_once_and_of_the_operator(
    sign_in: SignIn, bob: dict[str, Any], database: Database
) -> None:
    await sign_in()
    before = len(await kinds(database, bob))
    for _ in range(2):
        await disable(database, BOB["email"], lasts=DAY, rounds=4)
    for _ in range(2):
        await enable(database, BOB["email"], lasts=DAY)
    events = (await security_events(database, bob["id"]))[before:]
    wanted = ["account.disabled", "account.sessions_revoked", "account.enabled"]
    assert [event.event_type for event in events] == wanted
    assert {event.actor_id for event in events} == {OPERATOR}
    assert isinstance(events[0], Disabled)


async def test_deleting_is_the_last_that_is_told_and_taking_everything_along_is_told_before_it(
    sign_in: SignIn, bob: dict[str, Any], database: Database
) -> None:
    holder = await sign_in()
    exports = Exports(database, NoTrail())
    async with exports.begun(bob["id"]):
        event = await last(database, bob)
        assert (event.event_type, event.actor_id) == ("account.exported", bob["id"])
    async with exports.begun(bob["id"], by=OPERATOR):
        assert (await last(database, bob)).actor_id == OPERATOR
    before = len(await kinds(database, bob))
    assert (await asks(holder, "DELETE", "/account", json={"password": BOB["password"]})).status_code == 202
    assert (await kinds(database, bob))[before:] == ["account.deleted", "account.sessions_revoked"]
    assert (await asks(holder, "GET", "/account/export")).status_code == 401


async def test_an_account_that_an_operator_deletes_says_so(bob: dict[str, Any], database: Database) -> None:
    assert await delete(database, bob["id"], lasts=DAY)
    deleted, revoked = (await security_events(database, bob["id"]))[-2:]
    assert isinstance(deleted, Deleted)
    assert {deleted.actor_id, revoked.actor_id} == {OPERATOR}


async def test_nothing_is_done_that_cannot_be_told(
    sign_in: SignIn, bob: dict[str, Any], database: Database, broken: Connection
) -> None:
    """One transaction: where the event cannot be written, the change is taken back."""
    await broken.execute("ALTER TABLE outbox DROP CONSTRAINT closed")
    holder = await sign_in()
    await broken.execute("ALTER TABLE outbox ADD CONSTRAINT closed CHECK (false) NOT VALID")
    state = "SELECT (SELECT count(*) FROM sessions WHERE revoked_at IS NULL), (SELECT hashed_password FROM users), "
    state += "(SELECT count(*) FROM personal_tokens), (SELECT count(*) FROM outbox), (SELECT count(*) FROM erasures)"
    before = await database.fetchrow(state)
    new = {"current": BOB["password"], "new": NEW}
    attempts: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/login", BOB),
        ("POST", "/logout", {}),
        ("POST", "/logout", {"everywhere": True}),
        ("POST", "/password", new),
        ("POST", "/tokens", token()),
        ("DELETE", "/account", {"password": BOB["password"]}),
    ]
    for method, path, body in attempts:
        assert (await asks(holder, method, path, json=body)).status_code == 500, path
        assert await database.fetchrow(state) == before, path
