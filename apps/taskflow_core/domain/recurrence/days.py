"""Which days a rule gives: RFC 5545's date arithmetic, able to begin anywhere without walking from the start.

Days are proleptic ordinals (`date.toordinal()`; 1 is a Monday). A rule cuts time into periods (weeks, months, years) of
which every INTERVAL-th counts, and each period gives a few days. The period of a day is found by division, so the next
date of a series begun decades ago costs the same as that of one begun today.
"""

from dataclasses import replace
from datetime import date
from typing import Protocol

from taskflow_core.domain.recurrence.periods import MAX_DAY, Periods, months, weeks, years
from taskflow_core.domain.recurrence.rrule import Frequency, Recur

__all__ = ["HORIZON", "Days", "days_of", "ever_gives_a_day"]

HORIZON = 50 * 366
"""How many days are searched for the next one. A rule that gives nothing for fifty years has ended."""


_LONGEST_MONTH = 31


class Days(Protocol):
    """The days of one rule counted from one start, endless: COUNT and UNTIL are not looked at here."""

    def on_or_after(self, day: int) -> int | None:
        """Return the first day given on or after `day`; None past the horizon."""
        ...

    def on_or_before(self, day: int) -> int | None:
        """Return the last day given on or before `day`; None past the horizon. May lie before the start."""
        ...


def days_of(recur: Recur, start: date) -> Days:
    """Return the days of `recur` counted from `start`, which also gives the day where the rule leaves it open."""
    first = start.toordinal()
    if recur.freq is Frequency.DAILY and not (recur.by_month or recur.chooses_days):
        return _EveryNth(first, recur.interval)
    if recur.freq is Frequency.DAILY and recur.interval > _LONGEST_MONTH:
        return _FarApart(months(recur), first, recur.interval)
    if recur.freq is Frequency.DAILY:
        return _Stepped(months(recur), first, 1, every=recur.interval)
    if recur.freq is Frequency.WEEKLY:
        return _Stepped(weeks(recur, 0 if recur.by_day else start.weekday()), first, recur.interval)
    if recur.freq is Frequency.MONTHLY:
        return _Stepped(months(recur, 0 if recur.chooses_days else start.day), first, recur.interval)
    return _Stepped(years(_with_start(recur, start)), first, recur.interval)


def ever_gives_a_day(recur: Recur) -> bool:
    """Return whether the rule gives any day at all, whatever its start and interval.

    Fifty years hold every shape of year there is, so a rule that gives nothing in them gives nothing ever.
    """
    start = date(2000, 1, 1)
    return days_of(replace(recur, interval=1), start).on_or_after(start.toordinal()) is not None


class _EveryNth:
    """Every n-th day, by division."""

    __slots__ = ("_first", "_step")

    def __init__(self, first: int, step: int) -> None:
        self._first = first
        self._step = step

    def on_or_after(self, day: int) -> int | None:
        found = day + (self._first - day) % self._step
        return found if found <= MAX_DAY else None

    def on_or_before(self, day: int) -> int | None:
        found = day - (day - self._first) % self._step
        return found if found > 0 else None


class _FarApart:
    """Every n-th day that also fits, where those are further apart than months: looked at one after the other."""

    __slots__ = ("_every", "_periods")

    def __init__(self, periods: Periods, first: int, step: int) -> None:
        self._periods = periods
        self._every = _EveryNth(first, step)

    def on_or_after(self, day: int) -> int | None:
        last = day + HORIZON
        found = self._every.on_or_after(day)
        while found is not None and found <= last:
            if found in self._periods.days(self._periods.index(found)):
                return found
            found = self._every.on_or_after(found + 1)
        return None

    def on_or_before(self, day: int) -> int | None:
        last = day - HORIZON
        found = self._every.on_or_before(min(day, MAX_DAY))
        while found is not None and found >= last:
            if found in self._periods.days(self._periods.index(found)):
                return found
            found = self._every.on_or_before(found - 1)
        return None


class _Stepped:
    """Every n-th period from the start's, looked through one after the other up to the horizon.

    `every` thins out single days instead: FREQ=DAILY;INTERVAL=n with BY parts is "each n-th day that also fits", looked
    up by the month.
    """

    __slots__ = ("_every", "_first", "_periods", "_phase", "_step")

    def __init__(self, periods: Periods, first: int, step: int, every: int = 1) -> None:
        self._periods = periods
        self._first = first
        self._phase = periods.index(first) if step > 1 else 0
        self._step = step
        self._every = every

    def on_or_after(self, day: int) -> int | None:
        if day > MAX_DAY:
            return None
        period = self._periods.index(day)
        period += (self._phase - period) % self._step
        last = None  # looked up only when the first period gives nothing: it seldom does
        while period <= (self._periods.last if last is None else last):
            for found in self._periods.days(period):
                if found >= day and (found - self._first) % self._every == 0:
                    return found if found <= MAX_DAY else None
            if last is None:
                last = self._periods.index(min(day + HORIZON, MAX_DAY))
            period += self._step
        return None

    def on_or_before(self, day: int) -> int | None:
        period = self._periods.index(min(day, MAX_DAY))
        period -= (period - self._phase) % self._step
        last = self._periods.index(max(day - HORIZON, 1))
        while period >= last:
            for found in reversed(self._periods.days(period)):
                if found <= day and (found - self._first) % self._every == 0:
                    return found
            period -= self._step
        return None


def _with_start(recur: Recur, start: date) -> Recur:
    """Return a yearly rule with what it leaves open taken from the start (RFC 5545: derived from DTSTART)."""
    if not recur.chooses_days:
        return replace(recur, by_month=recur.by_month or (start.month,), by_month_day=(start.day,))
    if recur.by_week_no and not (recur.by_day or recur.by_month_day or recur.by_year_day):
        return replace(recur, by_day=((start.weekday(), 0),))
    return recur
