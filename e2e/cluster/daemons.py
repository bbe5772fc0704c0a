"""Processes that outlive the command that started them: their ids, logs and ends."""

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from e2e.cluster.errors import ClusterError
from e2e.cluster.workspace import RUN

_POLL = 0.1


class Daemon:
    """One background process, known by the file of its id. A second start of a running one does nothing."""

    def __init__(self, name: str, *, logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self._id_file = RUN / f"{name}.pid"

    def start(self, command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
        """Starts `command` in a session of its own, its output going to the log."""
        if self.process_id() is not None:
            return
        RUN.mkdir(parents=True, exist_ok=True, mode=0o755)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        log = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        # Not by subprocess, which minds when its object is gone and the process still there: that is the point here.
        process_id = os.posix_spawnp(
            str(command[0]),
            [str(word) for word in command],
            {**os.environ, **(environment or {})},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log), log, 0o644),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
        self._id_file.write_text(f"{process_id} {_started(process_id)}", encoding="ascii")

    def process_id(self) -> int | None:
        """The process's id while it runs: an id that now belongs to another process does not count."""
        try:
            process_id, started = self._id_file.read_text(encoding="ascii").split()
            return int(process_id) if _started(int(process_id)) == started else None
        except (OSError, ValueError):
            return None

    def wait_until(self, ready: Callable[[], bool], *, within: float) -> None:
        """Returns once `ready()`. Raises ClusterError with the log's end when it ends first, or `within` passes."""
        deadline = time.monotonic() + within
        while not ready():
            if self.process_id() is None:
                raise ClusterError(f"{self.name} ended while it started:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ClusterError(f"{self.name} was not ready within {within:.0f} s:\n{self.tail()}")
            time.sleep(_POLL)

    def stop(self, *, grace: float = 10.0) -> None:
        """Asks the process to end, and ends it after `grace` seconds."""
        process_id = self.process_id()
        if process_id is not None:
            os.kill(process_id, signal.SIGTERM)
            deadline = time.monotonic() + grace
            while self.process_id() is not None:
                if time.monotonic() > deadline:
                    os.kill(process_id, signal.SIGKILL)
                    break
                time.sleep(_POLL)
        self._id_file.unlink(missing_ok=True)

    def tail(self, lines: int = 15) -> str:
        """The end of the log."""
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        except OSError:
            return "(no log)"


def _started(process_id: int) -> str:
    """When a process started, in the kernel's ticks. Raises OSError if there is none, or it only waits to be reaped."""
    fields = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    if fields[0] == "Z":
        raise OSError(f"process {process_id} has ended")
    return fields[19]
