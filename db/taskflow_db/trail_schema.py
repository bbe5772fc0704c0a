"""What the migrations say of the audit trail's tables and functions, and of what feeds it, to hold a database against.

The scripts make the same tables and functions once more in whatever schema comes first on the search path, so that one
and the same server writes both out: run them in a transaction that is rolled back, with the search path at pg_temp.
"""

import importlib
from typing import Final

_SCRIPTS: Final = (
    ("0003_events", "FORWARDS"),
    ("0005_audit", "TABLES"),
    ("0005_audit", "APPENDING"),
    ("0005_audit", "PROTECTING"),
    ("0005_audit", "PARTITIONS"),
    ("0006_clocks", "TABLES"),
    ("0006_clocks", "CLOCK"),
    ("0006_clocks", "REMOVING"),
    ("0006_clocks", "MAKING"),
    ("0007_outbox_user", "FORWARDS"),
    ("0017_erasures", "FORWARDS"),
    ("0019_trail_keys", "TABLES"),
    ("0019_trail_keys", "KEYS"),
    ("0019_trail_keys", "APPENDING"),
    ("0020_trail_sealing", "TABLES"),
    ("0020_trail_sealing", "SEALING"),
    ("0021_security_events", "INDEX"),
    ("0024_trail_order", "INDEX"),
    ("0027_room_for_months", "FORWARDS"),
)

SERVICE_ROLE: Final = "taskflow_app"
TRAIL: Final = "task_events"
DEFAULT: Final = "task_events_default"
APPEND_ONLY: Final = frozenset({TRAIL, "audit_checkpoints"})
"""Tables with the trigger `audit_append_only`; each month of the trail has it too, attached or detached."""

_ALL_ROWS: Final = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
TABLE_RIGHTS: Final = {
    # What the trail is fed by, and hears of erasures from.
    "outbox": _ALL_ROWS,
    "embedded_deliveries": _ALL_ROWS,
    "dead_letters": _ALL_ROWS,
    "erasures": _ALL_ROWS,
    TRAIL: frozenset({"SELECT", "INSERT"}),
    DEFAULT: frozenset({"SELECT"}),
    "audit_checkpoints": frozenset({"SELECT", "INSERT"}),
    "audit_chain": frozenset({"SELECT"}),
    "audit_pruned": frozenset({"SELECT"}),
    "audit_upkeep": frozenset({"SELECT"}),
    "audit_upkeep_days": frozenset({"SELECT"}),
    "audit_keys": frozenset({"SELECT"}),
    "audit_sealing": frozenset({"SELECT"}),
    "audit_old_hashes": frozenset({"SELECT"}),
}
"""What the services' role may do with each table of the trail and around it; with a month by its name, nothing."""

SERVICE_FUNCTIONS: Final = frozenset(
    {
        "audit_append",
        "audit_sort_default",
        "audit_ensure_partition",
        "audit_detach_partition",
        "audit_drop_detached",
        "audit_upkeep_ran",
        "audit_clock_is_steady",
        "audit_days_of_upkeep",
        "audit_detach_old",
        "audit_hindrance",
        "audit_make_keys",
        "audit_rewrap_key",
        "audit_destroy_key",
        "audit_record",
        "audit_seal",
    }
)
"""The functions that the services' role may call. Nobody but it and the owner may call any."""


def reference_script() -> str:
    """SQL that makes the trail's tables and functions as they should be."""
    return "".join(
        getattr(importlib.import_module(f"taskflow_db.migrations.{module}"), name) for module, name in _SCRIPTS
    )
