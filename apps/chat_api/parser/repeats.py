"""Repeats: what the grammar's phrases of them mean, the dates they begin on, and the pattern that a task stores."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from chat_api.parser.values import (
    Context,
    Day,
    Except,
    Lasting,
    Part,
    Quantity,
    Repeat,
    Spec,
    Starting,
    Times,
    Unit,
    Unreadable,
    Until,
    Weight,
)

_WORKDAYS: Final = (0, 1, 2, 3, 4)
_MOST: Final[dict[Unit, int]] = {"day": 366, "week": 52, "month": 36, "year": 10}
"""The longest intervals: more is no habit, and probably misread."""
_TOO_OFTEN: Final = Unreadable("too_often")


def _every_unit(_: Context, unit: Unit, interval: int, edge: int = 0) -> Repeat | Unreadable | None:
    """A word like "weekly" is an adjective as often (`edge`): it repeats only before or after a title."""
    if unit in ("minute", "hour"):
        return _TOO_OFTEN
    if not 1 <= interval <= _MOST[unit]:
        return Unreadable("no_such_interval")
    return Repeat(Spec(unit, interval), weight=Weight.EDGE if edge else Weight.ANYWHERE)  # pyright: ignore[reportArgumentType]


def _every_one(context: Context, unit: Unit) -> Repeat | Unreadable | None:
    return _every_unit(context, unit, 1)


def _every_some(context: Context, interval: int, unit: Unit) -> Repeat | Unreadable | None:
    return _every_unit(context, unit, interval)


def _every_glued(context: Context, quantity: Quantity) -> Repeat | Unreadable | None:
    return _every_unit(context, quantity.unit, quantity.count)


def _every_part(_: Context, part: Part) -> Repeat:
    return Repeat(Spec("day"), part)


def _weekly(weekdays: Sequence[int], part: Part | None = None, interval: int = 1) -> Repeat:
    return Repeat(Spec("week", interval, tuple(sorted(set(weekdays)))), part)


def _on_weekdays(_: Context, weekdays: tuple[int, ...], part: Part | None = None) -> Repeat:
    return _weekly(weekdays, part)


def _plural_weekdays(_: Context, weekdays: tuple[int, ...], part: Part | None = None) -> Repeat:
    return replace(_weekly(weekdays, part), weight=Weight.EDGE)


def _weekdays_repeat(_: Context) -> Repeat:
    return replace(_weekly(_WORKDAYS), weight=Weight.EDGE)


def _other_weekdays(_: Context, weekdays: tuple[int, ...], part: Part | None = None) -> Repeat:
    return _weekly(weekdays, part, 2)


def _other_part(_: Context, part: Part) -> Repeat:
    return Repeat(Spec("day", 2), part)


def _some_weeks_on(
    _: Context, interval: int, unit: Unit, weekdays: tuple[int, ...], part: Part | None = None
) -> Repeat | None:
    return _weekly(weekdays, part, interval) if unit == "week" and 1 <= interval <= _MOST["week"] else None


def _some_months_on(_: Context, interval: int, unit: Unit, days: tuple[int, ...]) -> Repeat | None:
    fits = unit == "month" and 1 <= interval <= _MOST["month"]
    return Repeat(Spec("month", interval, month_days=days)) if fits else None


def _some_months_nth(_: Context, interval: int, unit: Unit, nth: int, weekday: int) -> Repeat | None:
    monthly = _nth(nth, (weekday,)) if unit == "month" and 1 <= interval <= _MOST["month"] else None
    return monthly and replace(monthly, spec=replace(monthly.spec, interval=interval))


def _but_weekday(_: Context, weekday: int) -> Repeat:
    return _weekly([day for day in _WORKDAYS if day != weekday])


def _weekday_list(_: Context, first: int, others: tuple[int, ...]) -> tuple[int, ...]:
    return (first, *others)


def _weekday_span(_: Context, first: int, last: int) -> tuple[int, ...]:
    return tuple((first + n) % 7 for n in range((last - first) % 7 + 1))


def _weekdays_of(_: Context, first: int, last: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1))


def _joined(_: Context, first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    return first + second


def _two_weekdays(_: Context, first: int, second: int) -> tuple[int, ...]:
    return first, second


def _month_day_number(_: Context, number: int) -> int | None:
    return number if 1 <= number <= 31 else None


def _month_day_list(_: Context, first: int, others: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted({first, *others}, key=lambda day: day % 32))


def _one_number(_: Context, number: int) -> tuple[int, ...] | None:
    return (number,) if 1 <= number <= 31 else None


def _month_at(_: Context, day: int) -> Repeat:
    return Repeat(Spec("month", month_days=(day,)))


def _month_on(_: Context, days: tuple[int, ...]) -> Repeat:
    return Repeat(Spec("month", month_days=days))


def _nth(nth: int, weekdays: tuple[int, ...]) -> Repeat | None:
    if not (nth == -1 or 1 <= nth <= 5):
        return None
    return Repeat(Spec("month", weekdays=weekdays, nth=(nth,), several=len(weekdays) > 1))


def _nth_weekdays(_: Context, nth: int, weekday: int) -> Repeat | None:
    return _nth(nth, (weekday,))


def _nth_workday(_: Context, nth: int) -> Repeat | None:
    return _nth(nth, _WORKDAYS)


def _nth_two(_: Context, first: int, second: int, weekday: int) -> Repeat | None:
    numbers = tuple(sorted({first, second}, key=lambda nth: nth % 10))
    fitting = all(nth == -1 or 1 <= nth <= 5 for nth in numbers)
    return Repeat(Spec("month", weekdays=(weekday,), nth=numbers)) if fitting else None


def _weekday_parts(_: Context, weekday: int, part: Part) -> Repeat:
    """ "tuesday nights"."""
    return _weekly((weekday,), part)


def _last_weekday(_: Context, weekday: int) -> Repeat | None:
    return _nth(-1, (weekday,))


def _first_weekday(_: Context, weekday: int) -> Repeat | None:
    return _nth(1, (weekday,))


def _which_nth(_: Context, nth: int, weekday: int) -> Repeat | None:
    """ "every third monday": every three weeks, or that of each month."""
    if not 2 <= nth <= 4:
        return None
    return Repeat(Spec("month", weekdays=(weekday,), nth=(nth,)), others=(Spec("week", nth, (weekday,)),))


def _every_date_of(_: Context, day: Day) -> Repeat:
    return Repeat(Spec("year", month_days=(day.day.day,), month=day.day.month))


def _surely(_: Context, repeat: Repeat | Unreadable) -> Repeat | Unreadable:
    return replace(repeat, weight=Weight.ANYWHERE) if isinstance(repeat, Repeat) else repeat


def _starting(_: Context, alone: int, day: Day) -> Starting:
    return Starting(day, bool(alone))


def _starting_in(_: Context, period: tuple[date, date]) -> Starting:
    """ "starting january": from its first day on."""
    return Starting(Day(period[0]), alone=False)


def _until(_: Context, day: Day) -> Until:
    return Until(day)


def _lasting(_: Context, quantity: Quantity) -> Lasting:
    return Lasting(quantity)


def _times(_: Context, count: int) -> Times | None:
    return Times(count) if 1 <= count <= 1000 else None


def _except_days(_: Context, weekdays: tuple[int, ...]) -> Except:
    return Except(weekdays)


ACTIONS: Final[dict[str, Callable[..., Any]]] = {
    "every_glued": _every_glued, "every_one": _every_one, "every_some": _every_some, "but_weekday": _but_weekday,
    "every_date_of": _every_date_of, "every_part": _every_part, "every_unit": _every_unit, "except_days": _except_days,
    "first_weekday": _first_weekday, "both_lists": _joined, "last_weekday": _last_weekday, "lasting": _lasting,
    "month_day_list": _month_day_list, "month_day_number": _month_day_number, "month_at": _month_at,
    "month_on": _month_on, "nth_two": _nth_two, "weekday_parts": _weekday_parts, "nth_weekdays": _nth_weekdays,
    "nth_workday": _nth_workday, "on_weekdays": _on_weekdays, "one_number": _one_number, "other_part": _other_part,
    "other_weekdays": _other_weekdays, "plural_weekdays": _plural_weekdays, "some_months_on": _some_months_on,
    "some_months_nth": _some_months_nth,
    "some_weeks_on": _some_weeks_on, "starting": _starting,
    "starting_in": _starting_in, "surely": _surely, "times": _times,
    "two_weekdays": _two_weekdays, "until": _until, "weekday_list": _weekday_list, "weekday_span": _weekday_span,
    "weekdays_of": _weekdays_of, "weekdays_repeat": _weekdays_repeat, "which_nth": _which_nth,
}  # fmt: skip
