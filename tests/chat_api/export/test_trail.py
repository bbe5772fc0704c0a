"""The user's part of the audit trail in an export: readable, whole, and an export without it does not begin."""

import uuid

import httpx
import pytest

from chat_api.app import create_service
from chat_api.export import trail
from taskflow_core.database.pool import Database
from taskflow_core.service.auth import API_TOKEN_HEADER, CALLER_HEADER
from taskflow_core.service.composition import Runtime
from taskflow_core.settings import Settings
from tests.audit_logger.making import created, life, record
from tests.chat_api.conftest import asking_audit_logger
from tests.chat_api.export.conftest import EXPORT, exported
from tests.chat_api.people import User
from tests.support.clock import MovableClock


async def test_it_is_whole_however_many_pages_it_takes(
    anna: User, bert: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "EVENTS_AT_ONCE", 3)
    events = [*life("t", user=anna.id), *(created(user=anna.id, title=f"Title {n}") for n in range(5))]
    await record(database, *events, created(user=bert.id))
    found = (await exported(anna.http))["audit.json"]
    assert {event["event_id"] for event in found} == {event.event_id for event in events}
    assert {event["user_id"] for event in found} == {anna.id}
    titles = [event["data"]["changes"]["title"]["new"] for event in found if event["type"] == "task.created"]
    assert sorted(titles) == [*(f"Title {n}" for n in range(5)), "Water the plants"]


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.Response(200, content=b"no JSON"), None])
async def test_without_audit_logger_it_does_not_begin(
    anna: User, settings: Settings, database: Database, clock: MovableClock, answer: httpx.Response | None
) -> None:
    """An export that lacks something would be taken for a whole one."""

    def answered(request: httpx.Request) -> httpx.Response:
        if answer is None:
            raise httpx.ConnectError("nobody there")
        return answer

    async with httpx.AsyncClient(transport=httpx.MockTransport(answered), base_url="http://audit-logger") as away:
        runtime = Runtime(settings=settings, database=database, clock=clock, chat_api=away, audit_logger=away)
        transport = httpx.ASGITransport(app=create_service(runtime).app)  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
        async with httpx.AsyncClient(transport=transport, base_url="http://chat-api") as client:
            got = await client.get(EXPORT, headers={"Authorization": f"Bearer {anna.token}"})
    assert got.status_code == 503
    assert "retry-after" in got.headers


async def test_the_route_is_for_chat_api_alone(settings: Settings, database: Database, clock: MovableClock) -> None:
    body = {"user_id": str(uuid.uuid4()), "until": "2030-01-01T00:00:00Z"}
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(501))) as unused:
        runtime = Runtime(settings=settings, database=database, clock=clock, chat_api=unused)
        async with asking_audit_logger(runtime) as client:
            for headers, status in (
                ({CALLER_HEADER: "chat-api"}, 200),
                ({CALLER_HEADER: "reminder-service"}, 403),
                ({}, 403),
                ({CALLER_HEADER: "chat-api", API_TOKEN_HEADER: "wrong"}, 401),
            ):
                answer = await client.post("/internal/trail", json=body, headers=headers)
                assert answer.status_code == status
            for wrong in ({}, body | {"limit": 100_000}, body | {"until": "2030-01-01"}, body | {"after": {"at": 1}}):
                answer = await client.post("/internal/trail", json=wrong, headers={CALLER_HEADER: "chat-api"})
                assert answer.status_code == 422
