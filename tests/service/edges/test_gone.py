"""Who is not let in any more is refused by every service, on every route that asks who it is."""

import json

import pytest

from taskflow_core.service.host import Host
from taskflow_core.service.routes import INTERNAL
from taskflow_core.service.tokens import Tokens
from tests.service.asking import Asked, Route, ask
from tests.service.edges.whole import Platform
from tests.support.clock import MovableClock
from tests.support.waiting import eventually

_FOR_ANYBODY = ("signup", "login", "refresh", "reset", "reset/complete", "email/complete")
_OPEN = {"/", "/health", "/redoc", *(f"/api/v1/auth/{name}" for name in _FOR_ANYBODY)}
_DISABLE = "INSERT INTO disabled_accounts SELECT id, 'hash', 'placeholder', now() FROM users"


def asks_who_it_is(route: Route) -> bool:
    return not (route.path in _OPEN or route.path.startswith((INTERNAL, "/static/", "/docs")) or "/docs" in route.path)


@pytest.mark.parametrize("settings", ["v"], indirect=True)
@pytest.mark.parametrize("gone", ["DELETE FROM users", _DISABLE])
async def test_an_account_that_is_gone_or_disabled(platform: Platform, gone: str) -> None:
    routes = [route for route in platform.routes if asks_who_it_is(route)]
    key = [*platform.headers, (b"idempotency-key", b"k")]
    assert (await keep(platform.host, key)).status == 201
    async with platform.host.database.transaction() as connection:
        await connection.execute("DELETE FROM tasks")
        await connection.execute(gone)

    async def refused() -> bool:
        return (await platform.ask(tasks(platform))).status == 401

    await eventually(refused, within=5)
    assert len(routes) > 20
    for route in routes:
        answer = await platform.ask(route)
        assert answer.status == 401, (str(route), answer)
        said = json.loads(answer.body)
        assert (said["code"], said["message"]) == ("INVALID_TOKEN", "This account is disabled or gone"), str(route)
    assert (await keep(platform.host, key)).status == 401, "an answer that was kept as well"
    await platform.host.database.execute("DELETE FROM disabled_accounts")
    await platform.host.database.execute(
        "INSERT INTO users SELECT $1, 'x@example.com', '-', now(), now() ON CONFLICT DO NOTHING", who(platform)
    )

    async def back() -> bool:
        return (await platform.ask(tasks(platform))).status == 200

    await eventually(back, within=5)


async def keep(host: Host, headers: list[tuple[bytes, bytes]]) -> Asked:
    return await ask(host, "POST", "/api/v1/tasks", headers=headers, body=b'{"title": "kept"}')


def tasks(platform: Platform) -> Route:
    return next(route for route in platform.routes if str(route) == "GET /api/v1/tasks")


def who(platform: Platform) -> str:
    [token] = [value.split()[1].decode() for name, value in platform.headers if name == b"authorization"]
    settings = platform.host.settings
    return Tokens(settings.auth_secret, MovableClock(), access_seconds=1).verify(token).user_id
