"""The audit logger's routes, asked in-process, by users and an administrator."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import httpx
import msgspec
import pytest

from audit_logger.app import create_service
from taskflow_core.database.pool import Database
from taskflow_core.service.composition import Runtime
from taskflow_core.service.tokens import Tokens
from taskflow_core.settings import Settings
from tests.support.clock import MovableClock

Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def ask(settings: Settings, database: Database, clock: MovableClock) -> AsyncGenerator[Ask]:
    """ask(path, by="anna", **query): a GET below /api/v1/audit; `root` is an administrator, by=None is nobody."""
    settings = msgspec.structs.replace(settings, admins=("root",))
    tokens = Tokens(settings.auth_secret, clock, access_seconds=3600)
    async with httpx.AsyncClient() as chat_api:
        service = create_service(Runtime(settings=settings, database=database, clock=clock, chat_api=chat_api))
        transport = httpx.ASGITransport(app=service.app)  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
        async with httpx.AsyncClient(transport=transport, base_url="http://audit") as client:

            async def get(path: str, by: str | None = "anna", **query: Any) -> httpx.Response:
                headers = {} if by is None else {"Authorization": f"Bearer {tokens.issue(by, by + '@example.com')}"}
                return await client.get(f"/api/v1/audit{path}", params=query, headers=headers)

            yield get
