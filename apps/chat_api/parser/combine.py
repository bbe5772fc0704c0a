"""Puts the phrases of a sentence together: one day, one time, one repeat, its limits and the reminders."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Final, TypeVar

from chat_api.parser.dates import shift
from chat_api.parser.patterns import first_day, pattern
from chat_api.parser.reminding import Reminder, ReminderWithoutDateError, offset_text, offsets_of, parted
from chat_api.parser.result import When
from chat_api.parser.times import PART_ENDS, PARTS, SMALL, TimeOfDay, times_of
from chat_api.parser.values import (
    Clock,
    ContradictionError,
    Day,
    Except,
    Lasting,
    Moment,
    Part,
    PartOfDay,
    Phrase,
    Quantity,
    Repeat,
    Span,
    Spec,
    Starting,
    Times,
    Unreadable,
    Until,
)
from chat_api.parser.why import Why

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Said:
    """What was said of time, each kind at most once."""

    day: Day | None
    part: Part | None
    clock: Clock | None
    moment: Moment | None
    repeat: Repeat | None
    start: Day | None
    until: date | None
    lasting: Quantity | None
    times: int
    besides: tuple[int, ...]

    @property
    def nothing(self) -> bool:
        return not any((self.day, self.part, self.clock, self.moment, self.repeat))


def combine(phrases: Sequence[Phrase], now: datetime) -> list[When]:
    """What the phrases mean together; more than one where they can be understood in several ways.

    `now` is aware, in the zone of who speaks. Raises ContradictionError and ReminderWithoutDateError.
    """
    for phrase in phrases:
        if isinstance(phrase, Unreadable):
            raise ContradictionError(phrase.why)
    outside, reminders = parted(phrases)
    said = _said(outside)
    if said.nothing and reminders and reminders[0].remind.is_bare:
        # "remind me tomorrow at 9": that is when it is due.
        said = _said([*outside, *reminders[0].phrases])
        reminders = [Reminder(reminders[0].remind), *reminders[1:]]
    if said.nothing and (reminders or said.until or said.lasting or said.times or said.besides):
        if reminders:
            before = [offset_text(offset) for one in reminders for offset in one.remind.offsets]
            before += ["P1D" for one in reminders if one.remind.day_before]
            raise ReminderWithoutDateError(tuple(dict.fromkeys(before)))
        raise ContradictionError("limit_alone")
    return [replace(when, reminders=offsets_of(when, reminders, now, _read)) for when in _readings(said, now)]


def _read(phrases: Sequence[Phrase], now: datetime) -> list[When]:
    return _readings(_said(phrases), now)


def _one(values: Sequence[T], what: Why) -> T | None:
    """The only one of some values. Raises ContradictionError for different ones."""
    if any(value != values[0] for value in values[1:]):
        raise ContradictionError(what)
    return values[0] if values else None


def _of(kind: type[T], phrases: Sequence[Phrase]) -> list[T]:
    return [phrase for phrase in phrases if isinstance(phrase, kind)]


def _said(phrases: Sequence[Phrase]) -> _Said:
    repeat = _one(_of(Repeat, phrases), "several_repeats")
    starts = _of(Starting, phrases)
    spans = _of(Span, phrases)
    if repeat is None and any(not start.alone for start in starts):
        raise ContradictionError("start_alone")
    if repeat is None and _of(Until, phrases):
        raise ContradictionError("end_alone")
    days = _of(Day, phrases)
    start = _one([start.day for start in starts] + [span.first for span in spans], "several_starts")
    if repeat is None and start is not None:
        days, start = [*days, start], None
    ends = [until.day for until in _of(Until, phrases)] + [span.last for span in spans if repeat]
    clocks = [phrase for phrase in phrases if isinstance(phrase, Clock)]
    every = [*days, *([start] if start else [])]
    speaking = (*every, repeat, *clocks, *_of(PartOfDay, phrases))
    parts: list[Part] = [phrase.part for phrase in speaking if phrase is not None and phrase.part is not None]
    moments = _of(Moment, phrases)
    if moments and (days or clocks or parts or repeat):
        raise ContradictionError("two_times")
    today = any(part.today for part in _of(PartOfDay, phrases))
    return _Said(
        day=_day(days, today),
        part=_one(parts, "two_parts"),
        clock=_clock(clocks + [day.clock for day in every if day.clock]),
        moment=_one(moments, "two_times"),
        repeat=repeat,
        start=start,
        until=_certain(_one(ends, "several_ends")),
        lasting=_one([lasting.quantity for lasting in _of(Lasting, phrases)], "several_ends"),
        times=_one([times.count for times in _of(Times, phrases)], "several_ends") or 0,
        besides=tuple(weekday for phrase in _of(Except, phrases) for weekday in phrase.weekdays),
    )


def _certain(day: Day | None) -> date | None:
    if day is not None and day.others:
        raise ContradictionError("day_or_month")
    return day and day.day


def _clock(clocks: list[Clock]) -> Clock | None:
    """The one time of day; "12:00 noon" may be two words for one."""
    if len({(clock.hour, clock.minute, clock.midnight) for clock in clocks}) > 1:
        raise ContradictionError("two_times")
    return next((clock for clock in clocks if not clock.open), clocks[0] if clocks else None)


def _day(days: list[Day], today: bool) -> Day | None:
    if len({(day.day, day.others) for day in days}) > 1:
        raise ContradictionError("several_days")
    if today and days:
        raise ContradictionError("several_days")
    return days[0] if days else _TODAY if today else None


_TODAY: Final = Day(date.min)
"""Stands for the day on which it is said."""


def _readings(said: _Said, now: datetime) -> list[When]:
    if said.nothing:
        return [When()]
    if said.moment is not None:
        try:
            due = now.astimezone(UTC).replace(microsecond=0) + said.moment.after
        except OverflowError:
            raise ContradictionError("too_late") from None
        return [When(due=due)]
    wall = now.replace(tzinfo=None)
    if said.repeat is not None:
        specs = [said.repeat.spec, *said.repeat.others]
        return [_repeating(said, spec, moment, wall) for spec in specs for moment in _times_of_repeat(said, spec)]
    day = wall.date() if said.day is _TODAY else said.day and said.day.day
    days = [day, *(said.day.others if said.day else ())]
    if said.part is not None and said.clock is None and day == wall.date() and PARTS[said.part] <= wall.time():
        # It has begun, or it is over: no time of it can be named.
        if wall.time() >= PART_ENDS[said.part]:
            raise ContradictionError("past")
        return [When(due=day)]
    today = day == wall.date() and not (said.clock and said.clock.midnight)
    times = times_of(said.clock, said.part, on_a_day=said.day is not None and not today)
    found = [_once(day, moment, said, wall) for day, moment in product(days, times)]
    return list(dict.fromkeys(when for several in found for when in several))


def _once(day: date | None, moment: TimeOfDay | None, said: _Said, wall: datetime) -> list[When]:
    """Due on a day at a time, either of which may not have been said."""
    if moment is None:
        return [When(due=day)]
    if day is not None:
        due = moment.on(day)
        later = due + timedelta(hours=12)
        # "today at 6", said at five in the afternoon: six in the morning is over, so the evening is meant.
        if day == wall.date() and moment.open and due < wall:
            if wall > later or later.date() != day:
                raise ContradictionError("past")
            due = later
        return [When(due=due)]
    due = moment.on(wall.date())
    if due > wall:
        return [When(due=due, says_day=False)]
    later = due + timedelta(hours=12)
    if moment.open and wall >= later and due.hour in SMALL:
        later += timedelta(days=1)  # "at 4", said in the evening: of the next night or the next afternoon
    both = [When(due=due + timedelta(days=1), says_day=False)]
    if moment.open and due.hour < 12 and wall < later:
        both.insert(0, When(due=later, says_day=False))
    return both


def _repeating(said: _Said, spec: Spec, moment: TimeOfDay | None, wall: datetime) -> When:
    spec = _without(spec, said.besides) if said.besides else spec
    start = said.start or said.day
    if start is not None and start.others:
        raise ContradictionError("day_or_month")
    today = wall.date()
    if start is None or start is _TODAY:
        over = moment is not None and moment.on(today) <= wall
        begin = today + timedelta(days=1) if over else today
    else:
        begin = start.day
    first = first_day(spec, begin)
    if said.start is None and said.day is not None and said.day is not _TODAY and first != begin:
        raise ContradictionError("day_not_in_repeat")
    until = said.until
    if said.lasting is not None:
        until = shift(first, said.lasting)
        until = until and until - timedelta(days=1)
    if until is not None and until < first:
        raise ContradictionError("end_before_start")
    if until is not None and said.times:
        raise ContradictionError("several_ends")
    return When(
        due=first if moment is None else moment.on(first),
        repeat=pattern(spec, first, said.times),
        repeat_until=until,
        starts=start is not None,
        spec=None if said.times else spec,
    )


def _times_of_repeat(said: _Said, spec: Spec) -> list[TimeOfDay | None]:
    clock = said.clock
    times = times_of(clock, said.part, on_a_day=spec.unit != "day" or not (clock and clock.midnight))
    if spec.unit != "day" and any(moment is not None and moment.next_day for moment in times):
        raise ContradictionError("between_days")
    return times


def _without(spec: Spec, besides: tuple[int, ...]) -> Spec:
    """The repeat without some weekdays."""
    left = tuple(day for day in spec.weekdays or range(7) if day not in besides)
    weekly = spec.unit == "week" and not spec.is_open
    if not left or spec.interval != 1 or not (weekly or spec.unit == "day"):
        raise ContradictionError("repeat_without_days")
    return Spec("week", 1, left)
