"""When a task is due, how it repeats and when to remind of it: from words to values, in the speaker's own time zone.

Our small grammar (phrases.py) reads everything. Only where a phrase can be nothing but a single date and the grammar
does not know it ("two weeks from tomorrow"), dateparser is asked: never about words that could belong to a title.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Any, Final

from dateparser.date import DateDataParser

from chat_api.chat.phrases import Clauses, Repeat, read_clauses
from chat_api.chat.times import WEEKDAY, month_day
from chat_api.chat.words import Words, among

_LONGEST_PHRASE: Final = 24
"""Words of time at the end of a message, at most."""

_DAY_CODES: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_YEARS: Final = range(1970, 2200)

# After these, a day without a preposition belongs to the title: "plans for the day after tomorrow's", "Black Friday".
_BEFORE_A_NAME: Final = among(
    "a about after all and another any ash before black blue casual cyber easter fat freaky good happy her his"
    " holy like last maundy my no of or our palm previous shrove since some super than that the their usa versus vs"
    " what when which with your"
)
_FOREIGN: Final = re.compile(r"[a-z0-9 :.,-]{3,60}", re.ASCII)


class Problem(Enum):
    """Why a message cannot be acted upon as it stands."""

    NO_TITLE = "no title"
    NO_TASK = "no task named"
    LONG_TITLE = "title too long"
    UNREADABLE_DATE = "unreadable date"
    UNSUPPORTED_REPEAT = "unsupported repeat"
    REMINDER_NEEDS_DATE = "reminder needs a date"
    ONE_AT_A_TIME = "one at a time"
    AMBIGUOUS_RENAME = "ambiguous rename"


@dataclass(frozen=True, kw_only=True)
class When:
    """What a message says of time.

    `due` is a date (all day), a naive wall time in the speaker's zone, or an aware instant (said as "in 2 hours").
    `repeat` is a pattern ("daily", "weekly:MON,WED", "monthly:15", "custom:3d", "RRULE:FREQ=YEARLY"), `repeat_until`
    its last day, inclusive.
    `reminders` are ISO 8601 durations before `due` ("P1D", "PT1H"; "PT0S" is the due time itself).
    """

    due: date | datetime | None = None
    repeat: str | None = None
    repeat_until: date | None = None
    reminders: tuple[str, ...] = ()
    says_day: bool = True
    """False when only a time of day was said, and `due` is when it comes next."""
    repeat_follows_due: bool = False
    """True when the repeat names no day of its own ("every month"): of a task with a due date, that date's is meant."""


NOTHING: Final = When()


def split_when(words: Words, now: datetime, *, lead: Words | None = None) -> tuple[Words, When | Problem]:
    """Part `words` into a title and the clauses of time at its end; `lead` are clauses that stood before the title.

    `now` is aware, in the speaker's zone. The title comes back as said; it is empty when everything is about time.
    """
    wall = now.replace(tzinfo=None)
    before = lead.keys if lead else ()
    for start in range(max(0, len(words) - _LONGEST_PHRASE), len(words)):
        if start and _belongs_to_title(words, start):
            continue
        if words.keys[start] in ("", "and"):
            continue
        if clauses := read_clauses(words.keys[start:], wall):
            joined = read_clauses((*before, *words.keys[start:]), wall, loose=True) if before else clauses
            if joined is None:
                continue
            return words[:start], _resolve(joined, now)
    if before and (clauses := read_clauses(before, wall, loose=True)):
        return words, _resolve(clauses, now)
    return words, NOTHING


def parse_when(words: Words, now: datetime) -> When | Problem | None:
    """All of `words` as time, where nothing else can be meant; None when they are something else."""
    if not 0 < len(words) <= _LONGEST_PHRASE:
        return None
    clauses = read_clauses(words.keys, now.replace(tzinfo=None), loose=True)
    return None if clauses is None else _resolve(clauses, now)


