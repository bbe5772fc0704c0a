"""What a person writes to say how a task repeats: five short forms, and RRULE for the rest.

| written | means |
|---|---|
| `daily` | every day |
| `weekly:MON,WED,FRI`, `weekly` | on these weekdays; alone: on the start's weekday |
| `monthly:15`, `monthly:31`, `monthly` | on this day, the last one where a month is shorter; alone: the start's |
| `custom:3d`, `custom:2w` | every so many days or weeks |
| `RRULE:FREQ=MONTHLY;BYDAY=2TU` | a rule of RFC 5545, see parser.py |

Letters may be of either case and a trailing colon (`daily:`) is accepted.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from taskflow_core.domain.recurrence.errors import InvalidPattern, quoted
from taskflow_core.domain.recurrence.parser import MAX_INTERVAL, parse_rrule
from taskflow_core.domain.recurrence.rrule import Frequency, Recur

__all__ = ["MAX_TEXT", "Pattern", "check_end_date", "parse_pattern"]

MAX_TEXT = 500
"""The longest pattern, in characters, as written and in its canonical form."""

_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_WEEKDAY_NAMES = {
    name[:length]: weekday
    for weekday, name in enumerate(("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"))
    for length in (2, 3, len(name))
}
_EVERY = re.compile(r"([0-9]{1,4}) *(D|W)", re.ASCII)
_MONTH_DAY = re.compile(r"[0-9]{1,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A checked pattern. Equal patterns have equal `text`, and `parse_pattern(pattern.text) == pattern`.

    `text` is the canonical form of what was written (`weekly:MON,WED`), at most MAX_TEXT characters: store and answer
    this. `recur` is the rule it stands for.
    """

    text: str
    recur: Recur

    @property
    def rrule(self) -> str:
        """The same as canonical RFC 5545 text, without "RRULE:" (`FREQ=WEEKLY;BYDAY=MO,WE`).

        Any RFC 5545 engine gives the same dates from it, given the start as DTSTART. The one exception is `monthly`
        alone begun on the 29th to the 31st, where an engine would leave short months out: `Rule.rrule` has the start
        and says it exactly.
        """
        return self.recur.text

    def anchored(self, start: date) -> "Pattern":
        """Return the pattern with `weekly` and `monthly` alone spelt out for `start`; others as they are."""
        if self.text == "weekly":
            return _weekly((start.weekday(),))
        if self.text == "monthly":
            return _monthly(start.day)
        return self

    def ending(self, *, count: int | None = None) -> "Pattern":
        """Return the pattern without UNTIL and with this COUNT, or none."""
        recur = self.recur
        if recur.until is None and recur.count == count:
            return self
        recur = replace(recur, until=None, count=count)
        return Pattern(f"RRULE:{recur.text}", recur)


@lru_cache(maxsize=4096)
def parse_pattern(text: str) -> Pattern:
    """Read a pattern as a person or a client wrote it.

    Raises InvalidPattern, which names the part at fault. Takes bounded time for any text.
    """
    if len(text) > MAX_TEXT:
        raise InvalidPattern("pattern", f"is too long. Use at most {MAX_TEXT} characters.")
    # ASCII only: upper() and int() would take letters and digits of other scripts for ours.
    if not text.isascii() or not text.isprintable():
        raise InvalidPattern("pattern", "holds characters that no pattern has. Use plain letters, digits and , : ; =.")
    written = text.strip(" ").upper()
    word, _, rest = (side.strip(" ") for side in written.partition(":"))
    if word == "RRULE" or word.startswith("FREQ="):
        return _from_rrule(written)
    read = {"DAILY": _read_daily, "WEEKLY": _read_weekly, "MONTHLY": _read_monthly, "CUSTOM": _read_custom}.get(word)
    if read is None:
        raise InvalidPattern(
            "pattern",
            f"{quoted(word.lower())} is not a way to repeat. "
            "Use daily, weekly:MON,WED, monthly:15, custom:3d or RRULE:FREQ=MONTHLY;BYDAY=2TU.",
        )
    return read(rest)


