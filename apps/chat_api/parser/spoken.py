"""Says in words how a task repeats and when it reminds; what is said so reads the same again."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from chat_api.parser.patterns import MONTH_ENDS
from taskflow_core.domain.recurrence import InvalidPattern, parse_pattern
from taskflow_core.domain.recurrence.rrule import Frequency, Recur
from taskflow_core.domain.reminders import parse_offset

OWN_RULE: Final = "by a rule of its own"
"""Of a rule of RFC 5545 that has no words here."""

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_NTH: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_WEEKDAYS: Final[dict[tuple[int, ...], str]] = {(0, 1, 2, 3, 4): "weekday", (5, 6): "weekend"}


def repeat_words(pattern: str, start: date, until: date | None = None) -> str:
    """ "every other Friday", "every month on the 15th until 24 December 2026"; `start` is a date that it gives."""
    try:
        recur = parse_pattern(pattern).recur
    except InvalidPattern:
        return OWN_RULE
    words = _words(recur, start)
    if recur.until is not None:
        return OWN_RULE
    if recur.count is not None:
        words = f"{words}, {recur.count} times"
    return words if until is None else f"{words} until {date_words(until)}"


def skipped_words(pattern: str, start: date) -> str:
    """What `repeat_words` leaves to be known, in parentheses: what becomes of months or years without the day."""
    try:
        recur = parse_pattern(pattern).recur
    except InvalidPattern:
        return ""
    if _words(recur, start) == OWN_RULE:
        return ""
    match recur.freq:
        case Frequency.YEARLY if (start.month, start.day) == (2, 29):
            return " (leap years only)"
        case Frequency.MONTHLY if recur.by_day:
            skips = 5 in recur.by_set_pos or any(n == 5 for _, n in recur.by_day)
        case Frequency.MONTHLY if recur.by_set_pos or pattern == "monthly":
            return " (or the last day)" if recur.by_set_pos or start.day > 28 else ""
        case Frequency.MONTHLY:
            skips = any(day > 28 for day in recur.by_month_day or (start.day,))
        case _:
            skips = False
    return " (not in months without that day)" if skips else ""


def date_words(day: date) -> str:
    """ "24 December 2026"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _words(recur: Recur, start: date) -> str:
    if recur.by_month or recur.by_week_no or recur.by_year_day or recur.week_start:
        return OWN_RULE
    match recur.freq:
        case Frequency.DAILY if not recur.chooses_days and not recur.by_set_pos:
            weeks, rest = divmod(recur.interval, 7)
            return _every("day", recur.interval) if rest else _weekly((start.weekday(),), weeks)
        case Frequency.WEEKLY if not recur.by_month_day and not recur.by_set_pos:
            return _weekly(tuple(day for day, _ in recur.by_day) or (start.weekday(),), recur.interval)
        case Frequency.MONTHLY:
            return _monthly(recur, start)
        case Frequency.YEARLY if not recur.chooses_days and not recur.by_set_pos:
            on = f" on {start.day} {_MONTHS[start.month - 1]}" if recur.interval == 1 else ""
            return _every("year", recur.interval) + on
        case _:
            return OWN_RULE


def _every(unit: str, interval: int) -> str:
    return f"every {unit}" if interval == 1 else f"every {interval} {unit}s"


def _weekly(days: tuple[int, ...], interval: int) -> str:
    names = _WEEKDAYS.get(days) or _listed([_DAYS[day] for day in days])
    if interval == 1:
        return f"every {names}"
    return f"every other {names}" if interval == 2 else f"every {interval} weeks on {names}"


def _monthly(recur: Recur, start: date) -> str:
    every = _every("month", recur.interval)
    if recur.by_day:
        return _nth_of_month(recur, every)
    if recur.by_set_pos:
        day = MONTH_ENDS.get(recur.by_month_day) if recur.by_set_pos == (-1,) else None
        return OWN_RULE if day is None else f"{every} on the {ordinal(day)}"
    days = recur.by_month_day or (start.day,)
    if any(day < -1 for day in days):
        return OWN_RULE
    ordered = sorted(days, key=lambda day: day % 32)
    return f"{every} on the {_listed(['last day' if day < 0 else ordinal(day) for day in ordered])}"


def _nth_of_month(recur: Recur, every: str) -> str:
    """ "every month on the last Friday"."""
    weekdays = tuple(dict.fromkeys(day for day, _ in recur.by_day))
    numbers = sorted({n for _, n in recur.by_day}, key=lambda n: n % 10)
    if recur.by_month_day or (recur.interval > 1 and len(numbers) > 1):
        return OWN_RULE
    if recur.by_set_pos:
        plain = weekdays == (0, 1, 2, 3, 4) and numbers == [0] and len(recur.by_set_pos) == 1 and recur.interval == 1
        nth = _NTH.get(recur.by_set_pos[0]) if plain else None
        return OWN_RULE if nth is None else f"on the {nth} weekday of every month"
    if len(weekdays) != 1 or any(n not in _NTH for n in numbers) or len(numbers) > 2:
        return OWN_RULE
    names = _listed([_NTH[n] for n in numbers])
    day = _DAYS[weekdays[0]]
    return f"{every} on the {names} {day}" if len(numbers) == 1 else f"on the {names} {day} of every month"


def _listed(names: Sequence[str]) -> str:
    """ "Monday, Wednesday and Friday"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def ordinal(number: int) -> str:
    """ "1st", "22nd", "13th"."""
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def reminder_words(offsets: Sequence[str]) -> str:
    """ "with reminders 1 day and 1 hour before", "with a reminder when it is due"."""
    before = [_offset(text) for text in offsets if _offset(text)]
    parts: list[str] = []
    if len(before) < len(offsets):
        parts.append("with a reminder when it is due")
    if before:
        parts.append(f"with {'a reminder' if len(before) == 1 else 'reminders'} {_listed(before)} before")
    return ", ".join(parts)


def _offset(text: str) -> str:
    """ "90 minutes"; nothing for the due time itself. Days and hours together are said in hours."""
    offset = parse_offset(text)
    minutes = (offset.days * 24 * 60 if offset.seconds else 0) + offset.seconds // 60
    if not offset.seconds:
        return _counted(offset.days, "day") if offset.days else ""
    return _counted(minutes, "minute") if minutes % 60 else _counted(minutes // 60, "hour")


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"
