"""What a repeat comes to: the days that it names, and the pattern that a task stores."""

from datetime import date, timedelta
from typing import Final

from chat_api.parser.dates import month_day, next_date
from chat_api.parser.values import Spec
from taskflow_core.domain.recurrence import parse_pattern

_CODES: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
MONTH_ENDS: Final[dict[tuple[int, ...], int]] = {tuple(range(28, day + 1)): day for day in (29, 30)}
"""The days of which the last is taken, for a day that some months do not have."""
_CANNOT_SEARCH: Final = 4000
"""Days in which a repeat must come at least once: ten years."""


def fits(spec: Spec, day: date) -> bool:
    """Whether a repeat comes on a day, its interval aside."""
    if spec.month:
        return day.month == spec.month and day.day in spec.month_days
    if spec.nth:
        return _is_nth(spec, day)
    if spec.month_days:
        last = month_day(day.year, day.month, 31)
        return day.day in spec.month_days or (-1 in spec.month_days and day == last) or _cut_short(spec, day, last)
    return not spec.weekdays or day.weekday() in spec.weekdays


def _cut_short(spec: Spec, day: date, last: date) -> bool:
    """A single day that the month does not have is its last one."""
    return len(spec.month_days) == 1 and day == last and spec.month_days[0] > last.day


def _is_nth(spec: Spec, day: date) -> bool:
    if day.weekday() not in spec.weekdays:
        return False
    first = day.replace(day=1)
    last = month_day(day.year, day.month, 31)
    if not spec.several:
        is_last = day + timedelta(days=7) > last
        return (day.day - 1) // 7 + 1 in spec.nth or (-1 in spec.nth and is_last)
    days = [first + timedelta(days=n) for n in range(last.day)]
    matching = [found for found in days if found.weekday() in spec.weekdays]
    nth = spec.nth[0]
    return matching[nth if nth < 0 else nth - 1] == day


def first_day(spec: Spec, start: date) -> date:
    """The first day from `start` on that a repeat names."""
    if spec.month:
        return next_date(start, spec.month, spec.month_days[0]) or start
    days = (start + timedelta(days=n) for n in range(_CANNOT_SEARCH))
    return next(day for day in days if fits(spec, day))


def pattern(spec: Spec, start: date, count: int = 0) -> str:
    """The stored pattern of a repeat that begins on `start` and comes `count` times (0: without end)."""
    written = _pattern(spec, start)
    if not count:
        return written
    return f"{_as_rule(written)};COUNT={count}"


def _pattern(spec: Spec, start: date) -> str:
    match spec.unit:
        case "day":
            return "daily" if spec.interval == 1 else f"custom:{spec.interval}d"
        case "week":
            return _weekly_pattern(spec, start)
        case "month":
            return _monthly_pattern(spec, start)
        case "year":
            return "RRULE:FREQ=YEARLY" + (f";INTERVAL={spec.interval}" if spec.interval > 1 else "")


def _weekly_pattern(spec: Spec, start: date) -> str:
    weekdays = spec.weekdays or (start.weekday(),)
    if spec.interval == 1:
        return "weekly:" + ",".join(_CODES[day] for day in weekdays)
    if len(weekdays) == 1 and start.weekday() in weekdays:
        return f"custom:{7 * spec.interval}d"
    return f"RRULE:FREQ=WEEKLY;INTERVAL={spec.interval};BYDAY={','.join(_CODES[day][:2] for day in weekdays)}"


def _monthly_pattern(spec: Spec, start: date) -> str:
    interval = f";INTERVAL={spec.interval}" if spec.interval > 1 else ""
    if spec.nth and spec.several:
        days = ",".join(_CODES[day][:2] for day in spec.weekdays)
        return f"RRULE:FREQ=MONTHLY{interval};BYDAY={days};BYSETPOS={spec.nth[0]}"
    if spec.nth:
        days = ",".join(f"{nth}{_CODES[spec.weekdays[0]][:2]}" for nth in spec.nth)
        return f"RRULE:FREQ=MONTHLY{interval};BYDAY={days}"
    if len(spec.month_days) > 1:
        return f"RRULE:FREQ=MONTHLY{interval};BYMONTHDAY={','.join(map(str, spec.month_days))}"
    day = spec.month_days[0] if spec.month_days else start.day
    day = 31 if day < 0 else day
    return f"RRULE:FREQ=MONTHLY{interval};{_by_month_day(day)}" if interval else f"monthly:{day}"


def _by_month_day(day: int) -> str:
    """That day of each month, or its last one where it is shorter."""
    if day <= 28:
        return f"BYMONTHDAY={day}"
    if day == 31:
        return "BYMONTHDAY=-1"
    return f"BYMONTHDAY={','.join(map(str, range(28, day + 1)))};BYSETPOS=-1"


def _as_rule(written: str) -> str:
    return f"RRULE:{parse_pattern(written).rrule}"
