"""How the platform on a cluster is: its phase, its services, its events. Reads only."""

from typing import Final

import msgspec

from taskflow_core.bus.backlog import Backlog
from taskflow_core.events.topics import CHAT_API
from taskflow_ops.changes import chat_api, isolated
from taskflow_ops.cluster import PODS, Cluster
from taskflow_ops.conventions import SERVICES
from taskflow_ops.errors import OpsError
from taskflow_ops.objects import name_of
from taskflow_ops.platform import Platform
from taskflow_ops.sidecars import Sidecar, read_sidecars
from taskflow_ops.workloads import Workload, find_workload, trouble

OLDEST_SECONDS: Final = 60.0
"""An event that has been on its way for longer is a sign that something stands still."""


class ServiceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One service: `desired` is None where it does not run; `problem` is empty when all is well."""

    name: str
    desired: int | None
    ready: int
    image: str
    problem: str


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The platform. `events` is None where it could not be asked; `problems` is empty when all is well.

    `remarks` say what was not looked at, which is no reason to do anything.
    """

    context: str
    namespace: str
    phase: str
    services: list[ServiceStatus]
    isolated: list[str]
    sidecars: list[Sidecar]
    events: Backlog | None
    problems: list[str]
    remarks: list[str] = []

    @property
    def well(self) -> bool:
        """Whether nothing needs an operator."""
        return not self.problems


def read_status(cluster: Cluster) -> Status:
    """Look at everything. Raises OpsError where there is no TaskFlow, or it may not be looked at."""
    phase = _phase(chat_api(cluster))
    found = {name: find_workload(cluster, name) for name in SERVICES}
    services = [_service(cluster, name, workload, phase) for name, workload in found.items()]
    taken_out = [name_of(pod) for pod in cluster.matching(PODS, isolated())]
    problems = [service.problem for service in services if service.problem]
    problems += [f"pod {name} is isolated (taskflow ops isolate COMPONENT --undo)" for name in taken_out]
    events: Backlog | None = None
    try:
        events = Platform(cluster).backlog()
    except OpsError as error:
        if phase == "v":
            problems.append(f"the events cannot be asked for: {error}")
    if events is not None:
        problems += _of_events(events, phase)
    sidecars: list[Sidecar] = []
    remarks: list[str] = []
    try:
        sidecars = read_sidecars(cluster) if phase == "v" else []
    except OpsError as error:
        remarks.append(f"the sidecars were not asked: {error}")
    problems += [sidecar.problem for sidecar in sidecars if sidecar.problem]
    return Status(
        context=cluster.context,
        namespace=cluster.namespace,
        phase=phase,
        services=services,
        isolated=taken_out,
        sidecars=sidecars,
        events=events,
        problems=problems,
        remarks=remarks,
    )


def lines(status: Status) -> list[str]:
    """The status as a table, and what is wrong below it."""
    rows = [("SERVICE", "READY", "IMAGE")]
    for service in status.services:
        if service.desired is None:
            rows.append((service.name, "-", "does not run"))
        else:
            rows.append((service.name, f"{service.ready}/{service.desired}", service.image))
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    table = [f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}" for row in rows]
    phase = {"iv": "Phase IV", "v": "Phase V"}.get(status.phase, status.phase)
    heading = f"{phase} in namespace {status.namespace} of context {status.context}"
    notes = [*_events(status.events), *_sidecars(status.sidecars), *status.remarks]
    return [heading, "", *table, "", *notes, "", *_verdict(status.problems)]


def _sidecars(found: list[Sidecar]) -> list[str]:
    answering = [sidecar for sidecar in found if sidecar.version]
    if not found:
        return []
    releases = ", ".join(sorted({sidecar.version for sidecar in answering})) or "none"
    subscriptions = sum(sidecar.subscriptions for sidecar in answering)
    return [f"sidecars       {len(answering)} of {len(found)} answer (Dapr {releases}), {subscriptions} subscriptions"]


def _events(found: Backlog | None) -> list[str]:
    if found is None:
        return ["events         not asked: no pod of chat-api runs the project's image and answers"]
    letters = ", ".join(f"{group} {held}" for group, held in found.dead_letters.items())
    return [
        f"outbox         {found.unpublished} not yet published",
        f"lag            {found.unrecorded} published and not yet in the audit trail",
        f"oldest         {found.oldest_seconds:.0f} s on its way",
        f"dead letters   {letters or 'none'}",
    ]


def _verdict(problems: list[str]) -> list[str]:
    return ["All is well."] if not problems else ["Needs attention:", *(f"  {problem}" for problem in problems)]


def _phase(found: Workload) -> str:
    """ "v" or "iv"; an image that is not ours knows no phase, and is a Phase IV release."""
    return found.phase or "iv"


def _service(cluster: Cluster, name: str, found: Workload | None, phase: str) -> ServiceStatus:
    expected = name == CHAT_API or phase == "v"
    if found is None:
        problem = f"{name} does not run, and Phase V needs it" if expected else ""
        return ServiceStatus(name=name, desired=None, ready=0, image="", problem=problem)
    problem = ""
    if not expected:
        problem = f"{name} is there in Phase IV: a rollback was not finished (run it again)"
    elif found.desired == 0:
        problem = f"{name} is scaled to 0"
    elif not found.rolled_out:
        problem = trouble(cluster, name)
    return ServiceStatus(name=name, desired=found.desired, ready=found.ready, image=found.image, problem=problem)


def _of_events(found: Backlog, phase: str) -> list[str]:
    problems = [f"{held} dead letters of {group} (taskflow dlq list)" for group, held in found.dead_letters.items()]
    # In Phase IV nobody publishes: what is on its way waits for the next roll-forward, as it should.
    if phase == "v" and found.oldest_seconds > OLDEST_SECONDS:
        where = "the outbox: Dapr or Kafka does not take it" if found.unpublished else "Kafka: audit-logger lags"
        problems.append(f"an event has been on its way for {found.oldest_seconds:.0f} s, in {where}")
    return problems
