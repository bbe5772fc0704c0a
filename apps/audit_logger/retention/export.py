"""Writes a month of the trail to a file: one JSON line per row, with what it takes to verify them again."""

import gzip
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from audit_logger.evidence.files import new_file, write_all
from audit_logger.retention.pruning import CHAINED, detached
from audit_logger.trail.partitions import attached
from taskflow_core.database.pool import Connection, in_transaction

STDOUT: Final = Path("-")
"""Stands for the standard output."""

_AT_ONCE: Final = 2_000
_encode: Final = msgspec.json.Encoder(order="deterministic").encode

Write = Callable[[bytes], object]


class ExportError(Exception):
    """Nothing was exported; the message says what to do."""


async def export_month(connection: Connection, month: date, path: Path) -> int:
    """Write the rows of `month`, on the trail or detached, to `path` (gzip where it ends in .gz). Returns how many.

    The file appears whole and on disk, readable by its owner only, or not at all. With STDOUT the lines go to the
    standard output as they are read, so that only this function's return says that they are all. Raises ExportError for
    a month that is not there or a file that is, OSError for the disk. The rows are written between two questions to the
    database, without a thread: whoever calls this has nothing else to do.
    """
    relations = [p.relation for p in await attached(connection) if p.month == month]
    relations += [d.relation for d in await detached(connection) if d.month == month]
    if not relations:
        raise ExportError(
            f"There is no {month:%Y-%m} in the audit trail; `taskflow audit partitions` lists what there is."
        )
    if path == STDOUT:
        return await _write(connection, relations, _to_stdout)
    return await _to_new_file(connection, relations, path)


async def export_relation(connection: Connection, relation: str, path: Path) -> int:
    """Write the rows of one month's table to a file, as `export_month` does. Raises as it does."""
    return await _to_new_file(connection, [relation], path)


async def _to_new_file(connection: Connection, relations: list[str], path: Path) -> int:
    taken = ExportError(f"{path} is there already; name another file.")
    if path.exists():  # noqa: ASYNC240  # blocks nobody, see above
        raise taken
    try:
        with _to_file(path) as write:
            return await _write(connection, relations, write)
    except FileExistsError:
        raise taken from None


async def _write(connection: Connection, relations: list[str], write: Write) -> int:
    written = 0
    # One snapshot: a month can be detached meanwhile, but not be missed or seen twice.
    async with in_transaction(connection, isolation="repeatable_read", readonly=True):
        for relation in relations:
            query = f"SELECT {CHAINED} FROM {table(relation)} ORDER BY chain_seq"  # noqa: S608  # quoted
            cursor = await connection.cursor(query)
            while rows := await cursor.fetch(_AT_ONCE):
                write(b"".join(_line(row) for row in rows))
                written += len(rows)
    return written


def table(relation: str) -> str:
    """A table of the trail as SQL has it: the name comes from audit_pruned, which an intruder may have written to."""
    return 'public."' + relation.replace('"', '""') + '"'


def _line(row: Any) -> bytes:
    values = dict(row)
    values["data"] = msgspec.Raw(row["data"].encode())
    values["hash"] = row["hash"].hex()
    return _encode(values) + b"\n"


def _to_stdout(content: bytes) -> None:
    # Not through sys.stdout, whose rest would be tried once more when the process ends.
    write_all(sys.stdout.fileno(), content)


@contextmanager
def _to_file(path: Path) -> Generator[Write]:
    with new_file(path) as descriptor:
        if path.suffix != ".gz":
            yield lambda content: write_all(descriptor, content)
            return
        with open(descriptor, "wb", closefd=False) as file, gzip.GzipFile(path.stem, "wb", fileobj=file) as compressed:
            yield compressed.write
