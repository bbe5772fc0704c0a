"""An incident: what Prometheus reads during it, and which alerts fire when."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from e2e.alerts.healthy import platform
from e2e.alerts.series import Behaviour, Series

BEFORE: Final = 30
"""Minutes that all is well first."""


@dataclass(frozen=True)
class Change:
    """What series do during an incident: those of a name (`*`: all) with these labels."""

    name: str
    becomes: Behaviour
    labels: Mapping[str, str]


def change(name: str, becomes: Behaviour, **labels: str) -> Change:
    """Of the series `name` with `labels`."""
    return Change(name, becomes, labels)


@dataclass(frozen=True, kw_only=True)
class Incident:
    """All is well, then it is not, then it is again."""

    name: str
    during: Sequence[Change]
    fires: Mapping[int, Set[str]]
    """Which alerts fire so many minutes after it began, and no others. The last is when it ends."""
    clears: int = 20
    """Minutes after which none fires any more."""

    def series(self) -> list[Series]:
        """From the beginning to when all is clear."""
        return [replace(one, segments=self._segments(one)) for one in platform()]

    def firing(self) -> dict[int, Set[str]]:
        """Which alerts fire at which minute of the test."""
        end = BEFORE + max(self.fires) + self.clears
        return {BEFORE - 1: frozenset(), **{BEFORE + at: alerts for at, alerts in self.fires.items()}, end: frozenset()}

    def _segments(self, one: Series) -> list[tuple[int, Behaviour]]:
        becomes = one.usual
        for each in self.during:
            if one.matches(each.name, each.labels):
                becomes = each.becomes
        return [(BEFORE, one.usual), (max(self.fires) + 1, becomes), (self.clears, one.usual)]


NONE: Final[frozenset[str]] = frozenset()
