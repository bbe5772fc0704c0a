"""Clauses of time: when a task is due, how it repeats and when to remind of it, read from words one after another.

Every reader takes the compared words and a position, and gives what it read with the position after it, or None. None
of them searches: the work is linear in the words of a clause.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from chat_api.chat.times import (
    DAY_NUMBER,
    ISO,
    MONTH,
    PARTS,
    UNITS,
    WEEKDAY,
    at,
    count_of,
    quantity,
    read_clock,
    read_day,
    read_from_now,
    read_hours,
    read_part,
)

_PLURAL: Final = {f"{name}s": number for name, number in WEEKDAY.items() if name.endswith("day")}
_AT_DUE: Final = "PT0S"
_RULE_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

RepeatKind = Literal["daily", "weekly", "monthly", "custom", "rule", "unsupported"]


@dataclass(frozen=True)
class Repeat:
    """How a task repeats: `days` are weekdays (Monday is 0), `number` the day of the month or the days between.

    `rule` is an RFC 5545 rule, for what the short patterns cannot say.
    """

    kind: RepeatKind
    days: tuple[int, ...] = ()
    number: int = 0
    rule: str = ""


@dataclass
class Clauses:
    """What a run of clauses said; each part at most once. Times are wall times of the person speaking."""

    day: date | None = None
    clock: time | None = None
    twelve_hour: bool = False
    """Whether `clock` left open which half of the day it means, so that "in the evening" may decide."""
    part: str | None = None
    after: timedelta | None = None
    """Counted from this very moment: "in 2 hours"."""
    repeat: Repeat | None = None
    until: date | None = None
    reminders: list[str] = field(default_factory=list[str])

    @property
    def wall_time(self) -> time | None:
        """The time of day, where one was said."""
        if self.part is None:
            return self.clock
        if self.clock is None:
            return PARTS[self.part]
        if self.twelve_hour and self.part != "morning" and self.clock.hour < 12:
            return self.clock.replace(hour=self.clock.hour + 12)
        return self.clock


def read_clauses(keys: Sequence[str], now: datetime, *, loose: bool = False) -> Clauses | None:
    """All of `keys` as clauses of time, or None where they are anything else.

    `now` is the person's wall time. `loose` also takes what would be an ordinary word at the end of a title ("sun",
    "9:30", "noon"): for phrases that can only be a time.
    """
    clauses = Clauses()
    index = 0
    while index < len(keys):
        after = _read_clause(keys, index, now, clauses, loose or index > 0)
        if after is None:
            return None
        index = after
    said = (clauses.day, clauses.clock, clauses.part, clauses.after, clauses.repeat)
    if all(part is None for part in said) and not clauses.reminders:
        return None
    if clauses.until is not None and clauses.repeat is None:
        return None
    return clauses


def _read_clause(keys: Sequence[str], index: int, now: datetime, into: Clauses, loose: bool) -> int | None:
    """Read one clause at `index` into `into`; the position after it, or None."""
    if keys[index] in ("", "and") and index > 0:
        return index + 1 if index + 1 < len(keys) else None
    if into.repeat is None and (read := _repeat(keys, index, into)):
        into.repeat = read[0]
        return read[1]
    if read := _reminders(keys, index):
        into.reminders.extend(read[0])
        return read[1]
    if into.until is None and at(keys, index) in ("until", "till", "ending") and (read := read_day(keys, index, now)):
        into.until = read[0]
        return read[1]
    if into.after is None and into.day is None:
        return _day_clause(keys, index, now, into, loose) or _time_clause(keys, index, now, into, loose)
    return _time_clause(keys, index, now, into, loose)


def _day_clause(keys: Sequence[str], index: int, now: datetime, into: Clauses, loose: bool) -> int | None:
    if read := read_from_now(keys, index, now):
        if isinstance(read[0], timedelta):
            into.after = read[0]
        else:
            into.day = read[0]
        return read[1]
    if (found := read_day(keys, index, now, bare=loose)) is None:
        return None
    into.day, index = found
    if keys[index - 1] == "tonight":
        into.part = "night"
    elif match := ISO.fullmatch(keys[index - 1]):
        into.clock = read_hours(match[4].split(":")) if match[4] else into.clock
    elif into.part is None and at(keys, index) in PARTS:
        into.part = keys[index]
        index += 1
    return index


def _time_clause(keys: Sequence[str], index: int, now: datetime, into: Clauses, loose: bool) -> int | None:
    if into.part is None and (part := read_part(keys, index)):
        into.part, index, today = part
        if today and into.day is None:
            into.day = now.date()
        return index
    if into.clock is None and into.after is None and (read := read_clock(keys, index, loose)):
        into.clock, into.twelve_hour = read[0]
        return read[1]
    return None


def _repeat(keys: Sequence[str], index: int, into: Clauses) -> tuple[Repeat, int] | None:
    """ "every Monday", "every other day", "every 2 weeks", "daily", "on weekdays", "monthly on the 15th"."""
    if at(keys, index) in ("repeat", "repeats", "repeating"):
        index += 1
    word = at(keys, index)
    if word in ("daily", "everyday"):
        return Repeat("daily"), index + 1
    if word == "weekly":
        return _on_weekdays(keys, index + 1)
    if word == "monthly":
        return _on_month_day(keys, index + 1)
    if word in ("yearly", "annually"):
        return Repeat("rule", rule="RRULE:FREQ=YEARLY"), index + 1
    if word == "on" and (days := _weekday_list(keys, index + 1, plural=True)):
        return Repeat("weekly", days[0]), days[1]
    if word not in ("every", "each"):
        return None
    return _every(keys, index + 1, into)


def _every(keys: Sequence[str], index: int, into: Clauses) -> tuple[Repeat, int] | None:
    word = at(keys, index)
    if days := _weekday_list(keys, index):
        return Repeat("weekly", days[0]), days[1]
    if word in PARTS and into.part is None:
        into.part = word
        return Repeat("daily"), index + 1
    count = 1
    if word in ("other", "second", "2nd", "third", "3rd"):
        count, index = (3 if word in ("third", "3rd") else 2), index + 1
        if at(keys, index) in WEEKDAY:
            return Repeat("custom", (WEEKDAY[keys[index]],), count * 7), index + 1
    elif (number := count_of(word)) is not None:
        count, index = number, index + 1
    match = DAY_NUMBER.fullmatch(word)
    unit = UNITS.get(at(keys, index))
    if unit is None and match and match[2] and 1 <= int(match[1]) <= 31:
        return Repeat("monthly", number=int(match[1])), _of_the_month(keys, index + (count == 1))
    if unit is None:
        return (Repeat("unsupported"), index + 1) if at(keys, index) == "quarter" else None
    return _every_unit(keys, index + 1, count, unit)


def _every_unit(keys: Sequence[str], after: int, count: int, unit: str) -> tuple[Repeat, int]:
    if unit == "day" and 1 <= count <= 366:
        return (Repeat("daily") if count == 1 else Repeat("custom", number=count)), after
    if unit == "week" and count == 1:
        return _on_weekdays(keys, after)
    if unit == "week" and 2 <= count <= 52:
        days = _weekday_list(keys, after + (at(keys, after) == "on"))
        if days is None:
            return Repeat("custom", number=count * 7), after
        if len(days[0]) == 1:
            return Repeat("custom", days[0], count * 7), days[1]
        by_day = ",".join(_RULE_DAYS[number] for number in days[0])
        return Repeat("rule", days[0], rule=f"RRULE:FREQ=WEEKLY;INTERVAL={count};BYDAY={by_day}"), days[1]
    if unit == "month" and count == 1:
        return _on_month_day(keys, after)
    if unit == "month" and 2 <= count <= 36:
        return Repeat("rule", rule=f"RRULE:FREQ=MONTHLY;INTERVAL={count}"), after
    if unit == "year" and 1 <= count <= 10:
        return Repeat("rule", rule="RRULE:FREQ=YEARLY" + (f";INTERVAL={count}" if count > 1 else "")), after
    return Repeat("unsupported"), after


def _on_weekdays(keys: Sequence[str], index: int) -> tuple[Repeat, int]:
    if at(keys, index) in ("on", "every") and (days := _weekday_list(keys, index + 1)):
        return Repeat("weekly", days[0]), days[1]
    return Repeat("weekly"), index


def _on_month_day(keys: Sequence[str], index: int) -> tuple[Repeat, int]:
    after = index
    if at(keys, after) == "on":
        after += 1 + (at(keys, after + 1) == "the")
        if tuple(keys[after : after + 2]) == ("last", "day"):
            return Repeat("monthly", number=31), _of_the_month(keys, after + 2)
        after += at(keys, after) == "day"
        match = DAY_NUMBER.fullmatch(at(keys, after))
        if match and 1 <= int(match[1]) <= 31 and at(keys, after + 1) not in MONTH:
            return Repeat("monthly", number=int(match[1])), after + 1
    return Repeat("monthly"), index


def _of_the_month(keys: Sequence[str], index: int) -> int:
    ending = tuple(keys[index : index + 3])
    return index + 3 if ending in (("of", "the", "month"), ("of", "every", "month"), ("of", "each", "month")) else index


def _weekday_list(keys: Sequence[str], index: int, *, plural: bool = False) -> tuple[tuple[int, ...], int] | None:
    """ "Monday", "mon, wed and fri", "weekdays", "weekend": the weekdays, in order, each once.

    With `plural`, one of them has to be a plural: "on Monday" is a day, "on Mondays" a repeat.
    """
    word = at(keys, index)
    if word in ("weekday", "weekdays", "workday", "workdays") and (not plural or word.endswith("s")):
        return (0, 1, 2, 3, 4), index + 1
    if word in ("weekend", "weekends") and (not plural or word.endswith("s")):
        return (5, 6), index + 1
    known = WEEKDAY | _PLURAL
    days: list[int] = []
    end = index
    for position in range(index, len(keys)):
        if keys[position] in known:
            days.append(known[keys[position]])
            end = position + 1
        elif not days or keys[position] not in ("and", "&", ""):
            break
    if not days or (plural and not any(keys[position] in _PLURAL for position in range(index, end))):
        return None
    return tuple(sorted(set(days))), end


def _reminders(keys: Sequence[str], index: int) -> tuple[list[str], int] | None:
    """ "remind me 1 day and an hour before", "with a reminder 30 minutes before", "and remind me"."""
    while at(keys, index) in ("and", "with", "a", "an", "then", ""):
        if index >= len(keys):
            return None
        index += 1
    if at(keys, index) == "remind" and at(keys, index + 1) == "me":
        index += 2
    elif at(keys, index) in ("reminder", "reminders"):
        index += 1
    else:
        return None
    read = read_offsets(keys, index)
    return read or ([_AT_DUE], index)


def read_offsets(keys: Sequence[str], index: int) -> tuple[list[str], int] | None:
    """ "1 day and an hour before": ISO 8601 offsets, and the position after the word "before"."""
    found: list[str] = []
    while (read := quantity(keys, index)) and read[0][1] in ("minute", "hour", "day", "week"):
        (count, unit), index = read
        letter = {"minute": "M", "hour": "H"}.get(unit)
        found.append(f"PT{count}{letter}" if letter else f"P{count * (7 if unit == 'week' else 1)}D")
        index += at(keys, index) in ("before", "beforehand", "earlier", "ahead")
        if at(keys, index) in ("and", "&") and quantity(keys, index + 1):
            index += 1
    if not found and tuple(keys[index : index + 3]) == ("the", "day", "before"):
        return ["P1D"], index + 3
    if found and tuple(keys[index : index + 2]) == ("in", "advance"):
        index += 2
    return (found, index) if found else None
