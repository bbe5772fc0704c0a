"""Incidents of the audit trail and of clocks."""

from typing import Final

from e2e.alerts.incident import NONE, Incident, change
from e2e.alerts.series import Gone, Rising, Steady

TRAIL: Final = (
    Incident(
        name="audit rows have no month",
        during=[change("taskflow_audit_default_partition_rows", Steady(12))],
        fires={110: NONE, 121: {"TaskFlowAuditMonthMissing"}},
    ),
    Incident(
        name="no partitions are made any more",
        during=[change("taskflow_audit_months_ahead", Steady(1))],
        fires={50: NONE, 61: {"TaskFlowAuditMonthsAhead"}},
    ),
    Incident(
        name="upkeep of the audit trail stands still",
        during=[change("taskflow_audit_upkeep_timestamp_seconds", Steady(0))],
        fires={150: NONE, 200: {"TaskFlowAuditUpkeepOld"}},
    ),
    Incident(
        name="nobody tells when the audit trail was looked after",
        during=[change("taskflow_audit_upkeep_timestamp_seconds", Gone())],
        fires={20: NONE, 31: {"TaskFlowAuditUpkeepOld"}},
    ),
    Incident(
        name="the disk of the checkpoint archive is full",
        during=[change("taskflow_audit_upkeep_failures_total", Rising(0.2), pod="audit-logger-1")],
        fires={6: {"TaskFlowAuditUpkeepFails"}},
        clears=40,
    ),
    Incident(
        name="the database's clock keeps being set",
        during=[change("taskflow_audit_retention_waits", Steady(1))],
        fires={2870: NONE, 2882: {"TaskFlowAuditRetentionWaits"}},
    ),
    Incident(
        name="the clock of one machine is a day behind",
        during=[change("taskflow_clock_offset_seconds", Steady(-86_400), pod="reminder-service-1")],
        fires={4: NONE, 6: {"TaskFlowClockOff"}},
    ),
    Incident(
        name="the trail is no continuation of what was signed",
        during=[change("taskflow_audit_checkpoint_refused", Steady(1))],
        fires={1: {"TaskFlowAuditCheckpointRefused"}},
    ),
    Incident(
        name="an old month does not verify",
        during=[change("taskflow_audit_prune_refused", Steady(1))],
        fires={1: {"TaskFlowAuditPruneRefused"}},
    ),
    Incident(
        name="audit-logger was given another encryption key",
        during=[change("taskflow_audit_keys_unfit", Steady(40))],
        fires={4: NONE, 6: {"TaskFlowAuditKeysUnfit"}},
    ),
    Incident(
        name="rows of before are not as was signed",
        during=[change("taskflow_audit_sealing_refused", Steady(1))],
        fires={1: {"TaskFlowAuditSealingRefused"}},
    ),
    Incident(
        name="what people wrote does not open",
        during=[change("taskflow_audit_contents_unreadable_total", Rising(1), pod="audit-logger-1")],
        fires={3: {"TaskFlowAuditUnreadable"}},
        clears=70,
    ),
)
