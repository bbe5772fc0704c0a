"""The manifests as `kubectl apply -k` gets them, and how to find one's way in them."""

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
OVERLAYS: Final = ("minikube", "gke", "eks")
PHASES: Final = ("phase-iv", "phase-v")
CLOUDS: Final = ("gke", "eks")
SERVICES: Final = ("chat-api", "recurring-task-processor", "reminder-service", "notification-service", "audit-logger")
WORKLOADS: Final = ("Deployment", "StatefulSet", "Job")

PHASE, RETAINED, SIDECAR, NAME, COMPONENT = (
    "taskflow.dev/phase",
    "taskflow.dev/lifecycle",
    "taskflow.dev/sidecar",
    "app.kubernetes.io/name",
    "app.kubernetes.io/component",
)

Manifest = Mapping[str, Any]


class Id(NamedTuple):
    """What names an object in a cluster, apart from the namespace, which is one."""

    group: str
    kind: str
    name: str


def id_of(manifest: Manifest) -> Id:
    group, _, _ = manifest["apiVersion"].rpartition("/")
    return Id(group, manifest["kind"], manifest["metadata"]["name"])


def labels(manifest: Manifest) -> Mapping[str, str]:
    return manifest["metadata"].get("labels", {})


class Rendered(dict[Id, Manifest]):
    """All objects of an overlay in one phase."""

    def of_kind(self, *kinds: str) -> list[Manifest]:
        return [manifest for key, manifest in self.items() if key.kind in kinds]

    def one(self, kind: str, name: str) -> Manifest:
        [found] = [manifest for key, manifest in self.items() if (key.kind, key.name) == (kind, name)]
        return found

    def service(self, name: str) -> Manifest:
        """The workload of one of the five services."""
        return self.one("StatefulSet" if name == "notification-service" else "Deployment", name)

    def services(self) -> list[Manifest]:
        """The workloads of the services that there are."""
        return [one for one in self.of_kind("Deployment", "StatefulSet") if labels(one).get(COMPONENT) == "service"]


def pod(workload: Manifest) -> dict[str, Any]:
    """The pod's spec."""
    return workload["spec"]["template"]["spec"]


def pod_labels(workload: Manifest) -> dict[str, str]:
    return workload["spec"]["template"]["metadata"]["labels"]


def annotations(workload: Manifest) -> dict[str, str]:
    return workload["spec"]["template"]["metadata"].get("annotations", {})


def containers(workload: Manifest) -> Iterator[dict[str, Any]]:
    """Init containers and containers."""
    yield from pod(workload).get("initContainers", [])
    yield from pod(workload)["containers"]


def container(workload: Manifest, name: str = "app") -> dict[str, Any]:
    [found] = [one for one in containers(workload) if one["name"] == name]
    return found


def environment(one: Mapping[str, Any]) -> dict[str, Any]:
    """A container's variables: a string, or where the value comes from."""
    return {variable["name"]: variable.get("value", variable.get("valueFrom")) for variable in one.get("env", [])}


@functools.cache
def render(directory: str) -> Rendered:
    """What `kubectl kustomize` makes of a directory of the repository; once in a run, in however many processes."""
    kept = _kept_as(directory)
    if not kept.exists():
        whole = kept.with_suffix(f".{os.getpid()}")
        whole.write_text(_rendered(ROOT / directory), encoding="utf-8")
        whole.rename(kept)
    return _read(kept.read_text(encoding="utf-8"))


def render_at(directory: Path) -> Rendered:
    """What `kubectl kustomize` makes of any directory, each time anew: a copy that a test has changed."""
    return _read(_rendered(directory))


def _read(text: str) -> Rendered:
    manifests: list[Manifest] = [one for one in yaml.load_all(text, Loader=yaml.CSafeLoader) if one]
    rendered = Rendered((id_of(manifest), manifest) for manifest in manifests)
    assert len(rendered) == len(manifests), "an object is there twice"
    return rendered


_OWN: Final = tempfile.TemporaryDirectory(prefix="taskflow-manifests-")
kept_in = Path(_OWN.name)
"""Where manifests that were rendered are kept; the processes of one run share it (conftest.py)."""


def _kept_as(directory: str) -> Path:
    return kept_in / f"{directory.replace('/', '_')}.yaml"


def _rendered(directory: Path) -> str:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is missing: it renders the manifests (https://kubernetes.io/docs/tasks/tools)")
    made = subprocess.run([kubectl, "kustomize", str(directory)], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return made.stdout


def overlay(place: str, phase: str) -> Rendered:
    return render(f"kustomize/overlays/{place}/{phase}")
