"""What rolling back and rolling forward have in common: applying a phase, waiting for services, taking objects away."""

from collections.abc import Iterable, Sequence
from typing import Final

from taskflow_core.events.topics import CHAT_API
from taskflow_ops.cluster import Cluster, Kind
from taskflow_ops.conventions import ISOLATED, PHASE_V_SERVICES
from taskflow_ops.errors import OpsError
from taskflow_ops.kubectl import Kubectl
from taskflow_ops.manifests import Manifests
from taskflow_ops.objects import items, name_of
from taskflow_ops.operation import Operation
from taskflow_ops.platform import Platform
from taskflow_ops.workloads import Workload, find_workload, kind_of, trouble

_APPLY_SECONDS: Final = 120.0


def chat_api(cluster: Cluster) -> Workload:
    """chat-api's Deployment. Raises OpsError where there is none, which says that TaskFlow is not there."""
    found = find_workload(cluster, CHAT_API)
    if found is None:
        raise OpsError(
            f"Namespace {cluster.namespace} of context {cluster.context} has no Deployment {CHAT_API}. "
            "Is it the right context? A first installation is `kubectl apply -k` of an overlay."
        )
    return found


def is_server_side(workload: Workload) -> bool:
    """Whether the platform was applied with `kubectl apply --server-side`: operations go on the same way."""
    fields = items(workload.object, "metadata", "managedFields")
    return any(entry.get("operation") == "Apply" and entry.get("manager") == "kubectl" for entry in fields)


def apply(operation: Operation, kubectl: Kubectl, manifests: Manifests, *, server_side: bool) -> None:
    """Apply a phase, workloads last. Says what changes."""
    for objects in (manifests.others, manifests.workloads):
        for line in kubectl.apply(objects, server_side=server_side, within=min(_APPLY_SECONDS, operation.remaining)):
            if not line.endswith(" unchanged"):
                operation.changed(line)


def resume(operation: Operation, cluster: Cluster, target: Manifests) -> None:
    """Give back replicas to services that a rollback stopped and did not get to take away.

    Where an autoscaler decides, the manifests name no number, so that applying them leaves a zero as it is.
    """
    for name in PHASE_V_SERVICES:
        found = find_workload(cluster, name)
        if found is not None and found.desired == 0:
            least = _least_replicas(target, name)
            cluster.scale(kind_of(name), name, least)
            operation.changed(f"scaled {name} from 0 to {least}")


def _least_replicas(target: Manifests, name: str) -> int:
    for scaler in target.others:
        if scaler["kind"] == "HorizontalPodAutoscaler" and scaler["spec"]["scaleTargetRef"]["name"] == name:
            return int(scaler["spec"].get("minReplicas", 1))
    workload = next((found for found in target.workloads if name_of(found) == name), None)
    return 1 if workload is None else int(workload["spec"].get("replicas", 1))


def wait_rolled_out(operation: Operation, cluster: Cluster, names: Sequence[str]) -> None:
    """Until the pods of these services are the newest kind and ready, and no other is left."""

    def over() -> bool:
        return all(found is not None and found.rolled_out for found in (find_workload(cluster, n) for n in names))

    def hanging() -> str:
        found = {name: find_workload(cluster, name) for name in names}
        return "\n".join(
            trouble(cluster, n) for n, workload in found.items() if workload is None or not workload.rolled_out
        )

    operation.wait(f"{', '.join(names)} to be ready", over, trouble=hanging)


def remove(operation: Operation, cluster: Cluster, kinds: Iterable[Kind], selector: str) -> int:
    """Delete whatever of these kinds carries the label, and wait until it is gone. Returns how many there were.

    Raises OpsError when one is made anew meanwhile: then somebody else is applying Phase V.
    """
    known = [(kind, plural) for kind in kinds if (plural := cluster.plural(kind)) is not None]
    deleted: set[str] = set()
    for kind, plural in known:
        for found in cluster.matching(kind, selector):
            cluster.delete(kind, name_of(found))
            deleted.add(found["metadata"]["uid"])
            operation.changed(f"deleted {plural}/{name_of(found)}")

    def gone() -> bool:
        left = [(plural, found) for kind, plural in known for found in cluster.matching(kind, selector)]
        anew = [f"{plural}/{name_of(found)}" for plural, found in left if found["metadata"]["uid"] not in deleted]
        if anew:
            raise OpsError(f"Somebody makes them again while they are taken away: {', '.join(anew[:5])}.")
        return not left

    if deleted and not operation.dry_run:
        operation.wait(f"everything labelled {selector} to be gone", gone)
    return len(deleted)


def isolated(selector: str = "") -> str:
    """Selects pods that were taken out of their Service: of one component, or all."""
    return f"{ISOLATED}={selector}" if selector else ISOLATED


def smoke_test(operation: Operation, platform: Platform, url: str | None) -> None:
    """The Phase IV smoke test, or OpsError with what was answered otherwise. A dry run leaves it out."""
    if operation.dry_run:
        operation.say("left out: it would sign up a user")
        return
    report = platform.smoke(url)
    if not report.ok:
        raise OpsError("chat-api does not answer as Phase IV does:\n" + "\n".join(f"  {p}" for p in report.problems))
    operation.say(f"{len(report.checks)} calls answered as Phase IV answers, in {report.seconds:.1f} s")
