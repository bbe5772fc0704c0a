"""Runs `taskflow up` for the length of a test session, on a free port and with a home of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx

START_SECONDS = 60
STOP_SECONDS = 15


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_platform(home: Path, **environment: str) -> Generator[str]:
    """The platform's address, once it answers; its output is part of the error when it never does."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    log = home / "up.log"
    settings = {"TASKFLOW_PORT": str(port), "TASKFLOW_HOME": str(home / "home"), **environment}
    command = [str(Path(sys.executable).with_name("taskflow")), "up", "--with-parent"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env={**os.environ, **settings}, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_until_up(url, process, log)
        yield url
    finally:
        _stop(process)


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass  # not listening yet
        time.sleep(0.1)
    raise RuntimeError(f"`taskflow up` does not answer at {url}. Its output:\n{log.read_text()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
