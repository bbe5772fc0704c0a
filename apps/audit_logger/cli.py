"""What `taskflow audit` does: verify, export, prune, restore, partitions. Each answers lines and an exit status.

It works as the owner of the tables (TASKFLOW_MIGRATION_DATABASE_URL), which alone may read a month that was detached.
"""

from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg

from audit_logger.catalogue.service_view import compare_counts
from audit_logger.catalogue.structure import compare
from audit_logger.connecting import SETTINGS, connected
from audit_logger.evidence.archive import Archive, ArchiveError
from audit_logger.evidence.signing import Signer
from audit_logger.retention.export import ExportError, export_month
from audit_logger.retention.leaving import drop_what_may_go
from audit_logger.retention.pruning import Detached, RetentionError, detach_old, detached, is_owner, put_back
from audit_logger.trail.partitions import attached, ensure, hindrance, sort_default
from audit_logger.verification.key_marks import compare_keys
from audit_logger.verification.proof import Report, report_of, unreadable
from audit_logger.verification.verify import Verdict
from audit_logger.verification.verify import verify as verify_trail
from taskflow_core.database.clock import DatabaseClock, clocks_agree
from taskflow_core.database.pool import Connection
from taskflow_core.settings import AuditSettings

# The search path: nobody's schema of their own stands before the trail's.
_SETTINGS = SETTINGS | {"search_path": "public"}


async def verify(settings: AuditSettings) -> Report:
    """Verify the whole trail, and hold the database against the migrations.

    Raises OSError for a database or a checkpoint directory that cannot be read.
    """
    async with _connected(settings) as connection:
        compared = await compare(connection)
        try:
            verdict = await verify_trail(connection, Signer(settings.audit_signing_key), _archive(settings))
            service = settings.database_url if settings.database_url != settings.owner_url else None
            hidden, blind = await compare_counts(connection, service)
            hidden += await compare_keys(connection)
        except asyncpg.PostgresError as error:
            if not compared.differences:
                raise
            return unreadable(compared.differences, str(error))
        # One of the functions compared: who replaced it would have his own run here.
        why = await hindrance(connection) if not compared.differences else None
    unknown = [reason for reason in (compared.hindrance, blind, _not_archived(verdict)) if reason is not None]
    return report_of(
        verdict, differences=[*compared.differences, *hidden], unknown=unknown, readers=compared.readers, no_month=why
    )


def _not_archived(verdict: Verdict) -> str | None:
    if verdict.unarchived is None:
        return None
    return (
        f"TASKFLOW_AUDIT_CHECKPOINT_DIR lacks the last checkpoint, of row {verdict.unarchived}, which the database "
        "has: it is not the whole archive, and nothing outside vouches for the trail"
    )


async def export(settings: AuditSettings, month: date, path: Path) -> Report:
    """Write a month's rows to a file."""
    async with _connected(settings) as connection:
        try:
            rows = await export_month(connection, month, path)
        except ExportError as error:
            return Report([str(error)], 1)
    return Report([f"Wrote {rows} rows of {month:%Y-%m} to {path}."])


async def prune(settings: AuditSettings, *, months: int | None = None, directory: Path | None = None) -> Report:
    """Detach months older than `months` (default: the configured retention), and drop what is detached: at once as the
    owner of the tables, else what has had its days of grace. Each is written to `directory` before (default: the
    configured one); without any it stays, unless the settings let it go."""
    lines: list[str] = []
    async with _connected(settings) as connection:
        clock = DatabaseClock()
        if not await clocks_agree(connection, clock):
            off = clock.machine_off.total_seconds()
            return Report([f"Nothing is pruned: this machine's clock is {off:+.0f} s from the database's."], 1)
        keep = settings.audit_retention_months if months is None else months
        signer, archive = Signer(settings.audit_signing_key), _archive(settings)
        if directory is None and settings.audit_export_dir is not None:
            directory = Path(settings.audit_export_dir)
        owner = await is_owner(connection)
        try:
            relations = await detach_old(connection, signer, archive, keep=keep, now=clock.now(), as_owner=owner)
            lines += [f"Detached {relation}." for relation in relations]
            lines += await drop_what_may_go(
                connection, signer, directory, unexported=settings.audit_drop_unexported, as_owner=owner
            )
        except (RetentionError, ArchiveError) as error:
            return Report([*lines, f"{error}"], 1)
        if not owner:
            lines += [f"{one.relation} stays for {_left(one)}." for one in await detached(connection)]
    return Report(lines or ["Nothing is old enough."])


async def restore(settings: AuditSettings, month: date) -> Report:
    """Put a month that was detached back on the trail."""
    async with _connected(settings) as connection:
        try:
            signer, archive = Signer(settings.audit_signing_key), _archive(settings)
            rows = await put_back(connection, signer, archive, month, datetime.now(UTC))
        except (RetentionError, ArchiveError) as error:
            return Report([f"{error}."], 1)
    return Report([f"{rows} rows of {month:%Y-%m} are on the trail again."])


async def partitions(settings: AuditSettings) -> Report:
    """See that the months there should be are there, and list all: on the trail, and detached."""
    async with _connected(settings) as connection:
        why = await hindrance(connection)
        if why is not None:
            return Report([f"No month can be made: {why}."], 1)
        made = await ensure(connection)
        moved = await sort_default(connection)
        lines = [f"Made {made} partitions."] if made else []
        lines += [f"Moved {moved} rows out of the default partition."] if moved else []
        for one in await attached(connection):
            lines.append(f"{one.relation:<32} {_size(one.bytes):>10} {one.about_rows:>12} rows or so")
        for month in await detached(connection):
            lines.append(f"{month.relation:<32} detached {month.detached_at:%Y-%m-%d}, stays for {_left(month)}")
    return Report(lines)


def _left(month: Detached) -> str:
    return f"{month.days_left} more days of upkeep" if month.days_left else "the next upkeep to drop"


def parse_month(text: str) -> date:
    """A month written as 2026-11. Raises ValueError saying so."""
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise ValueError(f"{text!r} is no month; write it as 2026-11") from None


def _archive(settings: AuditSettings) -> Archive:
    return Archive(settings.audit_checkpoint_dir)


def _size(count: int) -> str:
    return f"{count / 1024:.0f} kB" if count < 10 * 1024 * 1024 else f"{count / 1024 / 1024:.0f} MB"


def _connected(settings: AuditSettings) -> AbstractAsyncContextManager[Connection]:
    return connected(settings.owner_url, _SETTINGS)
