"""What is measured, the goals, and the table that holds one against the other."""

import statistics
from dataclasses import dataclass
from typing import Final


@dataclass
class Result:
    """What one server did in one turn; times in microseconds, latencies in milliseconds."""

    kb_each: float = 0.0
    kb_after: float = 0.0
    connects: float = 0.0
    connect_us: float = 0.0
    event_us: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    batch_us: float = 0.0
    full_us: float = 0.0
    stopped_p99: float = 0.0
    stopped_ratio: float = 0.0
    client_share: float = 0.0
    left_behind: int = 0
    disturbed: bool = False


@dataclass(frozen=True)
class Speed:
    """How fast the machine is that a goal was set on: what the bare server's `name` was there, in microseconds."""

    name: str
    reference: float

    def slower(self, bare: list[Result]) -> float:
        """How many times slower this machine is now; 1 where it is not."""
        return max(1.0, statistics.median(getattr(result, self.name) for result in bare) / self.reference)


_MISSED: Final = "MISSED"
_CONNECTING: Final = Speed("connect_us", 22)
_WRITING: Final = Speed("full_us", 12)


@dataclass(frozen=True)
class Row:
    """A line of the table: a field of Result, the goal for it (None: none) and Mercure's figure, if there is one.

    A goal for CPU has the `speed` it was set at: a machine that is slower now, as the bare server shows, is allowed as
    much more.
    """

    title: str
    name: str
    form: str = "{:.1f}"
    goal: float | None = None
    least: bool = False
    mercure: str = ""
    speed: Speed | None = None

    def reached(self, value: float, slower: float = 1.0) -> bool:
        """Whether a value is as good as the goal, on a machine so many times slower than the goal's."""
        if self.goal is None:
            return True
        return value >= self.goal / slower if self.least else value <= self.goal * slower

    def verdict(self, service: list[Result], bare: list[Result]) -> str:
        """What to print beside the figures: nothing where the goal is reached."""
        value: float = statistics.median(getattr(result, self.name) for result in service)
        slower = self.speed.slower(bare) if self.speed else 1.0
        if self.reached(value):
            return ""
        return f"reached, as the machine is {slower:.2f} times slower" if self.reached(value, slower) else _MISSED

    def target(self) -> str:
        """The goal, to print."""
        return "" if self.goal is None else ("≥ " if self.least else "≤ ") + f"{self.goal:g}"


ROWS: Final = [
    Row("KB a connection, idle", "kb_each", goal=15, mercure="47"),
    Row("KB a connection, after traffic", "kb_after", mercure="110"),
    Row("connects/s", "connects", "{:.0f}", goal=4_000, least=True, speed=_CONNECTING),
    Row("CPU µs a connect", "connect_us", "{:.0f}", mercure="86"),
    Row("CPU µs an event, as they come", "event_us", goal=60, mercure="96", speed=_WRITING),
    Row("  p50 ms", "p50", "{:.2f}"),
    Row("  p99 ms", "p99", "{:.2f}", goal=10, mercure="10.8"),
    Row("CPU µs an event, in batches of 100", "batch_us"),
    Row("  at full speed", "full_us", goal=25, speed=_WRITING),
    Row("p99 ms of the others, one reader stopped", "stopped_p99", "{:.2f}"),
    Row("  times the p99 before", "stopped_ratio", "{:.2f}", goal=2),
    Row("descriptors left after all were reset", "left_behind", "{}", goal=0),
    Row("most the client was at work", "client_share", "{:.0%}"),
    Row("something else used over 30% of a core", "disturbed", "{}"),
]


def show(service: list[Result], bare: list[Result]) -> int:
    """Print the table, a column of turns for each server; returns how many goals were missed."""
    print(f"{'':41}{'goal':>8}{'notification-service':>22}{'bare protocol':>22}{'Mercure':>9}")
    missed = 0
    for row in ROWS:
        cells = [" ".join(row.form.format(getattr(one, row.name)) for one in turns) for turns in (service, bare)]
        verdict = row.verdict(service, bare)
        missed += verdict == _MISSED
        print(f"{row.title:41}{row.target():>8}{cells[0]:>22}{cells[1]:>22}{row.mercure:>9}  {verdict}".rstrip())
    return missed
