"""Writes a month of the trail to a file: one JSON line per row, with what it takes to verify them again."""

import asyncio
import gzip
import os
from datetime import date
from pathlib import Path
from typing import IO, Any, Final, cast

import msgspec

from audit_logger.partitions import attached
from audit_logger.retention import CHAINED, detached
from taskflow.database.pool import Connection

_AT_ONCE: Final = 2_000
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


class ExportError(Exception):
    """Nothing was exported; the message says what to do."""


async def export_month(connection: Connection, month: date, path: Path) -> int:
    """Write the rows of `month`, on the trail or detached, to `path` (gzip where it ends in .gz). Returns how many.

    The file appears whole, readable by its owner only, or not at all. Raises ExportError for a month that is not there
    or a file that is, OSError for the disk.
    """
    relations = [p.relation for p in await attached(connection) if p.month == month]
    relations += [d.relation for d in await detached(connection) if d.month == month]
    if not relations:
        raise ExportError(
            f"There is no {month:%Y-%m} in the audit trail; `taskflow audit partitions` lists what there is."
        )
    if await asyncio.to_thread(path.exists):
        raise ExportError(f"{path} is there already; name another file.")
    unfinished = path.with_name(path.name + ".part")
    written = 0
    try:
        file = await asyncio.to_thread(_open, unfinished, path.suffix == ".gz")
        try:
            for relation in relations:
                written += await _write(connection, relation, file)
        finally:
            await asyncio.to_thread(file.close)
        await asyncio.to_thread(unfinished.rename, path)
    finally:
        await asyncio.to_thread(unfinished.unlink, missing_ok=True)
    return written


async def _write(connection: Connection, relation: str, file: IO[bytes]) -> int:
    # The name comes from the catalogue and is one of ours: letters, digits and underscores.
    query = f'SELECT {CHAINED} FROM public."{relation}" ORDER BY chain_seq'  # noqa: S608
    written = 0
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        cursor = await connection.cursor(query)
        while rows := await cursor.fetch(_AT_ONCE):
            await asyncio.to_thread(file.write, b"".join(_line(row) for row in rows))
            written += len(rows)
    return written


def _line(row: Any) -> bytes:
    values = dict(row)
    values["data"] = msgspec.Raw(row["data"].encode())
    values["hash"] = row["hash"].hex()
    return _encode(values) + b"\n"


def _open(path: Path, compressed: bool) -> IO[bytes]:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
    return cast("IO[bytes]", gzip.open(path, "wb")) if compressed else path.open("wb")
