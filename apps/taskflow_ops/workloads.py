"""The services' Deployments and StatefulSets: whether their rollout is over, and if it is not, what hangs."""

from collections.abc import Iterator
from typing import Final

import msgspec

from taskflow_core.events.topics import NOTIFICATION_SERVICE
from taskflow_ops.cluster import DEPLOYMENTS, PODS, STATEFULSETS, Cluster, Kind
from taskflow_ops.conventions import APP, DAPR_ENABLED, NAME
from taskflow_ops.manifests import INIT
from taskflow_ops.objects import Object, annotations_of, condition, container, environment, items, name_of, part

_LOG_LINES: Final = 5
_ENDED: Final = ("Succeeded", "Failed")
"""Phases of pods in which nothing runs any more; evicted ones stay for days."""


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """A Deployment or StatefulSet with the numbers that matter."""

    name: str
    kind: Kind
    desired: int
    ready: int
    updated: int
    present: int
    settled: bool
    image: str
    phase: str
    sidecar: bool
    message: str
    object: Object

    @property
    def rolled_out(self) -> bool:
        """Whether the pods there are, are those the controller was last set to make, and all are ready."""
        return self.settled and self.updated == self.present == self.ready == self.desired

    @property
    def selector(self) -> dict[str, str]:
        """The labels by which the controller knows its pods."""
        return self.object["spec"]["selector"]["matchLabels"]


def kind_of(name: str) -> Kind:
    """Which kind of controller a service has."""
    return STATEFULSETS if name == NOTIFICATION_SERVICE else DEPLOYMENTS


def find_workload(cluster: Cluster, name: str) -> Workload | None:
    """A service's controller, or None where it has none."""
    found = cluster.find(kind_of(name), name)
    return None if found is None else read_workload(name, found)


def read_workload(name: str, found: Object) -> Workload:
    """What a Deployment or StatefulSet says of itself."""
    metadata, spec, status = found["metadata"], found["spec"], part(found, "status")
    template: Object = spec["template"]
    app = container(template["spec"], APP)
    revision = status.get("updateRevision")
    rolled = revision is None or revision == status.get("currentRevision") or spec.get("replicas") == 0
    failure = condition(found, "ReplicaFailure")
    return Workload(
        name=name,
        kind=kind_of(name),
        desired=spec.get("replicas", 1),
        ready=status.get("readyReplicas") or 0,
        updated=status.get("updatedReplicas") or 0,
        present=status.get("replicas") or 0,
        settled=status.get("observedGeneration", 0) >= metadata.get("generation", 0) and rolled,
        image=app.get("image", ""),
        phase=environment(app).get("TASKFLOW_PHASE", ""),
        sidecar=annotations_of(template).get(DAPR_ENABLED) == "true",
        message=f"{failure['reason']}: {failure['message']}" if failure.get("status") == "True" else "",
        object=found,
    )


def running_image(found: Workload) -> str:
    """The project's image that runs: in Phase IV the one that looks after the schema, since the other may be a release
    of another make."""
    init = next(
        (each for each in items(found.object["spec"]["template"]["spec"], "initContainers") if each["name"] == INIT),
        Object(),
    )
    return found.image if found.phase == "v" or not init else init["image"]


def pods_of(cluster: Cluster, name: str) -> list[Object]:
    """A service's pods that run or are about to, or are stopping; neither isolated ones nor those that have ended."""
    found = cluster.matching(PODS, f"{NAME}={name}")
    return [pod for pod in found if part(pod, "status").get("phase") not in _ENDED]


def ready(pod: Object) -> bool:
    """Whether a pod takes requests: ready, and not on its way out."""
    if pod["metadata"].get("deletionTimestamp"):
        return False
    return condition(pod, "Ready").get("status") == "True"


def newest_ready_pod(cluster: Cluster, name: str) -> Object | None:
    """The ready pod of a service that was made last."""
    able = [pod for pod in pods_of(cluster, name) if ready(pod)]
    return max(able, key=lambda pod: pod["metadata"]["creationTimestamp"], default=None)


def trouble(cluster: Cluster, name: str) -> str:
    """What keeps a service from being ready: each pod that is not, why, and what its log says last."""
    workload = find_workload(cluster, name)
    if workload is None:
        return f"{name}: there is no such workload in namespace {cluster.namespace}."
    lines = [f"{name}: {workload.ready} of {workload.desired} ready, {workload.updated} of the newest kind."]
    if workload.message:
        lines.append(f"  its pods cannot be made: {workload.message}")
    for pod in pods_of(cluster, name):
        if not ready(pod):
            lines += [f"  {line}" for line in _why_not_ready(cluster, pod)]
    return "\n".join(lines)


def _why_not_ready(cluster: Cluster, pod: Object) -> Iterator[str]:
    name = name_of(pod)
    if pod["metadata"].get("deletionTimestamp"):
        yield f"pod {name}: stopping"
        return
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        yield f"pod {name}: no node takes it: {scheduled.get('message', scheduled.get('reason'))}"
        return
    explained = False
    for state in [*items(pod, "status", "initContainerStatuses"), *items(pod, "status", "containerStatuses")]:
        reason = _reason(state)
        if not reason:
            continue
        explained = True
        yield f"pod {name}: container {state['name']}: {reason}"
        text = cluster.log(name, state["name"], lines=_LOG_LINES)
        if not text and state.get("restartCount"):
            text = cluster.log(name, state["name"], lines=_LOG_LINES, previous=True)
        for line in text.splitlines():
            yield f"    | {line[:300]}"
        yield f"    kubectl --context {cluster.context} -n {cluster.namespace} logs {name} -c {state['name']}"
    if not explained:
        yield f"pod {name}: {part(pod, 'status').get('phase', 'unknown')}, not ready"


def _reason(state: Object) -> str:
    """Why a container keeps its pod from being ready, or nothing."""
    waiting, ended = part(state, "state", "waiting"), part(state, "state", "terminated")
    before = part(state, "lastState", "terminated")
    if waiting:
        if waiting.get("reason") in ("PodInitializing", "ContainerCreating") and not before:
            return ""
        last = f"; ended before with exit code {before['exitCode']}" if before else ""
        return f"{waiting.get('reason', 'waiting')}{last} {waiting.get('message', '')}".strip()
    if ended:
        return "" if ended["exitCode"] == 0 else f"ended with exit code {ended['exitCode']}"
    return "" if state.get("ready") else "runs, and is not ready"
