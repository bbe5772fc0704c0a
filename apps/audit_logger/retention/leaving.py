"""What lies beside the trail on its way out: held against the record of its pruning, written to a file, dropped."""

import asyncio
import gzip
import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec
import structlog

from audit_logger.evidence.archive import ArchiveError
from audit_logger.evidence.findings import Finding
from audit_logger.evidence.runs import Runs, UnfitError
from audit_logger.evidence.signing import Pruned, Signer, hash_of
from audit_logger.retention.export import ExportError, export_relation, table
from audit_logger.retention.pruning import CHAINED, RECORDS, Detached, detached, drop_detached, hash_before
from taskflow_core.database.pool import Connection

log = structlog.get_logger(__name__)

# Whether a table is there, and may be read.
_READABLE: Final = "SELECT has_table_privilege(to_regclass(format('public.%I', $1::text)), 'SELECT')"
_NAME: Final = re.compile(r"task_events_\d{4,6}_\d\d_until_\d+")
_AT_ONCE: Final = 2_000


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an exported month."""

    event_id: uuid.UUID
    occurred_at: datetime
    recorded_at: datetime
    type: str
    task_id: str | None
    user_id: str
    actor_id: str
    version: int
    correlation_id: str
    data: msgspec.Raw
    chain_seq: int
    hash: str


_row: Final = msgspec.json.Decoder(_Row).decode


async def drop_what_may_go(
    connection: Connection, signer: Signer, directory: Path | None, *, unexported: bool, as_owner: bool = False
) -> list[str]:
    """Drop the months whose days of grace are over (as the owner of the tables: all that are detached).

    Each is written to `directory` first; without one nothing goes unless `unexported` says that it may. Returns what
    was done, a line each. Raises ArchiveError for a month that cannot be written, or whose file does not hold what left
    the trail: it and those after it stay.
    """
    done: list[str] = []
    for one in await detached(connection):
        if not as_owner and one.days_left:
            continue
        if directory is not None:
            path, rows = await write_out(connection, signer, one, directory)
            done.append(f"{path} holds the {rows} rows of {one.month:%Y-%m}.")
        elif not unexported:
            log.info("audit_month_kept", relation=one.relation, reason="TASKFLOW_AUDIT_EXPORT_DIR names no directory")
            done.append(
                f"{one.relation} stays: it is written nowhere. Name a directory (TASKFLOW_AUDIT_EXPORT_DIR), or let it "
                "go all the same (TASKFLOW_AUDIT_DROP_UNEXPORTED)."
            )
            continue
        await drop_detached(connection, one.relation, as_owner=as_owner)
        done.append(f"Dropped {one.relation}.")
    return done


async def write_out(connection: Connection, signer: Signer, one: Detached, directory: Path) -> tuple[Path, int]:
    """See that a month is in a file of `directory`, named after its table; returns the file and how many rows.

    The file is read back and held against the record of pruning: also one that is there already, since a crash can come
    between writing and dropping. Raises ArchiveError.
    """
    if not _NAME.fullmatch(one.relation):  # it becomes a file's name
        raise ArchiveError(f"{one.month:%Y-%m} stays: no month of the trail is ever called {one.relation!r}")
    path = directory / f"{one.relation}.jsonl.gz"
    body, _ = signer.read(one.record)
    if not isinstance(body, Pruned):
        raise ArchiveError(f"{one.month:%Y-%m} stays: the record of its pruning cannot be read")
    before = {run.first: await hash_before(connection, signer, run.first) for run in body.runs}
    try:
        if not await asyncio.to_thread(path.exists):
            rows = await export_relation(connection, one.relation, path)
            log.info("audit_month_exported", month=f"{one.month:%Y-%m}", file=str(path), rows=rows)
        whole = await asyncio.to_thread(_holds, path, body, before)
    except ConnectionError:
        raise
    except (OSError, EOFError, ExportError, asyncpg.InsufficientPrivilegeError) as error:
        raise ArchiveError(f"{one.month:%Y-%m} stays: {error}") from error
    if not whole:
        raise ArchiveError(f"{one.month:%Y-%m} stays: {path} does not hold the rows that left the trail")
    return path, body.rows


async def check_detached(connection: Connection, signer: Signer) -> list[Finding]:
    """What is wrong with the months that are detached and not dropped: gone, or not the rows that left the trail."""
    findings: list[Finding] = []
    for one in await detached(connection):
        body, proof = signer.read(one.record)
        if not isinstance(body, Pruned) or (signer.has_key and proof != "signed"):
            continue  # its rows are missing from the trail then, which is a finding of its own
        first = body.runs[0].first if body.runs else 0
        readable = await connection.fetchval(_READABLE, one.relation)
        if readable is None:
            message = f"{one.relation}, a month that was detached, is gone, and audit_pruned does not say dropped"
            findings.append(Finding(kind="removed", seq=first, event_id=None, message=message))
        elif readable and not await _is_whole(connection, signer, one.relation, body):
            message = f"{one.relation}, a month that was detached, does not hold the rows that left the trail"
            findings.append(Finding(kind="changed", seq=first, event_id=None, message=message))
    return findings


async def replayed(connection: Connection, void: frozenset[str]) -> list[Finding]:
    """Records of pruning that stand in the database though their rows were put back."""
    return [
        Finding(
            kind="replayed",
            seq=0,
            event_id=None,
            message="A record of pruning is used again whose month was put back on the trail: it vouches for nothing",
        )
        for row in await connection.fetch(RECORDS)
        if hash_of(row["record"]) in void
    ]


async def _is_whole(connection: Connection, signer: Signer, relation: str, body: Pruned) -> bool:
    before = {run.first: await hash_before(connection, signer, run.first) for run in body.runs}
    runs = Runs()
    query = f"SELECT {CHAINED} FROM {table(relation)} ORDER BY chain_seq, event_id"  # noqa: S608  # quoted
    try:
        async for row in connection.cursor(query, prefetch=_AT_ONCE):
            runs.add(row, before.get(row["chain_seq"]))
    except UnfitError:
        return False
    return runs.segments == body.runs


def _holds(path: Path, body: Pruned, before: Mapping[int, bytes | None]) -> bool:
    """Whether a file has the rows of a record of pruning, each of which verifies. Raises OSError and EOFError."""
    runs = Runs()
    try:
        for row in _rows(path):
            runs.add(row, before.get(row["chain_seq"]))
    except (UnfitError, msgspec.MsgspecError, ValueError):
        return False
    return runs.segments == body.runs


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    with gzip.open(path) as file:
        for line in file:
            row = _row(line)
            yield {
                **msgspec.structs.asdict(row),
                "data": bytes(row.data).decode(),
                "hash": bytes.fromhex(row.hash),
            }
