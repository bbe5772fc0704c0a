"""Every Secret that is read is made: on minikube by a Job in the cluster, elsewhere by External Secrets."""

import base64
import runpy
from typing import Any

import pytest

from taskflow_core.settings import SHORTEST_SECRET
from tests.deploy.rendering import (
    CLOUDS,
    OVERLAYS,
    PHASES,
    ROOT,
    WORKLOADS,
    Rendered,
    annotations,
    containers,
    environment,
    overlay,
)

everywhere = pytest.mark.parametrize(("place", "phase"), [(place, phase) for place in OVERLAYS for phase in PHASES])


def wanted(rendered: Rendered) -> set[tuple[str, str]]:
    """Every (Secret, key) that pods, sidecars and components refer to."""
    found: set[tuple[str, str]] = set()
    for workload in rendered.of_kind(*WORKLOADS):
        for one in containers(workload):
            for source in environment(one).values():
                if isinstance(source, dict) and "secretKeyRef" in source:
                    found.add((source["secretKeyRef"]["name"], source["secretKeyRef"]["key"]))  # pyright: ignore[reportUnknownArgumentType]
        for key, value in annotations(workload).items():
            if key in {"dapr.io/app-token-secret", "dapr.io/api-token-secret"}:
                found.add((value, "token"))
    for component in rendered.of_kind("Component"):
        for one in component["spec"]["metadata"]:
            if "secretKeyRef" in one:
                found.add((one["secretKeyRef"]["name"], one["secretKeyRef"]["key"]))
    return found


class Api:
    """Secrets as the API server would keep them, asked by the Job's script."""

    def __init__(self) -> None:
        self.secrets: dict[str, dict[str, str]] = {}

    def __call__(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        if body is None:
            values = self.secrets[path.removeprefix("/")]
            return 200, {"data": {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}}
        assert method == "POST"
        name = body["metadata"]["name"]
        if name in self.secrets:
            return 409, {}
        self.secrets[name] = body["stringData"]
        return 201, {}


@pytest.fixture
def api() -> Api:
    return Api()


def make_secrets(api: Api) -> None:
    """Runs what the Job runs."""
    script = runpy.run_path(str(ROOT / "kustomize/components/generated-secrets/resources/make_secrets.py"))
    main = script["main"]
    main.__globals__["call"] = api
    main()


@pytest.mark.parametrize("phase", PHASES)
def test_minikube_makes_every_secret_that_is_read(phase: str, api: Api) -> None:
    make_secrets(api)
    made = {(name, key) for name, values in api.secrets.items() for key in values}
    assert wanted(overlay("minikube", phase)) <= made
    for values in api.secrets.values():
        assert all(len(value) >= SHORTEST_SECRET for value in values.values())


def test_secrets_are_made_once_and_fit_each_other_whenever_the_job_is_interrupted(api: Api) -> None:
    make_secrets(api)
    first = dict(api.secrets)
    for missing in first:
        api.secrets = {name: values for name, values in first.items() if name != missing}
        if missing == "taskflow-postgres":
            continue  # made first: there is no interruption that leaves the others without it
        make_secrets(api)
        assert api.secrets.keys() == first.keys()
        assert {name: api.secrets[name] for name in first if name != missing} == {
            name: values for name, values in first.items() if name != missing
        }
    passwords = api.secrets["taskflow-postgres"]
    assert passwords["app-password"] in api.secrets["taskflow-database"]["TASKFLOW_DATABASE_URL"]
    owner = api.secrets["taskflow-database-migration"]["TASKFLOW_MIGRATION_DATABASE_URL"]
    assert f"taskflow_owner:{passwords['owner-password']}@taskflow-postgres:5432/taskflow" in owner
    assert len({value for values in api.secrets.values() for value in values.values()}) == 10, "no two alike"


@pytest.mark.parametrize("place", CLOUDS)
@pytest.mark.parametrize("phase", PHASES)
def test_elsewhere_every_secret_is_fetched(place: str, phase: str) -> None:
    rendered = overlay(place, phase)
    fetched = {one["spec"]["target"]["name"]: one["spec"] for one in rendered.of_kind("ExternalSecret")}
    assert {name for name, _ in wanted(rendered)} <= fetched.keys()
    store = rendered.one("SecretStore", "taskflow")
    for name, spec in fetched.items():
        assert spec["secretStoreRef"] == {"kind": "SecretStore", "name": "taskflow"}
        assert spec["dataFrom"] == [{"extract": {"key": name}}]
    # Workload Identity, IRSA: an account of its own, which no pod runs as.
    assert "taskflow-external-secrets" in str(store["spec"]["provider"])
    account = rendered.one("ServiceAccount", "taskflow-external-secrets")
    identity = {"gke": "iam.gke.io/gcp-service-account", "eks": "eks.amazonaws.com/role-arn"}[place]
    assert account["metadata"]["annotations"][identity]
    services = {one["metadata"]["name"] for one in rendered.services()}
    others = {one["metadata"]["name"] for one in rendered.of_kind("ServiceAccount")} - {"taskflow-external-secrets"}
    known = {
        name for name in others if identity in rendered.one("ServiceAccount", name)["metadata"].get("annotations", {})
    }
    assert known == (services if place == "gke" else set()), "for Cloud SQL; nothing of AWS is used"


@everywhere
def test_only_what_a_service_uses_is_handed_to_it(place: str, phase: str) -> None:
    rendered = overlay(place, phase)
    common = {"taskflow-database", "taskflow-auth"}
    if phase == "phase-v":
        common |= {"taskflow-app-token", "taskflow-sidecar-token"}
    for workload in rendered.services():
        only = Rendered({next(key for key, one in rendered.items() if one is workload): workload})
        extra = {
            "chat-api": {"taskflow-database-migration"},
            "audit-logger": {"taskflow-audit", "taskflow-audit-encryption"},
        }.get(workload["metadata"]["name"], set())
        assert {name for name, _ in wanted(only)} == common | extra


def test_the_list_in_the_readme_is_whole() -> None:
    readme = (ROOT / "kustomize/README.md").read_text(encoding="utf-8")
    for place in OVERLAYS:
        for name, key in wanted(overlay(place, "phase-v")):
            assert f"| `{name}` |" in readme
            assert f"`{key}`" in readme
