"""What the reminder service measures."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from taskflow.telemetry.metrics import REGISTRY

FIRED: Final = Counter("taskflow_reminders_fired", "Reminders sent", ["late"], registry=REGISTRY)
CANCELLED: Final = Counter(
    "taskflow_reminders_cancelled", "Reminders whose task was done, gone or moved", registry=REGISTRY
)
LATENESS: Final = Histogram(
    "taskflow_reminder_lateness_seconds",
    "Seconds from a reminder's time to its being sent",
    registry=REGISTRY,
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60, 600, 3600, 86_400),
)
HELD: Final = Gauge("taskflow_reminders_held", "Reminders held in memory", registry=REGISTRY)
RECONCILED: Final = Counter(
    "taskflow_reminders_reconciled", "Tasks whose reminders differed from the schedule", registry=REGISTRY
)
