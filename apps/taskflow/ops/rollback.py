"""Back to Phase IV, in five steps, each verified before the next. No step touches the database or Kafka.

Where it stands is read from the cluster, so it can be stopped anywhere and started again. It ends in the state that
`kubectl apply -k OVERLAY/phase-iv` describes, with nothing left that carries Phase V's label.
"""

import time
from pathlib import Path
from typing import Final

import msgspec

from taskflow.events.topics import CHAT_API
from taskflow.ops.asking import Platform
from taskflow.ops.changes import (
    apply,
    chat_api,
    differences,
    isolated,
    remove,
    server_side,
    smoke_test,
    wait_rolled_out,
)
from taskflow.ops.cluster import KUBERNETES_SERVICES, PODS, Cluster
from taskflow.ops.conventions import DAPR_ENABLED, PHASE_V, PHASE_V_SERVICES, SIDECAR
from taskflow.ops.errors import OpsError
from taskflow.ops.kubectl import Kubectl
from taskflow.ops.manifests import Images, Manifests, phase_iv, phase_v
from taskflow.ops.objects import items, name_of
from taskflow.ops.run import Run
from taskflow.ops.workloads import find_workload, pods_of

_DRAIN_POLL_SECONDS: Final = 1.0


class Rollback(msgspec.Struct, frozen=True, kw_only=True):
    """What to roll back to, and how. `force` goes on although chat-api fails its first smoke test."""

    overlay: Path
    images: Images = Images()
    url: str | None = None
    drain_seconds: float = 20.0
    force: bool = False


def rollback(run: Run, cluster: Cluster, kubectl: Kubectl, wanted: Rollback) -> None:
    """Roll back. Raises OpsError at the first step that does not go through; what was done stays done."""
    platform = Platform(cluster, kubectl)
    with run.step("Read the overlay and the cluster"):
        target = phase_iv(kubectl, wanted.overlay, wanted.images)
        phase_v_kinds = phase_v(kubectl, wanted.overlay, wanted.images).kinds_of_phase_v
        how = server_side(chat_api(cluster))
        schema = _schema(run, platform)
    with run.step("1/5 Let events drain, then stop the four Phase V services"):
        _drain(run, cluster, platform, wanted.drain_seconds)
        _stop(run, cluster)
    with run.step("2/5 Phase IV smoke test of chat-api as it runs"):
        try:
            smoke_test(run, platform, wanted.url)
        except OpsError as error:
            if not wanted.force:
                raise OpsError(f"{error}\n{_CHOICES}") from error
            run.say(f"{error}\nGoing on: the new chat-api has to pass this test in the last step.")
    with run.step("3/5 Take pub/sub off chat-api: annotations, components, phase"):
        apply(run, kubectl, target, how=how)
        if not run.dry_run:
            wait_rolled_out(run, cluster, [CHAT_API])
            _verify(cluster)
        removed = remove(run, cluster, phase_v_kinds, PHASE_V)
        removed += _remove_services_of_dapr(run, cluster)
        run.changed(f"{removed} objects of Phase V taken away")
    with run.step("4/5 The database stays as it is"):
        _compare_schema(run, platform, schema)
    with run.step("5/5 Phase IV smoke test"):
        smoke_test(run, platform, wanted.url)
    with run.step("Compare the cluster with the overlay"):
        _compare(run, kubectl, target, how=how)


_CHOICES: Final = (
    "The four services are stopped; nothing else has changed.\n"
    "  Is chat-api itself what is broken? The same command with --force goes on and replaces it.\n"
    "  Or examine it first: taskflow ops isolate chat-api --image HOTFIX"
)


def _schema(run: Run, platform: Platform) -> str | None:
    try:
        return platform.schema()
    except OpsError as error:
        run.say(f"the schema cannot be asked for ({error}); it will not be compared")
        return None


