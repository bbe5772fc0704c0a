"""Reminder offsets ("1 day", "PT1H") and the instants at which they fall."""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from taskflow_core.domain.due import Due
from taskflow_core.domain.errors import FieldError
from taskflow_core.domain.zones import instant

MOST_REMINDERS: Final = 10
"""How many reminders a task may have."""

ALL_DAY_HOUR: Final = time(9, 0)
"""Wall time that the reminders of an all-day task count from: nobody wants to be reminded at midnight."""

_LONGEST: Final = timedelta(days=366)
_ISO: Final = re.compile(
    r"P(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,9})S)?)?",
    re.ASCII,
)
_NUMBERS: Final = {"a": 1, "an": 1} | {
    word: number
    for number, word in enumerate(
        (
            *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
            *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
        )
    )
}
_NUMBERS.update({"thirty": 30, "forty": 40, "forty-five": 45, "fifty": 50, "sixty": 60, "ninety": 90})
_UNITS: Final = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
"""Units by their first letter."""
_PART: Final = re.compile(
    r"(?:(?P<count>\d{1,6}(?P<half>\.5)?)\s*|(?P<word>half an?|[a-z]+(?:-five)?)\s+)"
    r"(?P<unit>weeks?|wks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|m)\b\.?(?:\s*(?:,|and|&)\s*|\s+|(?=\d)|$)",
    re.ASCII,
)
_GLUED: Final = re.compile(r"(?<=[a-z])(?=\d)", re.ASCII)
_BEFORE: Final = re.compile(r"\s+(?:before(?:hand)?|earlier|ahead|in advance|prior)$", re.ASCII)
_HELP: Final = "give something like '1 day', '2 hours', '30 minutes' or an ISO 8601 duration like 'PT1H'"


class Offset(msgspec.Struct, frozen=True, order=True):
    """How long before the due time to remind: calendar days in the task's zone, and exact seconds on top."""

    days: int
    seconds: int

    @property
    def text(self) -> str:
        """The canonical ISO 8601 duration: "P1D", "PT1H", "P1DT30M"; at the due time itself "PT0S"."""
        hours, rest = divmod(self.seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + (f"{seconds}S" if seconds else "")
        days = f"{self.days}D" if self.days else ""
        return "P" + days + (f"T{clock}" if clock else "") if days or clock else "PT0S"

    @property
    def longest(self) -> timedelta:
        """An upper bound of the real time it spans: a day of a clock change has up to 25 hours, rarely more."""
        return timedelta(days=self.days, seconds=self.seconds) + (timedelta(hours=3) if self.days else timedelta())


class PlannedReminder(msgspec.Struct, frozen=True):
    """A reminder that a task should have: its offset as text, and when it falls (aware, UTC)."""

    offset: str
    at: datetime


@lru_cache(maxsize=1024)
def parse_offset(text: str, field: str = "reminders") -> Offset:
    """Read "1 day", "2 hrs before", "one hour and 30 minutes", "half an hour", "PT1H", "P1DT2H" and the like.

    Raises FieldError for anything else and for more than 366 days.
    """
    trimmed = text.strip()
    if match := _ISO.fullmatch(trimmed.upper()):
        parts = {unit: int(value) for unit, value in match.groupdict().items() if value is not None}
    else:
        parts = _in_words(_GLUED.sub(" ", _BEFORE.sub("", trimmed.lower())))
    if not parts:
        raise FieldError(field, f"{text[:40]!r} is not a reminder; {_HELP}", "NOT_A_REMINDER")
    days = parts.get("weeks", 0) * 7 + parts.get("days", 0)
    seconds = parts.get("hours", 0) * 3600 + parts.get("minutes", 0) * 60 + parts.get("seconds", 0)
    if timedelta(days=days, seconds=seconds) > _LONGEST:
        message = f"{text[:40]!r} is more than {_LONGEST.days} days before the task is due; give less"
        raise FieldError(field, message, "REMINDER_TOO_EARLY", most=_LONGEST.days)
    return Offset(days, seconds)


def _in_words(text: str) -> dict[str, int]:
    """The parts of "1 hr 30 min", "one day", "half an hour", "1.5 hours"; none where a word of it is not understood."""
    parts: dict[str, int] = {}
    at = 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None:
            return {}
        unit, word = _UNITS[match["unit"][0]], match["word"] or ""
        half = match["half"] is not None or word.startswith("half")
        number = int(float(match["count"])) if match["count"] else 0 if half else _NUMBERS.get(word)
        # Half a day is no number of calendar days, and half a minute none that anybody waits for.
        if number is None or unit in parts or (half and unit != "hours"):
            return {}
        parts[unit] = number
        if half:
            if "minutes" in parts:
                return {}
            parts["minutes"] = 30
        at = match.end()
    return parts


def parse_offsets(texts: Sequence[str], field: str = "reminders") -> list[str]:
    """Canonical texts of `texts`, without repetitions, the earliest reminder first.

    Raises FieldError for one that cannot be read and for more than MOST_REMINDERS.
    """
    offsets = sorted({parse_offset(text, field) for text in texts}, reverse=True)
    if len(offsets) > MOST_REMINDERS:
        raise FieldError(field, f"a task can have at most {MOST_REMINDERS} reminders", "TOO_MANY", most=MOST_REMINDERS)
    return [offset.text for offset in offsets]


def reminder_time(due: Due, offset: Offset) -> datetime:
    """When a reminder `offset` before `due` falls: days go back on the calendar of the task's zone, hours exactly.

    Those of an all-day task count from 09:00 local time of its day.
    """
    tz = ZoneInfo(due.timezone)
    if not due.all_day and not offset.days:
        return due.at - timedelta(seconds=offset.seconds)
    wall = datetime.combine(due.local.date(), ALL_DAY_HOUR) if due.all_day else due.local
    start = instant(wall - timedelta(days=offset.days), tz)
    return start - timedelta(seconds=offset.seconds)


def plan(due: Due, offsets: Sequence[str]) -> list[PlannedReminder]:
    """The reminders of a task due at `due` with these canonical offset texts."""
    return [PlannedReminder(text, reminder_time(due, parse_offset(text))) for text in offsets]
