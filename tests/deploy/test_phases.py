"""Phase IV is part of Phase V, and what Phase V adds can be told by its label: that is what a rollback stands on."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.rendering import (
    CLOUDS,
    NAME,
    OVERLAYS,
    PHASE,
    PHASES,
    RETAINED,
    ROOT,
    SERVICES,
    SIDECAR,
    Id,
    Manifest,
    annotations,
    container,
    environment,
    labels,
    overlay,
    pod,
    pod_labels,
    render,
)

places = pytest.mark.parametrize("place", OVERLAYS)


def without(manifest: Manifest, *paths: str) -> dict[str, Any]:
    """A copy without what lies at these paths; `*` in one stands for any element of a list."""
    copy: Any = yaml.safe_load(yaml.safe_dump(manifest))
    for path in paths:
        _remove(copy, path.split("/"))
    return copy


def _remove(value: Any, keys: list[str]) -> None:
    first, *rest = keys
    if first == "*":
        for one in value:
            _remove(one, rest)
    elif not rest:
        value.pop(first, None)
    elif first in value:
        _remove(value[first], rest)


@places
def test_phase_iv_is_part_of_phase_v(place: str) -> None:
    assert overlay(place, "phase-iv").keys() < overlay(place, "phase-v").keys()


@places
def test_what_phase_v_adds_is_taken_away_or_kept_and_says_which(place: str) -> None:
    before, after = overlay(place, "phase-iv"), overlay(place, "phase-v")
    for key, manifest in after.items():
        said = labels(manifest)
        if key in before:
            assert PHASE not in said, f"{key} belongs to Phase IV too"
        else:
            assert (said.get(PHASE) == "v") != (said.get(RETAINED) == "retained"), key


@places
def test_the_rollback_by_hand_names_every_kind(place: str) -> None:
    readme = (ROOT / "kustomize/README.md").read_text(encoding="utf-8").replace("\\\n", "")
    for key, manifest in overlay(place, "phase-v").items():
        if labels(manifest).get(PHASE) == "v":
            plural = re.sub(r"y$", "ie", key.kind.lower()) + "s"
            assert f"{plural}.dapr.io" in readme if key.group == "dapr.io" else re.search(rf"\b{plural}\b", readme), key


@places
def test_data_survives_a_rollback(place: str) -> None:
    """Whatever holds data, or the way to it, is never among what is taken away."""
    for key, manifest in overlay(place, "phase-v").items():
        holds = key.kind in {"PersistentVolumeClaim", "ExternalSecret", "SecretStore", "Job"} or key.name.startswith(
            ("taskflow-kafka", "taskflow-postgres")
        )
        if holds:
            assert PHASE not in labels(manifest), key
        claims: list[Manifest] = manifest["spec"].get("volumeClaimTemplates", []) if key.kind == "StatefulSet" else []
        for claim in claims:
            assert claim["metadata"]["labels"][RETAINED] == "retained"
            assert manifest["spec"]["persistentVolumeClaimRetentionPolicy"] == {
                "whenDeleted": "Retain",
                "whenScaled": "Retain",
            }


@places
def test_what_both_have_is_the_same_but_for_chat_api_and_its_paths(place: str) -> None:
    before, after = overlay(place, "phase-iv"), overlay(place, "phase-v")
    differing = {key for key, manifest in before.items() if manifest != after[key]}
    assert differing == {Id("apps", "Deployment", "chat-api"), Id("networking.k8s.io", "Ingress", "taskflow")}
    ingress = before.one("Ingress", "taskflow"), after.one("Ingress", "taskflow")
    assert without(ingress[0], "spec/rules/*/http/paths") == without(ingress[1], "spec/rules/*/http/paths")
    assert all(
        path in ingress[1]["spec"]["rules"][0]["http"]["paths"]
        for path in ingress[0]["spec"]["rules"][0]["http"]["paths"]
    )


@places
def test_changing_the_phase_is_a_rolling_update_of_chat_api_behind_the_same_service(place: str) -> None:
    before, after = (overlay(place, phase).service("chat-api") for phase in PHASES)
    assert before["spec"]["selector"] == after["spec"]["selector"] == {"matchLabels": {NAME: "chat-api"}}
    assert before["spec"].get("replicas") == after["spec"].get("replicas")
    assert before["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": "100%", "maxUnavailable": 0},
    }
    assert pod(before)["serviceAccountName"] == pod(after)["serviceAccountName"]
    assert PHASE not in pod_labels(after), "whoever deletes by label deletes no pod of it"
    phases = [environment(container(one))["TASKFLOW_PHASE"] for one in (before, after)]
    assert phases == ["iv", "v"], "in the pod itself: one of an earlier phase that restarts stays what it was"


@places
def test_phase_iv_knows_nothing_of_the_bus(place: str) -> None:
    rendered = overlay(place, "phase-iv")
    assert not [key for key in rendered if key.group == "dapr.io"]
    chat_api = rendered.service("chat-api")
    assert SIDECAR not in labels(chat_api)
    assert not any(key.startswith("dapr.io/") for key in annotations(chat_api))
    assert environment(container(chat_api)).keys() == {"TASKFLOW_DATABASE_URL", "BETTER_AUTH_SECRET", "TASKFLOW_PHASE"}
    assert {key.name for key in rendered if key.kind in {"Deployment", "StatefulSet"}} <= {
        "chat-api",
        "taskflow-postgres",
    }


@places
def test_what_belongs_to_a_service_can_be_found_by_its_name(place: str) -> None:
    """Isolating a service takes everything away that carries its name, subscriptions included."""
    rendered = overlay(place, "phase-v")
    for service in SERVICES[1:]:
        found = {(key.kind, key.name) for key, manifest in rendered.items() if labels(manifest).get(NAME) == service}
        kind = "StatefulSet" if service == "notification-service" else "Deployment"
        assert {(kind, service), ("ServiceAccount", service)} <= found
        subscriptions = {one for one in found if one[0] == "Subscription"}
        assert subscriptions == {
            (key.kind, key.name)
            for key, manifest in rendered.items()
            if key.kind == "Subscription" and manifest["scopes"] == [service]
        }
        assert len(subscriptions) >= 4


@pytest.mark.parametrize("place", ["minikube", "gke"])
def test_phase_iv_may_be_an_image_that_is_not_ours(place: str, tmp_path: Path) -> None:
    """Such a one has a command of its own, and GET /health alone to be asked. Phase V on top of it is as ever."""
    for name in ("kustomize", "platform"):
        shutil.copytree(ROOT / name, tmp_path / name)
    directory = tmp_path / "kustomize/overlays" / place
    image = "registry.example.com/phase-iv"
    images = (directory / "images/kustomization.yaml").read_text()
    listed = yaml.safe_load(images)
    [entry] = [one for one in listed["images"] if one["name"] == "taskflow-phase-iv"]
    entry.update(newName=image, newTag="4.2.0")
    (directory / "images/kustomization.yaml").write_text(yaml.safe_dump(listed))
    iv = yaml.safe_load((directory / "phase-iv/kustomization.yaml").read_text())
    iv["components"].append("../../../components/phase-iv-release")
    (directory / "phase-iv/kustomization.yaml").write_text(yaml.safe_dump(iv))

    app = container(render(str(directory / "phase-iv")).service("chat-api"))
    assert app["image"] == f"{image}:4.2.0"
    assert "args" not in app
    assert {app[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")} == {
        "/health"
    }
    assert environment(app)["DATABASE_URL"] == environment(app)["TASKFLOW_DATABASE_URL"]
    assert render(str(directory / "phase-v")).service("chat-api") == overlay(place, "phase-v").service("chat-api")


@pytest.mark.parametrize("place", CLOUDS)
def test_monitoring_belongs_to_both_phases(place: str) -> None:
    """Who goes back wants to see what comes of it."""
    before = overlay(place, "phase-iv")
    watched = {(key.kind, key.name) for key in before if key.group == "monitoring.coreos.com"}
    assert watched == {
        ("PodMonitor", "taskflow-services"),
        ("PodMonitor", "taskflow-sidecars"),
        ("PrometheusRule", "taskflow"),
    }
    monitor = before.one("PodMonitor", "taskflow-services")["spec"]["selector"]["matchLabels"]
    assert monitor.items() <= pod_labels(before.service("chat-api")).items()
    assert not [key for key in before if "otel" in key.name], "traces are Phase V's"
    assert before.one("NetworkPolicy", "metrics")
