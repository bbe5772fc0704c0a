"""What processes write: JSON lines with a service and a correlation id, and never a token or a password."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import httpx
from litestar import get
from litestar.params import PathParameter
from structlog.contextvars import bound_contextvars, get_contextvars

from taskflow_core.bus.delivery import deliver
from taskflow_core.bus.port import SUCCESS, Outcome, Subscription
from taskflow_core.domain.clock import SystemClock
from taskflow_core.events.envelope import wrap
from taskflow_core.events.model import Event
from taskflow_core.events.topics import ALL_TOPICS, AUDIT_LOGGER, CHAT_API
from taskflow_core.service.answer_headers import AnswerHeaders
from taskflow_core.service.auth import SignIn, signed_in
from taskflow_core.service.litestar_app import make_app
from taskflow_core.service.requests import observed
from taskflow_core.service.tokens import Tokens
from taskflow_core.settings import Settings
from tests.bus.making import created
from tests.service.asking import ask
from tests.service.serving import Serving, serving
from tests.support.connections import connected

TASKS = "/api/v1/tasks"
PASSWORD = "correct-horse-battery-staple"


async def test_no_token_and_no_password_is_ever_written(settings: Settings, owner_url: str, tmp_path: Path) -> None:
    with serving(settings, tmp_path / "log", TASKFLOW_LOG_LEVEL="DEBUG") as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=30) as client:
            secrets = await _used(client, settings, owner_url)
        served.stop()
        _check(served, secrets)


async def _used(client: httpx.AsyncClient, settings: Settings, owner_url: str) -> set[str]:
    """Does all that takes a secret, well and badly; returns the secrets."""
    secrets: set[str] = {PASSWORD, settings.auth_secret, settings.api_token or "", "wrong-" + PASSWORD}
    account = {"email": "anna@example.com", "password": PASSWORD}
    await client.post("/api/v1/auth/signup", json=account)
    token: str = (await client.post("/api/v1/auth/login", json=account)).json()["token"]
    await client.post("/api/v1/auth/signup", json=account)
    secrets |= {token, *(cookie.value or token for cookie in client.cookies.jar)}
    await client.post("/api/v1/auth/login", json=account | {"password": "wrong-" + PASSWORD})
    await client.post("/api/v1/auth/login", content=f'{{"email": "x", "password": "{PASSWORD}"')
    headers = {"Authorization": f"Bearer {token}"}
    await client.post(TASKS, json={"title": "A"}, headers=headers)
    await client.get(f"/api/v1/notifications/nothing?token={token}")
    await client.get(f"{TASKS}?token={token}&limit=x", headers={"Authorization": f"Basic {token}"})
    await client.post("/internal/occurrences", headers={"dapr-api-token": settings.api_token or ""})
    async with client.stream("GET", "/api/v1/notifications/stream", params={"token": token}) as stream:
        assert stream.status_code == 200
        await anext(stream.aiter_bytes())

    # Even where something breaks, and tells all it knows about that.
    async with connected(owner_url) as owner:
        await owner.execute("ALTER TABLE users RENAME COLUMN hashed_password TO gone")
        answer = await client.post("/api/v1/auth/login", json=account, headers={"X-Correlation-ID": "broken.1"})
        assert answer.status_code == 500
        await owner.execute("ALTER TABLE users RENAME COLUMN gone TO hashed_password")
    return secrets


def _check(served: Serving, secrets: set[str]) -> None:
    written = served.written
    for secret in secrets:
        assert secret not in written
    assert "Traceback" in written, "and yet it says where it broke"
    broken = [line for line in served.lines if line.get("correlation_id") == "broken.1"]
    assert {line["event"] for line in broken} >= {"request_failed"}
    assert {line["service"] for line in broken} == {"chat-api"}
    assert {line["route"] for line in broken} >= {"/api/v1/auth/login"}
    assert all({"event", "level", "timestamp"} <= set(line) for line in served.lines), "each line is a JSON object"


async def test_log_lines_are_bound_to_their_request_and_to_nothing_afterwards(settings: Settings) -> None:
    seen: list[dict[str, Any]] = []

    @get("/things/{thing_id:str}", guards=[signed_in])
    async def thing(thing_id: Annotated[str, PathParameter()]) -> None:
        seen.append(get_contextvars())

    app = make_app(CHAT_API, settings, [thing], sign_in=SignIn(settings, SystemClock(), None))
    token = Tokens(settings.auth_secret, SystemClock(), access_seconds=60).issue("anna", "anna@example.org")
    with bound_contextvars(correlation_id="outside", user_id="ben"):
        answer = await ask(
            partial(observed, app, CHAT_API, AnswerHeaders(https=False)),
            "GET",
            "/things/7",
            headers=[(b"authorization", f"Bearer {token}".encode()), (b"x-correlation-id", b"c.1")],
        )
        assert answer.status == 200
        assert get_contextvars() == {"correlation_id": "outside", "user_id": "ben"}
    assert seen == [
        {"service": CHAT_API, "correlation_id": "c.1", "route": "/things/{thing_id}", "user_id": "anna"},
    ]


async def test_an_event_handler_is_bound_to_its_event_and_a_batch_to_none() -> None:
    seen: list[dict[str, Any]] = []

    async def handler(events: Sequence[Event]) -> list[Outcome]:
        seen.append(get_contextvars())
        return [SUCCESS] * len(events)

    subscription = Subscription(group=AUDIT_LOGGER, topics=ALL_TOPICS, handler=handler)
    events = [wrap(created(user=user), "chat-api") for user in ("anna", "ben")]
    with bound_contextvars(correlation_id="of the request that brought them"):
        await deliver(subscription, events[:1])
        await deliver(subscription, events)
        assert get_contextvars() == {"correlation_id": "of the request that brought them"}
    assert seen == [
        {"service": AUDIT_LOGGER, "correlation_id": events[0].data.correlation_id, "user_id": "anna"},
        {"service": AUDIT_LOGGER, "correlation_id": None},
    ]
