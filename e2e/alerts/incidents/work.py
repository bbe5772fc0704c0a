"""Incidents of reminders, series and streams."""

from typing import Final

from e2e.alerts.incident import NONE, Incident, change
from e2e.alerts.series import Rising

WORK: Final = (
    Incident(
        name="reminders come minutes late",
        during=[change("taskflow_reminder_lateness_seconds_bucket", Rising(0), le=le) for le in ("0.25", "60")],
        fires={3: NONE, 16: {"TaskFlowRemindersLate"}},
    ),
    Incident(
        name="reminder-service hangs with its reminders",
        during=[change("taskflow_reminders_looks_total", Rising(0))],
        fires={2: NONE, 5: {"TaskFlowRemindersStandStill"}},
    ),
    Incident(
        name="chat-api refuses to make an occurrence",
        during=[change("taskflow_series_failed_total", Rising(1), pod="recurring-task-processor-1")],
        fires={2: {"TaskFlowSeriesFail"}},
        clears=65,
    ),
    Incident(
        name="the processor hangs with its lease",
        during=[change("taskflow_recurrence_run_seconds_count", Rising(0))],
        fires={15: NONE, 30: {"TaskFlowSeriesStandStill"}},
    ),
    Incident(
        name="every reader who comes back has to load anew",
        during=[change("taskflow_stream_replays_total", Rising(20), source="reset")],
        fires={1: NONE, 10: {"TaskFlowStreamsReset"}},
    ),
    Incident(
        name="readers fall behind",
        during=[change("taskflow_stream_dropped_total", Rising(120))],
        fires={5: NONE, 21: {"TaskFlowStreamsDropped"}},
        clears=25,
    ),
)
