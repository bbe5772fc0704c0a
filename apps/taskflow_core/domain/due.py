"""Due dates: what a client may write, the instant that is kept, and what is shown again."""

import re
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from taskflow_core.domain.errors import FieldError
from taskflow_core.domain.zones import day_end, day_start, instant, zone

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(?P<offset>[Zz]|[+-]\d\d:?\d\d)?", re.ASCII
)
_LOST_PLUS: Final = re.compile(r"[Tt ]\d\d:\d\d[\d:.]* \d\d:?\d\d$", re.ASCII)
"""A time whose offset lost its plus on the way: in a URL, + means a blank."""
_HELP_PLUS: Final = "in a URL write the + of an offset as %2B: 2026-11-25T09:00:00%2B02:00"
_FIRST: Final = 1970
_LAST: Final = 2199
_HELP: Final = "give a date like 2026-11-25 (all day) or a time like 2026-11-25T09:00:00Z"


class Due(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """When a task is due: an instant in UTC, or all day, when `at` is where the day begins in `timezone`.

    `written` is the naive wall time a client wrote where clocks skip it that day: what repeats keeps to it.
    """

    at: datetime
    all_day: bool
    timezone: str
    written: datetime | None = None

    @property
    def text(self) -> str:
        """As clients see it: a date for all day, else an instant in UTC."""
        return due_text(self.at, self.all_day, self.timezone)

    @property
    def local(self) -> datetime:
        """The naive wall time in the task's zone: midnight for all day, also where the day begins later."""
        shown = self.at.astimezone(ZoneInfo(self.timezone)).replace(tzinfo=None)
        return datetime.combine(shown, time.min) if self.all_day else self.written or shown

    @property
    def over_at(self) -> datetime:
        """The instant from which the task is overdue: its time, or the end of its day."""
        if not self.all_day:
            return self.at
        tz = ZoneInfo(self.timezone)
        return day_end(self.at.astimezone(tz).date(), tz)


def parse_due(text: str, timezone: str, field: str = "due_date") -> Due:
    """Read `text`, a date or a time, in `timezone` (an IANA name) where it names no offset of its own.

    Raises FieldError for what is neither, does not exist, or lies outside the years 1970 to 2199.
    """
    tz = zone(timezone, "recurrence_timezone")
    try:
        if _DATE.fullmatch(text):
            day = date.fromisoformat(text)
            _within(day.year, field)
            return Due(at=day_start(day, tz), all_day=True, timezone=timezone)
        match = _TIME.fullmatch(text)
        if match is None:
            lost_plus = _LOST_PLUS.search(text) is not None
            raise FieldError(field, f"not a date or time; {_HELP_PLUS if lost_plus else _HELP}", "NOT_A_DATE")
        moment = datetime.fromisoformat(text.upper())
    except FieldError:
        raise
    except ValueError:
        raise FieldError(field, f"no such date or time; {_HELP}", "NOT_A_DATE") from None
    _within(moment.year, field)
    if moment.tzinfo is not None:
        return Due(at=moment.astimezone(UTC), all_day=False, timezone=timezone)
    at = instant(moment, tz)
    skipped = at.astimezone(tz).replace(tzinfo=None) != moment
    return Due(at=at, all_day=False, timezone=timezone, written=moment if skipped else None)


def due_text(at: datetime, all_day: bool, timezone: str | None) -> str:
    """A due date as clients see it: a date for all day, else an instant in UTC."""
    if all_day:
        return at.astimezone(ZoneInfo(timezone or "UTC")).date().isoformat()
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _within(year: int, field: str) -> None:
    if not _FIRST <= year <= _LAST:
        message = f"the year must lie between {_FIRST} and {_LAST}"
        raise FieldError(field, message, "YEAR_OUT_OF_RANGE", first=_FIRST, last=_LAST)
