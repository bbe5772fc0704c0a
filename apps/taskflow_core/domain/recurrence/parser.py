"""Reads an RFC 5545 rule from text that anybody may have written, and lets through only what is safe to repeat by.

RFC 5545, section 3.3.10, less what has no place in a task list: no frequency below DAILY and no BYHOUR, BYMINUTE or
BYSECOND (the time of day is the task's). Every number is bounded, so is the length of the text, and a rule that can
never give a date is refused here instead of being searched for later.
"""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

from taskflow_core.domain.recurrence.days import ever_gives_a_day
from taskflow_core.domain.recurrence.errors import InvalidPattern, quoted
from taskflow_core.domain.recurrence.rrule import WEEKDAYS, Frequency, Recur, Until

__all__ = ["MAX_COUNT", "MAX_INTERVAL", "parse_rrule"]

MAX_COUNT = 1000
"""The most occurrences COUNT may ask for: they are counted out from the start."""

MAX_INTERVAL = {Frequency.DAILY: 1000, Frequency.WEEKLY: 1000, Frequency.MONTHLY: 600, Frequency.YEARLY: 50}
"""The longest INTERVAL, so that the next date always lies within the horizon of `days.HORIZON`."""

_BELOW_DAILY = ("HOURLY", "MINUTELY", "SECONDLY")
_TIME_PARTS = ("BYHOUR", "BYMINUTE", "BYSECOND")
_PARTS = frozenset(
    [
        "FREQ",
        "UNTIL",
        "COUNT",
        "INTERVAL",
        "BYDAY",
        "BYMONTHDAY",
        "BYYEARDAY",
        "BYWEEKNO",
        "BYMONTH",
        "BYSETPOS",
        "WKST",
    ]
)

# re.ASCII and [0-9]: int() and \d also take the digits of other scripts.
_NUMBER = re.compile(r"[+-]?[0-9]{1,4}", re.ASCII)
_BYDAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_UNTIL = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z?))?", re.ASCII)


def parse_rrule(text: str) -> Recur:
    """Read a rule ("FREQ=MONTHLY;BYDAY=2TU", with or without "RRULE:" before it, in either case).

    `text` must already be printable ASCII of bounded length, as `pattern.parse_pattern` sees to.
    Raises InvalidPattern naming the rule part at fault.
    """
    values = _split(text.upper().removeprefix("RRULE:"))
    freq = _frequency(values)
    recur = Recur(
        freq=freq,
        interval=_single(values, "INTERVAL", 1, MAX_INTERVAL[freq], f" with FREQ={freq.value}") or 1,
        count=_single(values, "COUNT", 1, MAX_COUNT),
        until=_until(values),
        by_month=_numbers(values, "BYMONTH", 12, signed=False),
        by_week_no=_numbers(values, "BYWEEKNO", 53),
        by_year_day=_numbers(values, "BYYEARDAY", 366),
        by_month_day=_numbers(values, "BYMONTHDAY", 31),
        by_day=_by_day(values, freq),
        by_set_pos=_numbers(values, "BYSETPOS", 366),
        week_start=_week_start(values),
    )
    _check_together(recur)
    _check_gives_days(recur)
    return recur


