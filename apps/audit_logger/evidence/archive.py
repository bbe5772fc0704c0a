"""The archive: signed records in a directory outside the database, a file a month."""

import asyncio
import re
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from audit_logger.evidence.files import append_line, sync_directory

_FILES: Final = "checkpoints-*.jsonl"
_BEGIN: Final = b'{"body":'
"""How every record begins; within one it cannot come again, since quotes in strings are escaped."""
_END: Final = b'"}'
"""How a signed record ends, and no beginning of one."""
_BEGINNINGS: Final = re.compile(b"(?=" + re.escape(_BEGIN) + b")")

Stamp = tuple[tuple[str, int], ...]
"""How the archive is told from what it was: the name and size of each file."""


class Archived(msgspec.Struct, frozen=True):
    """What the archive holds: records, oldest file first, and how many lines a crash or a full disk cut short."""

    records: list[str]
    torn: int


class ArchiveError(OSError):
    """The archive could not be written; nothing that needs it has been done."""


class ArchiveGrewError(Exception):
    """Another has added to the archive since it was read; nothing was written. Read it again."""


class Archive:
    """The directory outside the database; None keeps nothing there."""

    def __init__(self, directory: str | None) -> None:
        self._directory = None if directory is None else Path(directory)

    @property
    def is_kept(self) -> bool:
        """Whether there is a directory at all."""
        return self._directory is not None

    async def add(self, record: str, at: datetime, *, since: Stamp | None = None) -> Stamp:
        """Add a line to the month's file, and have it on disk when this returns. Returns the stamp of `since` and it.

        Raises ArchiveError when that did not succeed; the file then holds what it held before. With `since`, the stamp
        of what was read, raises ArchiveGrewError where that is not all any more.
        """
        if self._directory is None:
            return ()
        return await asyncio.to_thread(self._add, self._directory, record, at, since)

    def read(self) -> Archived:
        """Everything that was ever added. Raises OSError."""
        records: list[str] = []
        torn = 0
        for path in self._files():
            for line in path.read_bytes().split(b"\n"):
                # A line that was cut short may have been gone on with by the next record.
                for piece in map(bytes.strip, _BEGINNINGS.split(line)):  # a copy may have other line breaks
                    if _is_torn(piece):
                        torn += 1
                    elif piece:
                        records.append(piece.decode(errors="replace"))
        return Archived(records, torn)

    def stamp(self) -> Stamp:
        """What tells whether the archive has grown. Raises OSError."""
        sizes = ((path.name, path.stat().st_size) for path in self._files())
        return tuple((name, size) for name, size in sizes if size)  # one that is being begun is empty

    def _files(self) -> list[Path]:
        return [] if self._directory is None else sorted(self._directory.glob(_FILES))

    def _add(self, directory: Path, record: str, at: datetime, since: Stamp | None) -> Stamp:
        path = directory / f"checkpoints-{at:%Y-%m}.jsonl"

        def unchanged() -> None:
            if since is not None and self.stamp() != since:
                raise ArchiveGrewError(f"{directory} has grown meanwhile")

        try:
            if not directory.exists():
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                sync_directory(directory.parent)
            size = append_line(path, record.encode(), check=unchanged)
        except OSError as error:
            raise ArchiveError(error.errno, f"{directory} takes no record: {error.strerror or error}") from error
        return tuple(sorted((dict(since or ()) | {path.name: size}).items()))


def _is_torn(piece: bytes) -> bool:
    """Whether this is the beginning of a record, and no whole one; a disk may have put zeros in place of the rest."""
    begun = piece.replace(b"\0", b"")
    if not begun:
        return bool(piece)
    if not (begun.startswith(_BEGIN) or _BEGIN.startswith(begun)) or begun.endswith(_END):
        return False
    try:
        msgspec.json.decode(piece)
    except msgspec.DecodeError:
        return True
    return False
