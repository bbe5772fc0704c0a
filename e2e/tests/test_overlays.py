"""The overlays for GKE and EKS, checked by a real API server: `kubectl apply --dry-run=server`.

Kinds that come with a cloud or an operator, and that this cluster does not know, get definitions without a schema.
Their names and places are checked, their fields are not (tests/deploy looks at those).
"""

import time
from collections.abc import Generator
from typing import Any, Final, cast

import pytest
import yaml

from e2e.cluster.workspace import ROOT
from e2e.deployment import Deployment
from taskflow_ops.cluster import NAMESPACES, Cluster, Kind
from taskflow_ops.objects import condition

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

DEFINITIONS: Final = Kind("apiextensions.k8s.io/v1", "CustomResourceDefinition")
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
    cluster = deployment.cluster
    lacking = [kind for kind in _PLURALS if cluster.plural(resource(kind)) is None]
    for kind in lacking:
        cluster.create(DEFINITIONS, definition(kind))
    deadline = time.monotonic() + 30
    while waiting := [kind for kind in lacking if not established(cluster, kind)]:
        assert time.monotonic() < deadline, f"not established: {waiting}"
        time.sleep(0.2)
    yield lacking
    for kind in lacking:
        cluster.delete(DEFINITIONS, definition(kind)["metadata"]["name"])


@pytest.fixture
def namespace(deployment: Deployment) -> Generator[str]:
    """A namespace of its own: nothing that runs stands in the way."""
    name = "taskflow-dry-run"
    deployment.cluster.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    deployment.delete_namespace(name)


@pytest.mark.parametrize("phase", ["phase-iv", "phase-v"])
@pytest.mark.parametrize("cloud", ["gke", "eks"])
def test_the_api_server_accepts_every_object(
    deployment: Deployment, definitions: list[str], namespace: str, cloud: str, phase: str
) -> None:
    rendered = deployment.kubectl.render(ROOT / "kustomize" / "overlays" / cloud / phase)
    objects = [cast(dict[str, Any], one) for one in yaml.safe_load_all(rendered) if one]
    for one in objects:
        if one["metadata"].get("namespace") == "taskflow":
            one["metadata"]["namespace"] = namespace
        if one["kind"] == "Namespace":
            one["metadata"]["name"] = namespace
    # kubectl refuses fields that the API does not know, unless told otherwise.
    accepted = deployment.target.kubectl(namespace, dry_run=True).apply(objects, server_side=True)
    assert len(accepted) == len(objects)
    kinds = sorted({one["kind"] for one in objects} & set(definitions))
    print(f"{cloud}/{phase}: {len(objects)} objects accepted; without their schemas: {', '.join(kinds) or 'none'}")


def resource(kind: str) -> Kind:
    group, version, _ = _PLURALS[kind]
    return Kind(f"{group}/{version}", kind)


def established(cluster: Cluster, kind: str) -> bool:
    found = cluster.find(DEFINITIONS, definition(kind)["metadata"]["name"]) or {}
    return condition(found, "Established").get("status") == "True"


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
