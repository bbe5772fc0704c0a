"""One RFC 5545 recurrence rule as a value, and its canonical text.

Only what is meant to be repeated by days can be said here: DAILY, WEEKLY, MONTHLY and YEARLY, and the BYxxx parts that
choose days. The time of day always is the start's. Reading a rule from text is `parser.parse_rrule`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

__all__ = ["WEEKDAYS", "Frequency", "Recur", "Until"]

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
"""RFC 5545's weekday names; the position is `date.weekday()`."""

Until = date | datetime
"""UNTIL as written: a local date, a naive local time, or an aware time in UTC. The last one that may be taken."""


class Frequency(StrEnum):
    """How long one period of a rule is."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recur:
    """A rule; every tuple is sorted and without repeats, empty when the part is absent.

    `by_day` holds pairs (weekday 0-6, n): n is 0 for every such weekday, 2 for the second, -1 for the last one of the
    month or year. `week_start` is a weekday 0-6. Two equal rules have equal texts and the other way round.
    """

    freq: Frequency
    interval: int = 1
    count: int | None = None
    until: Until | None = None
    by_month: tuple[int, ...] = ()
    by_week_no: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_set_pos: tuple[int, ...] = ()
    week_start: int = 0

    @property
    def chooses_days(self) -> bool:
        """Whether a part beside BYMONTH says which days; otherwise the start's own day is meant (RFC 5545, 3.3.10)."""
        return bool(self.by_week_no or self.by_year_day or self.by_month_day or self.by_day)

    @property
    def text(self) -> str:
        """The canonical text without the leading "RRULE:", parts in RFC 5545's order, defaults left out."""
        parts = [f"FREQ={self.freq.value}"]
        if self.until is not None:
            parts.append(f"UNTIL={_until_text(self.until)}")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.by_day:
            parts.append("BYDAY=" + ",".join(f"{n or ''}{WEEKDAYS[weekday]}" for weekday, n in self.by_day))
        for name, numbers in (
            ("BYMONTHDAY", self.by_month_day),
            ("BYYEARDAY", self.by_year_day),
            ("BYWEEKNO", self.by_week_no),
            ("BYMONTH", self.by_month),
            ("BYSETPOS", self.by_set_pos),
        ):
            if numbers:
                parts.append(f"{name}={','.join(map(str, numbers))}")
        if self.week_start:
            parts.append(f"WKST={WEEKDAYS[self.week_start]}")
        return ";".join(parts)


def _until_text(until: Until) -> str:
    # isoformat rather than strftime: %Y does not pad a year below 1000 everywhere.
    if not isinstance(until, datetime):
        return until.isoformat().replace("-", "")
    text = until.replace(tzinfo=None).isoformat(timespec="seconds").replace("-", "").replace(":", "")
    return text if until.tzinfo is None else f"{text}Z"
