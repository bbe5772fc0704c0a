"""What the processor counts."""

from typing import Final

from prometheus_client import Counter, Histogram

from taskflow_core.events.topics import RECURRING_TASK_PROCESSOR
from taskflow_core.telemetry.metrics import REGISTRY

MADE: Final = Counter("taskflow_occurrences_made", "Occurrences made of series", ["service"], registry=REGISTRY).labels(
    RECURRING_TASK_PROCESSOR
)
FAILED: Final = Counter(
    "taskflow_series_failed",
    "Series that could not be moved on and wait for another try",
    ["service"],
    registry=REGISTRY,
).labels(RECURRING_TASK_PROCESSOR)
RUN_SECONDS: Final = Histogram(
    "taskflow_recurrence_run_seconds", "Seconds a run over due series took", ["service"], registry=REGISTRY
).labels(RECURRING_TASK_PROCESSOR)
