"""Says what is being done and how long it took, and keeps the sum."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Stages:
    """The stages of one run, in order, with the seconds each took."""

    taken: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        """Times what is done inside and prints one line about it."""
        began = time.monotonic()
        failed = True
        try:
            yield
            failed = False
        finally:
            seconds = time.monotonic() - began
            self.taken.append((name, seconds))
            print(f"  {name:<58} {'FAILED ' if failed else ''}({seconds:.1f} s)", flush=True, file=sys.stdout)
