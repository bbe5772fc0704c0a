"""Metrics in one registry; each carries the label `service`, so that one process can speak for five."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

REGISTRY: Final = CollectorRegistry()

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

REQUESTS: Final = Histogram(
    "taskflow_http_request_seconds",
    "Seconds an HTTP request took, by status class",
    ["service", "method", "status"],
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
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


def exposition() -> bytes:
    """Every metric in Prometheus' text format."""
    return generate_latest(REGISTRY)
