"""What the reminder service measures."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from taskflow_core.events.topics import REMINDER_SERVICE
from taskflow_core.telemetry.metrics import REGISTRY

_FIRED: Final = Counter("taskflow_reminders_fired", "Reminders sent", ["service", "late"], registry=REGISTRY)
FIRED: Final = {late: _FIRED.labels(REMINDER_SERVICE, "yes" if late else "no") for late in (False, True)}
"""By whether they were late."""
CANCELLED: Final = Counter(
    "taskflow_reminders_cancelled", "Reminders whose task was done, gone or moved", ["service"], registry=REGISTRY
).labels(REMINDER_SERVICE)
LATENESS: Final = Histogram(
    "taskflow_reminder_lateness_seconds",
    "Seconds from a reminder's time to its being sent",
    ["service"],
    registry=REGISTRY,
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60, 600, 3600, 86_400),
).labels(REMINDER_SERVICE)
LOOKS: Final = Counter(
    "taskflow_reminders_looks",
    "Times that the schedule was looked at for what is due soon",
    ["service"],
    registry=REGISTRY,
).labels(REMINDER_SERVICE)
HELD: Final = Gauge("taskflow_reminders_held", "Reminders held in memory", ["service"], registry=REGISTRY).labels(
    REMINDER_SERVICE
)
RECONCILED: Final = Counter(
    "taskflow_reminders_reconciled",
    "Tasks whose reminders differed from the schedule",
    ["service"],
    registry=REGISTRY,
).labels(REMINDER_SERVICE)
