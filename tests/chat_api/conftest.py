"""chat-api on a database of the test's own, and users who call it in-process."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from audit_logger.app import create_service as audit_logger
from chat_api.app import create_service
from chat_api.second_reader.reader import closing
from taskflow_core.database.pool import Database
from taskflow_core.service.auth import API_TOKEN_HEADER
from taskflow_core.service.composition import Runtime, Service
from taskflow_core.service.revocations.revocations import Revocations
from taskflow_core.service.tokens import Tokens
from taskflow_core.settings import Settings
from tests.chat_api.occurring import MONDAY, Processor
from tests.chat_api.people import User, add_user
from tests.support.clock import MovableClock

NewUser = Callable[[], Awaitable[User]]


@pytest.fixture(autouse=True)
def _cheap_hashes(cheap_hashes: int) -> None:
    """For all that is tested here."""


@pytest.fixture
def revocations(settings: Settings, database: Database, clock: MovableClock) -> Revocations | None:
    """Reads what is revoked when it meets a user, and when a test says so."""
    return Revocations(database, clock) if settings.phase == "v" else None


@pytest.fixture
async def service(
    settings: Settings, database: Database, clock: MovableClock, revocations: Revocations | None
) -> AsyncGenerator[Service]:
    """chat-api in the phase that `settings` name, without background work: nothing happens but what a test asks for."""
    # Without a TLS context of its own, which takes longer to make than the whole service.
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(501))) as unused,
        asking_audit_logger(Runtime(settings=settings, database=database, clock=clock, chat_api=unused)) as asked,
    ):
        runtime = Runtime(
            settings=settings,
            database=database,
            clock=clock,
            chat_api=unused,
            audit_logger=asked,
            revocations=revocations,
        )
        made = create_service(runtime)
        app: Any = made.app
        async with closing(app.state.get("second_reader")):  # which the background work that is not there closes
            yield made


def asking_audit_logger(runtime: Runtime) -> httpx.AsyncClient:
    """A way to audit-logger's internal routes; it is made when it is first asked."""
    made: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if not made:
            made.append(audit_logger(runtime).app)
        await made[0](scope, receive, send)

    headers = {API_TOKEN_HEADER: runtime.settings.api_token or ""}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://audit-logger", headers=headers)


@pytest.fixture
async def visitor(service: Service) -> AsyncGenerator[httpx.AsyncClient]:
    """Somebody who has not signed in; keeps cookies as a browser does."""
    transport = httpx.ASGITransport(app=service.app)  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
    async with httpx.AsyncClient(transport=transport, base_url="http://chat-api") as client:
        yield client


@pytest.fixture
async def new_user(
    service: Service, settings: Settings, database: Database, clock: MovableClock
) -> AsyncGenerator[NewUser]:
    """new_user(): another user with a client that sends their token. Their password is nothing anybody knows."""
    tokens = Tokens(settings.auth_secret, clock, access_seconds=365 * 86_400)
    transport = httpx.ASGITransport(app=service.app)  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
    async with AsyncExitStack() as clients:

        async def make() -> User:
            user_id, email = await add_user(database, clock.now())
            token = tokens.issue(user_id, email)
            headers = {"Authorization": f"Bearer {token}"}
            client = httpx.AsyncClient(transport=transport, base_url="http://chat-api", headers=headers)
            return User(id=user_id, email=email, token=token, http=await clients.enter_async_context(client))

        yield make


@pytest.fixture
async def anna(new_user: NewUser) -> User:
    """A signed-in user."""
    return await new_user()


@pytest.fixture
async def bert(new_user: NewUser) -> User:
    """Another signed-in user."""
    return await new_user()


@pytest.fixture
def client(anna: User) -> httpx.AsyncClient:
    """Anna's client, for tests in which nobody else appears."""
    return anna.http


@pytest.fixture
def processor(visitor: httpx.AsyncClient, database: Database, settings: Settings, clock: MovableClock) -> Processor:
    """The processor, which asks when a test says so, on a frozen Monday morning, 1 March 2027 at 8:00 UTC."""
    clock.freeze(MONDAY)
    return Processor(visitor, database, settings, clock)
