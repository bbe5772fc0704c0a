"""The project as a wheel, built and unpacked as an installer would: what a machine gets that has no checkout."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def uv() -> str:
    """The uv that made this environment (.ci/environment)."""
    found = next(
        filter(None, (shutil.which(str(name)) for name in ("uv", ROOT / ".uv/bin/uv", ROOT / ".uv/site/bin/uv"))), None
    )
    if found is None:
        pytest.skip("no uv to build a wheel with: make env")
    return found


def installed_wheel(shared: Path) -> Path:
    """Where the wheel is installed, without what it depends on; built once below `shared`, whoever comes first."""
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        target = shared / "installed"
        if not target.is_dir():
            _run("build", "--wheel", "--quiet", "--out-dir", str(shared), str(ROOT))
            [wheel] = shared.glob("*.whl")
            _run(
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--python",
                sys.executable,
                "--target",
                str(target),
                str(wheel),
            )
        return target


def _run(*arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(
        [uv(), *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
