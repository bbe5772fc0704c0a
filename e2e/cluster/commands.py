"""Runs other programs: quietly while they succeed, with the end of their output when they fail."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from e2e.cluster.errors import ClusterError

_LINES: Final = 25


def run(
    command: Sequence[str | Path],
    *,
    within: float,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: str | None = None,
) -> str:
    """Runs `command` for at most `within` seconds and returns what it printed to standard output.

    `environment` is added to this process's own. Raises ClusterError with the end of the output.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=directory,
            env={**os.environ, **(environment or {})},
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
    except FileNotFoundError:
        raise ClusterError(f"{words[0]} is not installed.") from None
    except subprocess.TimeoutExpired as error:
        output = error.stderr or error.stdout or b""
        raise ClusterError(f"`{_short(words)}` took longer than {within:.0f} s:\n{_end(output)}") from None
    if done.returncode != 0:
        raise ClusterError(f"`{_short(words)}` failed ({done.returncode}):\n{_end(done.stdout + done.stderr)}")
    return done.stdout


def _short(words: Sequence[str]) -> str:
    text = " ".join(words)
    return text if len(text) <= 160 else f"{text[:160]} …"


def _end(output: str | bytes) -> str:
    text = output.decode(errors="replace") if isinstance(output, bytes) else output
    return "\n".join(text.strip().splitlines()[-_LINES:])
