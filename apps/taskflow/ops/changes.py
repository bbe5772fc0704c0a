"""What rolling back and rolling forward have in common: applying a phase, waiting for services, taking objects away."""

from collections.abc import Iterable, Sequence
from typing import Final

from taskflow.events.topics import CHAT_API
from taskflow.ops.asking import Platform
from taskflow.ops.cluster import Cluster
from taskflow.ops.conventions import ISOLATED
from taskflow.ops.errors import OpsError
from taskflow.ops.kubectl import Kubectl
from taskflow.ops.manifests import Manifests
from taskflow.ops.objects import items, name_of
from taskflow.ops.run import Run
from taskflow.ops.workloads import Workload, find_workload, trouble

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


def server_side(workload: Workload) -> bool:
    """Whether the platform was applied with `kubectl apply --server-side`: operations go on the same way."""
    fields = items(workload.object, "metadata", "managedFields")
    return any(entry.get("operation") == "Apply" and entry.get("manager") == "kubectl" for entry in fields)


def apply(run: Run, kubectl: Kubectl, manifests: Manifests, *, how: bool) -> None:
    """Apply a phase, workloads last; `how` is whether server-side. Says what changes."""
    for objects in (manifests.others, manifests.workloads):
        for line in kubectl.apply(objects, server_side=how, within=min(_APPLY_SECONDS, run.remaining)):
            if not line.endswith(" unchanged"):
                run.changed(line)


def differences(kubectl: Kubectl, manifests: Manifests, *, how: bool) -> list[str] | None:
    """The objects that applying a phase would change; None where that cannot be told."""
    return kubectl.differences(manifests.objects, server_side=how, within=_APPLY_SECONDS)


def wait_rolled_out(run: Run, cluster: Cluster, names: Sequence[str]) -> None:
    """Until the pods of these services are the newest kind and ready, and no other is left."""

    def over() -> bool:
        return all(found is not None and found.rolled_out for found in (find_workload(cluster, n) for n in names))

    def hanging() -> str:
        found = {name: find_workload(cluster, name) for name in names}
        return "\n".join(
            trouble(cluster, n) for n, workload in found.items() if workload is None or not workload.rolled_out
        )

    run.wait(f"{', '.join(names)} to be ready", over, trouble=hanging)


def remove(run: Run, cluster: Cluster, kinds: Iterable[tuple[str, str]], selector: str) -> int:
    """Delete whatever of these kinds carries the label, and wait until it is gone. Returns how many there were.

    Raises OpsError when one is made anew meanwhile: then somebody else is applying Phase V.
    """
    resources = [found for kind in kinds if (found := cluster.resource(*kind)) is not None]
    deleted: set[str] = set()
    for resource in resources:
        for found in cluster.matching(resource, selector):
            cluster.delete(resource, name_of(found))
            deleted.add(found["metadata"]["uid"])
            run.changed(f"deleted {resource.plural}/{name_of(found)}")

    def gone() -> bool:
        left = [(each, found) for each in resources for found in cluster.matching(each, selector)]
        anew = [f"{each.plural}/{name_of(found)}" for each, found in left if found["metadata"]["uid"] not in deleted]
        if anew:
            raise OpsError(f"Somebody makes them again while they are taken away: {', '.join(anew[:5])}.")
        return not left

    if deleted and not run.dry_run:
        run.wait(f"everything labelled {selector} to be gone", gone)
    return len(deleted)


def isolated(selector: str = "") -> str:
    """Selects pods that were taken out of their Service: of one component, or all."""
    return f"{ISOLATED}={selector}" if selector else ISOLATED


def smoke_test(run: Run, platform: Platform, url: str | None) -> None:
    """The Phase IV smoke test, or OpsError with what was answered otherwise. A dry run leaves it out."""
    if run.dry_run:
        run.say("left out: it would sign up a user")
        return
    report = platform.smoke(url)
    if not report.ok:
        raise OpsError("chat-api does not answer as Phase IV does:\n" + "\n".join(f"  {p}" for p in report.problems))
    run.say(f"{len(report.checks)} calls answered as Phase IV answers, in {report.seconds:.1f} s")
