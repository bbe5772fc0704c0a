"""A program of the rig as a child of this process: started, watched, paused and stopped, and never left behind."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from e2e.rig.errors import RigError
from taskflow_local import launch

_TAIL_LINES: Final = 15
_POLL_SECONDS: Final = 0.05


class Child:
    """A program whose output goes to `log`. The kernel kills it when this process dies, however it dies (Linux).

    `command` starts with a program's full path. The log grows across restarts; what an error quotes is its end.
    """

    def __init__(self, name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; RigError when it has not been started."""
        if self._process is None:
            raise RigError(f"{self.name} has not been started.")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Starts it and returns at once. On the main thread only: it is killed when the thread that made it ends."""
        if threading.current_thread() is not threading.main_thread():
            raise RigError(f"Start {self.name} on the main thread; it would stop when the thread ends.")
        if self.running:
            raise RigError(f"{self.name} runs already, as process {self.pid}.")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", launch.__file__),
                    *(str(os.getpid()), str(os.geteuid()), str(os.getegid())),
                    "SIGKILL",  # a paused process would not see any other signal
                    *self._command,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=self._environment,
                start_new_session=True,  # a Ctrl-C in the terminal is for us; we stop the rig last
            )

    def wait_until(self, ready: Callable[[], bool], *, within: float) -> None:
        """Returns once `ready()` holds. Raises RigError when the program ends first, or after `within` seconds."""
        deadline = time.monotonic() + within
        while not ready():
            if not self.running:
                raise RigError(f"{self.name} ended while starting. The end of {self.log}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise RigError(f"{self.name} did not answer in {within:.0f} s. The end of {self.log}:\n{self.tail()}")
            time.sleep(_POLL_SECONDS)

    def stop(self, *, grace: float = 5.0) -> None:
        """Asks it to end (SIGTERM), and kills it after `grace` seconds. Does nothing if it does not run."""
        self._end(signal.SIGTERM, grace)

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self._end(signal.SIGKILL, 0)

    def pause(self) -> None:
        """Makes it hang (SIGSTOP): connections stay open and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Lets it go on after pause()."""
        os.kill(self.pid, signal.SIGCONT)

    def tail(self) -> str:
        """The last lines of its log."""
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:])
        except OSError:
            return "(no log)"

    def _end(self, request: signal.Signals, grace: float) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(request)
            process.send_signal(signal.SIGCONT)  # a paused one has to run to hear of it
        try:
            process.wait(grace if request is not signal.SIGKILL else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
