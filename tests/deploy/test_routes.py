"""The Ingress sends every path where one process with all services answers it, and lets nothing else in."""

import importlib
import re
from typing import Any

import httpx
import pytest

from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import SystemClock
from taskflow_core.events.topics import ALL_SERVICES, CHAT_API, ServiceName
from taskflow_core.service.composition import Runtime
from taskflow_core.service.routes import service_for
from taskflow_core.settings import Settings
from tests.deploy.rendering import OVERLAYS, PHASES, SERVICES, container, overlay

places = pytest.mark.parametrize("place", OVERLAYS)
HIDDEN = (
    "/metrics",
    "/dapr/subscribe",
    "/dapr/config",
    "/internal",
    "/internal/events",
    "/internal/events/dead-letters",
    "/internal/occurrences",
    "/internal/trail",
    "/health/live",
    "/health/ready",
    "/health/startup",
)


def routed(place: str, phase: str, path: str) -> str | None:
    """The Service that a path is sent to, by the rules of Ingress: an exact match, else the longest prefix."""
    [rule] = overlay(place, phase).one("Ingress", "taskflow")["spec"]["rules"]
    best: tuple[bool, int, str | None] = (False, -1, None)
    for one in rule["http"]["paths"]:
        service: str = one["backend"]["service"]["name"]
        prefix: str = one["path"]
        if one["pathType"] == "Exact":
            found = path == prefix
        else:
            found = path == prefix or path.startswith(prefix.rstrip("/") + "/")
        if found:
            best = max(best, (one["pathType"] == "Exact", len(prefix), service), key=lambda entry: entry[:2])
    return best[2]


def public_paths(phase: str, name: ServiceName) -> list[str]:
    """Paths that a service answers, with something in place of parameters."""
    settings = Settings(
        database_url="postgresql://nowhere/db",
        auth_secret="s" * 32,
        api_token="t" * 32,
        audit_encryption_keys=("k" * 32,),
        phase="iv" if phase == "phase-iv" else "v",
    )
    runtime = Runtime(
        settings=settings,
        database=Database(settings.database_url),
        clock=SystemClock(),
        chat_api=httpx.AsyncClient(base_url="http://chat-api"),
    )
    app: Any = importlib.import_module(f"{name.replace('-', '_')}.app").create_service(runtime).app
    paths = [re.sub(r"\{[^}]*\}", "something", route.path) for route in _litestar(app).routes]
    return [path for path in paths if not path.startswith("/internal")]


def _litestar(app: Any) -> Any:
    """The Litestar app, beneath what a service may have put around it."""
    while not hasattr(app, "routes"):
        app = next(cell.cell_contents for cell in app.__closure__ if callable(cell.cell_contents))
    return app


@places
def test_every_route_is_reached_where_one_process_answers_it(place: str) -> None:
    for name in ALL_SERVICES:
        for path in public_paths("phase-v", name):
            assert routed(place, "phase-v", path) == service_for(path) == name, path


@places
def test_phase_iv_is_reached_at_the_same_paths_in_both_phases(place: str) -> None:
    for path in public_paths("phase-iv", CHAT_API):
        if path.startswith("/docs"):  # documents are of this release, not of the contract
            continue
        assert routed(place, "phase-iv", path) == routed(place, "phase-v", path) == CHAT_API, path


@places
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("path", HIDDEN)
def test_nothing_internal_is_let_in(place: str, phase: str, path: str) -> None:
    assert routed(place, phase, path) is None


@places
def test_every_path_leads_to_pods(place: str) -> None:
    for phase in PHASES:
        rendered = overlay(place, phase)
        [rule] = rendered.one("Ingress", "taskflow")["spec"]["rules"]
        for path in rule["http"]["paths"]:
            backend = path["backend"]["service"]
            service = rendered.one("Service", backend["name"])
            [port] = [one for one in service["spec"]["ports"] if one["name"] == backend["port"]["name"]]
            workload = rendered.service(backend["name"])
            pods = workload["spec"]["template"]["metadata"]["labels"]
            assert service["spec"]["selector"].items() <= pods.items()
            assert port["targetPort"] in {one["name"] for one in container(workload)["ports"]}
            assert "defaultBackend" not in rendered.one("Ingress", "taskflow")["spec"]
    assert "recurring-task-processor" in SERVICES, "it answers nobody"
    assert not [one for one in overlay(place, "phase-v").of_kind("Service") if "processor" in one["metadata"]["name"]]
