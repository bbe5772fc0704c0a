"""Somebody who signs in with a browser and with a program, on two replicas of chat-api."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import httpx
import pytest

from chat_api.app import create_service
from taskflow_core.database.pool import Database
from taskflow_core.service.composition import Runtime
from taskflow_core.service.revocations.revocations import Revocations
from taskflow_core.settings import Settings
from tests.support.clock import MovableClock

AUTH: Final = "/api/v1/auth"
SITE: Final = "http://chat-api"
BOB: Final = {"email": "bob@example.com", "password": "correct horse"}


class Replica:
    """One process of chat-api, and what it knows of revocations."""

    def __init__(self, app: Any, revocations: Revocations) -> None:
        self._transport = httpx.ASGITransport(app=app)
        self.revocations = revocations

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[httpx.AsyncClient]:
        async with httpx.AsyncClient(transport=self._transport, base_url=SITE) as made:
            yield made


class Holder:
    """Somebody's tokens, shown as a program or as a browser does it, to one replica."""

    def __init__(self, client: httpx.AsyncClient, access: str, refresh: str) -> None:
        self.client, self.access, self.refresh = client, access, refresh

    async def me(self, access: str | None = None) -> int:
        answer = await self.client.get(f"{AUTH}/me", headers={"Authorization": f"Bearer {access or self.access}"})
        assert answer.status_code == 200 or answer.json()["code"] == "INVALID_TOKEN"
        return answer.status_code

    async def renew(self, refresh: str | None = None) -> httpx.Response:
        return await self.client.post(f"{AUTH}/refresh", json={"refresh_token": refresh or self.refresh})

    async def sign_out(self, **how: Any) -> httpx.Response:
        return await self.client.post(f"{AUTH}/logout", headers={"Authorization": f"Bearer {self.access}"}, **how)

    def at(self, client: httpx.AsyncClient) -> "Holder":
        return Holder(client, self.access, self.refresh)


SignIn = Callable[..., Awaitable[Holder]]


@pytest.fixture
async def replicas(
    settings: Settings, database: Database, clock: MovableClock
) -> AsyncGenerator[tuple[Replica, Replica]]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(501))) as unused:

        def make() -> Replica:
            revocations = Revocations(database, clock)
            runtime = Runtime(
                settings=settings, database=database, clock=clock, chat_api=unused, revocations=revocations
            )
            return Replica(create_service(runtime).app, revocations)

        yield make(), make()


@pytest.fixture
async def here(replicas: tuple[Replica, Replica]) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of the first replica that keeps cookies."""
    async with replicas[0].client() as made:
        yield made


@pytest.fixture
async def there(replicas: tuple[Replica, Replica]) -> AsyncGenerator[httpx.AsyncClient]:
    """One of the second."""
    async with replicas[1].client() as made:
        yield made


@pytest.fixture
async def bob(here: httpx.AsyncClient) -> dict[str, Any]:
    """Signed up; the answer, without the cookies."""
    answer = await here.post(f"{AUTH}/signup", json=BOB)
    assert answer.status_code == 201, answer.text
    here.cookies.clear()
    return answer.json()["user"]


@pytest.fixture
async def sign_in(replicas: tuple[Replica, Replica], bob: dict[str, Any]) -> AsyncGenerator[SignIn]:
    """sign_in(): Bob once more, as a program that asks for its refresh token and keeps no cookies."""
    async with AsyncExitStack() as clients:

        async def make(agent: bytes = b"a program") -> Holder:
            client = await clients.enter_async_context(replicas[0].client())
            headers = {b"User-Agent": agent}
            answer = await client.post(f"{AUTH}/login", json={**BOB, "refresh_token": True}, headers=headers)
            assert answer.status_code == 200, answer.text
            client.cookies.clear()
            return Holder(client, answer.json()["token"], answer.json()["refresh_token"])

        yield make
