"""Processes that tests of this area start, watch and kill."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def fresh_open_directory() -> Path:
    """A directory with a short path that other users may pass through; in memory where that can be had."""
    directory = Path(tempfile.mkdtemp(prefix="tf-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    directory.chmod(0o711)
    return directory


def until(true: Callable[[], object], *, within: float, what: str) -> None:
    """Returns once `true()` is; fails saying `what` did not happen within so many seconds."""
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, f"{what}: not within {within} s"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie that nobody has reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def python_for(uid: int) -> str | None:
    """An interpreter like ours that this user may run, or None: root's own home may be closed to others."""
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/python{minor}", f"/usr/local/bin/python{minor}"):
        try:
            done = subprocess.run([candidate, "-c", ""], user=uid, group=uid, extra_groups=[], check=False, cwd="/")
        except OSError:
            continue
        if done.returncode == 0:
            return candidate
    return None


IMPORTS = os.pathsep.join(path for path in sys.path if path and Path(path).is_dir())
"""PYTHONPATH for an interpreter that is not the environment's own."""
