"""What the audit trail measures. docs/audit.md says which of it to be woken for."""

from typing import Final

from prometheus_client import Counter, Gauge

from taskflow_core.events.topics import AUDIT_LOGGER
from taskflow_core.telemetry.metrics import REGISTRY


class _Reading:
    """A gauge that is there only while its value is known."""

    def __init__(self, name: str, help_: str) -> None:
        self._gauge = Gauge(name, help_, ["service"], registry=REGISTRY)

    def set(self, value: float) -> None:
        self._gauge.labels(AUDIT_LOGGER).set(value)

    def forget(self) -> None:
        self._gauge.clear()


def _gauge(name: str, help_: str) -> _Reading:
    return _readings.setdefault(name, _Reading(name, help_))


_readings: Final[dict[str, _Reading]] = {}


def _counter(name: str, help_: str) -> Counter:
    return Counter(name, help_, ["service"], registry=REGISTRY).labels(AUDIT_LOGGER)


RECORDED: Final = _counter("taskflow_audit_events_recorded", "Rows added to the audit trail")
DUPLICATES: Final = _counter("taskflow_audit_events_known", "Events that came again and were there already")
UNRECORDABLE: Final = _counter("taskflow_audit_events_unrecordable", "Events that no row can hold: dead letters")
UNREADABLE: Final = _counter(
    "taskflow_audit_contents_unreadable", "Rows shown without what was written: no key that is here opens it"
)
KEYS_OLD: Final = _gauge("taskflow_audit_keys_old", "Users' keys that the first encryption key does not wrap yet")
KEYS_UNFIT: Final = _gauge("taskflow_audit_keys_unfit", "Users' keys that no encryption key given here unwraps")
SEALING_LEFT: Final = _gauge("taskflow_audit_sealing_rows_left", "Rows of before that are not encrypted yet")
SEALING_REFUSED: Final = _gauge(
    "taskflow_audit_sealing_refused", "1 while rows of before are not encrypted, because they are not as was signed"
)
CHAIN_LENGTH: Final = _gauge("taskflow_audit_chain_length", "Number of the row added last, as upkeep last saw it")
DEFAULT_ROWS: Final = _gauge(
    "taskflow_audit_default_partition_rows",
    "Rows whose month had no partition when upkeep last looked; it moves them. Alarm when this stays above 0",
)
DEFAULT_MOVED: Final = _counter(
    "taskflow_audit_default_partition_moved", "Rows moved from the default partition to their month's"
)
MONTHS_AHEAD: Final = _gauge("taskflow_audit_months_ahead", "Partitions there are for months to come")
UPKEEP_AT: Final = _gauge("taskflow_audit_upkeep_timestamp_seconds", "When upkeep last went through")
UPKEEP_FAILURES: Final = _counter("taskflow_audit_upkeep_failures", "Upkeep jobs that failed; they come again")
CHECKPOINT_AT: Final = _gauge("taskflow_audit_checkpoint_timestamp_seconds", "When the last checkpoint was written")
CHECKPOINT_REFUSED: Final = _gauge(
    "taskflow_audit_checkpoint_refused", "1 while nothing is signed, because the trail is no continuation of what was"
)
PRUNE_REFUSED: Final = _gauge(
    "taskflow_audit_prune_refused", "1 when an old month was kept because its rows do not verify"
)
RETENTION_WAITS: Final = _gauge(
    "taskflow_audit_retention_waits", "1 while old months stay because a clock is wrong, or was within the last day"
)


def forget() -> None:
    """Tell nothing of what upkeep looks at: another replica does so now, or none."""
    for reading in _readings.values():
        reading.forget()
