"""Bob, who has an account, and others who try his password; from several addresses, on several replicas."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
import pytest

from chat_api.app import create_service
from taskflow_core.database.pool import Database
from taskflow_core.service.composition import Runtime, Service
from taskflow_core.settings import Settings
from tests.support.clock import MovableClock

SIGN_UP, LOGIN = "/api/v1/auth/signup", "/api/v1/auth/login"
BOB = {"email": "bob@example.com", "password": "correct horse"}
ATTEMPTS = 3
HOME = "192.0.2.1"
"""Where Bob signed up."""


@dataclass(frozen=True)
class Client:
    """Somebody at an address, with the cookies of a browser."""

    http: httpx.AsyncClient

    async def signs_in(self, email: str = BOB["email"], password: str = BOB["password"], **more: Any) -> httpx.Response:
        return await self.http.post(LOGIN, json={"email": email, "password": password}, **more)

    async def fails(self, email: str = BOB["email"]) -> httpx.Response:
        return await self.signs_in(email, "wrong horse")

    async def uses_up(self, attempts: int = ATTEMPTS, email: str = BOB["email"]) -> None:
        """Fails until one more attempt is refused."""
        for _ in range(attempts):
            assert (await self.fails(email)).status_code == 401
        refused = await self.fails(email)
        assert (refused.status_code, refused.json()["detail"]["code"]) == (429, "TOO_MANY_ATTEMPTS")

    async def signs_up(self, email: str = BOB["email"], password: str = BOB["password"]) -> httpx.Response:
        return await self.http.post(SIGN_UP, json={"email": email, "password": password})


At = Callable[..., Client]
"""A new client at an address, of the service that is given, or of the test's."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, login_attempts_per_minute=ATTEMPTS)


@pytest.fixture
async def replica(settings: Settings, database: Database, clock: MovableClock) -> AsyncGenerator[Service]:
    """A second process, as far as memory goes, on the same database."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(501))) as unused:
        yield create_service(Runtime(settings=settings, database=database, clock=clock, chat_api=unused))


@pytest.fixture
async def at(service: Service) -> AsyncGenerator[At]:
    async with AsyncExitStack() as opened:

        def client(address: str, of: Service = service) -> Client:
            transport = httpx.ASGITransport(app=of.app, client=(address, 50_000))  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
            http = httpx.AsyncClient(transport=transport, base_url="http://chat-api")
            opened.push_async_callback(http.aclose)
            return Client(http)

        yield client


@pytest.fixture
async def bob(at: At) -> Client:
    """Bob's browser, at home, where he has just signed up."""
    made = at(HOME)
    assert (await made.signs_up()).status_code == 201
    return made
