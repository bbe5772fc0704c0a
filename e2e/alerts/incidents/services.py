"""Incidents of the database, of instances, and of requests."""

from typing import Final

from e2e.alerts.incident import BEFORE, NONE, Change, Incident, change
from e2e.alerts.series import Gone, Rising, Steady

_DATABASE: Final = {"TaskFlowDatabaseAway"}


def _no_answer(service: str, **labels: str) -> list[Change]:
    """Prometheus gets no answer from the pods of a service, or from one of them."""
    pods = [labels["pod"]] if "pod" in labels else [f"{service}-{number}" for number in (1, 2)]
    return [
        one
        for pod in pods
        for one in (change("*", Gone(), pod=pod, container="app"), change("up", Steady(0), pod=pod, container="app"))
    ]


_IN_AN_OUTAGE: Final = (
    change("taskflow_check_passes", Steady(0), check="database"),
    change("taskflow_ready", Steady(0)),
    change("taskflow_outbox_oldest_age_seconds", Gone()),
    change("taskflow_lease_held", Steady(0)),
    change("taskflow_audit_upkeep_timestamp_seconds", Gone()),
    change("taskflow_revocations_read_timestamp_seconds", Steady(60 * BEFORE)),
)

SERVICES: Final = (
    Incident(
        name="every process of PostgreSQL hangs",
        during=[
            *_IN_AN_OUTAGE,
            change("taskflow_http_request_seconds_count", Rising(0), status="2xx"),
            change("taskflow_http_request_seconds_count", Rising(6), status="5xx"),
        ],
        fires={
            1: _DATABASE,
            3: _DATABASE | {"TaskFlowErrors", "TaskFlowDatabaseUnsteady"},
            9: _DATABASE | {"TaskFlowErrors", "TaskFlowErrorsGoOn", "TaskFlowDatabaseUnsteady"},
            15: _DATABASE
            | {"TaskFlowErrors", "TaskFlowErrorsGoOn", "TaskFlowDatabaseUnsteady", "TaskFlowInstanceNotReady"},
        },
        clears=65,
    ),
    Incident(
        name="the database is away while nobody asks anything",
        during=[*_IN_AN_OUTAGE, change("taskflow_http_request_seconds_count", Rising(0))],
        fires={1: _DATABASE, 2: _DATABASE},
    ),
    Incident(
        name="one instance does not hear any more who signed out",
        during=[change("taskflow_revocations_read_timestamp_seconds", Steady(60 * BEFORE), pod="chat-api-2")],
        fires={1: NONE, 4: {"TaskFlowRevocationsUnread"}},
    ),
    Incident(
        name="one instance alone does not reach the database",
        during=[
            change("taskflow_check_passes", Steady(0), check="database", pod="chat-api-2"),
            change("taskflow_ready", Steady(0), pod="chat-api-2"),
        ],
        fires={2: NONE, 11: {"TaskFlowInstanceNotReady", "TaskFlowDatabaseUnsteady"}},
        clears=35,
    ),
    Incident(
        name="nothing runs, or Prometheus finds nothing",
        during=[change("*", Gone())],
        fires={1: NONE, 3: {"TaskFlowNotScraped"}},
    ),
    Incident(
        name="chat-api is gone",
        during=_no_answer("chat-api"),
        fires={1: NONE, 2: {"TaskFlowServiceAbsent"}, 6: {"TaskFlowServiceAbsent", "TaskFlowInstanceDown"}},
    ),
    Incident(
        name="audit-logger is scaled to nothing",
        during=[change("*", Gone(), pod=f"audit-logger-{number}") for number in (1, 2)],
        fires={2: {"TaskFlowServiceAbsent"}},
    ),
    Incident(
        name="one instance hangs",
        during=_no_answer("reminder-service", pod="reminder-service-2"),
        fires={3: NONE, 6: {"TaskFlowInstanceDown"}},
    ),
    Incident(
        name="a task that cannot be ended makes every instance not ready",
        during=[change("taskflow_ready", Steady(0), service="reminder-service")],
        fires={2: NONE, 4: {"TaskFlowNotReady"}},
    ),
    Incident(
        name="one request in ten fails",
        during=[change("taskflow_http_request_seconds_count", Rising(7), status="5xx", service="chat-api")],
        fires={3: {"TaskFlowErrors"}},
        clears=65,
    ),
    Incident(
        name="one request in fifty fails, for an hour",
        during=[change("taskflow_http_request_seconds_count", Rising(1), status="5xx", service="chat-api")],
        fires={5: NONE, 60: {"TaskFlowErrorsGoOn"}},
        clears=65,
    ),
    Incident(
        name="a lock makes every request slow",
        during=[
            change("taskflow_http_request_seconds_bucket", Rising(0), service="chat-api", le="0.025"),
            change("taskflow_http_request_seconds_bucket", Rising(0), service="chat-api", le="1"),
        ],
        fires={2: NONE, 11: {"TaskFlowSlow"}},
    ),
    Incident(
        name="a container is ended for lack of memory again and again",
        during=[change("process_start_time_seconds", Rising(60), pod="chat-api-2")],
        fires={10: {"TaskFlowInstanceRestarts"}},
        clears=35,
    ),
    Incident(
        name="streams take nearly every file",
        during=[change("process_open_fds", Steady(60_000), pod="notification-service-1")],
        fires={6: {"TaskFlowFilesRunOut"}},
    ),
)
