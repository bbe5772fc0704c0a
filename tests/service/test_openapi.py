"""The OpenAPI documents tell the truth: whatever is sent, no answer is a 5xx and none is one they do not have."""

from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks as openapi_checks

from taskflow.events.topics import AUDIT_LOGGER, CHAT_API, NOTIFICATION_SERVICE, REMINDER_SERVICE
from taskflow.service.litestar_app import documents
from taskflow.settings import Settings
from tests.service.serving import Serving, serving

EXAMPLES = 6
"""Requests for each operation that follow its document, and as many that do not."""

TASKS = "/api/v1/tasks"
ENDLESS = "/api/v1/notifications/stream"
"""Answers for as long as the client stays: tests/notification_service asks it."""

CHECKS: list[Any] = [
    getattr(openapi_checks, f"{what}_conformance")
    for what in ("status_code", "content_type", "response_headers", "response_schema")
]

bounded = hypothesis_settings(
    max_examples=EXAMPLES,
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


@pytest.mark.timeout(300)
def test_every_answer_is_in_the_document(served: Serving, user: httpx.Client) -> None:
    with requests.Session() as session:
        session.headers["Authorization"] = user.headers["Authorization"]
        for service in (CHAT_API, REMINDER_SERVICE, NOTIFICATION_SERVICE, AUDIT_LOGGER):
            schema: Any = schemathesis.openapi.from_url(f"{served.url}{documents(service)}/openapi.json")
            for found in schema.get_all_operations():
                if found.ok().path != ENDLESS:
                    asked(found.ok(), served, session, user)
    assert "Traceback" not in served.written


def asked(operation: Any, served: Serving, session: requests.Session, user: httpx.Client) -> None:
    """Sends requests of one operation, those that follow its document and those that do not."""

    def ask(case: Any, real: bool) -> None:
        if real and "task_id" in case.path_parameters:
            case.path_parameters["task_id"] = a_task(user)
        answer = case.call(base_url=served.url, session=session)
        assert answer.status_code < 500
        case.validate_response(answer, checks=CHECKS)

    bounded(given(case=operation.as_strategy(GenerationMode.POSITIVE), real=st.booleans())(ask))()
    with suppress(Unsatisfiable):  # there is nothing to do wrong where nothing is asked for
        bounded(given(case=operation.as_strategy(GenerationMode.NEGATIVE), real=st.booleans())(ask))()
