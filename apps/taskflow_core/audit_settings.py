"""What a setting is, and those that `taskflow audit` reads: a part of all settings (taskflow_core.settings)."""

from typing import Annotated

import msgspec
from msgspec import Meta


class Var(msgspec.Struct, frozen=True):
    """How a setting is given: the environment variable's name, what it is for, and whether its value is a secret."""

    name: str
    help: str
    secret: bool = False


Positive = Annotated[int, Meta(ge=1)]
"""A number from 1 on."""


class AuditSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What `taskflow audit` is told: no more than it uses. Read it with `load_audit`."""

    database_url: Annotated[
        str,
        Var(
            "TASKFLOW_DATABASE_URL",
            "PostgreSQL 14+ that the services use, as postgresql://user:password@host/db",
            secret=True,
        ),
    ]
    migration_database_url: Annotated[
        str | None,
        Var(
            "TASKFLOW_MIGRATION_DATABASE_URL",
            "The same database as the owner of its tables, for `taskflow db`; default: TASKFLOW_DATABASE_URL",
            secret=True,
        ),
    ] = None
    audit_signing_key: Annotated[
        str | None,
        Var(
            "TASKFLOW_AUDIT_SIGNING_KEY",
            "Signs checkpoints of the audit trail; kept outside the database; 32 characters or more",
            secret=True,
        ),
    ] = None
    audit_checkpoint_dir: Annotated[
        str | None,
        Var(
            "TASKFLOW_AUDIT_CHECKPOINT_DIR",
            "Where signed checkpoints of the audit trail are also written, outside the database",
        ),
    ] = None
    audit_retention_months: Annotated[
        Positive, Var("TASKFLOW_AUDIT_RETENTION_MONTHS", "Months of audit trail to keep")
    ] = 24
    audit_export_dir: Annotated[
        str | None,
        Var("TASKFLOW_AUDIT_EXPORT_DIR", "Where a month of the audit trail is written before its table is dropped"),
    ] = None
    audit_drop_unexported: Annotated[
        bool, Var("TASKFLOW_AUDIT_DROP_UNEXPORTED", "Drop months that left the trail though they are written nowhere")
    ] = False

    @property
    def owner_url(self) -> str:
        """The database as the owner of its tables."""
        return self.migration_database_url or self.database_url
