"""The OpenAPI documents tell the truth: whatever is sent, no answer is a 5xx and none is one they do not have."""

import json
import re
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks as openapi_checks

from taskflow_core.events.topics import ALL_SERVICES, AUDIT_LOGGER, CHAT_API, NOTIFICATION_SERVICE, REMINDER_SERVICE
from taskflow_core.service.composition import factories
from taskflow_core.service.host import Host
from taskflow_core.service.litestar_app import documents
from taskflow_core.service.routes import INTERNAL
from taskflow_core.settings import Settings
from tests.service.asking import ask, routes_of
from tests.service.serving import Serving, serving
from tests.support.clock import MovableClock

PUBLIC = (CHAT_API, REMINDER_SERVICE, NOTIFICATION_SERVICE, AUDIT_LOGGER)

EXAMPLES = 4
"""Requests for each operation that follow its document, and as many that do not; half of them by other ways in."""

TASKS = "/api/v1/tasks"
ENDLESS = "/api/v1/notifications/stream"
"""Answers for as long as the client stays: no more than its beginning is looked at."""

LAST = "/api/v1/auth/logout"
"""Ends what the others are asked with."""

CHECKS: list[Any] = [
    getattr(openapi_checks, f"{what}_conformance")
    for what in ("status_code", "content_type", "response_headers", "response_schema")
]


def bounded(examples: int) -> hypothesis_settings:
    return hypothesis_settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )


@pytest.fixture
def served(settings: Settings, tmp_path: Path) -> Generator[Serving]:
    with serving(settings, tmp_path / "log", TASKFLOW_LOGIN_ATTEMPTS_PER_MINUTE="1000") as made:
        yield made


@pytest.fixture
def user(served: Serving) -> Generator[httpx.Client]:
    """A user with a task or two."""
    with httpx.Client(base_url=served.url, timeout=30) as client:
        account = {"email": "anna@example.com", "password": "correct horse"}
        answer = client.post("/api/v1/auth/signup", json=account)
        client.cookies.clear()
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        yield client


def a_task(user: httpx.Client) -> str:
    """The id of one that is there."""
    body = {"title": "A", "due_date": "2030-01-01T09:00:00Z", "recurrence_pattern": "daily", "reminders": ["1 day"]}
    return user.post(TASKS, json=body).json()["id"]


def by_header(user: httpx.Client, session: requests.Session) -> None:
    session.headers["Authorization"] = user.headers["Authorization"]


def by_cookie(user: httpx.Client, session: requests.Session) -> None:
    session.headers["Cookie"] = f"taskflow_session={user.headers['Authorization'].removeprefix('Bearer ')}"
    session.headers["Origin"] = str(user.base_url).rstrip("/")


def not_at_all(_: httpx.Client, __: requests.Session) -> None:
    pass


async def test_every_route_for_users_is_in_a_document(settings: Settings, clock: MovableClock) -> None:
    host = Host(settings, factories(ALL_SERVICES), clock=clock)
    async with host.running():
        documented: set[str] = set()
        for service in PUBLIC:
            answer = await ask(host, "GET", f"{documents(service)}/openapi.json")
            for path, methods in json.loads(answer.body)["paths"].items():
                documented |= {f"{method.upper()} {path}" for method in methods}
    # Not for programs: pages and the documents themselves, files, and what only a service or a sidecar calls.
    others = ("/docs", "/redoc", "/static", INTERNAL)
    routes = {
        f"{route.method} {re.sub(r':[a-z]+}', '}', route.path)}"
        for route in routes_of(host)
        if not route.path.startswith(others) and "/docs" not in route.path
    }
    assert len(routes) > 20
    assert routes == documented


@pytest.mark.parametrize(
    ("signs_in", "examples"), [(by_header, EXAMPLES), (by_cookie, EXAMPLES // 2), (not_at_all, EXAMPLES // 2)]
)
def test_every_answer_is_in_the_document(
    served: Serving, user: httpx.Client, signs_in: Callable[[httpx.Client, requests.Session], None], examples: int
) -> None:
    operations: list[Any] = []
    for service in PUBLIC:
        schema: Any = schemathesis.openapi.from_url(f"{served.url}{documents(service)}/openapi.json")
        operations += [found.ok() for found in schema.get_all_operations()]
    task_id = a_task(user)
    with requests.Session() as session:
        signs_in(user, session)
        for operation in sorted(operations, key=lambda one: one.path == LAST):
            ask = partial(begun, operation) if operation.path == ENDLESS else partial(whole, task_id)
            asked(operation, examples, partial(ask, served, session))
    assert "Traceback" not in served.written


def asked(operation: Any, examples: int, ask: Callable[[Any], None]) -> None:
    """Sends requests of one operation, those that follow its document and those that do not."""

    def one(case: Any) -> None:
        ask(case)

    bounded(examples)(given(case=operation.as_strategy(GenerationMode.POSITIVE))(one))()
    with suppress(Unsatisfiable):  # there is nothing to do wrong where nothing is asked for
        bounded(examples)(given(case=operation.as_strategy(GenerationMode.NEGATIVE))(one))()


def whole(task_id: str, served: Serving, session: requests.Session, case: Any) -> None:
    """One request, sent, and again for a task that is there; its answers are as the document says."""
    for known in (False, True) if "task_id" in case.path_parameters else (False,):
        if known:
            case.path_parameters["task_id"] = task_id
        answer = case.call(base_url=served.url, session=session)
        assert answer.status_code < 500
        case.validate_response(answer, checks=CHECKS)


def begun(operation: Any, served: Serving, session: requests.Session, case: Any) -> None:
    """One request whose answer has no end: its status and type are in the document."""
    with session.request(**case.as_transport_kwargs(base_url=served.url), stream=True, timeout=30) as answer:
        said = operation.definition.raw["responses"]
        assert answer.status_code < 500
        assert str(answer.status_code) in said, answer.text
        assert answer.headers["content-type"].partition(";")[0] in said[str(answer.status_code)]["content"]
