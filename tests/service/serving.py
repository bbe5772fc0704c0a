"""All five services in a process of their own, as `taskflow serve` runs one; a test may read what it writes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from taskflow_core.settings import Settings

START_SECONDS = 60.0
STOP_SECONDS = 10.0


class Serving:
    """A process that serves at `url`. It writes its log lines to a file, which can be read at any time."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log
        assert process.stdout is not None
        self.url = f"http://127.0.0.1:{int(process.stdout.readline())}"

    @property
    def written(self) -> str:
        return self._log.read_text(encoding="utf-8")

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.written.splitlines()]

    def until_ready(self) -> None:
        """Returns once it has its database."""
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            assert time.monotonic() < deadline, self.written
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready").status_code == 200
        except httpx.TimeoutException:
            return False  # a busy machine: the deadline of until_ready() holds

    def stop(self) -> None:
        """Asks it to stop, and waits."""
        self._process.terminate()
        self._process.wait(STOP_SECONDS)


@contextmanager
def serving(settings: Settings, log: Path, **variables: str) -> Generator[Serving]:
    """The services on the database that `settings` name; gone when the block ends."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TASKFLOW_", "DAPR_"))}
    environment |= {
        "TASKFLOW_DATABASE_URL": settings.database_url,
        "BETTER_AUTH_SECRET": settings.auth_secret,
        "TASKFLOW_AUDIT_ENCRYPTION_KEY": ",".join(settings.audit_encryption_keys),
        "TASKFLOW_API_TOKEN": settings.api_token or "",
        "TASKFLOW_BUS": "embedded",
        "TASKFLOW_PORT": "0",
        **variables,
    }
    command = [sys.executable, "-m", "tests.service.serving_process"]
    with log.open("wb") as written:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=written, text=True)
        with process:
            try:
                made = Serving(process, log)
                made.until_ready()
                yield made
            finally:
                process.kill()
