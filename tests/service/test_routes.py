"""One map of paths: what a host with all five answers, and what the Ingress sends where."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API, NOTIFICATION_SERVICE, REMINDER_SERVICE
from taskflow_core.service.litestar_app import documents
from taskflow_core.service.routes import INTERNAL, PUBLIC_ROUTES, canonical, service_for

KUSTOMIZE = Path(__file__).parents[2] / "kustomize"


def ingress_paths() -> dict[str, tuple[str, str]]:
    """Path to (its type, its service): Phase IV's, and what the phase-v component adds to them."""
    base: Any = yaml.safe_load((KUSTOMIZE / "base" / "ingress.yaml").read_text(encoding="utf-8"))
    added: Any = yaml.safe_load(
        (KUSTOMIZE / "components" / "phase-v" / "chat-api" / "ingress.yaml").read_text(encoding="utf-8")
    )
    paths = [*base["spec"]["rules"][0]["http"]["paths"], *(operation["value"] for operation in added)]
    return {path["path"]: (path["pathType"], path["backend"]["service"]["name"]) for path in paths}


def sent_to(path: str) -> str | None:
    """The service an Ingress sends a path to: an exact match, else the longest prefix by whole segments."""
    rules = ingress_paths()
    if path in rules and rules[path][0] == "Exact":
        return rules[path][1]
    prefixes = [rule for rule, (kind, _) in rules.items() if kind == "Prefix" and (path + "/").startswith(rule + "/")]
    return rules[max(prefixes, key=len)][1] if prefixes else None


def test_the_ingress_sends_each_public_path_where_one_process_does() -> None:
    for prefix, service in PUBLIC_ROUTES:
        assert sent_to(prefix) == service
    for path in (
        "/",
        "/health",
        "/api/v1/tasks",
        "/api/v1/tasks/abc/acknowledge",
        "/api/v1/auth/login",
        "/api/v1/me/preferences",
        "/api/v1/recurrence/preview",
        "/api/v1/tags",
        "/api/v1/parse",
        "/api/v1/chat",
        "/api/some-user/chat",
        "/api/v1/notifications/stream",
        "/api/v1/audit/tasks/abc",
        "/api/v1/reminders/abc/snooze",
        "/api/v1/remindersandmore",
        "/static/app.js",
        *(f"{documents(name)}/openapi.json" for name in (CHAT_API, REMINDER_SERVICE, AUDIT_LOGGER)),
        f"{documents(NOTIFICATION_SERVICE)}/openapi.json",
    ):
        assert sent_to(path) == service_for(path), path


@pytest.mark.parametrize(
    "path",
    [INTERNAL, f"{INTERNAL}/events/x", f"{INTERNAL}/occurrences", "/dapr/subscribe", "/metrics", "/health/ready"],
)
def test_what_is_internal_is_not_in_the_ingress(path: str) -> None:
    assert sent_to(path) is None


def test_the_most_specific_prefix_comes_first() -> None:
    prefixes = [prefix for prefix, _ in PUBLIC_ROUTES]
    for position, prefix in enumerate(prefixes):
        assert not any(prefix.startswith(earlier.rstrip("/") + "/") for earlier in prefixes[:position])


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/", "/"),
        ("/api/v1/tasks", "/api/v1/tasks"),
        ("//internal/events", "/internal/events"),
        ("/internal///events", "/internal/events"),
        ("//", "/"),
        ("internal/events", "/internal/events"),
        ("", "/"),
        ("*", "/*"),
        ("http://evil.example/internal/events", "/http:/evil.example/internal/events"),
        ("/x/../internal", None),
        ("/./internal", None),
        ("/..", None),
        ("/.well-known/a..b", "/.well-known/a..b"),
    ],
)
def test_a_path_means_the_same_however_it_is_written(path: str, meant: str | None) -> None:
    assert canonical(path) == meant
