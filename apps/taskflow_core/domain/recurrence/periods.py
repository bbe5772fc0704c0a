"""Weeks, months and years, numbered without gaps, and the days that a rule chooses in each.

Days are proleptic ordinals, as in `days`. What days a month or a year gives only depends on its shape (length and first
weekday), of which there are few: each is worked out once and kept.
"""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Protocol

from taskflow_core.domain.recurrence.rrule import Frequency, Recur

__all__ = ["MAX_DAY", "Periods", "months", "weeks", "years"]

MAX_DAY = date(9999, 12, 30).toordinal()
"""The last day that is ever given: one short of the calendar's end, so that every zone can still express it."""

_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Periods(Protocol):
    """The periods of a frequency, numbered without gaps, and the days that a rule gives in each.

    `last` is the period of MAX_DAY; `days` is ascending and not to be asked for later ones.
    """

    @property
    def last(self) -> int: ...

    def index(self, day: int) -> int: ...

    def days(self, period: int) -> Sequence[int]: ...


class _Weeks:
    """Weeks from the rule's WKST on; the days are chosen by BYDAY, then BYMONTH, then BYSETPOS."""

    def __init__(self, recur: Recur, weekday: int) -> None:
        self._start = recur.week_start + 1
        self._by_month = recur.by_month
        self._by_set_pos = recur.by_set_pos
        weekdays = {day for day, _ in recur.by_day} or {weekday}
        self._offsets = tuple(sorted((day - recur.week_start) % 7 for day in weekdays))
        self.last = self.index(MAX_DAY)

    def index(self, day: int) -> int:
        return (day - self._start) // 7

    def days(self, period: int) -> Sequence[int]:
        first = period * 7 + self._start
        days = [first + offset for offset in self._offsets]
        if self._by_month:
            days = [day for day in days if 0 < day <= MAX_DAY and date.fromordinal(day).month in self._by_month]
        return _at_positions(days, self._by_set_pos) if self._by_set_pos else days


class _Months:
    """Calendar months, numbered year * 12 + month; the days are chosen by BYMONTHDAY and BYDAY, then BYSETPOS."""

    def __init__(self, recur: Recur, month_day: int) -> None:
        self._by_month = recur.by_month
        self._by_month_day = recur.by_month_day or ((month_day,) if month_day else ())
        self._by_day = recur.by_day
        # With FREQ=DAILY the period is the day, a set of one: its first and its last are the day, there is no second.
        daily = recur.freq is Frequency.DAILY
        self._by_set_pos = () if daily else recur.by_set_pos
        self._none = daily and bool(recur.by_set_pos) and not {1, -1} & set(recur.by_set_pos)
        self._shapes: dict[tuple[int, int], tuple[int, ...]] = {}
        self.last = self.index(MAX_DAY)

    def index(self, day: int) -> int:
        found = date.fromordinal(day)
        return found.year * 12 + found.month - 1

    def days(self, period: int) -> Sequence[int]:
        year, month = divmod(period, 12)
        if self._none or (self._by_month and month + 1 not in self._by_month):
            return ()
        first = date(year, month + 1, 1).toordinal()
        shape = ((first - 1) % 7, _month_length(year, month))
        offsets = self._shapes.get(shape)
        if offsets is None:
            offsets = self._shapes[shape] = self._offsets(*shape)
        return [first + offset for offset in offsets]

    def _offsets(self, weekday: int, length: int) -> tuple[int, ...]:
        chosen = set(range(length))
        if self._by_month_day:
            chosen &= _numbered(self._by_month_day, length)
        if self._by_day:
            chosen &= _weekdays(self._by_day, weekday, length)
        return _at_positions(sorted(chosen), self._by_set_pos)


