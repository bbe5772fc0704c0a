"""What processes use of the machine, from /proc: CPU seconds, memory, open files; and what everything else uses."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_DISTURBED = 0.3
"""Cores that others may use before a measurement is no longer to be relied on."""


def _allowed() -> list[int]:
    """The cores that this process may use at all, also where its parent, which is pinned, passed on only one."""
    inherited = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, inherited)
    return allowed


_CORES = _allowed()


def pin(core: int, pid: int = 0) -> None:
    """Keep a process (0: this one) on one of the cores; on the only one where there is but one."""
    os.sched_setaffinity(pid, {_CORES[core % len(_CORES)]})


def unpin() -> None:
    """Let this process use every core again."""
    os.sched_setaffinity(0, _CORES)


def disturbed(others: float, seconds: float) -> bool:
    """Whether others used more than 30% of a core: `others` are seconds of CPU."""
    return others > _DISTURBED * seconds


def cpu_seconds(pid: int) -> float:
    """CPU time of a process, to the nanosecond."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def resident_kb(pid: int) -> int:
    """Memory in use, in KB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def open_files(pid: int) -> int:
    """Descriptors in use."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def busy_seconds() -> float:
    """CPU time of everything on the machine."""
    fields = [int(n) for n in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _wait, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq + steal) / _TICKS


@dataclass
class Spell:
    """A stretch of a run, in seconds: its length, the server's CPU, the client's work, and CPU that others used."""

    seconds: float
    server: float
    client: float
    others: float

    @property
    def disturbed(self) -> bool:
        """Whether something else used more than 30% of a core."""
        return disturbed(self.others, self.seconds)


class Watch:
    """Measures a spell of a server and of this process, which spins while it waits; `waited` says how long it did."""

    def __init__(self, pid: int, waited: Callable[[], float]) -> None:
        self._pid = pid
        self._waited = waited
        self._began = self._now()

    def spell(self) -> Spell:
        """From the watch's beginning until now."""
        seconds, server, own, waited, busy = (b - a for a, b in zip(self._began, self._now(), strict=True))
        return Spell(seconds, server, seconds - waited, max(0.0, busy - server - own))

    def _now(self) -> tuple[float, ...]:
        own = cpu_seconds(os.getpid())
        return time.perf_counter(), cpu_seconds(self._pid), own, self._waited(), busy_seconds()
