"""What `taskflow audit` does: verify, export, prune, restore, partitions. Each answers lines and an exit status.

It works as the owner of the tables (TASKFLOW_MIGRATION_DATABASE_URL), which alone may read a month that was detached.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg
import msgspec

from audit_logger.checkpoints import Archive, Signer
from audit_logger.export import ExportError, export_month
from audit_logger.partitions import attached, ensure, hindrance, sort_default
from audit_logger.retention import (
    Detached,
    RetentionError,
    detach_old,
    detached,
    drop_detached,
    is_owner,
    put_back,
)
from audit_logger.verify import verify as verify_trail
from taskflow_core.database.clock import DatabaseClock, clocks_agree
from taskflow_core.database.pool import Connection
from taskflow_core.settings import AuditSettings

_SETTINGS = {"TimeZone": "UTC", "application_name": "taskflow audit", "jit": "off"}
_CLOSE_SECONDS = 10.0


class Report(msgspec.Struct, frozen=True):
    """What to print, and the exit status: 0 for well, 1 for a trail or a month with something wrong."""

    lines: list[str]
    status: int = 0


async def verify(settings: AuditSettings) -> Report:
    """Verify the whole trail. Raises OSError for a database or a checkpoint directory that cannot be read."""
    async with _connected(settings) as connection:
        answer = await verify_trail(connection, Signer(settings.audit_signing_key), _archive(settings))
        why = await hindrance(connection)
    lines = [f"warning: {warning}." for warning in answer.warnings]
    if why is not None:
        lines.append(f"warning: no month can be made for rows to come: {why}.")
    if answer.finding is not None:
        event = f" (event {answer.finding.event_id})" if answer.finding.event_id else ""
        return Report(
            [*lines, f"{answer.finding.kind}: row {answer.finding.seq}{event}", f"{answer.finding.message}."], 1
        )
    pruned = f", {answer.pruned} pruned ones are vouched for" if answer.pruned else ""
    summary = f"All {answer.rows} rows verify{pruned}; {answer.checkpoints} checkpoints agree."
    return Report([*lines, summary], 0 if why is None else 1)


async def export(settings: AuditSettings, month: date, path: Path) -> Report:
    """Write a month's rows to a file."""
    async with _connected(settings) as connection:
        try:
            rows = await export_month(connection, month, path)
        except ExportError as error:
            return Report([str(error)], 1)
    return Report([f"Wrote {rows} rows of {month:%Y-%m} to {path}."])


async def prune(settings: AuditSettings, *, months: int | None = None, directory: Path | None = None) -> Report:
    """Detach months older than `months` (default: the configured retention), export them to `directory` if one is
    given, and drop what is detached: at once as the owner of the tables, else what has had its days of grace."""
    lines: list[str] = []
    async with _connected(settings) as connection:
        clock = DatabaseClock()
        if not await clocks_agree(connection, clock):
            off = clock.machine_off.total_seconds()
            return Report([f"Nothing is pruned: this machine's clock is {off:+.0f} s from the database's."], 1)
        keep = settings.audit_retention_months if months is None else months
        signer, archive = Signer(settings.audit_signing_key), _archive(settings)
        owner = await is_owner(connection)
        try:
            relations = await detach_old(connection, signer, archive, keep=keep, now=clock.now(), as_owner=owner)
            lines += [f"Detached {relation}." for relation in relations]
            for month in sorted({one.month for one in await detached(connection)} if directory is not None else ()):
                assert directory is not None, "or there were no months"
                path = directory / f"task_events-{month:%Y-%m}.jsonl.gz"
                rows = await export_month(connection, month, path)
                lines.append(f"Wrote {rows} rows of {month:%Y-%m} to {path}.")
        except (RetentionError, ExportError) as error:
            return Report([*lines, f"{error}"], 1)
        lines += [f"Dropped {relation}." for relation in await drop_detached(connection, as_owner=owner)]
        lines += [f"{one.relation} stays for {_left(one)}." for one in await detached(connection)]
    return Report(lines or ["Nothing is old enough."])


async def restore(settings: AuditSettings, month: date) -> Report:
    """Put a month that was detached back on the trail."""
    async with _connected(settings) as connection:
        try:
            rows = await put_back(connection, month)
        except RetentionError as error:
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


@asynccontextmanager
async def _connected(settings: AuditSettings) -> AsyncGenerator[Connection]:
    connection = await asyncpg.connect(settings.owner_url, timeout=10, server_settings=_SETTINGS)
    try:
        yield connection
    except BaseException:
        connection.terminate()  # a statement may be at work, which need not have heard that it is over
        raise
    await connection.close(timeout=_CLOSE_SECONDS)
