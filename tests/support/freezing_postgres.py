"""A PostgreSQL of a test's own that can be frozen: all its processes stopped (SIGSTOP), so that it answers nothing."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from taskflow_local.postgres import EmbeddedPostgres


class Freezer:
    """Freezes and thaws a server, as a stopped virtual machine, a hung disk or an overloaded host would."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server

    @contextmanager
    def frozen(self) -> Generator[None]:
        """While entered, the server and all it has forked stand still; connections stay open, and take what is sent."""
        self.freeze()
        try:
            yield
        finally:
            self.thaw()

    def freeze(self) -> None:
        # The postmaster first: then no further ones come.
        os.kill(self.server.pid, signal.SIGSTOP)
        _wait_stopped(self.server.pid)
        for pid in _children(self.server.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def kill(self) -> None:
        """SIGKILL to all of them."""
        children = _children(self.server.pid)  # afterwards they have another parent
        for pid in (self.server.pid, *children):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def thaw(self) -> None:
        for pid in (*_children(self.server.pid), self.server.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def own_server() -> Generator[Freezer]:
    """A server in memory where there is room; thawed, stopped and removed when the block ends. Main thread only."""
    parent = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a directory with a random name in it
    directory = Path(tempfile.mkdtemp(prefix="taskflow-frozen-", dir=parent))
    directory.chmod(0o711)  # as root the server runs as another user, which has to get through
    server = EmbeddedPostgres(directory / "postgres", durable=False)
    try:
        server.start()
        freezer = Freezer(server)
        try:
            yield freezer
        finally:
            freezer.thaw()
            server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        with suppress(Exception):
            shutil.rmtree(server.base, ignore_errors=True)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            words = status.read_text().rsplit(")", 1)[1].split()
            if int(words[1]) == pid:
                found.append(int(status.parent.name))
    return found


def _wait_stopped(pid: int) -> None:
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "T":
        assert time.monotonic() < deadline, "SIGSTOP is obeyed at once"
        time.sleep(0.001)
