"""Takes failing pods out of their Service, and out of their controller's hands, so that they can be examined.

A pod that loses the labels by which selectors know it gets no more requests, matches no NetworkPolicy that would let it
reach anything but DNS, and is no longer its controller's: a Deployment makes another in its place. A StatefulSet cannot
while one of its pods' names is taken, so that its numbering begins after the isolated one.
"""

import json

import msgspec

from taskflow_ops.changes import isolated, smoke_test, wait_rolled_out
from taskflow_ops.cluster import PODS, STATEFULSETS, Cluster
from taskflow_ops.conventions import ADMITTED, APP, ISOLATED, LABELS_BEFORE, SERVICES
from taskflow_ops.errors import OpsError
from taskflow_ops.objects import Object, annotations_of, labels_of, name_of, part
from taskflow_ops.operation import Operation
from taskflow_ops.platform import Platform
from taskflow_ops.workloads import Workload, find_workload, pods_of, ready, trouble


class Isolate(msgspec.Struct, frozen=True, kw_only=True):
    """Which component; which of its pods (default: those that are not ready); an image to go on with; or undo it."""

    component: str
    pods: tuple[str, ...] = ()
    image: str | None = None
    url: str | None = None


def isolate(operation: Operation, cluster: Cluster, request: Isolate) -> None:
    """Isolate, and resume without what was isolated. Raises OpsError where operation does not resume."""
    workload = _workload(cluster, request.component)
    with operation.step(f"1/3 Take pods of {request.component} out of service"):
        chosen = _chosen(operation, cluster, request)
        for pod in chosen:
            _take_out(operation, cluster, workload, pod)
        if workload.kind == STATEFULSETS:
            _number_from(operation, cluster, workload, chosen)
    with operation.step("2/3 Resume without them"):
        if request.image is not None:
            cluster.set_image(workload.kind, workload.name, APP, request.image)
            operation.changed(f"{workload.name} runs {request.image} from now on, until an overlay is applied")
        if not operation.dry_run:
            wait_rolled_out(operation, cluster, [request.component])
    with operation.step("3/3 Phase IV smoke test"):
        smoke_test(operation, Platform(cluster), request.url)
    target = f"kubectl --context {cluster.context} -n {cluster.namespace}"
    for pod in chosen:
        operation.say(f"examine it: {target} logs {name_of(pod)} -c {APP}")
    if chosen:
        operation.say(f"when done: taskflow ops isolate {request.component} --undo --context {cluster.context}")


def undo(operation: Operation, cluster: Cluster, component: str) -> None:
    """Give isolated pods their labels back: their controller takes them up again, and ends those it has too many of."""
    workload = _workload(cluster, component)
    with operation.step(f"1/2 Give the isolated pods of {component} back to their controller"):
        # First, or the controller would end what it takes up as a pod before its first number.
        if workload.kind == STATEFULSETS and workload.object["spec"].get("ordinals"):
            cluster.patch(STATEFULSETS, component, {"spec": {"ordinals": None}})
            operation.changed(f"{component} is numbered from 0 again")
        pods = cluster.matching(PODS, isolated(component))
        for pod in pods:
            before: dict[str, str] = json.loads(annotations_of(pod).get(LABELS_BEFORE, "{}"))
            change = {"labels": {ISOLATED: None, **before}, "annotations": {LABELS_BEFORE: None}}
            cluster.patch(PODS, name_of(pod), {"metadata": change})
            operation.changed(f"{name_of(pod)} has its labels back")
        if not pods:
            operation.say("there is none")
    with operation.step("2/2 Wait until all is ready"):
        if not operation.dry_run:
            wait_rolled_out(operation, cluster, [component])


def _workload(cluster: Cluster, component: str) -> Workload:
    if component not in SERVICES:
        raise OpsError(f"There is no component {component}. There are: {', '.join(SERVICES)}.")
    found = find_workload(cluster, component)
    if found is None:
        raise OpsError(f"{component} does not run in namespace {cluster.namespace} of context {cluster.context}.")
    return found


def _chosen(operation: Operation, cluster: Cluster, request: Isolate) -> list[Object]:
    pods = [pod for pod in pods_of(cluster, request.component) if not pod["metadata"].get("deletionTimestamp")]
    by_name = {name_of(pod): pod for pod in pods}
    unknown = [name for name in request.pods if name not in by_name]
    if unknown:
        raise OpsError(f"{request.component} has no pod {', '.join(unknown)}. It has: {', '.join(by_name) or 'none'}.")
    if request.pods:
        return [by_name[name] for name in request.pods]
    failing = [pod for pod in pods if not ready(pod)]
    if not failing:
        already = cluster.matching(PODS, isolated(request.component))
        if not already and request.image is None:
            raise OpsError(
                f"Every pod of {request.component} is ready. Name those to isolate: --pod NAME "
                f"({', '.join(by_name) or 'it has none'})."
            )
        operation.say(f"no pod fails that is not isolated already ({len(already)} are)")
    else:
        operation.say(trouble(cluster, request.component))
    return failing


def _take_out(operation: Operation, cluster: Cluster, workload: Workload, pod: Object) -> None:
    before = {key: value for key, value in labels_of(pod).items() if key in workload.selector or key in ADMITTED}
    change = {
        "labels": {ISOLATED: workload.name, **dict.fromkeys(before)},
        "annotations": {LABELS_BEFORE: json.dumps(before)},
    }
    cluster.patch(PODS, name_of(pod), {"metadata": change})
    operation.changed(f"{name_of(pod)} is isolated: {ISOLATED}={workload.name}")


def _number_from(operation: Operation, cluster: Cluster, workload: Workload, chosen: list[Object]) -> None:
    """Begin the numbering after every isolated pod, those of an earlier call included, which may have stopped here."""
    names = {name_of(pod) for pod in (*chosen, *cluster.matching(PODS, isolated(workload.name)))}
    before = int(part(workload.object, "spec", "ordinals").get("start", 0))
    start = max([before, *(int(name.rsplit("-", 1)[1]) + 1 for name in names)])
    if start > before:
        cluster.patch(STATEFULSETS, workload.name, {"spec": {"ordinals": {"start": start}}})
        taken = ", ".join(sorted(names))
        operation.changed(f"{workload.name} is numbered from {start}, since {taken} keep their names")
        found = cluster.find(STATEFULSETS, workload.name) or {}
        if not operation.dry_run and part(found, "spec", "ordinals").get("start") != start:
            raise OpsError(
                f"This cluster does not number StatefulSets from where one wants (Kubernetes 1.27 does): "
                f"{workload.name} makes no pod in the place of {taken} while they are there.\n"
                f"Examine them, then delete them, or: taskflow ops isolate {workload.name} --undo"
            )
