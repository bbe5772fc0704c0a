"""`taskflow up` in a process of its own, as `make up` runs it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import is_alive, until

QUICK_PASSWORDS = "tests.support.quick_passwords"
"""The program to run where a test signs up people and nothing depends on what a password's hash costs."""

START_SECONDS = 60.0
STOP_SECONDS = 15.0
"""Five are promised to whoever presses Ctrl-C; the rest is for a machine that is busy with other tests."""


class Platform:
    """One start on one home, on a port that the system chooses. Everything it prints is in `output`. `program` is the
    module that runs."""

    def __init__(self, home: Path, *, program: str = "taskflow_cli", **variables: str) -> None:
        self.home = home
        self.log = home.parent / f"{home.name}.out"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TASKFLOW_")}
        environment |= {"TASKFLOW_HOME": str(home), "TASKFLOW_PORT": "0", "PYTHONUNBUFFERED": "1", **variables}
        self.environment = environment
        with self.log.open("w", encoding="utf-8") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", program, "up"], stdout=out, stderr=subprocess.STDOUT, env=environment
            )

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    @property
    def url(self) -> str:
        """Where it says that it listens, once it does."""
        until(
            lambda: "TaskFlow runs at" in self.output or self.process.poll() is not None,
            within=START_SECONDS,
            what="the platform starts",
        )
        found = re.search(r"TaskFlow runs at (\S+)", self.output)
        assert found is not None, self.output
        return found[1]

    @property
    def postmaster(self) -> int:
        return int((self.home / "postgres" / "data" / "postmaster.pid").read_text(encoding="utf-8").split("\n")[0])

    def admin(self, *arguments: str) -> str:
        """What `taskflow admin` says about this platform."""
        environment = {name: value for name, value in self.environment.items() if name != "TASKFLOW_PORT"}
        command = [sys.executable, "-m", "taskflow_cli", "admin", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True).stdout

    def printed_link(self, *arguments: str) -> str:
        """The link that `taskflow admin` prints, with the address of this platform before it."""
        [path] = re.findall(r"^\S*(/#/\S+)$", self.admin(*arguments), re.MULTILINE)
        return self.url + path

    def stop(self, sig: signal.Signals = signal.SIGTERM) -> float:
        """Asks it to stop and waits; returns the seconds that took."""
        began = time.monotonic()
        self.process.send_signal(sig)
        self.process.wait(STOP_SECONDS * 2)
        return time.monotonic() - began


@contextmanager
def platform(home: Path, *, program: str = "taskflow_cli", **variables: str) -> Generator[Platform]:
    """A platform that is gone when the block ends, however it ends."""
    started = Platform(home, program=program, **variables)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.process.kill()
            started.process.wait()
        postmaster = home / "postgres" / "data" / "postmaster.pid"
        if postmaster.exists():
            pid = int(postmaster.read_text(encoding="utf-8").split("\n")[0])
            until(lambda: not is_alive(pid), within=30, what="PostgreSQL follows its parent")
