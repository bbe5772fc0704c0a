"""Times of day and quantities: what the grammar's phrases of them mean."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from chat_api.parser.values import Clock, Context, Part, PartOfDay, Quantity, Unit, Weight
from chat_api.parser.written import clocked, quantity_of

_MOST: Final = 9999


def _quantity(_: Context, count: int, unit: Unit) -> Quantity | None:
    return Quantity(count, unit) if count <= _MOST else None


def _decimal_quantity(_: Context, tenths: int, unit: Unit) -> Quantity | None:
    return quantity_of(f"{tenths // 10}.{tenths % 10}", unit)


def _fortnights(_: Context, count: int) -> Quantity:
    return Quantity(2 * count, "week")


def _and_half(_: Context, hours: int) -> Quantity:
    return Quantity(hours * 60 + 30, "minute")


_IN_DAYS: Final[dict[Unit, int]] = {"day": 1, "week": 7}
_IN_MINUTES: Final[dict[Unit, int]] = {"minute": 1, "hour": 60}


_SUMS: Final[tuple[tuple[Unit, dict[Unit, int]], ...]] = (("minute", _IN_MINUTES), ("day", _IN_DAYS))


def _sum_of(_: Context, first: Quantity, second: Quantity) -> Quantity | None:
    """ "2 hours and 30 minutes", "1 week and 2 days"; of one kind only, the greater first."""
    for unit, kinds in _SUMS:
        if first.unit in kinds and second.unit in kinds:
            if kinds[first.unit] <= kinds[second.unit]:
                return None
            return Quantity(first.count * kinds[first.unit] + second.count * kinds[second.unit], unit)
    return None


def _hour(_: Context, hour: int, half: str = "") -> Clock | None:
    return clocked(hour, 0, half)


def _halved(_: Context, clock: Clock, half: str) -> Clock | None:
    return clocked(clock.hour, clock.minute, half)


def _pointed(_: Context, point: tuple[int, int], half: str = "") -> Clock | None:
    return clocked(point[0], point[1], half)


def _past(_: Context, minutes: int, clock: Clock) -> Clock | None:
    """So many minutes after the hour, or before it where they are negative."""
    if clock.minute or not 1 <= clock.hour <= 12 or minutes > 59:
        return None
    hour = clock.hour if minutes > 0 else (clock.hour - 2) % 12 + 1
    return clocked(hour, minutes % 60)


def _past_half(context: Context, minutes: int, clock: Clock, half: str) -> Clock | None:
    past = _past(context, minutes, clock)
    if past is None:
        return None
    turned = "am" if half == "pm" else "pm"
    # "quarter to 12 pm" is still before noon.
    return clocked(past.hour, past.minute, turned if minutes < 0 and clock.hour == 12 else half)


def _to_hour(context: Context, minutes: int, clock: Clock) -> Clock | None:
    return _past(context, -minutes, clock) if minutes else None


def _spoken(_: Context, hour: int, minute: int, half: str = "") -> Clock | None:
    """ "nine thirty"."""
    return clocked(hour, minute, half) if 1 <= hour <= 12 and minute >= 10 else None


def _clock(_: Context, hour: int, minute: int, weight: int = 2) -> Clock:
    return Clock(hour, minute, False, Weight(weight))


def _midnight(_: Context, weight: int) -> Clock:
    return Clock(0, 0, False, Weight(weight), midnight=True)


def _at_clock(_: Context, clock: Clock) -> Clock:
    """A preposition makes a time sure, but "at 10" may go on with a street."""
    return replace(clock, weight=Weight.EDGE if clock.open and not clock.minute else Weight.ANYWHERE)


def _companion(_: Context, clock: Clock) -> Clock:
    """ "9:30" may be a score or a verse: it needs a day beside it."""
    return replace(clock, weight=Weight.COMPANION)


def _clock_range(_: Context, first: Clock, last: Clock) -> Clock | None:
    """From 3 to 4pm begins at 3pm, from 11 to 1pm at 11am; the first time is what counts."""
    if (
        first.open
        and not last.open
        and first.hour < 12 <= last.hour
        and first.hour + 12 < last.hour + (last.minute > 0)
    ):
        return replace(first, hour=first.hour + 12, open=False)
    if first.open and not last.open and first.hour == 12:
        return replace(first, open=False)
    return replace(first, weight=Weight.ANYWHERE)


def _in_part(_: Context, clock: Clock, part: Part) -> Clock:
    return replace(clock, part=part, weight=Weight.ANYWHERE)


def _at_night(context: Context, clock: Clock) -> Clock:
    return _in_part(context, clock, "night")


def _of_glued(_: Context, quantity: Quantity) -> Clock | None:
    """ "at 17h"."""
    return clocked(quantity.count, 0) if quantity.unit == "hour" else None


def _part(_: Context, part: Part) -> PartOfDay:
    return PartOfDay(part)


def _part_today(_: Context, part: Part) -> PartOfDay:
    return PartOfDay(part, today=True)


ACTIONS: Final[dict[str, Callable[..., Any]]] = {
    "quantity": _quantity, "decimal_quantity": _decimal_quantity, "fortnights": _fortnights, "and_half": _and_half,
    "sum_of": _sum_of, "hour": _hour, "halved": _halved, "pointed": _pointed, "past": _past, "past_half": _past_half,
    "to_hour": _to_hour, "spoken": _spoken, "clock": _clock, "midnight": _midnight, "at_clock": _at_clock,
    "companion": _companion, "clock_range": _clock_range, "in_part": _in_part, "at_night": _at_night,
    "of_glued": _of_glued, "part": _part, "part_today": _part_today,
}  # fmt: skip
