"""The time of day that a clock and a part of the day name together."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from chat_api.parser.values import Clock, ContradictionError, Part

PARTS: Final[dict[Part, time]] = {"morning": time(9), "afternoon": time(15), "evening": time(19), "night": time(20)}
"""When a part of the day is meant to be, without a time."""
PART_ENDS: Final[dict[Part, time]] = {
    "morning": time(12), "afternoon": time(18), "evening": time(23), "night": time.max,
}  # fmt: skip
"""When it is over."""

# Hours of the clock of twelve in a part of the day, as hours of that day; from 24 on they are the next day's.
_TWELVE: Final[dict[Part, dict[int, int]]] = {
    "morning": {12: 0} | {hour: hour for hour in range(1, 12)},
    "afternoon": {12: 12} | {hour: hour + 12 for hour in range(1, 8)},
    "evening": {hour: hour + 12 for hour in range(4, 12)},
    "night": {12: 24} | {hour: hour + 24 for hour in range(1, 5)} | {hour: hour + 12 for hour in range(5, 12)},
}
# The same of the clock of 24 hours, which am and pm come down to.
_WHOLE: Final[dict[Part, dict[int, int]]] = {
    "morning": {hour: hour for hour in range(12)},
    "afternoon": {hour: hour for hour in range(12, 20)},
    "evening": {hour: hour for hour in range(16, 24)},
    "night": {hour: hour + 24 for hour in range(5)} | {hour: hour for hour in range(17, 24)},
}

SMALL: Final = range(1, 6)
"""The hours that may be of the night or of the afternoon."""


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A time of day; `next_day` after the midnight that ends the day. `open` might be twelve hours later."""

    time: time
    next_day: bool = False
    open: bool = False

    def on(self, day: date) -> datetime:
        """That time of a day."""
        return datetime.combine(day, self.time) + timedelta(days=self.next_day)


def times_of(clock: Clock | None, part: Part | None, *, on_a_day: bool) -> list[TimeOfDay | None]:
    """The time that was said, [None] without any; two for the midnight of a day, which can begin or end it,
    and for an hour that may be of the night or of the afternoon.

    Raises ContradictionError for a time that does not lie in the part of the day.
    """
    if clock is None:
        return [None if part is None else TimeOfDay(PARTS[part])]
    if part is not None:
        hours = (_TWELVE if clock.open else _WHOLE)[part]
        if clock.hour not in hours:
            raise ContradictionError("not_in_part")
        hour = hours[clock.hour]
        return [TimeOfDay(time(hour % 24, clock.minute), next_day=hour > 23)]
    moment = TimeOfDay(time(clock.hour, clock.minute), open=clock.open and clock.hour < 12)
    if clock.midnight and on_a_day:
        return [moment, TimeOfDay(moment.time, next_day=True)]
    if clock.open and clock.hour in SMALL and on_a_day:
        # "friday at 3": hardly anybody means the night, but they may.
        return [TimeOfDay(time(clock.hour + 12, clock.minute)), TimeOfDay(moment.time)]
    return [moment]