def check_end_date(pattern: Pattern, end_date: date | None, start: date | None = None) -> None:
    """Check a pattern against the last day of the series and, where known, the local date of its first occurrence.

    Raises InvalidPattern: an end date does not go with UNTIL or COUNT (part "UNTIL" or "COUNT"), and neither UNTIL nor
    the end date may lie before the start (part "UNTIL" or "recurrence_end_date").
    """
    if end_date is not None:
        for part, value in (("UNTIL", pattern.recur.until), ("COUNT", pattern.recur.count)):
            if value is not None:
                raise InvalidPattern(
                    part,
                    f"cannot stand beside recurrence_end_date. Take {part} out of the rule, or clear the end date.",
                )
        if start is not None and end_date < start:
            message = f"lies before the first due date. Use {start} or a later day."
            raise InvalidPattern("recurrence_end_date", message, "END_BEFORE_START")
    until = pattern.recur.until
    # A day of grace: UNTIL may be an instant, which is another date elsewhere.
    if until is not None and start is not None and until.toordinal() < start.toordinal() - 1:
        message = f"lies before the first due date. Use {start:%Y%m%d} or a later day."
        raise InvalidPattern("UNTIL", message, "END_BEFORE_START")


def _from_rrule(written: str) -> Pattern:
    rule = written.removeprefix("RRULE").lstrip(" ").removeprefix(":").strip(" ")
    if not rule:
        raise InvalidPattern("RRULE", "is empty. Write a rule after it, such as RRULE:FREQ=MONTHLY;BYDAY=2TU.")
    recur = parse_rrule(rule)
    canonical = f"RRULE:{recur.text}"
    if len(canonical) > MAX_TEXT:
        raise InvalidPattern("RRULE", f"is too long. Use at most {MAX_TEXT} characters.")
    return Pattern(canonical, recur)


def _read_daily(rest: str) -> Pattern:
    if rest:
        raise InvalidPattern("daily", f"takes nothing after it, not {quoted(rest)}. Use custom:3d for every third day.")
    return Pattern("daily", Recur(freq=Frequency.DAILY))


def _read_weekly(rest: str) -> Pattern:
    if not rest:
        return Pattern("weekly", Recur(freq=Frequency.WEEKLY))
    weekdays: set[int] = set()
    for item in rest.split(","):
        weekday = _WEEKDAY_NAMES.get(item.strip(" "))
        if weekday is None:
            raise InvalidPattern("weekly", f"{quoted(item)} is not a weekday. Use {','.join(_WEEKDAYS)}.")
        weekdays.add(weekday)
    return _weekly(tuple(sorted(weekdays)))


@lru_cache(maxsize=128)
def _weekly(weekdays: tuple[int, ...]) -> Pattern:
    recur = Recur(freq=Frequency.WEEKLY, by_day=tuple((weekday, 0) for weekday in weekdays))
    return Pattern("weekly:" + ",".join(_WEEKDAYS[weekday] for weekday in weekdays), recur)


def _read_monthly(rest: str) -> Pattern:
    if not rest:
        return Pattern("monthly", Recur(freq=Frequency.MONTHLY))
    day = int(rest) if _MONTH_DAY.fullmatch(rest) else 0
    if not 1 <= day <= 31:
        raise InvalidPattern(
            "monthly",
            f"{quoted(rest)} is not a day of the month. Use one from 1 to 31 (31 is the last day of every month); "
            "for several write RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15.",
        )
    return _monthly(day)


@lru_cache(maxsize=31)
def _monthly(day: int) -> Pattern:
    """Return `monthly:<day>`, as a rule that gives the last day of a shorter month rather than none."""
    if day <= 28:
        recur = Recur(freq=Frequency.MONTHLY, by_month_day=(day,))
    elif day == 31:
        recur = Recur(freq=Frequency.MONTHLY, by_month_day=(-1,))
    else:
        recur = Recur(freq=Frequency.MONTHLY, by_month_day=tuple(range(28, day + 1)), by_set_pos=(-1,))
    return Pattern(f"monthly:{day}", recur)


def _read_custom(rest: str) -> Pattern:
    match = _EVERY.fullmatch(rest)
    freq = Frequency.WEEKLY if match and match[2] == "W" else Frequency.DAILY
    number = int(match[1]) if match else 0
    if not 1 <= number <= MAX_INTERVAL[freq]:
        raise InvalidPattern(
            "custom",
            f"cannot read {quoted(rest.lower())}. Use a number from 1 to {MAX_INTERVAL[freq]} and d for days "
            "or w for weeks, such as custom:3d.",
        )
    return Pattern(f"custom:{number}{'w' if freq is Frequency.WEEKLY else 'd'}", Recur(freq=freq, interval=number))
