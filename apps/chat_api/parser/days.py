"""Days: what the grammar's phrases of them mean, counted from the day on which they are said."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from dateutil.easter import easter as easter_of

from chat_api.parser.calendar_days import month_day_of, ordinal_day
from chat_api.parser.dates import month_start, next_date, next_weekday, nth_weekday, shift
from chat_api.parser.values import Context, Day, Moment, Part, Quantity, Span, Unreadable, Weight
from chat_api.parser.written import dated

_ANYWHERE: Final = Weight.ANYWHERE


def _week(today: date, weeks: int) -> date:
    """The Monday of the week so many weeks on."""
    return today + timedelta(days=7 * weeks - today.weekday())


def _from_today(context: Context, days: int) -> Day:
    return Day(context.today + timedelta(days=days), _ANYWHERE)


def _tonight(context: Context) -> Day:
    return Day(context.today, _ANYWHERE, part="night")


def _weekday(context: Context, weekday: int) -> Day:
    return Day(next_weekday(context.today, weekday), name=True)


def _after_now(context: Context, quantity: Quantity) -> Day | Moment | Unreadable | None:
    if (exact := quantity.exact) is not None:
        return Moment(exact)
    return _maybe(shift(context.today, quantity))


def _maybe(day: date | None) -> Day | Unreadable:
    return Unreadable("too_late") if day is None else Day(day, _ANYWHERE)


def _week_today(context: Context) -> Day:
    return Day(context.today + timedelta(days=7), _ANYWHERE)


def _quantity_from(_: Context, quantity: Quantity, day: Day) -> Day | Unreadable | None:
    if quantity.exact is not None or day.others:
        return None
    moved = shift(day.day, quantity)
    return Unreadable("too_late") if moved is None else replace(day, day=moved, weight=_ANYWHERE, name=False)


def _quantity_before(context: Context, quantity: Quantity, day: Day) -> Day | Unreadable | None:
    if quantity.exact is not None or day.others:
        return None
    return _quantity_from(context, replace(quantity, count=-quantity.count), day)


def _weeks_on(context: Context, quantity: Quantity, day: Day) -> Day | Unreadable | None:
    """ "a week on tuesday", "a week tuesday"."""
    return _quantity_from(context, quantity, day) if quantity.unit == "week" else None


def _from_day(_: Context, days: int, day: Day) -> Day | None:
    return None if day.others else Day(day.day + timedelta(days=days), _ANYWHERE)


def _this_weekday(context: Context, weekday: int) -> Day:
    return Day(context.today + timedelta(days=(weekday - context.today.weekday()) % 7), _ANYWHERE)


def _next_weekday(context: Context, weekday: int) -> Day:
    return Day(_week(context.today, 1) + timedelta(days=weekday), _ANYWHERE)


def _weekday_week(context: Context, weekday: int) -> Day:
    return Day(next_weekday(context.today, weekday) + timedelta(days=7), _ANYWHERE)


def _after_next(context: Context, weekday: int) -> Day:
    return Day(_week(context.today, 2) + timedelta(days=weekday), _ANYWHERE)


def _from_week(context: Context, weeks: int) -> Day:
    return Day(_week(context.today, weeks), _ANYWHERE)


def _from_weekend(context: Context, weeks: int) -> Day:
    return Day(max(context.today, _week(context.today, weeks) + timedelta(days=5)), _ANYWHERE)


def _from_month(context: Context, months: int) -> Day:
    return Day(month_start(context.today, months), _ANYWHERE)


def _from_year(context: Context, years: int) -> Day:
    return Day(date(context.today.year + years, 1, 1), _ANYWHERE)


def _period(context: Context, unit: str, later: int) -> tuple[date, date]:
    """The first and the last day of a week, month or year."""
    today = context.today
    if unit == "week":
        return _week(today, later), _week(today, later) + timedelta(days=6)
    if unit == "month":
        return month_start(today, later), month_start(today, later + 1) - timedelta(days=1)
    return date(today.year + later, 1, 1), date(today.year + later, 12, 31)


def _month_named(context: Context, month: int, year: int = 0) -> tuple[date, date]:
    first = date(year or context.today.year, month, 1)
    last = month_start(first, 1) - timedelta(days=1)
    if not year and last < context.today:
        return _month_named(context, month, context.today.year + 1)
    return first, last


def _end_of(_: Context, period: tuple[date, date]) -> Day:
    return Day(period[1], _ANYWHERE)


def _bare_end_of(_: Context, period: tuple[date, date]) -> Day:
    """Without "by" or "at" it may be a word of the title: "end of year party", "eod report"."""
    return Day(period[1], Weight.EDGE)


def _end(unit: str) -> Callable[[Context], Day]:
    return lambda context: _bare_end_of(context, _period(context, unit, 0))


def _end_of_today(context: Context) -> Day:
    return Day(context.today, Weight.EDGE)


def _start_of(context: Context, period: tuple[date, date]) -> Day | None:
    return Day(period[0], _ANYWHERE) if period[0] >= context.today else None


def _nth_weekday_of(context: Context, nth: int, weekday: int, period: tuple[date, date] | None = None) -> Day | None:
    """The nth weekday of the month that is named, else of this month or the next one, as it comes."""
    firsts = [period[0]] if period else [month_start(context.today, months) for months in range(3)]
    found = (nth_weekday(first, nth, weekday) for first in firsts)
    day = next((day for day in found if day and day >= context.today), None)
    return None if day is None else Day(day, _ANYWHERE)


def _nth_weekday_next(context: Context, nth: int, weekday: int) -> Day | None:
    day = nth_weekday(month_start(context.today, 1), nth, weekday)
    return None if day is None else Day(day, _ANYWHERE)


def _day_of_month(context: Context, day: int, later: int = 0) -> Day | None:
    first = month_start(context.today, later)
    found = dated(first.year, first.month, day)
    return Day(found, _ANYWHERE) if found and found >= context.today else None


def _day_of_next_month(context: Context, day: int) -> Day | None:
    return _day_of_month(context, day, 1)


def _named(context: Context, when: tuple[int, int]) -> Day | None:
    return _fixed(context, *when)


def _fixed(context: Context, month: int, day: int) -> Day | None:
    found = next_date(context.today, month, day)
    return None if found is None else Day(found, Weight.COMPANION)


def _easter(context: Context, days: int) -> Day | None:
    found = (easter_of(context.today.year + years) + timedelta(days=days) for years in range(2))
    day = next((day for day in found if day >= context.today), None)
    return None if day is None else Day(day, Weight.COMPANION)


def _day_part(_: Context, day: Day, part: Part) -> Day | None:
    return None if day.part and day.part != part else replace(day, part=part)


def _weekday_part(context: Context, weekday: int, part: Part) -> Day:
    return replace(_weekday(context, weekday), part=part, name=False)


def _ordinal_part(context: Context, number: int, part: Part) -> Day | None:
    day = ordinal_day(context, number)
    return None if day is None else replace(day, part=part)


def _on_day(_: Context, day: Day) -> Day:
    """A preposition makes it sure."""
    return replace(day, weight=_ANYWHERE)


def _on_ordinal(context: Context, number: int) -> Day | None:
    """ "on the 5th" may be a floor, with more words behind it."""
    return ordinal_day(context, number)


def _for_day(_: Context, day: Day) -> Day:
    """ "slides for friday" has a date; "slides for friday meetings" and "gifts for christmas" have none."""
    return replace(day, weight=min(day.weight, Weight.EDGE))


def _day_range(_: Context, first: Day, last: Day) -> Span | None:
    return Span(first, last) if not first.others and not last.others and first.day < last.day else None


def _month_range(context: Context, month: int, first: int, last: int) -> Span | None:
    one = month_day_of(context, month, first)
    other = month_day_of(context, month, last)
    return _day_range(context, one, other) if one and other else None


def _month_range_after(context: Context, first: int, last: int, month: int) -> Span | None:
    return _month_range(context, month, first, last)


ACTIONS: Final[dict[str, Callable[..., Any]]] = {
    "from_today": _from_today, "tonight": _tonight, "weekday": _weekday, "after_now": _after_now,
    "week_today": _week_today, "quantity_from": _quantity_from, "quantity_before": _quantity_before,
    "weeks_on": _weeks_on, "from_day": _from_day, "this_weekday": _this_weekday, "next_weekday": _next_weekday,
    "next_week_day": _next_weekday, "weekday_week": _weekday_week, "after_next": _after_next, "from_week": _from_week,
    "from_weekend": _from_weekend, "from_month": _from_month, "from_year": _from_year, "period": _period,
    "month_named": _month_named, "end_of": _end_of, "bare_end_of": _bare_end_of, "end_of_today": _end_of_today,
    "end_of_week": _end("week"), "end_of_month": _end("month"),
    "end_of_year": _end("year"), "start_of": _start_of, "nth_weekday_of": _nth_weekday_of,
    "nth_weekday_next": _nth_weekday_next, "day_of_month": _day_of_month, "day_of_next_month": _day_of_next_month,
    "named": _named, "fixed": _fixed, "easter": _easter, "day_part": _day_part, "weekday_part": _weekday_part,
    "ordinal_part": _ordinal_part, "on_day": _on_day, "on_ordinal": _on_ordinal, "for_day": _for_day,
    "day_range": _day_range, "month_range": _month_range, "month_range_after": _month_range_after,
}  # fmt: skip
