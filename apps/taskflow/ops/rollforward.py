"""Forward to Phase V again: applied, migrated, ready, and everything that happened meanwhile told once.

Where it stands is read from the cluster and the database, so it can be stopped anywhere and started again.
"""

import time
from pathlib import Path
from typing import Final

import msgspec

from taskflow.events.topics import AUDIT_LOGGER, CHAT_API
from taskflow.ops.asking import Platform
from taskflow.ops.changes import apply, chat_api, server_side, smoke_test, wait_rolled_out
from taskflow.ops.cluster import NAMESPACES, Cluster
from taskflow.ops.conventions import PHASE_V_SERVICES, SERVICES
from taskflow.ops.errors import OpsError
from taskflow.ops.kubectl import Kubectl
from taskflow.ops.manifests import Images, Manifests, phase_v
from taskflow.ops.objects import name_of
from taskflow.ops.run import Run
from taskflow.ops.workloads import find_workload, pods_of, resource_of, trouble

_LOST_AFTER_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 1.5


class Rollforward(msgspec.Struct, frozen=True, kw_only=True):
    """What to roll forward to."""

    overlay: Path
    images: Images = Images()
    url: str | None = None


def rollforward(run: Run, cluster: Cluster, kubectl: Kubectl, wanted: Rollforward) -> None:
    """Roll forward. Raises OpsError at the first step that does not go through; what was done stays done."""
    platform = Platform(cluster, kubectl)
    with run.step("Read the overlay and the cluster"):
        target = phase_v(kubectl, wanted.overlay, wanted.images)
        _require_kinds(cluster, target)
        how = server_side(chat_api(cluster))
    with run.step("1/6 Apply Phase V"):
        apply(run, kubectl, target, how=how)
        _resume(run, cluster, target)
    if run.dry_run:
        run.say("then it would wait for the pods, reconcile, wait for the events and run the smoke test")
        return
    with run.step("2/6 Wait until migrations have run and all five services are ready"):
        wait_rolled_out(run, cluster, SERVICES)
    with run.step("3/6 The schema is this release's"):
        run.say(platform.schema().splitlines()[-1])
    with run.step("4/6 Tell what Phase IV did"):
        run.wait("the last pods of Phase IV to end", lambda: not _stopping(cluster))
        _reconcile(run, platform)
    with run.step("5/6 See every event of before into the audit trail"):
        _publish(run, cluster, platform)
    with run.step("6/6 Smoke test"):
        smoke_test(run, platform, wanted.url)


def _require_kinds(cluster: Cluster, target: Manifests) -> None:
    if cluster.find(NAMESPACES, cluster.namespace) is None:
        raise OpsError(f"Context {cluster.context} has no namespace {cluster.namespace}. Is it the right one?")
    missing = [f"{kind} ({version})" for version, kind in target.kinds if cluster.resource(version, kind) is None]
    if missing:
        raise OpsError(
            f"The cluster does not know these kinds: {', '.join(missing)}.\n"
            "Phase V needs Dapr 1.16 or newer (docs/deploying.md); nothing has been changed."
        )


def _resume(run: Run, cluster: Cluster, target: Manifests) -> None:
    """Give back replicas to services that a rollback stopped and did not get to take away.

    Where an autoscaler decides, the manifests name no number, so that applying them leaves a zero as it is.
    """
    for name in PHASE_V_SERVICES:
        found = find_workload(cluster, name)
        if found is not None and found.wanted == 0:
            least = _least_replicas(target, name)
            cluster.patch(resource_of(name), name, {"spec": {"replicas": least}}, part="scale")
            run.changed(f"scaled {name} from 0 to {least}")


def _least_replicas(target: Manifests, name: str) -> int:
    for scaler in target.others:
        if scaler["kind"] == "HorizontalPodAutoscaler" and scaler["spec"]["scaleTargetRef"]["name"] == name:
            return int(scaler["spec"].get("minReplicas", 1))
    workload = next((found for found in target.workloads if name_of(found) == name), None)
    return 1 if workload is None else int(workload["spec"].get("replicas", 1))


def _stopping(cluster: Cluster) -> bool:
    """Whether a pod of chat-api is on its way out: it finishes the requests it has, and writes."""
    return any(pod["metadata"].get("deletionTimestamp") for pod in pods_of(cluster, CHAT_API))


def _reconcile(run: Run, platform: Platform) -> None:
    """chat-api does this when it starts and at intervals; here it is done once more, now that no Phase IV pod is left.

    Doing it twice tells nothing twice. What somebody else holds a lock on is left to them, hence the second look.
    """

    def told() -> bool:
        run.say(platform.command("outbox", "reconcile").strip())
        return platform.backlog(untold=True).untold == 0

    run.wait(
        "every change that Phase IV made to be told", told, trouble=lambda: f"Left: {platform.backlog(untold=True)}"
    )


def _publish(run: Run, cluster: Cluster, platform: Platform) -> None:
    """Wait until all events from before this moment are in the audit trail; have published again what Kafka lost."""
    began = time.monotonic()
    again = False

    def recorded() -> bool:
        nonlocal again
        asked = time.monotonic()
        found = platform.backlog()
        if not found.waiting or found.oldest_seconds <= asked - began:
            given_up = sum(found.dead_letters.values())
            run.say("every event of before is in the audit trail")
            if given_up:
                run.say(f"{given_up} dead letters wait for an operator: taskflow dlq list")
            return True
        if not again and asked - began > _LOST_AFTER_SECONDS and found.unrecorded:
            again = True
            run.say(platform.command("outbox", "republish", "--older-than", str(_LOST_AFTER_SECONDS)).strip())
        return False

    def behind() -> str:
        found = platform.backlog()
        return (
            f"{found.unpublished} events wait in the outbox and {found.unrecorded} in Kafka, the oldest for "
            f"{found.oldest_seconds:.0f} s. Phase V runs meanwhile, and nothing is lost.\n"
            f"{trouble(cluster, CHAT_API)}\n{trouble(cluster, AUDIT_LOGGER)}"
        )

    run.wait("the events of before to be in the audit trail", recorded, trouble=behind, every=_POLL_SECONDS)
