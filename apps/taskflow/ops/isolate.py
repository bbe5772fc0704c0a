"""Takes failing pods out of their Service, and out of their controller's hands, so that they can be examined.

A pod that loses the labels by which selectors know it gets no more requests, matches no NetworkPolicy that would let it
reach anything but DNS, and is no longer its controller's: a Deployment makes another in its place. A StatefulSet cannot
while one of its pods' names is taken, so that its numbering begins after the isolated one.
"""

import json

import msgspec

from taskflow.ops.asking import Platform
from taskflow.ops.changes import isolated, smoke_test, wait_rolled_out
from taskflow.ops.cluster import PODS, STATEFULSETS, Cluster
from taskflow.ops.conventions import ADMITTED, APP, ISOLATED, LABELS_BEFORE, SERVICES
from taskflow.ops.errors import OpsError
from taskflow.ops.kubectl import Kubectl
from taskflow.ops.objects import Object, annotations_of, labels_of, name_of, part
from taskflow.ops.run import Run
from taskflow.ops.workloads import Workload, find_workload, pods_of, ready, trouble


class Isolate(msgspec.Struct, frozen=True, kw_only=True):
    """Which component; which of its pods (default: those that are not ready); an image to go on with; or undo it."""

    component: str
    pods: tuple[str, ...] = ()
    image: str | None = None
    url: str | None = None


def isolate(run: Run, cluster: Cluster, kubectl: Kubectl, wanted: Isolate) -> None:
    """Isolate, and resume without what was isolated. Raises OpsError where operation does not resume."""
    workload = _workload(cluster, wanted.component)
    with run.step(f"1/3 Take pods of {wanted.component} out of service"):
        chosen = _chosen(run, cluster, wanted)
        for pod in chosen:
            _take_out(run, cluster, workload, pod)
    with run.step("2/3 Resume without them"):
        if wanted.image is not None:
            kubectl.set_image(f"{workload.resource.plural}/{workload.name}", APP, wanted.image)
            run.changed(f"{workload.name} runs {wanted.image} from now on, until an overlay is applied")
        if not run.dry_run:
            wait_rolled_out(run, cluster, [wanted.component])
    with run.step("3/3 Phase IV smoke test"):
        smoke_test(run, Platform(cluster, kubectl), wanted.url)
    target = f"kubectl --context {cluster.context} -n {cluster.namespace}"
    for pod in chosen:
        run.say(f"examine it: {target} logs {name_of(pod)} -c {APP}")
    if chosen:
        run.say(f"when done: taskflow ops isolate {wanted.component} --undo --context {cluster.context}")


def undo(run: Run, cluster: Cluster, component: str) -> None:
    """Give isolated pods their labels back: their controller takes them up again, and ends those it has too many of."""
    workload = _workload(cluster, component)
    with run.step(f"1/2 Give the isolated pods of {component} back to their controller"):
        # First, or the controller would end what it takes up as a pod before its first number.
        if workload.resource == STATEFULSETS and workload.object["spec"].get("ordinals"):
            cluster.patch(STATEFULSETS, component, {"spec": {"ordinals": None}})
            run.changed(f"{component} is numbered from 0 again")
        pods = cluster.matching(PODS, isolated(component))
        for pod in pods:
            before: dict[str, str] = json.loads(annotations_of(pod).get(LABELS_BEFORE, "{}"))
            change = {"labels": {ISOLATED: None, **before}, "annotations": {LABELS_BEFORE: None}}
            cluster.patch(PODS, name_of(pod), {"metadata": change})
            run.changed(f"{name_of(pod)} has its labels back")
        if not pods:
            run.say("there is none")
    with run.step("2/2 Wait until all is ready"):
        if not run.dry_run:
            wait_rolled_out(run, cluster, [component])


def _workload(cluster: Cluster, component: str) -> Workload:
    if component not in SERVICES:
        raise OpsError(f"There is no component {component}. There are: {', '.join(SERVICES)}.")
    found = find_workload(cluster, component)
    if found is None:
        raise OpsError(f"{component} does not run in namespace {cluster.namespace} of context {cluster.context}.")
    return found


def _chosen(run: Run, cluster: Cluster, wanted: Isolate) -> list[Object]:
    pods = [pod for pod in pods_of(cluster, wanted.component) if not pod["metadata"].get("deletionTimestamp")]
    by_name = {name_of(pod): pod for pod in pods}
    unknown = [name for name in wanted.pods if name not in by_name]
    if unknown:
        raise OpsError(f"{wanted.component} has no pod {', '.join(unknown)}. It has: {', '.join(by_name) or 'none'}.")
    if wanted.pods:
        return [by_name[name] for name in wanted.pods]
    failing = [pod for pod in pods if not ready(pod)]
    if not failing:
        already = cluster.matching(PODS, isolated(wanted.component))
        if not already and wanted.image is None:
            raise OpsError(
                f"Every pod of {wanted.component} is ready. Name those to isolate: --pod NAME "
                f"({', '.join(by_name) or 'it has none'})."
            )
        run.say(f"no pod fails that is not isolated already ({len(already)} are)")
    else:
        run.say(trouble(cluster, wanted.component))
    return failing


def _take_out(run: Run, cluster: Cluster, workload: Workload, pod: Object) -> None:
    before = {key: value for key, value in labels_of(pod).items() if key in workload.selector or key in ADMITTED}
    change = {
        "labels": {ISOLATED: workload.name, **dict.fromkeys(before)},
        "annotations": {LABELS_BEFORE: json.dumps(before)},
    }
    cluster.patch(PODS, name_of(pod), {"metadata": change})
    run.changed(f"{name_of(pod)} is isolated: {ISOLATED}={workload.name}")
    if workload.resource == STATEFULSETS:
        following = int(name_of(pod).rsplit("-", 1)[1]) + 1
        start = max(following, int(part(workload.object, "spec", "ordinals").get("start", 0)))
        cluster.patch(STATEFULSETS, workload.name, {"spec": {"ordinals": {"start": start}}})
        run.changed(f"{workload.name} is numbered from {start}, since {name_of(pod)} keeps its name")


def isolated_pods(cluster: Cluster) -> list[str]:
    """The pods that are isolated now."""
    return [name_of(pod) for pod in cluster.matching(PODS, isolated())]
