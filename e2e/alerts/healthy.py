"""What Prometheus reads of a platform in Phase V with nothing wrong: five services, two instances each."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from e2e.alerts.series import Behaviour, Gone, Now, Rising, Series, Steady

SERVICES: Final = (
    "chat-api",
    "recurring-task-processor",
    "reminder-service",
    "notification-service",
    "audit-logger",
)
PRODUCERS: Final = ("chat-api", "reminder-service")
LEASES: Final = {
    "chat-api": "relay:chat-api",
    "reminder-service": "relay:reminder-service",
    "recurring-task-processor": "recurring-task-processor",
    "audit-logger": "audit-logger:upkeep",
}


def platform() -> list[Series]:
    """Every series of it."""
    return [series for service in SERVICES for number in (1, 2) for series in instance(service, number)]


def instance(service: str, number: int, *, phase: str = "v", leads: bool | None = None) -> Iterator[Series]:
    """One pod: its sidecar's target, and all that its service tells. The first of a service leads."""
    leads = number == 1 if leads is None else leads
    target = {
        "namespace": "taskflow",
        "pod": f"{service}-{number}",
        "container": "app",
        "job": "taskflow/taskflow-services",
        "instance": f"{service}-{number}:8000",
    }

    def series(name: str, usual: Behaviour, **labels: str) -> Series:
        return Series(name, {**target, **labels}, usual)

    yield series("up", Steady(1))
    yield series("process_start_time_seconds", Steady(0))
    yield series("process_open_fds", Steady(60))
    yield series("process_max_fds", Steady(65_536))
    for one in _of_any(service, phase):
        yield replace(one, labels={**target, **one.labels})
    if phase == "v":
        sidecar = {"container": "daprd", "job": "taskflow/taskflow-sidecars", "instance": f"{service}-{number}:9090"}
        yield series("up", Steady(1), **sidecar)
        for one in (*_of_phase_v(service), *_of_one(service), *(_of_leader(service) if leads else ())):
            yield replace(one, labels={**target, **one.labels})
        if service in LEASES:
            yield series("taskflow_lease_held", Steady(leads), service=service, lease=LEASES[service])


def _series(name: str, usual: Behaviour, **labels: str) -> Series:
    return Series(name, labels, usual)


def histogram(name: str, per_minute: float, within: float, *bounds: float, **labels: str) -> Iterator[Series]:
    """Observations, all of them below `within`."""
    for bound in bounds:
        yield _series(f"{name}_bucket", Rising(per_minute if bound >= within else 0), le=f"{bound:g}", **labels)
    yield _series(f"{name}_bucket", Rising(per_minute), le="+Inf", **labels)
    yield _series(f"{name}_count", Rising(per_minute), **labels)


def _of_any(service: str, phase: str) -> Iterator[Series]:
    yield _series("taskflow_ready", Steady(1), service=service)
    yield _series("taskflow_check_passes", Steady(1), service=service, check="database")
    yield _series("taskflow_clock_offset_seconds", Steady(0.01), service=service)
    yield _series("taskflow_service_info", Steady(1), service=service, phase=phase)
    yield from histogram(
        "taskflow_http_request_seconds", 60, 0.025, 0.025, 1, 10, service=service, method="GET", status="2xx"
    )
    yield from histogram(
        "taskflow_http_request_seconds", 0, 0.025, 0.025, 1, 10, service=service, method="GET", status="5xx"
    )


def _of_phase_v(service: str) -> Iterator[Series]:
    yield _series("taskflow_check_passes", Steady(1), service=service, check="sidecar")
    yield _series("taskflow_revocations_read_timestamp_seconds", Now(), service=service)
    yield _series("taskflow_database_evictions_total", Rising(0))
    yield _series("taskflow_database_pool_exhausted_total", Rising(0))
    yield _series("taskflow_background_up", Steady(1), service=service, task="work")
    yield _series("taskflow_background_restarts_total", Rising(0), service=service, task="work")
    if service in PRODUCERS:
        yield _series("taskflow_publish_failures_total", Rising(0), service=service)
        yield _series("taskflow_events_republished_total", Rising(0), service=service)
    if service != "chat-api":
        yield _series("taskflow_dead_letters_held", Steady(0), service=service)
        yield _series("taskflow_events_delivered_total", Rising(60), service=service, outcome="SUCCESS")
        yield _series("taskflow_events_delivered_total", Rising(0), service=service, outcome="RETRY")
        yield from histogram("taskflow_delivery_lag_seconds", 60, 0.05, 0.05, 1, 5, 30, 300, service=service)


def _of_one(service: str) -> Iterator[Series]:
    if service == "recurring-task-processor":
        yield _series("taskflow_series_failed_total", Rising(0), service=service)
    elif service == "reminder-service":
        yield _series("taskflow_reminders_looks_total", Rising(2), service=service)
        yield from histogram("taskflow_reminder_lateness_seconds", 1, 0.25, 0.25, 60, 600, service=service)
    elif service == "notification-service":
        yield _series("taskflow_stream_dropped_total", Rising(0), service=service)
        for source, per_minute in (("memory", 20), ("database", 2), ("reset", 0)):
            yield _series("taskflow_stream_replays_total", Rising(per_minute), service=service, source=source)
    elif service == "audit-logger":
        yield _series("taskflow_audit_upkeep_failures_total", Rising(0), service=service)
        yield _series("taskflow_audit_events_unrecordable_total", Rising(0), service=service)
        yield _series("taskflow_audit_contents_unreadable_total", Rising(0), service=service)


def _of_leader(service: str) -> Iterator[Series]:
    if service in PRODUCERS:
        yield _series("taskflow_outbox_oldest_age_seconds", Steady(2), service=service)
        yield _series("taskflow_topic_held", Gone(), service=service, topic="taskflow.accounts.security")
        yield _series("taskflow_listening", Steady(1), service=service)
    elif service == "recurring-task-processor":
        yield _series("taskflow_recurrence_run_seconds_count", Rising(0.2), service=service)
    elif service == "audit-logger":
        yield _series("taskflow_audit_upkeep_timestamp_seconds", Now(), service=service)
        yield _series("taskflow_audit_months_ahead", Steady(3), service=service)
        yield _series("taskflow_audit_default_partition_rows", Steady(0), service=service)
        yield _series("taskflow_audit_prune_refused", Steady(0), service=service)
        yield _series("taskflow_audit_checkpoint_refused", Steady(0), service=service)
        yield _series("taskflow_audit_retention_waits", Steady(0), service=service)
        yield _series("taskflow_audit_keys_unfit", Steady(0), service=service)
        yield _series("taskflow_audit_sealing_refused", Steady(0), service=service)