def _drain(run: Run, cluster: Cluster, platform: Platform, seconds: float) -> None:
    """Wait until every event from before this moment is in the audit trail, for `seconds` at most.

    What is still on its way then stays in the outbox or in Kafka, and goes on with the next roll-forward.
    """
    workloads = [find_workload(cluster, name) for name in PHASE_V_SERVICES]
    if not any(found is not None and found.wanted for found in workloads):
        run.say("they are stopped already")
        return
    if run.dry_run:
        run.say(f"would wait until the events of before are in the audit trail, {seconds:.0f} s at most")
        return
    began = time.monotonic()
    while True:
        asked = time.monotonic()
        try:
            found = platform.backlog()
        except OpsError as error:
            run.say(f"not waited for: {error}\nEvents that are on their way stay in the outbox or in Kafka.")
            return
        # Ages are the database's, so that no two clocks are compared: what is older than the waiting is from before it.
        if found.oldest_seconds <= asked - began or not found.waiting:
            run.say(f"drained in {asked - began:.1f} s: every event of before is in the audit trail")
            return
        if time.monotonic() - began >= seconds:
            run.say(
                f"after {seconds:.0f} s {found.unpublished} events wait in the outbox and {found.unrecorded} in Kafka; "
                "they stay there, and go on with the next roll-forward"
            )
            return
        time.sleep(_DRAIN_POLL_SECONDS)


def _stop(run: Run, cluster: Cluster) -> None:
    for name in PHASE_V_SERVICES:
        found = find_workload(cluster, name)
        if found is not None and found.wanted:
            cluster.patch(found.resource, name, {"spec": {"replicas": 0}}, part="scale")
            run.changed(f"scaled {name} from {found.wanted} to 0")
    # Isolated pods belong to no controller, and Phase V's code must not run on in Phase IV.
    for pod in cluster.matching(PODS, isolated()):
        cluster.delete(PODS, name_of(pod))
        run.changed(f"deleted the isolated pod {name_of(pod)}")
    if run.dry_run:
        return

    def stopped() -> bool:
        return not cluster.matching(PODS, isolated()) and not any(pods_of(cluster, name) for name in PHASE_V_SERVICES)

    def running() -> str:
        pods = [*cluster.matching(PODS, isolated()), *(p for name in PHASE_V_SERVICES for p in pods_of(cluster, name))]
        return "Still there: " + ", ".join(name_of(pod) for pod in pods)

    run.wait("the pods of the four services to end", stopped, trouble=running)


def _remove_services_of_dapr(run: Run, cluster: Cluster) -> int:
    """Delete the Services that Dapr's operator made for sidecars and leaves when the annotations go. Returns how many.

    That they stay away is not waited for: the operator of Dapr 1.16 takes a Deployment for annotated until it is itself
    started again, and makes the Service anew. Nothing uses that one, and it carries no label of Phase V.
    """
    found = cluster.matching(KUBERNETES_SERVICES, f"{DAPR_ENABLED}=true")
    for service in found:
        cluster.delete(KUBERNETES_SERVICES, name_of(service))
        run.changed(f"deleted {KUBERNETES_SERVICES.plural}/{name_of(service)}")
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


def _is_a_release(phase: str) -> bool:
    """An image that is not ours knows no TASKFLOW_PHASE."""
    return phase == ""


def _compare_schema(run: Run, platform: Platform, before: str | None) -> None:
    if run.dry_run:
        run.say("nothing to do")
        return
    if before is None:
        run.say("no step has touched it; it was not compared")
        return
    try:
        after = platform.schema()
    except OpsError as error:
        run.say(f"no step has touched it; it was not compared, since Phase IV's image cannot be asked ({error})")
        return
    if after != before:
        raise OpsError(f"The schema was\n{before}\nand is now\n{after}")
    run.say("the migrations are those of before")


def _compare(run: Run, kubectl: Kubectl, target: Manifests, *, how: bool) -> None:
    if run.dry_run:
        run.say("nothing to compare in a dry run")
        return
    changes = differences(kubectl, target, how=how)
    if changes is None:
        run.say("not compared: `kubectl diff` needs a program `diff`, which is not here")
        return
    if changes:
        raise OpsError(
            "Phase IV runs and passes its smoke test, but applying the overlay would still change something:\n"
            + "\n".join(f"  {line}" for line in changes)
            + "\n`kubectl diff -k` shows what; `kubectl get … -o yaml --show-managed-fields` shows who did it."
        )
    run.say("applying the overlay would change nothing")
