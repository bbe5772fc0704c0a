"""One line per step of a start, with the seconds it took."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TextIO


class Progress:
    """Writes the lines. A step shows its name while it runs, what came of it at the end."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since this began."""
        return time.monotonic() - self._began

    @contextmanager
    def step(self, name: str) -> Generator["Step"]:
        """A step: `with progress.step("Schema") as step: …; step.outcome = "up to date"`."""
        self._write(f"  {name:<14}")
        began = time.monotonic()
        step = Step()
        try:
            yield step
        except BaseException:
            self._write("failed\n")
            raise
        self._write(f"{step.outcome} ({time.monotonic() - began:.1f} s)\n")

    def line(self, text: str = "") -> None:
        """A line of its own."""
        self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


class Step:
    """What came of a step, in a few words."""

    outcome: str = "done"
