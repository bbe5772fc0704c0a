"""When a series happens: its slots, each a local date and the instant in UTC that its due time falls on.

A slot is named by its local date (`occurrence_date`), of which a series has at most one; the due time may be moved by
daylight saving, the date never is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import lru_cache
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from taskflow_core.domain.recurrence.days import Days, days_of
from taskflow_core.domain.recurrence.errors import InvalidPattern
from taskflow_core.domain.recurrence.pattern import Pattern
from taskflow_core.domain.recurrence.periods import MAX_DAY
from taskflow_core.domain.recurrence.rrule import Recur, Until
from taskflow_core.domain.zones import zone

__all__ = ["Rule", "Slot"]

_MIN_DAY = date(1, 1, 2).toordinal()
_TIMEZONE = "recurrence_timezone"

_COUNTED_OUT = 200 * 366
"""How many days after the start COUNT is counted out: a rule with COUNT ends there at the latest."""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One date of a series: its local date, the slot's name, and its due instant (aware, UTC)."""

    occurrence_date: date
    due: datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """All the slots of a series. Cheap to make anew from a database row, and pure: the clock is never read.

    `start_local` is the wall time of the first occurrence in `timezone` (naive; midnight when the task is all-day).
    The first slot is the start itself, whether the pattern fits it or not: it is the task that the person made. After
    it come the pattern's dates, at the same wall time. A wall time that the zone skips moves forward by what is
    skipped, one that comes twice is the first (RFC 5545, 3.3.5). `end_date` is the last local date, inclusive.

    Raises InvalidPattern when the start lies at the very ends of the calendar, and FieldError ("recurrence_timezone")
    when `timezone` is not the name of a zone.
    """

    pattern: Pattern
    start_local: datetime
    timezone: str
    end_date: date | None = None

    # Worked out once: every field below follows from those above.
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)
    _time: time = field(init=False, repr=False, compare=False)
    _start: int = field(init=False, repr=False, compare=False)
    _days: Days = field(init=False, repr=False, compare=False)
    _last: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.start_local.tzinfo is not None:
            raise ValueError("start_local is a wall time: it must be naive")
        if not _MIN_DAY <= self.start_local.toordinal() <= MAX_DAY:
            message = "is too far away to repeat from. Choose a due date nearer to today."
            raise InvalidPattern("due_date", message, "OUT_OF_RANGE")
        start = self.start_local.date()
        # The way to set fields of a frozen dataclass; cached_property costs a lock each, which shows in a batch.
        put = object.__setattr__
        put(self, "_zone", zone(self.timezone, _TIMEZONE))
        put(self, "_time", self.start_local.time().replace(fold=0))
        put(self, "_start", start.toordinal())
        put(self, "_days", days_of(self.pattern.anchored(start).recur, start))
        put(self, "_last", self._last_day())

    @property
    def rrule(self) -> str:
        """The canonical RFC 5545 text, with `weekly` and `monthly` alone spelt out for the start."""
        return self.pattern.anchored(self.start_local.date()).rrule

    def slot_after(self, slot: date) -> Slot | None:
        """Return the first slot later than the local date `slot`; None when the series has ended by then."""
        day = self._day_on_or_after(slot.toordinal() + 1)
        return None if day is None else self._slot(day)

    def slot_on(self, day: date) -> Slot | None:
        """Return the slot of this local date; None when the series has none there."""
        return self._slot(day.toordinal()) if self._day_on_or_after(day.toordinal()) == day.toordinal() else None

    def slot_at_or_before(self, instant: datetime) -> Slot | None:
        """Return the last slot whose due time has come at `instant` (aware); None before the first."""
        # A due time that the zone skips moves forward, never back: no later date can be due by then.
        day = min(instant.astimezone(self._zone).toordinal(), self._last)
        while day >= self._start:
            found = self._days.on_or_before(day)
            slot = self._slot(max(found or self._start, self._start))
            if slot.due <= instant:
                return slot
            day = slot.occurrence_date.toordinal() - 1
        return None

    def slots(self, from_: date, limit: int) -> list[Slot]:
        """Return up to `limit` slots from the local date `from_` on, inclusive, in order."""
        return list(islice(self.iter_slots(from_), limit))

    def iter_slots(self, from_: date) -> Iterator[Slot]:
        """Yield the slots from the local date `from_` on, inclusive; without end when the series has none."""
        day = self._day_on_or_after(from_.toordinal())
        while day is not None:
            yield self._slot(day)
            day = self._day_on_or_after(day + 1)

    def counted_from(self, instant: datetime) -> "Rule":
        """Return the rule counted anew from the local date of `instant`, without COUNT: for `after_completion`."""
        pattern = self.pattern if self.pattern.recur.count is None else self.pattern.ending()
        start = datetime.combine(self.local_date(instant), self._time)
        return Rule(pattern, start, self.timezone, self.end_date)

    def ended_before(self, slot: date) -> "Rule":
        """Return the rule with the slots before the local date `slot` only, as an end date: a split's first half."""
        last = min(slot.toordinal() - 1, self._last)
        return Rule(self.pattern.ending(), self.start_local, self.timezone, date.fromordinal(last))

    def continued_from(self, slot: date) -> "Rule":
        """Return the rule with the slots from `slot`, one of them, on: a split's second half, a series of its own.

        It starts in `slot`; of COUNT it has what is left, and `monthly` alone still means the day it began on.
        """
        start, count = self.start_local.date(), self.pattern.recur.count
        pattern = self.pattern.anchored(start)
        if self.pattern.anchored(slot) == pattern:
            pattern = self.pattern
        if count is not None:
            before = sum(1 for _ in takewhile(lambda earlier: earlier.occurrence_date < slot, self.iter_slots(start)))
            pattern = pattern.ending(count=max(1, count - before))
        return Rule(pattern, datetime.combine(slot, self._time), self.timezone, self.end_date)

    def local_date(self, instant: datetime) -> date:
        """Return the date that clocks of the series' zone show at `instant` (aware)."""
        return instant.astimezone(self._zone).date()

    def due_on(self, day: date) -> datetime:
        """Return the instant (aware, UTC) of the series' time of day on the local date `day`, a slot or not."""
        # fold=0 in a gap counts with the offset before it, which lands behind the gap; in an overlap it is the first.
        return datetime.combine(day, self._time, self._zone).astimezone(UTC)

    def ends_by(self, day: date) -> bool:
        """Return whether end date, UNTIL or COUNT allow no slot later than the local date `day`."""
        return self._last <= day.toordinal()

    def _day_on_or_after(self, day: int) -> int | None:
        if day <= self._start:
            found = self._start
        elif (after := self._days.on_or_after(day)) is not None:
            found = after
        else:
            return None
        return found if found <= self._last else None

    def _slot(self, day: int) -> Slot:
        return Slot(local := date.fromordinal(day), self.due_on(local))

    def _last_day(self) -> int:
        """Return the last day that may be a slot, from the end date, UNTIL and COUNT."""
        last = MAX_DAY if self.end_date is None else min(MAX_DAY, self.end_date.toordinal())
        recur = self.pattern.recur
        if recur.until is not None:
            last = min(last, self._until_day(recur.until))
        if recur.count is not None:
            last = min(last, _counted_out(recur, self.start_local.date()))
        return last

    def _until_day(self, until: Until) -> int:
        """Return the last day whose due time is not after UNTIL."""
        if not isinstance(until, datetime):
            return until.toordinal()
        if until.tzinfo is None:
            return until.toordinal() - (self._time > until.time())
        day = min(max(until.toordinal() + 1, _MIN_DAY), MAX_DAY)
        while day > _MIN_DAY and self.due_on(date.fromordinal(day)) > until:
            day -= 1
        return day


@lru_cache(maxsize=16384)
def _counted_out(recur: Recur, start: date) -> int:
    """Return the day of the COUNT-th occurrence, the start being the first (RFC 5545, 3.3.10)."""
    assert recur.count is not None
    days, day = days_of(recur, start), start.toordinal()
    for _ in range(recur.count - 1):
        following = days.on_or_after(day + 1)
        if following is None or following > start.toordinal() + _COUNTED_OUT:
            break
        day = following
    return day
