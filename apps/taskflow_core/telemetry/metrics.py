"""Metrics in one registry; each carries the label `service`, so that one process can speak for five."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)  # memory, open files, and since when it runs

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

SERVICE_INFO: Final = Gauge(
    "taskflow_service_info", "1, with the phase that the service runs in", ["service", "phase"], registry=REGISTRY
)
READY: Final = Gauge("taskflow_ready", "1 while the service is ready, else 0", ["service"], registry=REGISTRY)
CHECK_PASSES: Final = Gauge(
    "taskflow_check_passes", "1 while a readiness check passes, else 0", ["service", "check"], registry=REGISTRY
)
CLOCK_OFFSET: Final = Gauge(
    "taskflow_clock_offset_seconds",
    "Seconds that the machine's clock is ahead of the database's; negative: behind",
    ["service"],
    registry=REGISTRY,
)
REQUESTS: Final = Histogram(
    "taskflow_http_request_seconds",
    "Seconds an HTTP request took, by status class",
    ["service", "method", "status"],
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
CONNECTIONS_REFUSED: Final = Counter(
    "taskflow_connections_refused",
    "Connections that the server refused and closed, by why: header_too_large, request_timeout, too_many_connections",
    ["reason"],
    registry=REGISTRY,
)
SIGN_INS_REFUSED: Final = Counter(
    "taskflow_sign_ins_refused",
    "Sign-ins and sign-ups refused unseen, by why: attempts, sign_ups (a budget is used up), busy (too many wait)",
    ["reason"],
    registry=REGISTRY,
)
OUTBOX_PENDING: Final = Gauge("taskflow_outbox_pending", "Events not yet published", ["service"], registry=REGISTRY)
OUTBOX_OLDEST_AGE: Final = Gauge(
    "taskflow_outbox_oldest_age_seconds",
    "Age of the oldest event that the audit trail does not hold yet",
    ["service"],
    registry=REGISTRY,
)
PUBLISHED: Final = Counter(
    "taskflow_events_published", "Events handed to the transport", ["service"], registry=REGISTRY
)
PUBLISH_FAILURES: Final = Counter(
    "taskflow_publish_failures", "Events or batches the transport refused", ["service"], registry=REGISTRY
)
TOPIC_HELD: Final = Gauge(
    "taskflow_topic_held",
    "1 while events wait because the transport does not take their topic",
    ["service", "topic"],
    registry=REGISTRY,
)
REPUBLISHED: Final = Counter(
    "taskflow_events_republished",
    "Events published again because the audit trail lacked them",
    ["service"],
    registry=REGISTRY,
)
DELIVERED: Final = Counter(
    "taskflow_events_delivered", "Events handed to a handler, by outcome", ["service", "outcome"], registry=REGISTRY
)
DELIVERY_LAG: Final = Histogram(
    "taskflow_delivery_lag_seconds",
    "Seconds from the time of a batch's oldest event to the end of its handler",
    ["service"],
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300),
)
DEAD_LETTERS: Final = Counter("taskflow_dead_letters", "Events given up on", ["service"], registry=REGISTRY)
DEAD_LETTERS_HELD: Final = Gauge(
    "taskflow_dead_letters_held", "Dead letters waiting for an operator", ["service"], registry=REGISTRY
)
BACKGROUND_UP: Final = Gauge(
    "taskflow_background_up",
    "1 while a task in the background runs, 0 while it waits to begin again",
    ["service", "task"],
    registry=REGISTRY,
)
BACKGROUND_RESTARTS: Final = Counter(
    "taskflow_background_restarts",
    "Times a task in the background ended by itself and began again",
    ["service", "task"],
    registry=REGISTRY,
)
LEASE_HELD: Final = Gauge(
    "taskflow_lease_held",
    "1 while this process holds the lease, 0 while it waits for it",
    ["service", "lease"],
    registry=REGISTRY,
)
POOL_EXHAUSTED: Final = Counter(
    "taskflow_database_pool_exhausted",
    "Times that somebody waited in vain for one of the pool's connections, all of which were in use",
    registry=REGISTRY,
)
CONNECTIONS_EVICTED: Final = Counter(
    "taskflow_database_evictions",
    "Times that all database connections were replaced: read-only, silent, or on another session than thought",
    registry=REGISTRY,
)
LISTENING: Final = Gauge(
    "taskflow_listening",
    "1 while the relay hears of new events at once, 0 while it only polls",
    ["service"],
    registry=REGISTRY,
)
LISTENER_LOST: Final = Counter(
    "taskflow_listener_lost",
    "Times that a listening connection was lost or fell silent",
    ["service"],
    registry=REGISTRY,
)
REVOCATIONS_READ: Final = Gauge(
    "taskflow_revocations_read_timestamp_seconds",
    "When the process last read what is revoked, in seconds since 1970",
    ["service"],
    registry=REGISTRY,
)


def exposition() -> bytes:
    """Every metric in Prometheus' text format."""
    return generate_latest(REGISTRY)
