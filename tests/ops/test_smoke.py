"""The smoke test passes in both phases, finds what is wrong, and leaves as little as it can."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import msgspec
import pytest

from taskflow_core.database.pool import Database
from taskflow_core.service.composition import Runtime
from taskflow_core.settings import Settings
from taskflow_ops.phase_iv.replay import SMOKE, recorded
from taskflow_ops.smoke import smoke
from tests.support.clock import MovableClock
from tests.support.phase_iv import release_on

NAMES = [line.case.name for line in recorded(SMOKE, phase="v")]

Answer = Callable[[httpx.Response], httpx.Response]


class Altered(httpx.AsyncBaseTransport):
    """chat-api with one of its answers changed on the way."""

    def __init__(self, inner: httpx.AsyncBaseTransport, method: str, path: str, alter: Answer) -> None:
        self._inner, self._method, self._path, self._alter = inner, method, path, alter

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        if request.method == self._method and request.url.path == self._path:
            await answer.aread()
            return self._alter(answer)
        return answer


@pytest.fixture
async def chat_api(
    request: pytest.FixtureRequest, settings: Settings, database: Database, clock: MovableClock, cheap_hashes: int
) -> AsyncGenerator[httpx.AsyncBaseTransport]:
    """chat-api in the phase that the parameter names."""
    from chat_api.app import create_service

    settings = msgspec.structs.replace(settings, phase=getattr(request, "param", "iv"))
    async with AsyncExitStack() as stack:
        unused = await stack.enter_async_context(httpx.AsyncClient())
        service = create_service(Runtime(settings=settings, database=database, clock=clock, chat_api=unused))
        yield httpx.ASGITransport(app=service.app)  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types


async def run(transport: httpx.AsyncBaseTransport) -> Any:
    async with httpx.AsyncClient(transport=transport, base_url="http://chat-api") as client:
        return await smoke(client)


async def test_it_passes_on_the_release_itself(empty_database_url: str) -> None:
    async with release_on(empty_database_url) as release:
        report = await smoke(release.client)
    assert report.problems == []
    assert [check.name for check in report.checks] == NAMES


@pytest.mark.parametrize("chat_api", ["iv", "v"], indirect=True)
async def test_it_passes_in_both_phases_and_leaves_one_user(
    chat_api: httpx.AsyncBaseTransport, database: Database
) -> None:
    report = await run(chat_api)
    assert report.problems == []
    assert [check.name for check in report.checks] == NAMES
    assert await database.fetchval("SELECT count(*) FROM tasks") == 0
    assert await database.fetchval("SELECT email FROM users") == report.user


async def test_a_field_that_is_missing_is_named(chat_api: httpx.AsyncBaseTransport) -> None:
    def without_email(answer: httpx.Response) -> httpx.Response:
        body = {key: value for key, value in answer.json().items() if key != "email"}
        return httpx.Response(answer.status_code, json=body)

    report = await run(Altered(chat_api, "GET", "/api/v1/auth/me", without_email))
    assert [problem for problem in report.problems if problem.startswith("me:")] == ["me: answer has no email"]


async def test_the_tasks_of_a_failed_run_are_removed(chat_api: httpx.AsyncBaseTransport, database: Database) -> None:
    def unidentified(answer: httpx.Response) -> httpx.Response:
        return httpx.Response(201, json={"title": "Smoke test"})

    report = await run(Altered(chat_api, "POST", "/api/v1/tasks", unidentified))
    assert "rename: not tried: no earlier answer gave the task" in report.problems
    assert await database.fetchval("SELECT count(*) FROM tasks") == 0


async def test_a_service_that_is_away_is_a_report_and_no_exception() -> None:
    class Nobody(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(0)
            raise httpx.ConnectError("nobody listens")

    report = await run(Nobody())
    assert report.problems[0] == "health: no answer: nobody listens"
    assert not report.ok
    assert len(report.checks) == len(NAMES)
