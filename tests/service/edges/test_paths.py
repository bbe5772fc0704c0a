"""Whatever a path holds: an answer below 500, and no way past what is not for everybody."""

import json

import pytest

from taskflow_core.events.topics import RECURRING_TASK_PROCESSOR
from taskflow_core.service.composition import factories
from taskflow_core.service.host import Host
from taskflow_core.settings import Settings
from tests.service.asking import ask
from tests.service.edges.strange import PATHS
from tests.service.edges.whole import Platform
from tests.support.clock import MovableClock


async def test_paths(platform: Platform, subtests: pytest.Subtests) -> None:
    for route in platform.routes:
        with subtests.test(route=str(route)):
            for value in PATHS:
                if "{" in route.path:
                    raw = route.at("\u0000").encode().replace(b"\x00", value)
                    answer = await platform.ask(route, path=raw, body=b"{}")
                    assert answer.status >= 400, (raw, answer)
                await platform.ask(route, path=route.at().encode() + b"/" + value)


@pytest.mark.parametrize("prefix", ["/static", "/docs/assets"])
async def test_there_is_no_file_with_such_a_name(platform: Platform, prefix: str) -> None:
    for value in PATHS:
        answer = await ask(platform.host, "GET", f"{prefix}/".encode() + value, headers=platform.headers)
        assert answer.status == 404, (value, answer)


WAYS = (
    b"//internal/occurrences",
    b"internal/occurrences",
    b"http://evil.example/internal/occurrences",
    b"/INTERNAL/occurrences",
    b"/internal;/occurrences",
    b"/\\internal/occurrences",
    b"/internal//occurrences",
    b"///internal/occurrences",
    b"/internal/occurrences/",
    b"/internal%2foccurrences",
    b"/%69nternal/occurrences",
    b"/static/../internal/occurrences",
    b"/./internal/occurrences",
    b"/api/v1/%2e%2e/%2e%2e/internal/occurrences",
    b"/x/..//internal/occurrences",
    b"//internal/events",
    b"/internal/./events",
    b"//dapr/subscribe",
)


@pytest.mark.parametrize("path", WAYS)
async def test_no_way_leads_past_the_gate(platform: Platform, path: bytes) -> None:
    """One process answers nothing under /internal from outside, however that is written, the API token or not."""
    answer = await ask(platform.host, "POST", path, headers=platform.headers, body=b'{"series_ids": ["x"]}')
    assert answer.status == 404, answer


CALLERS: dict[str, list[bytes]] = {
    "none": [],
    "another": [b"chat-api"],
    "the right one twice": [RECURRING_TASK_PROCESSOR.encode()] * 2,
    "the right one, then another": [RECURRING_TASK_PROCESSOR.encode(), b"evil"],
    "another, then the right one": [b"evil", RECURRING_TASK_PROCESSOR.encode()],
    "both in one": [RECURRING_TASK_PROCESSOR.encode() + b", evil"],
    "the right one in other case": [b"Recurring-Task-Processor"],
    "nothing": [b""],
    "no text": [b"\xff"],
}


@pytest.mark.parametrize("callers", CALLERS.values(), ids=CALLERS)
async def test_only_the_one_caller_is_let_in_whatever_the_sidecar_checked(
    settings: Settings, clock: MovableClock, callers: list[bytes]
) -> None:
    """On a cluster chat-api serves alone, and what its sidecar lets through reaches the route."""
    if settings.phase == "iv":
        return  # it has no such route
    host = Host(settings, factories(["chat-api"]), clock=clock)
    token = [(b"dapr-api-token", (settings.api_token or "").encode()), (b"content-type", b"application/json")]
    body = b'{"series_ids": ["x"]}'
    for path in ("/internal/occurrences", "//internal/occurrences"):
        headers = [*token, *((b"dapr-caller-app-id", caller) for caller in callers)]
        answer = await ask(host, "POST", path, headers=headers, body=body)
        assert (answer.status, json.loads(answer.body)["detail"]["code"]) == (403, "CALLER_NOT_ALLOWED")
