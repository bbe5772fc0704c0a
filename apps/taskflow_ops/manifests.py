"""An overlay's two phases as objects, with images put in place of the overlay's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

import msgspec

from taskflow_core.events.topics import CHAT_API
from taskflow_ops.cluster import Kind
from taskflow_ops.conventions import APP, PHASE
from taskflow_ops.errors import OpsError
from taskflow_ops.kubectl import Kubectl
from taskflow_ops.objects import Object, container, items, labels_of, name_of

_WORKLOADS: Final = ("Deployment", "StatefulSet")
INIT: Final = "database"
"""The init container that looks after the schema: the project's own image in both phases."""


class Images(msgspec.Struct, frozen=True):
    """Images to run instead of the overlay's: the project's own everywhere, and what runs as Phase IV."""

    own: str | None = None
    phase_iv: str | None = None


class Manifests(msgspec.Struct, frozen=True):
    """The objects of one phase of an overlay."""

    objects: list[Object]

    @property
    def workloads(self) -> list[Object]:
        """Deployments and StatefulSets: applied last, when what their pods look for is there."""
        return [found for found in self.objects if found["kind"] in _WORKLOADS]

    @property
    def others(self) -> list[Object]:
        """Everything else, in the order kustomize gives it (namespaces first)."""
        return [found for found in self.objects if found["kind"] not in _WORKLOADS]

    @property
    def kinds_of_phase_v(self) -> list[Kind]:
        """The kinds of whatever carries the label of Phase V, workloads first."""
        labelled = [found for found in (*self.workloads, *self.others) if labels_of(found).get(PHASE) == "v"]
        return list(dict.fromkeys(Kind(found["apiVersion"], found["kind"]) for found in labelled))

    @property
    def kinds(self) -> list[Kind]:
        """The kind of every object, each once."""
        return list(dict.fromkeys(Kind(found["apiVersion"], found["kind"]) for found in self.objects))

    def image_of(self, workload: str) -> str:
        """The image of a workload's own container."""
        found = next((each for each in self.workloads if name_of(each) == workload), None)
        return "" if found is None else container(found["spec"]["template"]["spec"], APP).get("image", "")


def phase_iv(kubectl: Kubectl, overlay: Path, images: Images) -> Manifests:
    """Phase IV of an overlay. Raises OpsError where it cannot be rendered or has no chat-api."""
    objects = _parsed(kubectl.render(overlay / "phase-iv"), overlay)
    own = _own_image(objects)
    for spec in _pod_specs(objects):
        if own is not None:
            _replace(spec, own, images.own)
    if images.phase_iv is not None:
        app = container(pod_of_chat_api(objects), APP)
        app["image"] = images.phase_iv
    return Manifests(objects)


def phase_v(kubectl: Kubectl, overlay: Path, images: Images) -> Manifests:
    """Phase V of an overlay. Raises OpsError where it cannot be rendered or has no chat-api."""
    objects = _parsed(kubectl.render(overlay / "phase-v"), overlay)
    own = container(pod_of_chat_api(objects), APP).get("image")
    for spec in _pod_specs(objects):
        if own is not None:
            _replace(spec, own, images.own)
    return Manifests(objects)


def _parsed(text: str, overlay: Path) -> list[Object]:
    import yaml  # comes with the Kubernetes client

    objects = [cast(Object, found) for found in yaml.safe_load_all(text) if found]
    if not pod_of_chat_api(objects):
        raise OpsError(f"{overlay} has no Deployment {CHAT_API}: it is no overlay of TaskFlow.")
    return objects


def pod_of_chat_api(objects: Sequence[Object]) -> Object:
    """What chat-api's pods are made of; an empty object where there is no chat-api."""
    for found in objects:
        if found["kind"] == "Deployment" and name_of(found) == CHAT_API:
            return found["spec"]["template"]["spec"]
    return {}


def _own_image(objects: Sequence[Object]) -> str | None:
    """The project's image in Phase IV: that of the init container that looks after the schema."""
    for spec in _pod_specs(objects):
        for init in items(spec, "initContainers"):
            if init["name"] == INIT:
                return init.get("image")
    return None


def _pod_specs(objects: Sequence[Object]) -> list[Object]:
    return [found["spec"]["template"]["spec"] for found in objects if found["kind"] in _WORKLOADS]


def _replace(spec: Object, before: str, after: str | None) -> None:
    if after is None:
        return
    for each in (*items(spec, "initContainers"), *items(spec, "containers")):
        if each.get("image") == before:
            each["image"] = after
