"""Back to Phase IV, in five steps, each verified before the next. No step touches the database or Kafka.

Where it stands is read from the cluster, so it can be stopped anywhere and started again. It ends in the state that
`kubectl apply -k OVERLAY/phase-iv` describes, with nothing left that carries Phase V's label.
"""

import time
from pathlib import Path
from typing import Final

import msgspec

from taskflow_core.events.topics import CHAT_API
from taskflow_ops.changes import (
    apply,
    chat_api,
    is_server_side,
    isolated,
    remove,
    smoke_test,
    wait_rolled_out,
)
from taskflow_ops.cluster import KUBERNETES_SERVICES, PODS, Cluster
from taskflow_ops.conventions import DAPR_ENABLED, PHASE_V, PHASE_V_SERVICES, SIDECAR
from taskflow_ops.errors import OpsError
from taskflow_ops.kubectl import Kubectl
from taskflow_ops.manifests import Images, Manifests, phase_iv, phase_v
from taskflow_ops.objects import items, name_of
from taskflow_ops.operation import Operation
from taskflow_ops.platform import Platform
from taskflow_ops.preflight import preflight, require_images
from taskflow_ops.sign_ins import ask_revoked, tell_revoked
from taskflow_ops.workloads import find_workload, pods_of, running_image

_DRAIN_POLL_SECONDS: Final = 1.0
_ASK_SECONDS: Final = 5.0
_END_SECONDS: Final = 60.0
"""Longer than a pod is given to end, which is 50 seconds behind the load balancer of a cloud."""


class Rollback(msgspec.Struct, frozen=True, kw_only=True):
    """What to roll back to, and how. `force` goes on although chat-api fails its first smoke test."""

    overlay: Path
    images: Images = Images()
    url: str | None = None
    drain_seconds: float = 20.0
    force: bool = False


def rollback(operation: Operation, cluster: Cluster, kubectl: Kubectl, options: Rollback) -> None:
    """Roll back. Raises OpsError at the first step that does not go through; what was done stays done."""
    platform = Platform(cluster)
    with operation.step("Read the overlay and the cluster"):
        running = chat_api(cluster)
        # What an overlay says by itself may be an image that nobody has pushed: a pipeline pins another.
        images = msgspec.structs.replace(options.images, own=options.images.own or running_image(running))
        target = phase_iv(kubectl, options.overlay, images)
        phase_v_kinds = phase_v(kubectl, options.overlay, images).kinds_of_phase_v
        server_side = is_server_side(running)
        operation.say(f"Phase IV will be {target.image_of(CHAT_API)}")
        schema = require_images(operation, cluster, target)
        # Asked of a pod as it runs now: an image of another make does not know.
        revoked = ask_revoked(platform)
    with operation.step("1/5 Let events drain, then stop the four Phase V services"):
        _drain(operation, cluster, platform, options.drain_seconds)
        _stop(operation, cluster)
    with operation.step("2/5 Phase IV smoke test of chat-api as it runs"):
        try:
            smoke_test(operation, platform, options.url)
        except OpsError as error:
            if not options.force:
                raise OpsError(f"{error}\n{_CHOICES}") from error
            operation.say(f"{error}\nGoing on: the new chat-api has to pass this test in the last step.")
    with operation.step("3/5 Take pub/sub off chat-api: annotations, components, phase"):
        apply(operation, kubectl, target, server_side=server_side)
        if not operation.dry_run:
            wait_rolled_out(operation, cluster, [CHAT_API])
            _verify(cluster)
        removed = remove(operation, cluster, phase_v_kinds, PHASE_V)
        removed += _remove_services_of_dapr(operation, cluster)
        operation.changed(f"{removed} objects of Phase V taken away")
    with operation.step("4/5 The database stays as it is"):
        _compare_schema(operation, cluster, target, schema)
    with operation.step("5/5 Phase IV smoke test"):
        smoke_test(operation, platform, options.url)
    with operation.step("Compare the cluster with the overlay"):
        _compare(operation, kubectl, target, server_side=server_side)
    with operation.step("The last of Phase V's pods end"):
        _wait_for_former_pods(operation, cluster)
    with operation.step("Sessions that were ended"):
        tell_revoked(operation, revoked, cluster.namespace)


_CHOICES: Final = (
    "The four services are stopped; nothing else has changed.\n"
    "  Is chat-api itself what is broken? The same command with --force goes on and replaces it.\n"
    "  Or examine it first: taskflow ops isolate chat-api --image HOTFIX"
)


def _drain(operation: Operation, cluster: Cluster, platform: Platform, seconds: float) -> None:
    """Wait until every event from before this moment is in the audit trail, for `seconds` at most.

    What is still on its way then stays in the outbox or in Kafka, and goes on with the next roll-forward.
    """
    workloads = [find_workload(cluster, name) for name in PHASE_V_SERVICES]
    if not any(found is not None and found.desired for found in workloads):
        operation.say("they are stopped already")
        return
    if operation.dry_run:
        operation.say(f"would wait until the events of before are in the audit trail, {seconds:.0f} s at most")
        return
    began = time.monotonic()
    while True:
        asked = time.monotonic()
        try:
            # One that hangs must not hold up the way back for longer than it was given.
            found = platform.backlog(within=max(seconds, _ASK_SECONDS))
        except OpsError as error:
            operation.say(f"not waited for: {error}\nEvents that are on their way stay in the outbox or in Kafka.")
            return
        # Ages are the database's, so that no two clocks are compared: what is older than the waiting is from before it.
        if found.oldest_seconds <= asked - began or not found.waiting:
            operation.say(f"drained in {asked - began:.1f} s: every event of before is in the audit trail")
            return
        if time.monotonic() - began >= seconds:
            operation.say(
                f"after {seconds:.0f} s {found.unpublished} events wait in the outbox and {found.unrecorded} in Kafka; "
                "they stay there, and go on with the next roll-forward"
            )
            return
        time.sleep(_DRAIN_POLL_SECONDS)