def _split(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for piece in text.removesuffix(";").split(";"):
        name, equals, value = (side.strip(" ") for side in piece.partition("="))
        if not equals or not name or not value:
            raise InvalidPattern(
                name if name in _PARTS else "RRULE",
                f"cannot read {quoted(piece)}. Write the rule as parts like FREQ=MONTHLY;BYDAY=2TU.",
            )
        if name in _TIME_PARTS:
            raise InvalidPattern(name, "the time of day is the task's own. Take this part out and set the due time.")
        if name in ("DTSTART", "TZID"):
            raise InvalidPattern(name, "the start is the task's due date. Take this part out of the rule.")
        if name not in _PARTS:
            raise InvalidPattern(
                name if name.isalpha() and len(name) <= 16 else "RRULE",
                f"{quoted(name)} is not a part of a rule. Use FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, "
                "BYYEARDAY, BYWEEKNO, BYMONTH, BYSETPOS and WKST.",
            )
        if name in values:
            raise InvalidPattern(name, "is there twice. Write it once, with commas between the values.")
        values[name] = value
    return values


def _frequency(values: dict[str, str]) -> Frequency:
    value = values.get("FREQ")
    if value is None:
        raise InvalidPattern("FREQ", "is missing. Begin the rule with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.")
    if value in _BELOW_DAILY:
        raise InvalidPattern("FREQ", f"{value} is too often for a task. Use DAILY, WEEKLY, MONTHLY or YEARLY.")
    try:
        return Frequency(value)
    except ValueError:
        raise InvalidPattern("FREQ", f"{quoted(value)} is unknown. Use DAILY, WEEKLY, MONTHLY or YEARLY.") from None


def _single(values: dict[str, str], name: str, low: int, high: int, when: str = "") -> int | None:
    value = values.get(name)
    if value is None:
        return None
    number = int(value) if _NUMBER.fullmatch(value) else None
    if number is None or not low <= number <= high:
        raise InvalidPattern(name, f"{quoted(value)} does not fit. Use one number from {low} to {high}{when}.")
    return number


def _numbers(values: dict[str, str], name: str, high: int, *, signed: bool = True) -> tuple[int, ...]:
    numbers: set[int] = set()
    for item in _items(values, name):
        number = int(item) if _NUMBER.fullmatch(item) else 0
        if number == 0 or abs(number) > high or (number < 0 and not signed):
            backwards = f", or -{high} to -1 to count from the end" if signed else ""
            raise InvalidPattern(name, f"{quoted(item)} does not fit. Use numbers from 1 to {high}{backwards}.")
        numbers.add(number)
    return tuple(sorted(numbers))


def _by_day(values: dict[str, str], freq: Frequency) -> tuple[tuple[int, int], ...]:
    high = {Frequency.MONTHLY: 5, Frequency.YEARLY: 53}.get(freq, 0)
    days: set[tuple[int, int]] = set()
    for item in _items(values, "BYDAY"):
        match = _BYDAY.fullmatch(item)
        if match is None:
            raise InvalidPattern("BYDAY", f"{quoted(item)} is not a weekday. Use MO, TU, WE, TH, FR, SA, SU.")
        n = int(match[1]) if match[1] is not None else 0
        if match[1] is not None and (n == 0 or abs(n) > high):
            allowed = f"use a number from 1 to {high} or -{high} to -1" if high else "leave the number out"
            raise InvalidPattern(
                "BYDAY", f"the number in {quoted(item)} does not fit: with FREQ={freq.value} {allowed}."
            )
        days.add((WEEKDAYS.index(match[2]), n))
    return tuple(sorted(days))


def _week_start(values: dict[str, str]) -> int:
    value = values.get("WKST", "MO")
    if value not in WEEKDAYS:
        raise InvalidPattern("WKST", f"{quoted(value)} is not a weekday. Use one of MO, TU, WE, TH, FR, SA, SU.")
    return WEEKDAYS.index(value)


def _items(values: dict[str, str], name: str) -> list[str]:
    return [item.strip(" ") for item in values[name].split(",")] if name in values else []


def _until(values: dict[str, str]) -> Until | None:
    value = values.get("UNTIL")
    if value is None:
        return None
    match = _UNTIL.fullmatch(value)
    try:
        if match is None:
            raise ValueError
        day = date(int(match[1]), int(match[2]), int(match[3]))
        if match[4] is None:
            return day
        zone = UTC if match[7] else None
        return datetime(day.year, day.month, day.day, int(match[4]), int(match[5]), int(match[6]), tzinfo=zone)
    except ValueError:
        raise InvalidPattern(
            "UNTIL", f"{quoted(value)} is not a date. Write 20261231, or 20261231T090000Z for an exact time."
        ) from None


def _check_together(recur: Recur) -> None:
    """Refuse what RFC 5545, 3.3.10 says must not stand together."""
    freq, yearly = recur.freq.value, recur.freq is Frequency.YEARLY
    if recur.count is not None and recur.until is not None:
        raise InvalidPattern("COUNT", "cannot stand beside UNTIL. Keep the one that you mean.")
    if recur.by_week_no and not yearly:
        raise InvalidPattern("BYWEEKNO", f"only goes with FREQ=YEARLY, not with FREQ={freq}.")
    if recur.by_year_day and not yearly:
        raise InvalidPattern("BYYEARDAY", f"only goes with FREQ=YEARLY, not with FREQ={freq}.")
    if recur.by_month_day and recur.freq is Frequency.WEEKLY:
        raise InvalidPattern("BYMONTHDAY", "does not go with FREQ=WEEKLY. Use FREQ=MONTHLY, or BYDAY for weekdays.")
    if recur.by_week_no and any(n for _, n in recur.by_day):
        raise InvalidPattern("BYDAY", "takes no number beside BYWEEKNO. Write MO instead of 1MO.")
    if recur.by_set_pos and not (recur.chooses_days or recur.by_month):
        raise InvalidPattern("BYSETPOS", "needs a part to choose from. Add BYDAY, BYMONTHDAY or another BY part.")


def _check_gives_days(recur: Recur) -> None:
    """Refuse a rule such as February 30, naming the first part without which it would give days."""
    if ever_gives_a_day(recur):
        return
    looser = (
        ("BYSETPOS", replace(recur, by_set_pos=())),
        ("BYMONTHDAY", replace(recur, by_month_day=())),
        ("BYDAY", replace(recur, by_day=())),
        ("BYYEARDAY", replace(recur, by_year_day=())),
        ("BYWEEKNO", replace(recur, by_week_no=())),
        ("BYMONTH", replace(recur, by_month=())),
    )
    part = next((name for name, rule in looser if rule != recur and ever_gives_a_day(rule)), "RRULE")
    raise InvalidPattern(part, "fits no day of any year, so the task would never repeat. Choose another one.")
