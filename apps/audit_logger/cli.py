"""What `taskflow audit` does: verify, export, prune, partitions. Each answers lines to print and an exit status.

It works as the owner of the tables (TASKFLOW_MIGRATION_DATABASE_URL), which alone may read a month that was detached.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import msgspec

from audit_logger.checkpoints import Archive, Signer
from audit_logger.export import ExportError, export_month
from audit_logger.partitions import attached, ensure, sort_default
from audit_logger.retention import RetentionError, detach_old, detached, drop_detached
from audit_logger.verify import verify as verify_trail
from taskflow.database.pool import Connection
from taskflow.settings import Settings

_SETTINGS = {"TimeZone": "UTC", "application_name": "taskflow audit", "jit": "off"}


class Report(msgspec.Struct, frozen=True):
    """What to print, and the exit status: 0 for well, 1 for a trail or a month with something wrong."""

    lines: list[str]
    status: int = 0


async def verify(settings: Settings) -> Report:
    """Verify the whole trail. Raises OSError for a database or a checkpoint directory that cannot be read."""
    async with _connected(settings) as connection:
        answer = await verify_trail(connection, Signer(settings.audit_signing_key), _archive(settings))
    lines = [f"warning: {warning}." for warning in answer.warnings]
    if answer.finding is not None:
        event = f" (event {answer.finding.event_id})" if answer.finding.event_id else ""
        return Report(
            [*lines, f"{answer.finding.kind}: row {answer.finding.seq}{event}", f"{answer.finding.message}."], 1
        )
    pruned = f", {answer.pruned} pruned ones are vouched for" if answer.pruned else ""
    return Report([*lines, f"All {answer.rows} rows verify{pruned}; {answer.checkpoints} checkpoints agree."])


async def export(settings: Settings, month: date, path: Path) -> Report:
    """Write a month's rows to a file."""
    async with _connected(settings) as connection:
        try:
            rows = await export_month(connection, month, path)
        except ExportError as error:
            return Report([str(error)], 1)
    return Report([f"Wrote {rows} rows of {month:%Y-%m} to {path}."])


async def prune(settings: Settings, *, months: int | None = None, directory: Path | None = None) -> Report:
    """Detach months older than `months` (default: the configured retention), export them to `directory` if one is
    given, and drop what is detached. Without a directory nothing is kept."""
    now = datetime.now(UTC)
    lines: list[str] = []
    async with _connected(settings) as connection:
        keep = settings.audit_retention_months if months is None else months
        signer = Signer(settings.audit_signing_key)
        try:
            relations = await detach_old(connection, signer, _archive(settings), keep=keep, now=now)
            lines += [f"Detached {relation}." for relation in relations]
            for month in sorted({one.month for one in await detached(connection)} if directory is not None else ()):
                assert directory is not None, "or there were no months"
                path = directory / f"task_events-{month:%Y-%m}.jsonl.gz"
                rows = await export_month(connection, month, path)
                lines.append(f"Wrote {rows} rows of {month:%Y-%m} to {path}.")
        except (RetentionError, ExportError) as error:
            return Report([*lines, f"{error}"], 1)
        dropped = await drop_detached(connection, before=now + timedelta(days=1))
    return Report([*lines, *(f"Dropped {relation}." for relation in dropped)] or ["Nothing is old enough."])


async def partitions(settings: Settings) -> Report:
    """See that the months there should be are there, and list all: on the trail, and detached."""
    async with _connected(settings) as connection:
        made = await ensure(connection, datetime.now(UTC).date())
        moved = await sort_default(connection)
        lines = [f"Made {made} partitions."] if made else []
        lines += [f"Moved {moved} rows out of the default partition."] if moved else []
        for one in await attached(connection):
            lines.append(f"{one.relation:<32} {_size(one.bytes):>10} {one.about_rows:>12} rows or so")
        for gone in await detached(connection):
            lines.append(f"{gone.relation:<32} detached {gone.detached_at:%Y-%m-%d}")
    return Report(lines)


def parse_month(text: str) -> date:
    """A month written as 2026-11. Raises ValueError saying so."""
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise ValueError(f"{text!r} is no month; write it as 2026-11") from None


def _archive(settings: Settings) -> Archive:
    return Archive(settings.audit_checkpoint_dir)


def _size(count: int) -> str:
    return f"{count / 1024:.0f} kB" if count < 10 * 1024 * 1024 else f"{count / 1024 / 1024:.0f} MB"


@asynccontextmanager
async def _connected(settings: Settings) -> AsyncGenerator[Connection]:
    connection = await asyncpg.connect(settings.owner_url, timeout=10, server_settings=_SETTINGS)
    try:
        yield connection
    finally:
        await connection.close()
