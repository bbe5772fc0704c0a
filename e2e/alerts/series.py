"""Time series as promtool takes them, written as what a series does for how long."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

PER_MINUTE: Final = 4
"""Samples: services are scraped every 15 seconds."""


@dataclass(frozen=True)
class Steady:
    """A gauge that stays at a value."""

    value: float


@dataclass(frozen=True)
class Rising:
    """A counter that grows by so much a minute."""

    per_minute: float


@dataclass(frozen=True)
class Now:
    """A time stamp that is always the present one."""


@dataclass(frozen=True)
class Gone:
    """No longer reported: the target does not answer, or does not know."""


Behaviour = Steady | Rising | Now | Gone


@dataclass(frozen=True)
class Series:
    """One series from the beginning to the end of a test."""

    name: str
    labels: Mapping[str, str]
    usual: Behaviour
    segments: list[tuple[int, Behaviour]] = field(default_factory=list[tuple[int, Behaviour]])
    """Minutes, and what it does in them."""

    def matches(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether this is such a series: of that name (`*`: any), with these labels among its own."""
        return name in {"*", self.name} and labels.items() <= self.labels.items()

    def written(self) -> dict[str, str]:
        """An element of promtool's `input_series`."""
        labels = ",".join(f'{key}="{value}"' for key, value in self.labels.items())
        return {"series": f"{self.name}{{{labels}}}", "values": " ".join(_notation(self.segments))}


def _notation(segments: Sequence[tuple[int, Behaviour]]) -> Iterator[str]:
    total, elapsed, known = 0.0, 0, False
    for minutes, behaviour in segments:
        samples = minutes * PER_MINUTE
        match behaviour:
            case Steady(value):
                yield f"{value:g}x{samples - 1}"
            case Rising(per_minute):
                step = per_minute / PER_MINUTE
                yield f"{total:g}+{step:g}x{samples - 1}"
                total += step * samples
            case Now():
                yield f"{elapsed * 60}+{60 / PER_MINUTE:g}x{samples - 1}"
            case Gone():
                # Prometheus marks a series as ended at the first scrape without it.
                yield f"{'stale' if known else '_'} _x{samples - 1}"
        known = not isinstance(behaviour, Gone)
        elapsed += minutes