class _Years:
    """Calendar years; the days are those that fit every BYxxx part there is, then BYSETPOS."""

    def __init__(self, recur: Recur) -> None:
        self._recur = recur
        self._shapes: dict[tuple[int, int, int, int], tuple[int, ...]] = {}
        self.last = self.index(MAX_DAY)

    def index(self, day: int) -> int:
        return date.fromordinal(day).year

    def days(self, period: int) -> Sequence[int]:
        first = date(period, 1, 1).toordinal()
        # The years beside it only matter for BYWEEKNO: a week at either end may be numbered in them.
        shape = ((first - 1) % 7, _year_length(period - 1), _year_length(period), _year_length(period + 1))
        offsets = self._shapes.get(shape)
        if offsets is None:
            offsets = self._shapes[shape] = self._offsets(*shape)
        return [first + offset for offset in offsets]

    def _offsets(self, weekday: int, before: int, length: int, after: int) -> tuple[int, ...]:
        recur = self._recur
        chosen: set[int] = set()
        begin = 0
        for month in range(12):
            month_length = 29 if month == 1 and length == 366 else _MONTH_LENGTHS[month]
            if not recur.by_month or month + 1 in recur.by_month:
                days = set(range(month_length))
                if recur.by_month_day:
                    days &= _numbered(recur.by_month_day, month_length)
                if recur.by_day and recur.by_month:
                    # RFC 5545: beside BYMONTH, 2TU is the second Tuesday of the month, else the second of the year.
                    days &= _weekdays(recur.by_day, (weekday + begin) % 7, month_length)
                chosen.update(begin + day for day in days)
            begin += month_length
        if recur.by_day and not recur.by_month:
            chosen &= _weekdays(recur.by_day, weekday, length)
        if recur.by_year_day:
            chosen &= _numbered(recur.by_year_day, length)
        if recur.by_week_no:
            numbers = _week_numbers(weekday, before, length, after, recur.week_start)
            chosen = {day for day in chosen if not numbers[day].isdisjoint(recur.by_week_no)}
        return _at_positions(sorted(chosen), recur.by_set_pos)


@lru_cache(maxsize=1024)
def weeks(recur: Recur, weekday: int) -> _Weeks:
    """The weeks of a weekly rule; `weekday` is its day where BYDAY names none."""
    return _Weeks(recur, weekday)


@lru_cache(maxsize=1024)
def months(recur: Recur, month_day: int = 0) -> _Months:
    """The months of a rule; `month_day` is its day where no BYxxx part names one."""
    return _Months(recur, month_day)


@lru_cache(maxsize=1024)
def years(recur: Recur) -> _Years:
    """The years of a yearly rule."""
    return _Years(recur)


def _year_length(year: int) -> int:
    return 366 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 365


def _month_length(year: int, month: int) -> int:
    """Return the length of a month 0-11."""
    return 29 if month == 1 and _year_length(year) == 366 else _MONTH_LENGTHS[month]


def _numbered(numbers: Sequence[int], length: int) -> set[int]:
    """Return the offsets of the days numbered 1, 2, ... or -1, -2, ... in a span of `length` days."""
    return {offset for n in numbers if 0 <= (offset := n - 1 if n > 0 else length + n) < length}


def _weekdays(by_day: Sequence[tuple[int, int]], first: int, length: int) -> set[int]:
    """Return the offsets that BYDAY chooses in a span of `length` days that begins on weekday `first`."""
    chosen: set[int] = set()
    for weekday, n in by_day:
        offsets = range((weekday - first) % 7, length, 7)
        if n == 0:
            chosen.update(offsets)
        elif abs(n) <= len(offsets):
            chosen.add(offsets[n - 1 if n > 0 else n])
    return chosen


def _week_numbers(weekday: int, before: int, length: int, after: int, week_start: int) -> list[frozenset[int]]:
    """Return for each day of a year the number of its week, from either end of the year that the week belongs to.

    Week 1 is the first with at least four days in the year (RFC 5545, ISO 8601), so it is the one with January 4.
    `before`, `length` and `after` are the lengths of the year before, this one and the next.
    """

    def week_one(january_first: int) -> int:
        fourth = january_first + 3
        return fourth - (weekday + fourth - week_start) % 7

    starts = [week_one(day) for day in (-before, 0, length, length + after)]
    numbers: list[frozenset[int]] = []
    for day in range(length):
        year = 1 if day >= starts[1] else 0
        year = 2 if day >= starts[2] else year
        week = (day - starts[year]) // 7 + 1
        weeks = (starts[year + 1] - starts[year]) // 7
        numbers.append(frozenset((week, week - weeks - 1)))
    return numbers


def _at_positions(days: Sequence[int], positions: Sequence[int]) -> tuple[int, ...]:
    """Return the days at BYSETPOS positions (1 the first, -1 the last), all of them when there are no positions."""
    if not positions:
        return tuple(days)
    return tuple(days[offset] for offset in sorted(_numbered(positions, len(days))))
