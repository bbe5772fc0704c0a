"""A ZIP file that goes out while it is written: only what nobody has taken yet is in memory."""

import zipfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

_OWNER_ONLY: Final = 0o100600 << 16
"""What a program that unpacks it may set: a plain file that its owner reads and writes."""


class Archive:
    """Takes files one after the other. It has no end, and cannot be opened, before `finish` was called."""

    def __init__(self, at: datetime) -> None:
        """`at` is the time that every file in it has."""
        self._out = _Pending()
        self._zip = zipfile.ZipFile(self._out, "w", zipfile.ZIP_DEFLATED)
        self._time = at.astimezone(UTC).timetuple()[:6]

    @contextmanager
    def file(self, name: str) -> Generator[Callable[[bytes], Any]]:
        """While entered, what is written goes to a file called `name`."""
        info = zipfile.ZipInfo(name, self._time)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = _OWNER_ONLY
        # How long it will be nobody knows yet: so in the form for more than 4 GiB.
        with self._zip.open(info, "w", force_zip64=True) as file:
            yield file.write

    @property
    def waiting(self) -> int:
        """Bytes that can be taken."""
        return self._out.size

    def take(self) -> bytes:
        """The bytes that were made since the last call."""
        return self._out.take()

    def finish(self) -> bytes:
        """Write the end of it, by which programs know that it is whole; the last bytes."""
        self._zip.close()
        return self._out.take()


class _Pending:
    """What `zipfile` writes to: something that can neither seek nor tell where it is."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """What is left can still be taken."""

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        self.size = 0
        return taken