def parse_foreign(words: Words, now: datetime) -> When | None:
    """A single date or time as dateparser reads it, for phrases that our grammar does not know; None otherwise.

    Only short phrases of plain letters and digits get there. Dates like 3/5 do not: nobody knows which is the month.
    """
    text = " ".join(words.keys)
    if _FOREIGN.fullmatch(text) is None:
        return None
    settings: dict[str, Any] = {
        "RELATIVE_BASE": now.replace(tzinfo=None),
        "PREFER_DATES_FROM": "future",
        "RETURN_TIME_AS_PERIOD": True,
        "REQUIRE_PARTS": ["day", "month"],
        "PARSERS": ["absolute-time", "relative-time"],
    }
    try:
        found = DateDataParser(languages=["en"], settings=settings).get_date_data(text)
    except (ValueError, OverflowError, TypeError, AttributeError, IndexError, KeyError):
        # A library of this age meets inputs its authors did not: what it cannot read is no date.
        return None
    moment = found.date_obj
    if moment is None or moment.year not in _YEARS:
        return None
    moment = moment.replace(tzinfo=None, microsecond=0)
    return When(due=moment if found.period == "time" else moment.date())


def _belongs_to_title(words: Words, start: int) -> bool:
    """Whether the word before `start` makes what follows a part of the title, as in "Black Friday"."""
    bare = words.keys[start] in WEEKDAY or words.keys[start] in ("today", "tomorrow", "tonight")
    return bare and words.keys[start - 1] in _BEFORE_A_NAME


def _resolve(clauses: Clauses, now: datetime) -> When | Problem:
    wall = now.replace(tzinfo=None)
    if clauses.after is not None:
        if clauses.repeat is not None:
            return Problem.UNSUPPORTED_REPEAT
        due: date | datetime | None = now.astimezone(UTC).replace(microsecond=0) + clauses.after
        return When(due=due, reminders=_once(clauses.reminders))
    clock = clauses.wall_time
    day = clauses.day
    pattern: str | None = None
    if clauses.repeat is not None:
        rule = clauses.repeat
        if rule.kind == "unsupported" or (rule.kind == "monthly" and rule.number > 31):
            return Problem.UNSUPPORTED_REPEAT
        day = day or _first_day(rule, wall, clock)
        pattern = _pattern(rule, day)
    elif day is None and clock is not None:
        day = _soonest(wall.date(), wall, clock)
    if day is None:
        return When(reminders=_once(clauses.reminders))
    return When(
        due=day if clock is None else datetime.combine(day, clock),
        repeat=pattern,
        repeat_until=clauses.until,
        reminders=_once(clauses.reminders),
        says_day=clauses.day is not None or clauses.repeat is not None,
        repeat_follows_due=_is_open(clauses),
    )


def _is_open(clauses: Clauses) -> bool:
    """Whether a repeat was said without any day."""
    rule = clauses.repeat
    if rule is None or clauses.day is not None or rule.days:
        return False
    return rule.kind in ("daily", "weekly", "custom") or (rule.kind == "monthly" and not rule.number)


def repeat_on(pattern: str, day: date) -> str:
    """A pattern that follows its due date, for the date `day`."""
    kind = pattern.partition(":")[0]
    if kind == "weekly":
        return f"weekly:{_DAY_CODES[day.weekday()]}"
    return f"monthly:{day.day}" if kind == "monthly" else pattern


def _once(reminders: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reminders))


def _soonest(day: date, wall: datetime, clock: time | None) -> date:
    """`day`, or the one after it when `clock` has passed on `day` already."""
    return day + timedelta(days=1) if clock and datetime.combine(day, clock) <= wall else day


def _first_day(rule: Repeat, wall: datetime, clock: time | None) -> date:
    """The first day the rule names whose time has not passed yet."""
    day = _soonest(wall.date(), wall, clock)
    if rule.days:
        return next(d for n in range(7) if (d := day + timedelta(days=n)).weekday() in rule.days)
    if rule.kind == "monthly" and rule.number:
        this = month_day(day.year, day.month, rule.number)
        return this if this >= day else month_day(day.year + day.month // 12, day.month % 12 + 1, rule.number)
    return day


def _pattern(rule: Repeat, first: date) -> str:
    match rule.kind:
        case "weekly":
            return "weekly:" + ",".join(_DAY_CODES[number] for number in rule.days or (first.weekday(),))
        case "monthly":
            return f"monthly:{rule.number or first.day}"
        case "custom":
            return f"custom:{rule.number}d"
        case "rule":
            return rule.rule
        case _:
            return "daily"
