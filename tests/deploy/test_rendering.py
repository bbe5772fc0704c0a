"""Every overlay renders, in both phases, to what Kubernetes accepts; what runs is pinned; no secret is in it."""

import importlib.resources
import json
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest
import yaml
from referencing import Registry, Resource

from tests.deploy.rendering import CLOUDS, OVERLAYS, PHASES, ROOT, WORKLOADS, containers, overlay, render

OLDEST, MIDDLE, NEWEST = "1.25.0", "1.30.0", "1.37.0"
SIDECARS = "1.29.0"
# Whose schemas are not Kubernetes' own. The cluster tests apply these against the definitions themselves.
CUSTOM = {"dapr.io", "external-secrets.io", "monitoring.coreos.com", "networking.gke.io", "cloud.google.com"}

everywhere = pytest.mark.parametrize(("place", "phase"), [(place, phase) for place in OVERLAYS for phase in PHASES])


@cache
def schema(version: str, api_version: str, kind: str) -> Any:
    """A validator of one kind that also refuses fields that this version does not have."""
    directory = importlib.resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}-local-strict"
    named = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
    definitions: Any = json.loads((directory / "_definitions.json").read_text(encoding="utf-8"))
    wanted = json.loads((directory / f"{kind.lower()}-{named}.json").read_text(encoding="utf-8"))
    registry: Any = Resource[Any].from_contents(definitions) @ Registry[Any]()
    return jsonschema.Draft202012Validator(wanted, registry=registry)


@everywhere
@pytest.mark.parametrize("version", [OLDEST, MIDDLE, NEWEST])
def test_kubernetes_knows_every_field(place: str, phase: str, version: str) -> None:
    if (place, version) == ("gke", OLDEST):
        version = SIDECARS  # GKE has offered nothing older for long, and the proxy to Cloud SQL needs it
    wrong = [
        f"{key.kind} {key.name}: {'.'.join(map(str, error.path))}: {error.message[:200]}"
        for key, manifest in overlay(place, phase).items()
        if key.group not in CUSTOM
        for error in schema(version, manifest["apiVersion"], key.kind).iter_errors(manifest)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("place", OVERLAYS)
def test_an_overlay_is_its_phase_v(place: str) -> None:
    said = yaml.safe_load((ROOT / f"kustomize/overlays/{place}/kustomization.yaml").read_text(encoding="utf-8"))
    assert said.keys() == {"apiVersion", "kind", "resources"}
    assert said["resources"] == ["phase-v"]


@everywhere
def test_everything_is_in_the_one_namespace(place: str, phase: str) -> None:
    for key, manifest in overlay(place, phase).items():
        expected = None if key.kind == "Namespace" else "taskflow"
        assert manifest["metadata"].get("namespace") == expected, key


@everywhere
def test_every_image_says_which_it_is(place: str, phase: str) -> None:
    for workload in overlay(place, phase).of_kind(*WORKLOADS):
        for one in containers(workload):
            name, _, tag = one["image"].rpartition("/")[2].partition(":")
            assert tag, f"{one['image']} has no tag"
            assert tag != "latest"
            assert name != "taskflow-phase-iv", "which image Phase IV is, is not said"


@everywhere
def test_no_secret_is_in_git(place: str, phase: str) -> None:
    rendered = overlay(place, phase)
    assert not rendered.of_kind("Secret")
    for key, manifest in rendered.items():
        for path, text in _texts(manifest):
            assert not re.search(r"postgres(ql)?://[^:@/ ]+:(?!\{)[^@ …]+@", text), (
                f"{key} {path}: an address with a password"
            )
    for workload in rendered.of_kind(*WORKLOADS):
        for one in containers(workload):
            for variable in one.get("env", []):
                if re.search(r"PASSWORD|SECRET|TOKEN|SIGNING_KEY|DATABASE_URL", variable["name"]):
                    assert "secretKeyRef" in variable["valueFrom"], variable["name"]


def _texts(value: object, path: str = "") -> list[tuple[str, str]]:
    """Every string with where it stands."""
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return [found for key, one in fields.items() for found in _texts(one, f"{path}.{key}")]
    if isinstance(value, list):
        return [found for one in cast("list[object]", value) for found in _texts(one, path)]
    return [(path, value)] if isinstance(value, str) else []


@pytest.mark.parametrize("place", CLOUDS)
def test_what_is_filled_in_once_is_said_everywhere(place: str, tmp_path: Path) -> None:
    """Of the values in settings.yaml nothing is written down a second time."""
    for name in ("kustomize", "platform"):
        shutil.copytree(ROOT / name, tmp_path / name)
    directory = tmp_path / "kustomize/overlays" / place
    settings = yaml.safe_load((directory / "settings/settings.yaml").read_text(encoding="utf-8"))
    free = {key: value for key, value in settings["data"].items() if "sasl" not in key.lower()}
    settings["data"] |= {key: f"other-{index}" for index, key in enumerate(free)}
    (directory / "settings/settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    texts = [text for manifest in render(str(directory / "phase-v")).values() for _, text in _texts(manifest)]
    for key, value in free.items():
        assert any(settings["data"][key] in text for text in texts), f"{key} is used nowhere"
        # A cluster, an address called as everything is; a region that images' names have in them.
        if value not in {"taskflow", "europe-west1", "eu-central-1", "example-project", "10.0.0.0/16"}:
            assert not any(value in text for text in texts), f"{key} is written down elsewhere"
    assert f"https://{settings['data']['host']}" in texts
