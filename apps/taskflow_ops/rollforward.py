"""Forward to Phase V again: applied, migrated, ready, and everything that happened meanwhile told once.

Where it stands is read from the cluster and the database, so it can be stopped anywhere and started again.
"""

import time
from pathlib import Path
from typing import Final

import msgspec

from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API
from taskflow_ops.changes import apply, chat_api, is_server_side, resume, smoke_test, wait_rolled_out
from taskflow_ops.cluster import NAMESPACES, Cluster
from taskflow_ops.conventions import SERVICES
from taskflow_ops.errors import OpsError
from taskflow_ops.kubectl import Kubectl
from taskflow_ops.manifests import Images, Manifests, phase_v
from taskflow_ops.operation import Operation
from taskflow_ops.platform import Platform
from taskflow_ops.preflight import require_images
from taskflow_ops.workloads import pods_of, trouble

_LOST_AFTER_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 1.5


class Rollforward(msgspec.Struct, frozen=True, kw_only=True):
    """What to roll forward to."""

    overlay: Path
    images: Images = Images()
    url: str | None = None


def rollforward(operation: Operation, cluster: Cluster, kubectl: Kubectl, options: Rollforward) -> None:
    """Roll forward. Raises OpsError at the first step that does not go through; what was done stays done."""
    platform = Platform(cluster)
    with operation.step("Read the overlay and the cluster"):
        target = phase_v(kubectl, options.overlay, options.images)
        _require_kinds(cluster, target)
        server_side = is_server_side(chat_api(cluster))
        require_images(operation, cluster, target)
    with operation.step("1/6 Apply Phase V"):
        apply(operation, kubectl, target, server_side=server_side)
        resume(operation, cluster, target)
    if operation.dry_run:
        operation.say("then it would wait for the pods, reconcile, wait for the events and run the smoke test")
        return
    with operation.step("2/6 Wait until migrations have run and all five services are ready"):
        wait_rolled_out(operation, cluster, SERVICES)
    with operation.step("3/6 The schema is this release's"):
        operation.say(platform.schema().splitlines()[-1])
    with operation.step("4/6 Tell what Phase IV did"):
        operation.wait("the last pods of Phase IV to end", lambda: not _stopping(cluster))
        _reconcile(operation, platform)
    with operation.step("5/6 See every event of before into the audit trail"):
        _publish(operation, cluster, platform)
    with operation.step("6/6 Smoke test"):
        smoke_test(operation, platform, options.url)


def _require_kinds(cluster: Cluster, target: Manifests) -> None:
    if cluster.find(NAMESPACES, cluster.namespace) is None:
        raise OpsError(f"Context {cluster.context} has no namespace {cluster.namespace}. Is it the right one?")
    missing = [f"{kind.name} ({kind.api_version})" for kind in target.kinds if cluster.plural(kind) is None]
    if missing:
        raise OpsError(
            f"The cluster does not know these kinds: {', '.join(missing)}.\n"
            "Phase V needs Dapr 1.17.5 or newer (docs/deploying.md); nothing has been changed."
        )


def _stopping(cluster: Cluster) -> bool:
    """Whether a pod of chat-api is on its way out: it finishes the requests it has, and writes."""
    return any(pod["metadata"].get("deletionTimestamp") for pod in pods_of(cluster, CHAT_API))


def _reconcile(operation: Operation, platform: Platform) -> None:
    """chat-api does this when it starts and at intervals; here it is done once more, now that no Phase IV pod is left.

    Doing it twice publishes nothing twice. What somebody else holds a lock on is left to them, hence the second look.
    """

    def published() -> bool:
        operation.say(platform.command("outbox", "reconcile").strip())
        return platform.backlog(unpublished_changes=True).unpublished_changes == 0

    operation.wait(
        "every change that Phase IV made to be published",
        published,
        trouble=lambda: f"Left: {platform.backlog(unpublished_changes=True)}",
    )


def _publish(operation: Operation, cluster: Cluster, platform: Platform) -> None:
    """Wait until all events from before this moment are in the audit trail; have published again what Kafka lost."""
    began = time.monotonic()
    again = False

    def recorded() -> bool:
        nonlocal again
        asked = time.monotonic()
        found = platform.backlog()
        if not found.waiting or found.oldest_seconds <= asked - began:
            given_up = sum(found.dead_letters.values())
            operation.say("every event of before is in the audit trail")
            if given_up:
                operation.say(f"{given_up} dead letters wait for an operator: taskflow dlq list")
            return True
        if not again and asked - began > _LOST_AFTER_SECONDS and found.unrecorded:
            operation.say(platform.command("outbox", "republish", "--older-than", str(_LOST_AFTER_SECONDS)).strip())
            again = True
        return False

    def behind() -> str:
        found = platform.backlog()
        return (
            f"{found.unpublished} events wait in the outbox and {found.unrecorded} in Kafka, the oldest for "
            f"{found.oldest_seconds:.0f} s. Phase V runs meanwhile, and nothing is lost.\n"
            f"{trouble(cluster, CHAT_API)}\n{trouble(cluster, AUDIT_LOGGER)}"
        )

    operation.wait("the events of before to be in the audit trail", recorded, trouble=behind, every=_POLL_SECONDS)
