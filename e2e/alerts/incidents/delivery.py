"""Incidents of connections, background work, leases, and events on their way."""

from typing import Final

from e2e.alerts.incident import NONE, Incident, change
from e2e.alerts.series import Gone, Rising, Steady

DELIVERY: Final = (
    Incident(
        name="the database fails over again and again",
        during=[change("taskflow_database_evictions_total", Rising(0.5), pod="chat-api-1")],
        fires={2: NONE, 12: {"TaskFlowConnectionsReplaced"}},
        clears=35,
    ),
    Incident(
        name="every connection of a pool waits for a lock",
        during=[change("taskflow_database_pool_exhausted_total", Rising(30), pod="chat-api-1")],
        fires={1: NONE, 4: {"TaskFlowPoolExhausted"}},
    ),
    Incident(
        name="LISTEN is refused",
        during=[change("taskflow_listening", Steady(0), service="chat-api")],
        fires={3: NONE, 6: {"TaskFlowListenerDown"}},
    ),
    Incident(
        name="the relay ends at once each time it begins",
        during=[
            change("taskflow_background_up", Steady(0), pod="chat-api-1"),
            change("taskflow_background_restarts_total", Rising(12), pod="chat-api-1"),
        ],
        fires={
            1: {"TaskFlowBackgroundTaskRestarts"},
            3: {"TaskFlowBackgroundTaskRestarts", "TaskFlowBackgroundTaskDown"},
        },
    ),
    Incident(
        name="nobody gets the relay's lease, though the database answers",
        during=[
            change("taskflow_lease_held", Steady(0), service="chat-api"),
            change("taskflow_outbox_oldest_age_seconds", Gone(), service="chat-api"),
        ],
        fires={1: NONE, 4: {"TaskFlowLeaseFree", "TaskFlowOutboxUnwatched"}},
    ),
    Incident(
        name="two hold one lease",
        during=[change("taskflow_lease_held", Steady(1), service="audit-logger")],
        fires={3: {"TaskFlowLeaseHeldTwice"}},
    ),
    Incident(
        name="Kafka is away",
        during=[
            change("taskflow_outbox_oldest_age_seconds", Rising(60)),
            change("taskflow_publish_failures_total", Rising(12), pod="chat-api-1"),
        ],
        fires={4: NONE, 9: {"TaskFlowEventsNotPublished", "TaskFlowPublishFailures"}},
    ),
    Incident(
        name="Kafka has not one of the topics",
        during=[
            change("taskflow_topic_held", Steady(1), service="chat-api"),
            change("taskflow_outbox_oldest_age_seconds", Rising(60), service="chat-api"),
            change("taskflow_publish_failures_total", Rising(12), pod="chat-api-1"),
        ],
        fires={
            1: NONE,
            4: {"TaskFlowTopicHeld"},
            9: {"TaskFlowTopicHeld", "TaskFlowEventsNotPublished", "TaskFlowPublishFailures"},
        },
    ),
    Incident(
        name="the relay's turn ended, and nobody tells how old the outbox is",
        during=[change("taskflow_outbox_oldest_age_seconds", Gone(), service="reminder-service")],
        fires={2: NONE, 4: {"TaskFlowOutboxUnwatched"}},
    ),
    Incident(
        name="no sidecar of a service answers",
        during=[
            change("taskflow_check_passes", Steady(0), check="sidecar", service="audit-logger"),
            change("taskflow_ready", Steady(0), service="audit-logger"),
            change("up", Steady(0), container="daprd", pod="audit-logger-1"),
            change("up", Steady(0), container="daprd", pod="audit-logger-2"),
        ],
        fires={1: NONE, 3: {"TaskFlowSidecarAway"}, 6: {"TaskFlowSidecarAway", "TaskFlowInstanceDown"}},
    ),
    Incident(
        name="audit-logger does not keep up",
        during=[
            *(
                change("taskflow_delivery_lag_seconds_bucket", Rising(0), service="audit-logger", le=le)
                for le in ("0.05", "1", "5", "30")
            ),
            change("taskflow_events_republished_total", Rising(60), pod="chat-api-1"),
        ],
        fires={9: NONE, 20: {"TaskFlowDeliveryLag", "TaskFlowEventsPublishedAgain"}},
        clears=35,
    ),
    Incident(
        name="open pages see changes late",
        during=[
            change("taskflow_delivery_lag_seconds_bucket", Rising(0), service="notification-service", le=le)
            for le in ("0.05", "1", "5")
        ],
        fires={11: {"TaskFlowNotificationLag"}},
    ),
    Incident(
        name="a handler refuses an event three times",
        during=[
            change("taskflow_dead_letters_held", Steady(1), service="audit-logger"),
            change("taskflow_audit_events_unrecordable_total", Rising(1), pod="audit-logger-1"),
        ],
        fires={2: {"TaskFlowDeadLetters", "TaskFlowAuditUnrecordable"}},
        clears=65,
    ),
    Incident(
        name="poison goes round for ever",
        during=[change("taskflow_events_delivered_total", Rising(10), outcome="RETRY", service="reminder-service")],
        fires={5: NONE, 21: {"TaskFlowEventsRetried"}},
    ),
)