def _stop(operation: Operation, cluster: Cluster) -> None:
    for name in PHASE_V_SERVICES:
        found = find_workload(cluster, name)
        if found is not None and found.desired:
            cluster.scale(found.kind, name, 0)
            operation.changed(f"scaled {name} from {found.desired} to 0")
    # Isolated pods belong to no controller, and Phase V's code must not run on in Phase IV.
    for pod in cluster.matching(PODS, isolated()):
        cluster.delete(PODS, name_of(pod))
        operation.changed(f"deleted the isolated pod {name_of(pod)}")
    if operation.dry_run:
        return

    def stopped() -> bool:
        return not cluster.matching(PODS, isolated()) and not any(pods_of(cluster, name) for name in PHASE_V_SERVICES)

    def running() -> str:
        pods = [*cluster.matching(PODS, isolated()), *(p for name in PHASE_V_SERVICES for p in pods_of(cluster, name))]
        return "Still there: " + ", ".join(name_of(pod) for pod in pods)

    operation.wait("the pods of the four services to end", stopped, trouble=running)


def _remove_services_of_dapr(operation: Operation, cluster: Cluster) -> int:
    """Delete the Services that Dapr's operator made for sidecars and leaves when the annotations go. Returns how many.

    That they stay away is not waited for: the operator of Dapr takes a Deployment for annotated until it is itself
    started again, and makes the Service anew. Nothing uses that one, and it carries no label of Phase V.
    """
    found = cluster.matching(KUBERNETES_SERVICES, f"{DAPR_ENABLED}=true")
    for service in found:
        cluster.delete(KUBERNETES_SERVICES, name_of(service))
        operation.changed(f"deleted services/{name_of(service)}")
    return len(found)


def _verify(cluster: Cluster) -> None:
    """That chat-api's pods are Phase IV's. Raises OpsError where one is not."""
    found = chat_api(cluster)
    if found.phase != "iv" and not _is_a_release(found.phase):
        raise OpsError(f"chat-api runs with TASKFLOW_PHASE={found.phase!r}: the overlay's phase-iv is not Phase IV.")
    if found.sidecar:
        raise OpsError(f"chat-api still has the annotation {DAPR_ENABLED}.")
    for pod in pods_of(cluster, CHAT_API):
        containers = [*items(pod["spec"], "containers"), *items(pod["spec"], "initContainers")]
        if any(each["name"] == SIDECAR for each in containers) and not pod["metadata"].get("deletionTimestamp"):
            raise OpsError(f"Pod {name_of(pod)} still has a sidecar.")


def _wait_for_former_pods(operation: Operation, cluster: Cluster) -> None:
    """Wait until chat-api's former pods have ended: until then they do Phase V's work, such as erasing accounts.

    One on a node that is lost is waited for no longer than it could work.
    """
    if operation.dry_run:
        operation.say("nothing to wait for in a dry run")
        return

    leaving: list[str] = []

    def ended() -> bool:
        pods = pods_of(cluster, CHAT_API)
        leaving[:] = [name_of(pod) for pod in pods if pod["metadata"].get("deletionTimestamp")]
        return not leaving

    try:
        operation.wait("chat-api's former pods to end", ended, within=_END_SECONDS)
    except OpsError as error:
        operation.say(f"{error}\nUsers have Phase IV. What is still there: {', '.join(leaving)}; is its node lost?")
    else:
        operation.say("nothing of Phase V runs any more")


def _is_a_release(phase: str) -> bool:
    """An image that is not ours knows no TASKFLOW_PHASE."""
    return phase == ""


def _compare_schema(operation: Operation, cluster: Cluster, target: Manifests, before: str | None) -> None:
    if operation.dry_run:
        operation.say("nothing to do")
        return
    if before is None:
        operation.say("no step has touched it; it was not compared")
        return
    try:
        after = preflight(operation, cluster, target)
    except OpsError as error:
        operation.say(f"no step has touched it; it was not compared: {error}")
        return
    if after != before:
        raise OpsError(f"The schema was\n{before}\nand is now\n{after}")
    operation.say("the migrations are those of before")


def _compare(operation: Operation, kubectl: Kubectl, target: Manifests, *, server_side: bool) -> None:
    if operation.dry_run:
        operation.say("nothing to compare in a dry run")
        return
    changes = kubectl.differences(target.objects, server_side=server_side)
    if changes is None:
        operation.say("not compared: `kubectl diff` needs a program `diff`, which is not here")
        return
    if changes:
        raise OpsError(
            "Phase IV runs and passes its smoke test, but applying the overlay would still change something:\n"
            + "\n".join(f"  {line}" for line in changes)
            + "\n`kubectl diff -k` shows what; `kubectl get … -o yaml --show-managed-fields` shows who did it."
        )
    operation.say("applying the overlay would change nothing")
