"""Arithmetic of days: no words."""

from datetime import date, timedelta

from chat_api.parser.values import YEARS, Quantity
from chat_api.parser.written import dated


def shift(day: date, quantity: Quantity) -> date | None:
    """`day` plus some days, weeks, months or years; None beyond the years that due dates may have."""
    if quantity.unit in ("day", "week"):
        ordinal = day.toordinal() + quantity.count * (7 if quantity.unit == "week" else 1)
        moved = date.fromordinal(ordinal) if 0 < ordinal < date.max.toordinal() else date.max
    else:
        months = quantity.count * (12 if quantity.unit == "year" else 1)
        years, month = divmod(day.month - 1 + months, 12)
        if day.year + years not in YEARS:
            return None
        moved = month_day(day.year + years, month + 1, day.day)
    return moved if moved.year in YEARS else None


def month_day(year: int, month: int, day: int) -> date:
    """That day of the month, or the month's last one where it is shorter."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day - 1), following - timedelta(days=1))


def month_start(today: date, months: int) -> date:
    """The first day of the month so many months on."""
    years, month = divmod(today.month - 1 + months, 12)
    return date(today.year + years, month + 1, 1)


def nth_weekday(first: date, nth: int, weekday: int) -> date | None:
    """The nth such weekday of the month that begins on `first`; the last one for -1."""
    if nth < 0:
        last = month_start(first, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    return day if day.month == first.month else None


def next_date(today: date, month: int, day: int) -> date | None:
    """The next such date, today included."""
    # Eight years always hold a 29 February.
    candidates = (dated(today.year + years, month, day) for years in range(9))
    return next((found for found in candidates if found and found >= today), None)


def next_weekday(today: date, weekday: int) -> date:
    """The first such weekday after today."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
