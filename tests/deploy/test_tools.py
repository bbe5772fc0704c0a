"""Tilt and Skaffold are about the same things as the overlays; what they and the pipelines call exists."""

import ast
import re
from typing import Any

import pytest
import yaml

from taskflow_cli.main import COMMANDS
from tests.deploy.rendering import OVERLAYS, PHASES, ROOT, SERVICES, WORKLOADS, container, overlay

SKAFFOLD: Any = yaml.safe_load((ROOT / "skaffold.yaml").read_text(encoding="utf-8"))
TILTFILE = (ROOT / "Tiltfile").read_text(encoding="utf-8")
WORKFLOW_FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))


def profile(name: str) -> dict[str, Any]:
    """The configuration with a profile's patches applied, as far as they concern paths and images."""
    [found] = [one for one in SKAFFOLD["profiles"] if one["name"] == name]
    said = {patch["path"]: patch.get("value") for patch in found.get("patches", [])}
    return {
        "path": said.get("/manifests/kustomize/paths/0", SKAFFOLD["manifests"]["kustomize"]["paths"][0]),
        "image": said.get("/build/artifacts/0/image", SKAFFOLD["build"]["artifacts"][0]["image"]),
    }


@pytest.mark.parametrize("place", OVERLAYS)
@pytest.mark.parametrize("phase", PHASES)
def test_skaffold_has_a_profile_for_every_overlay_and_phase(place: str, phase: str) -> None:
    found = profile(place if phase == "phase-v" else f"{place}-{phase}")
    assert found["path"] == f"kustomize/overlays/{place}/{phase}"
    image = container(overlay(place, phase).service("chat-api"))["image"]
    assert image.rpartition(":")[0] == found["image"], "what is built is what is deployed"


def test_tilt_deploys_the_minikube_overlay_with_its_names() -> None:
    """Tilt itself reads the file in the tests on a cluster; here it is at least one that can be read."""
    constants = {
        target.id: ast.literal_eval(node.value)
        for node in ast.parse(TILTFILE).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in {"SERVICES", "PORTS", "LINKS"}
    }
    assert "kustomize/overlays/minikube" in TILTFILE
    assert constants["SERVICES"] == list(SERVICES)
    assert constants["PORTS"].keys() == constants["LINKS"].keys() == set(SERVICES)
    named = set(re.findall(r"^k8s_resource\('([a-z-]+)'", TILTFILE, re.MULTILINE))
    rendered = overlay("minikube", "phase-v")
    assert named | set(SERVICES) == {one["metadata"]["name"] for one in rendered.of_kind(*WORKLOADS)}
    kinds = {
        kind
        for listed in re.findall(r"objects\(\[([^]]*)\]", TILTFILE)
        for kind in re.findall(r"'([A-Za-z]+)'", listed)
    }
    others = {key.kind for key in rendered} - {*WORKLOADS, "Service"}
    assert others == kinds, "each object belongs to a resource"


def test_tilt_touches_local_clusters_only() -> None:
    assert TILTFILE.index("\nrequire_local_context()\n") < TILTFILE.index("k8s_yaml(")
    assert "allow_k8s_contexts(context)" in TILTFILE


def test_the_operations_that_tilt_and_the_pipelines_call_exist() -> None:
    assert "ops" in COMMANDS
    from taskflow_cli.main import main

    texts = TILTFILE + "".join(file.read_text() for file in WORKFLOW_FILES)
    called = set(re.findall(r"taskflow\"? ops ([a-z]+)", texts)) | set(
        re.findall(r"operation\('[a-z-]+', \['([a-z]+)'", TILTFILE)
    )
    assert {"smoke", "rollback", "rollforward", "status", "record", "releases"} == called
    for name in called:
        with pytest.raises(SystemExit) as ended:
            main(["ops", name, "--help"])
        assert ended.value.code == 0
