"""Personal tokens: made with the password, shown once, let in where their scopes say, and ended everywhere at once."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest

from chat_api.account import links
from chat_api.account.tokens import MOST_TOKENS
from taskflow_core.database.pool import Database
from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API, NOTIFICATION_SERVICE, REMINDER_SERVICE, ServiceName
from taskflow_core.opaque import secret_hash
from taskflow_core.service.composition import Runtime, factories
from taskflow_core.service.litestar_app import documents
from taskflow_core.service.personal_tokens.form import Form
from taskflow_core.service.personal_tokens.personal_tokens import PersonalTokens
from taskflow_core.service.personal_tokens.scopes import SCOPES
from taskflow_core.service.revocations.revocations import Revocations
from taskflow_core.settings import Settings
from tests.chat_api.sessions.conftest import AUTH, BOB
from tests.support.clock import MovableClock
from tests.support.phase_iv import release_on

TOKENS = f"{AUTH}/tokens"
TASKS = "/api/v1/tasks"
ALL = ["tasks:read", "tasks:write", "stream", "audit:read"]
PUBLIC = (CHAT_API, REMINDER_SERVICE, NOTIFICATION_SERVICE, AUDIT_LOGGER)

CLOSED = {
    ("POST", f"{AUTH}/logout"),
    ("GET", f"{AUTH}/account/export"),
    ("DELETE", f"{AUTH}/account"),
    ("POST", f"{AUTH}/password"),
    ("POST", f"{AUTH}/email"),
    ("GET", f"{AUTH}/sessions"),
    ("DELETE", f"{AUTH}/sessions/{{session_id}}"),
    ("GET", TOKENS),
    ("POST", TOKENS),
    ("DELETE", f"{TOKENS}/{{token_id}}"),
    ("POST", "/api/v1/notifications/stream/ticket"),
}
"""Only for who is signed in."""

OPEN = {
    ("GET", "/"),
    ("GET", "/health"),
    *(
        ("POST", f"{AUTH}/{name}")
        for name in ("signup", "login", "refresh", "reset", "reset/complete", "email/complete")
    ),
}
"""For everybody: no token is looked at."""


class Process:
    """The services of one process that users reach, and what it knows of tokens."""

    def __init__(self, settings: Settings, database: Database, clock: MovableClock, unused: httpx.AsyncClient) -> None:
        self.revocations = Revocations(database, clock)
        self.tokens = PersonalTokens(database, clock, settings.auth_secret)
        runtime = Runtime(
            settings=settings,
            database=database,
            clock=clock,
            chat_api=unused,
            revocations=self.revocations,
            personal_tokens=self.tokens,
        )
        self.apps: dict[str, Any] = {
            name: create(runtime).app for name, create in zip(PUBLIC, factories(PUBLIC), strict=True)
        }
        self.clients: dict[str, httpx.AsyncClient] = {}

    async def ask(
        self, token: str, method: str = "GET", path: str = TASKS, of: str = CHAT_API, **more: Any
    ) -> httpx.Response:
        return await self.clients[of].request(method, path, headers={"Authorization": f"Bearer {token}"}, **more)


@pytest.fixture
async def processes(settings: Settings, database: Database, clock: MovableClock) -> AsyncGenerator[list[Process]]:
    async with AsyncExitStack() as stack:
        transport: Any = httpx.MockTransport(lambda _: httpx.Response(501))
        unused = await stack.enter_async_context(httpx.AsyncClient(transport=transport))
        made = [Process(settings, database, clock, unused) for _ in range(2)]
        for process in made:
            for name, app in process.apps.items():
                transport = httpx.ASGITransport(app=app)
                client = httpx.AsyncClient(transport=transport, base_url="http://taskflow")
                process.clients[name] = await stack.enter_async_context(client)
        yield made


@pytest.fixture
def here(processes: list[Process]) -> Process:
    return processes[0]


@pytest.fixture
def there(processes: list[Process]) -> Process:
    return processes[1]


@pytest.fixture
async def access(here: Process) -> str:
    """Bob's access token."""
    answer = await here.clients[CHAT_API].post(f"{AUTH}/signup", json=BOB)
    here.clients[CHAT_API].cookies.clear()
    return answer.json()["token"]


async def make(process: Process, access: str, **more: Any) -> httpx.Response:
    body = {"password": BOB["password"], "name": "a script", "scopes": ALL, **more}
    return await process.ask(access, "POST", TOKENS, json=body)


