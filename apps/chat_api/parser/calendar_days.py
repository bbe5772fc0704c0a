"""Days as a calendar writes them: "3 may", "4/12", "friday the 4th", "the 31st"."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, Final

from chat_api.parser.dates import month_start, next_date
from chat_api.parser.values import Clock, Context, Day, Unreadable, Weight
from chat_api.parser.written import dated

_ANYWHERE: Final = Weight.ANYWHERE


def month_day_of(context: Context, month: int, day: int, year: int = 0) -> Day | None:
    """That day, the next one where no year was said; None where there is none."""
    found = dated(year, month, day) if year else next_date(context.today, month, day)
    return None if found is None else Day(found)


def _day_month(context: Context, day: int, month: int, year: int = 0) -> Day | None:
    return month_day_of(context, month, day, year)


def _impossible_day(context: Context, one: int, other: int) -> Unreadable | None:
    """Nothing where the day exists; those that do are read elsewhere."""
    return None if month_day_of(context, one, other) or month_day_of(context, other, one) else Unreadable("no_such_day")


def _iso(_: Context, read: tuple[date, Clock | None]) -> Day:
    return Day(read[0], _ANYWHERE, clock=read[1])


def _slashed(context: Context, read: tuple[int, int, int]) -> Day | Unreadable | None:
    """ "24/4", "4/12": both dates where nobody can tell the day from the month."""
    first, second, year = read
    candidates: list[date] = []
    for order, (day, month) in (("dmy", (first, second)), ("mdy", (second, first))):
        found = dated(year, month, day) if year else next_date(context.today, month, day) if 1 <= month <= 12 else None
        if found and found not in candidates:
            if order == context.order:
                return Day(found)
            candidates.append(found)
    if not candidates:
        return Unreadable("no_such_day")
    return Day(candidates[0], others=tuple(candidates[1:]))


def _dotted(context: Context, read: tuple[int, int, int], year: int = 0) -> Day | Unreadable:
    """ "4.12.": with dots the day always comes first."""
    day = month_day_of(context, read[1], read[0], read[2] or year) if 1 <= read[1] <= 12 else None
    return day or Unreadable("no_such_day")


def _point_day(context: Context, read: tuple[int, int]) -> Day | Unreadable:
    day = _dotted(context, (*read, 0))
    return replace(day, weight=Weight.EDGE) if isinstance(day, Day) else day


def _agreeing(weekday: int, day: Day | Unreadable | None) -> Day | Unreadable | None:
    """The date, where it falls on that weekday; of two that it can be, the one that does."""
    if not isinstance(day, Day):
        return day
    fitting = [found for found in (day.day, *day.others) if found.weekday() == weekday]
    if not fitting:
        return Unreadable("other_weekday")
    return replace(day, day=fitting[0], others=tuple(fitting[1:]), weight=_ANYWHERE)


def _weekday_and_date(_: Context, weekday: int, day: Day) -> Day | Unreadable | None:
    return _agreeing(weekday, day)


def _weekday_and_iso(context: Context, weekday: int, read: tuple[date, Clock | None]) -> Day | Unreadable | None:
    return _agreeing(weekday, _iso(context, read))


def _weekday_and_dotted(context: Context, weekday: int, read: tuple[int, int, int]) -> Day | Unreadable | None:
    return _agreeing(weekday, _dotted(context, read))


def _weekday_and_slashed(context: Context, weekday: int, read: tuple[int, int, int]) -> Day | Unreadable | None:
    return _agreeing(weekday, _slashed(context, read))


def _weekday_and_ordinal(context: Context, weekday: int, number: int) -> Day | Unreadable | None:
    return _agreeing(weekday, ordinal_day(context, number))


def ordinal_day(context: Context, number: int) -> Day | None:
    """ "the 31st": of this month or of the next one that has it."""
    firsts = (month_start(context.today, months) for months in range(3))
    found = (dated(first.year, first.month, number) for first in firsts)
    day = next((day for day in found if day and day >= context.today), None)
    return None if day is None else Day(day)


def _ordinal_alone(context: Context, number: int) -> Day | None:
    day = ordinal_day(context, number)
    return None if day is None else replace(day, weight=Weight.COMPANION)


def _impossible_ordinal(context: Context, number: int) -> Unreadable | None:
    return None if ordinal_day(context, number) else Unreadable("no_such_day")


ACTIONS: Final[dict[str, Callable[..., Any]]] = {
    "month_day": month_day_of, "day_month": _day_month, "impossible_day": _impossible_day, "iso": _iso,
    "slashed": _slashed, "dotted": _dotted, "point_day": _point_day, "weekday_and_date": _weekday_and_date,
    "weekday_and_iso": _weekday_and_iso, "weekday_and_dotted": _weekday_and_dotted,
    "weekday_and_slashed": _weekday_and_slashed, "weekday_and_ordinal": _weekday_and_ordinal,
    "ordinal_day": ordinal_day, "ordinal_alone": _ordinal_alone, "impossible_ordinal": _impossible_ordinal,
}  # fmt: skip
