"""Files that hold something whole or not at all: lines appended to one, new ones that appear when they are complete.

What was written is on disk when a function returns, the file's name in its directory included.
"""

import contextlib
import errno
import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

LOCK_SECONDS: Final = 10.0
"""How long to wait for another who appends to the same file; a line takes milliseconds."""

_LOCK_POLL_SECONDS: Final = 0.01
_NO_LOCKS: Final = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL})
"""What a file system answers that knows no locks; some network ones do not."""
_NO_SYNC: Final = frozenset({errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF})
"""What it answers where a directory cannot be flushed by itself."""


def append_line(path: Path, line: bytes, *, check: Callable[[], None] | None = None) -> int:
    """Append `line` and its line break to a file, which is made where it is missing, readable by its owner only.

    Returns the file's size then.

    A file that ends in the middle of a line (a crash) gets a line break first, so that this line stands by itself.
    `check` is called when nobody else can append any more; what it raises ends this, with nothing written. Raises
    OSError when the line could not be written; the file is then as it was.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        alone = _lock(descriptor, path)
        if check is not None:
            check()
        before = os.fstat(descriptor).st_size
        torn = before > 0 and os.pread(descriptor, 1, before - 1) != b"\n"
        added = (b"\n" if torn else b"") + line + b"\n"
        try:
            write_all(descriptor, added)
            os.fsync(descriptor)
            sync_directory(path.parent)
            return before + len(added)
        except OSError:
            # Without a lock another's line may have come after the part of this one; it must not be cut off. That part
            # is a torn line then, as a crash leaves one.
            if alone:
                with contextlib.suppress(OSError):
                    os.ftruncate(descriptor, before)
                    os.fsync(descriptor)
            raise
    finally:
        os.close(descriptor)


@contextmanager
def new_file(path: Path) -> Generator[int]:
    """A descriptor to write to; `path` appears, readable by its owner only, when the block ends without an exception.

    Raises FileExistsError where `path` is there by then, which stays as it is, and OSError for the disk. A process that
    is killed leaves a file beside it whose name ends in `.part`.
    """
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
    unfinished = Path(name)
    try:
        try:
            yield descriptor
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        _publish(unfinished, path)
        sync_directory(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def write_all(descriptor: int, content: bytes) -> None:
    """Write all of it: the system may take a part at a time. Raises OSError."""
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def sync_directory(directory: Path) -> None:
    """Have the names in a directory on disk, where its file system can do that. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(descriptor)


def _publish(unfinished: Path, path: Path) -> None:
    try:
        os.link(unfinished, path)  # a rename would replace what came there meanwhile
    except FileExistsError:
        raise
    except OSError:
        # A file system without links.
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        unfinished.rename(path)


def _lock(descriptor: int, path: Path) -> bool:
    """Wait until nobody else appends; the lock ends with the descriptor. False where the file system knows no locks."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise TimeoutError(errno.ETIMEDOUT, "another process holds the file's lock", str(path)) from None
            time.sleep(_LOCK_POLL_SECONDS)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return False