async def made(process: Process, access: str, **more: Any) -> tuple[str, str]:
    """The token, and its id."""
    answer = await make(process, access, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()["token"], answer.json()["id"]


def code(answer: httpx.Response) -> tuple[int, str]:
    body: Any = answer.json()
    body = body.get("detail", body)
    return answer.status_code, body["code"]


REVOKED = (401, "INVALID_TOKEN")


async def test_it_is_shown_once_and_stored_hashed(here: Process, access: str, database: Database) -> None:
    answer = await make(here, access, scopes=["stream", "tasks:read", "stream"], expires_in_days=7)
    shown = answer.json()
    assert shown["token"].startswith("tfp_")
    assert answer.headers.get("cache-control", "no-store") == "no-store"
    rows = await database.fetch("SELECT token_hash, personal_tokens::text AS everything FROM personal_tokens")
    assert [row["token_hash"] for row in rows] == [secret_hash(shown["token"])]
    assert shown["token"] not in rows[0]["everything"]
    [listed] = (await here.ask(access, path=TOKENS)).json()["items"]
    assert listed == {key: value for key, value in shown.items() if key != "token"} | {"last_used_at": None}
    assert listed["scopes"] == ["stream", "tasks:read"]


async def test_it_is_let_in_by_every_process_and_its_use_is_noted(
    here: Process, there: Process, access: str, clock: MovableClock, database: Database
) -> None:
    token, _ = await made(here, access)
    for process in (here, there):
        assert (await process.ask(token)).status_code == 200
    clock.advance(timedelta(minutes=5))
    assert (await there.ask(token)).status_code == 200
    await asyncio.gather(there.tokens.note(), here.tokens.note())
    [listed] = (await here.ask(access, path=TOKENS)).json()["items"]
    assert abs((clock.now() - await database.fetchval("SELECT last_used_at FROM personal_tokens")).total_seconds()) < 60
    assert listed["last_used_at"]


async def test_once_known_it_costs_no_query(here: Process, access: str, monkeypatch: pytest.MonkeyPatch) -> None:
    token, _ = await made(here, access)
    assert (await here.ask(token)).status_code == 200

    async def no_query(*_: Any) -> None:
        raise AssertionError("a query")

    monkeypatch.setattr(here.tokens, "_look_up", no_query)
    assert (await here.ask(token)).status_code == 200
    assert code(await here.ask(f"tfp_{'x' * 44}")) == REVOKED, "nor does one that was not made here"


async def test_revoked_it_is_refused_everywhere(
    here: Process, there: Process, access: str, clock: MovableClock
) -> None:
    token, token_id = await made(here, access)
    other, _ = await made(here, access)
    assert (await there.ask(token)).status_code == 200
    assert (await here.ask(access, "DELETE", f"{TOKENS}/{token_id}")).status_code == 204
    assert code(await here.ask(token)) == REVOKED
    await there.revocations.read()
    assert code(await there.ask(token)) == REVOKED
    assert (await there.ask(other)).status_code == 200
    assert code(await here.ask(access, "DELETE", f"{TOKENS}/{token_id}")) == (404, "TOKEN_NOT_FOUND")
    clock.advance(timedelta(minutes=2))
    assert code(await there.ask(token)) == REVOKED


async def test_it_expires(here: Process, access: str, clock: MovableClock) -> None:
    token, _ = await made(here, access, expires_in_days=1)
    assert (await here.ask(token)).status_code == 200
    clock.advance(timedelta(days=1))
    assert code(await here.ask(token)) == (401, "TOKEN_EXPIRED")


async def test_signing_out_everywhere_leaves_it_and_disabling_does_not(
    here: Process, access: str, database: Database
) -> None:
    token, _ = await made(here, access)
    assert (await here.ask(token)).status_code == 200
    assert (await here.ask(access, "POST", f"{AUTH}/logout", json={"everywhere": True})).status_code == 200
    assert (await here.ask(token)).status_code == 200
    await database.execute("INSERT INTO disabled_accounts SELECT id, '', '', now() FROM users")
    await here.revocations.read()
    assert code(await here.ask(token)) == REVOKED


async def test_setting_a_lost_password_ends_all(here: Process, there: Process, access: str, database: Database) -> None:
    tokens = [(await made(here, access))[0] for _ in range(2)]
    for process in (here, there):
        assert [(await process.ask(token)).status_code for token in tokens] == [200, 200]
    link = await links.make(
        database, "reset", timedelta(hours=1), user_id=await database.fetchval("SELECT id FROM users")
    )
    body = {"link": link.link, "password": "a staple battery"}
    assert (await here.clients[CHAT_API].post(f"{AUTH}/reset/complete", json=body)).status_code == 200
    await there.revocations.read()
    for process in (here, there):
        assert [code(await process.ask(token)) for token in tokens] == [REVOKED, REVOKED]
    assert not await database.fetchval("SELECT count(*) FROM personal_tokens")


async def test_making_one_takes_the_password(here: Process, access: str) -> None:
    assert code(await make(here, access, password="wrong horse")) == (403, "WRONG_PASSWORD")
    assert not (await here.ask(access, path=TOKENS)).json()["items"]


WRONG: list[dict[str, Any]] = [
    {"scopes": []},
    {"scopes": ["admin"]},
    {"scopes": "stream"},
    {"name": ""},
    {"name": "x" * 101},
    {"name": "x\x00"},
    *({"expires_in_days": days} for days in (0, -1, 367, None, "soon")),
]


@pytest.mark.parametrize("wrong", WRONG)
async def test_what_makes_none(here: Process, access: str, wrong: dict[str, Any]) -> None:
    assert (await make(here, access, **wrong)).status_code == 422


async def test_their_number_is_bounded(here: Process, access: str, database: Database) -> None:
    await database.execute(
        "INSERT INTO personal_tokens "
        "SELECT n::text, users.id, 'n', n::text::bytea, 'stream', now(), now() + interval '1 day' "
        "FROM users, generate_series(1, $1::int) AS n",
        MOST_TOKENS - 1,
    )
    answers = await asyncio.gather(make(here, access), make(here, access))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    seen: list[str] = []
    path: str | None = f"{TOKENS}?limit=20"
    while path:
        answer = await here.ask(access, path=path)
        seen += [item["id"] for item in answer.json()["items"]]
        path = answer.headers.get("link", "").partition(">")[0].removeprefix("<") or None
    assert len(seen) == len(set(seen)) == MOST_TOKENS


async def routes_of(process: Process, service: ServiceName) -> list[tuple[str, str]]:
    """Method and path of each route that a service documents."""
    answer = await process.clients[service].get(f"{documents(service)}/openapi.json")
    paths: dict[str, dict[str, Any]] = answer.json()["paths"]
    return [(method.upper(), path) for path, operations in sorted(paths.items()) for method in sorted(operations)]


async def test_each_route_has_a_scope_or_is_closed_or_asks_nobody(here: Process) -> None:
    routes = [route for service in PUBLIC for route in await routes_of(here, service)]
    assert set(routes) == set(SCOPES) | CLOSED | OPEN
    assert len(routes) == len(SCOPES) + len(CLOSED) + len(OPEN), "each in one of them"


async def test_scopes_are_asked_for_on_each_route(here: Process, access: str) -> None:
    tokens = {scope: (await made(here, access, scopes=[scope]))[0] for scope in ALL}
    both, _ = await made(here, access, scopes=ALL[:2])
    for service in PUBLIC:
        for method, template in await routes_of(here, service):
            path = re.sub(r"{\w+}", "x", template)
            if (method, template) in CLOSED:
                assert code(await here.ask(both, method, path, of=service)) == (403, "NOT_FOR_TOKENS"), path
            needed = set(SCOPES.get((method, template), ()))
            for scope in [scope for scope in ALL if needed - {scope}]:
                refused = await here.ask(tokens[scope], method, path, of=service)
                assert code(refused) == (403, "SCOPE_MISSING"), (path, scope)
            if needed and needed != {"stream"}:
                enough = both if len(needed) == 2 else tokens[needed.pop()]
                answer = await here.ask(enough, method, path, of=service)
                assert answer.status_code not in (401, 403) or template == "/api/{user_id}/chat", (path, answer.text)


async def test_it_is_no_cookie_and_goes_in_no_url(here: Process, access: str) -> None:
    token, _ = await made(here, access)
    client = here.clients[CHAT_API]
    assert (await client.get(TASKS, headers={"Cookie": f"taskflow_session={token}"})).status_code == 401
    stream = "/api/v1/notifications/stream"
    assert (await here.clients[NOTIFICATION_SERVICE].get(stream, params={"token": token})).status_code == 401
    assert (await client.post(f"{AUTH}/refresh", json={"refresh_token": token})).status_code == 401


async def test_what_nobody_knows_is_404_with_one(here: Process, access: str) -> None:
    token, _ = await made(here, access)
    assert (await here.ask(token, path="/api/v1/nothing")).status_code == 404
    assert (await here.ask("tfp_x", path="/api/v1/nothing")).status_code == 401


async def test_phase_iv_refuses_it(here: Process, access: str, owner_url: str, settings: Settings) -> None:
    token, _ = await made(here, access)
    async with release_on(owner_url) as release:
        answer = await release.client.get(TASKS, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert settings.phase == "v"


def test_only_what_was_made_with_the_secret_is_known() -> None:
    form = Form("a secret")
    token = form.new()
    assert form.knows(token)
    assert not Form("another").knows(token)
    for other in (token[:-1], token + "=", token[:-1] + chr(ord(token[-1]) ^ 1), token.upper(), "tfp_", "", "é" * 48):
        assert not form.knows(other)
