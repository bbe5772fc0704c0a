"""The audit trail's tables; `tables` has the others, and says what these are for."""

from typing import Final

from piccolo.columns import UUID, BigInt, Boolean, Bytea, Date, Integer, Text, Timestamptz
from piccolo.table import Table

AUDIT_LOGGER: Final = "audit-logger"


class TaskEvents(
    Table, tablename="task_events", tags=[AUDIT_LOGGER], help_text="The audit trail, append-only, a partition a month"
):
    event_id = UUID(primary_key=True)
    occurred_at = Timestamptz(
        primary_key=True, help_text="When the event was observed; its own time unless that is in `data`"
    )
    recorded_at = Timestamptz()
    type = Text()
    task_id = Text(null=True, default=None)
    user_id = Text()
    actor_id = Text()
    version = BigInt()
    correlation_id = Text()
    data = Text()
    chain_seq = BigInt()
    hash = Bytea()


class AuditChain(Table, tablename="audit_chain", tags=[AUDIT_LOGGER], help_text="The head of the trail's hash chain"):
    one = Boolean(primary_key=True)
    seq = BigInt()
    hash = Bytea()
    least_months = Integer()


class AuditCheckpoints(
    Table, tablename="audit_checkpoints", tags=[AUDIT_LOGGER], help_text="Signed notes of where the chain stood"
):
    seq = BigInt()
    made_at = Timestamptz()
    record = Text()


class AuditPruned(Table, tablename="audit_pruned", tags=[AUDIT_LOGGER], help_text="Months taken off the trail"):
    relation = Text(primary_key=True)
    month = Date()
    record = Text()
    detached_at = Timestamptz()
    dropped_at = Timestamptz(null=True, default=None)


class AuditUpkeep(
    Table, tablename="audit_upkeep", tags=[AUDIT_LOGGER], help_text="Whether the database's clock is to be believed"
):
    one = Boolean(primary_key=True)
    seen_at = Timestamptz()
    steady_since = Timestamptz()
    grace_days = Integer()


class AuditUpkeepDays(
    Table, tablename="audit_upkeep_days", tags=[AUDIT_LOGGER], help_text="Days on which upkeep of the trail ran"
):
    day = Date(primary_key=True)


class AuditKeys(
    Table,
    tablename="audit_keys",
    tags=[AUDIT_LOGGER],
    help_text="Keys of what users wrote, and marks of old ones",
):
    user_hash = Bytea(primary_key=True, help_text="The SHA-256 of the user's id")
    key_id = UUID(null=True, default=None)
    wrapped = Bytea(null=True, default=None, help_text="Encrypted with a key that only audit-logger has")
    created_at = Timestamptz()
    destroyed_at = Timestamptz(null=True, default=None)


class AuditSealing(
    Table, tablename="audit_sealing", tags=[AUDIT_LOGGER], help_text="How far rows of before keys are encrypted"
):
    one = Boolean(primary_key=True)
    seq = BigInt()
    old_hash = Bytea()
    new_hash = Bytea()
    done_at = Timestamptz(null=True, default=None)
    writer = Text(null=True, default=None)


class AuditOldHashes(
    Table, tablename="audit_old_hashes", tags=[AUDIT_LOGGER], help_text="Hashes of before that rows gone since follow"
):
    seq = BigInt(primary_key=True)
    hash = Bytea()
