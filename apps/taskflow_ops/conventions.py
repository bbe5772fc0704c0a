"""The names that the manifests keep and operations build on (kustomize/README.md; a test compares the two)."""

from typing import Final

from taskflow_core.events.topics import (
    AUDIT_LOGGER,
    CHAT_API,
    NOTIFICATION_SERVICE,
    RECURRING_TASK_PROCESSOR,
    REMINDER_SERVICE,
)

NAMESPACE: Final = "taskflow"
APP: Final = "app"
"""The container of the service itself, in every workload."""

PHASE_V_SERVICES: Final = (RECURRING_TASK_PROCESSOR, REMINDER_SERVICE, NOTIFICATION_SERVICE, AUDIT_LOGGER)
"""What a rollback takes away."""

SERVICES: Final = (CHAT_API, *PHASE_V_SERVICES)

NAME: Final = "app.kubernetes.io/name"
"""The label that selectors select by."""

ADMITTED: Final = ("app.kubernetes.io/component", "taskflow.dev/kafka")
"""The labels, besides, by which NetworkPolicies let pods through: to the database, Dapr's control plane and Kafka."""

PHASE: Final = "taskflow.dev/phase"
PHASE_V: Final = f"{PHASE}=v"
"""Selects everything that only Phase V has."""

ISOLATED: Final = "taskflow.dev/isolated"
"""Label of a pod that was taken out of its Service: the name of its component."""

LABELS_BEFORE: Final = "taskflow.dev/labels-before-isolation"
"""Annotation of such a pod: the labels it had, as JSON."""

RETAINED: Final = "taskflow.dev/lifecycle"
"""Label of what survives a rollback: brokers, databases, their volumes."""

DAPR_ENABLED: Final = "dapr.io/enabled"
SIDECAR: Final = "daprd"
SIDECAR_SECRET: Final = "taskflow-sidecar-token"  # noqa: S105  # its name
"""The Secret that holds what sidecars demand, under the key `token`."""
