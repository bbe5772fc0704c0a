"""The overlays for GKE and EKS, checked by a real API server: `kubectl apply --dry-run=server`.

Kinds that come with a cloud or an operator, and that this cluster does not know, get definitions without a schema.
Their names and places are checked, their fields are not (tests/deploy looks at those).
"""

from collections.abc import Generator
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml

from e2e.cluster.home import ROOT
from e2e.deployment import Deployment
from e2e.kubectl import Kubectl

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

_PLURALS: Final = {
    "BackendConfig": ("cloud.google.com", "v1", "backendconfigs"),
    "FrontendConfig": ("networking.gke.io", "v1beta1", "frontendconfigs"),
    "ManagedCertificate": ("networking.gke.io", "v1", "managedcertificates"),
    "ExternalSecret": ("external-secrets.io", "v1", "externalsecrets"),
    "SecretStore": ("external-secrets.io", "v1", "secretstores"),
    "PodMonitor": ("monitoring.coreos.com", "v1", "podmonitors"),
    "PrometheusRule": ("monitoring.coreos.com", "v1", "prometheusrules"),
}


@pytest.fixture(scope="module")
def definitions(deployment: Deployment) -> Generator[list[str]]:
    """Definitions of the kinds that the cluster lacks, for as long as this module's tests run."""
    kubectl = deployment.kubectl
    lacking = [kind for kind, (group, version, _) in _PLURALS.items() if not knows(kubectl, group, version, kind)]
    names = [f"{_PLURALS[kind][2]}.{_PLURALS[kind][0]}" for kind in lacking]
    if lacking:
        kubectl.run("apply", "-f", "-", stdin=yaml.safe_dump_all(definition(kind) for kind in lacking))
        kubectl.run("wait", "--for=condition=Established", "--timeout=30s", *(f"crd/{name}" for name in names))
    yield lacking
    if lacking:
        kubectl.run("delete", "--wait=false", *(f"crd/{name}" for name in names))


@pytest.fixture
def namespace(deployment: Deployment) -> Generator[str]:
    """A namespace of its own: nothing that runs stands in the way."""
    name = "taskflow-dry-run"
    deployment.kubectl.run("create", "namespace", name)
    yield name
    deployment.kubectl.run("delete", "namespace", name, "--wait=true", within=120)


@pytest.mark.parametrize("phase", ["phase-iv", "phase-v"])
@pytest.mark.parametrize("place", ["gke", "eks"])
def test_the_api_server_accepts_every_object(
    deployment: Deployment, definitions: list[str], namespace: str, tmp_path: Path, place: str, phase: str
) -> None:
    rendered = deployment.kubectl.run("kustomize", ROOT / "kustomize" / "overlays" / place / phase)
    objects = [cast(dict[str, Any], one) for one in yaml.safe_load_all(rendered) if one]
    for one in objects:
        if one["metadata"].get("namespace") == "taskflow":
            one["metadata"]["namespace"] = namespace
        if one["kind"] == "Namespace":
            one["metadata"]["name"] = namespace
    said = deployment.kubectl.run(
        *("apply", "--dry-run=server", "--server-side", "--namespace", namespace, "--validate=strict", "-f", "-"),
        stdin=yaml.safe_dump_all(objects),
        within=120,
    )
    assert len(said.splitlines()) == len(objects)
    kinds = sorted({one["kind"] for one in objects} & set(definitions))
    print(f"{place}/{phase}: {len(objects)} objects accepted; without their schemas: {', '.join(kinds) or 'none'}")


def knows(kubectl: Kubectl, group: str, version: str, kind: str) -> bool:
    """Whether the cluster has this kind."""
    listed = kubectl.run("api-resources", f"--api-group={group}", "--no-headers", accept=(1,))
    return any(f"{group}/{version}" in line and line.split()[-1] == kind for line in listed.splitlines())


def definition(kind: str) -> dict[str, Any]:
    """A definition that says what the kind is called and where it lives, and no more."""
    group, version, plural = _PLURALS[kind]
    anything = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [{"name": version, "served": True, "storage": True, "schema": anything}],
        },
    }
