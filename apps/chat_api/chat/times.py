"""Days and times of day, read from the compared words of a message at a position.

Every reader gives what it read with the position after it, or None. None of them searches: the work is linear in the
words of what is read. No reader raises.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

_DAY_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_SHORT: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "tues", "weds", "thur", "thurs")
_SHORT_NUMBER: Final = (0, 1, 2, 3, 4, 5, 6, 1, 2, 3, 3)
_FULL: Final = {name: number for number, name in enumerate(_DAY_NAMES)}
WEEKDAY: Final = _FULL | dict(zip(_DAY_SHORT, _SHORT_NUMBER, strict=True))
_MONTH_NAMES: Final = "january february march april may june july august september october november december"
MONTH: Final = {short: number for number, name in enumerate(_MONTH_NAMES.split(), 1) for short in (name, name[:3])} | {
    "sept": 9
}
_COUNTS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7} | {
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "couple": 2,
}  # fmt: skip
UNITS: Final = {
    unit: name
    for name, units in {
        "minute": "minute minutes min mins m",
        "hour": "hour hours hr hrs h",
        "day": "day days d",
        "week": "week weeks w",
        "month": "month months",
        "year": "year years",
    }.items()
    for unit in units.split()
}
PARTS: Final = {"morning": time(9), "afternoon": time(15), "evening": time(19), "night": time(20)}
_CLOCK: Final = re.compile(r"(\d{1,2})(?::(\d\d))?(am|pm|a\.m|p\.m)?", re.ASCII)
ISO: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:t(\d\d:\d\d)(?::\d\d)?)?", re.ASCII)
_DOTTED: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
DAY_NUMBER: Final = re.compile(r"(\d{1,2})(st|nd|rd|th)?", re.ASCII)
_GLUED: Final = re.compile(r"(\d{1,4})([a-z]{1,7})", re.ASCII)
_YEARS: Final = range(1970, 2200)


def at(keys: Sequence[str], index: int) -> str:
    return keys[index] if index < len(keys) else ""


def count_of(word: str) -> int | None:
    if word.isascii() and word.isdigit() and len(word) <= 4:
        return int(word)
    return _COUNTS.get(word)


def quantity(keys: Sequence[str], index: int) -> tuple[tuple[int, str], int] | None:
    """ "3 days", "an hour", "half an hour", "2h", "a couple of days"."""
    if tuple(keys[index : index + 3]) == ("half", "an", "hour"):
        return (30, "minute"), index + 3
    if (match := _GLUED.fullmatch(at(keys, index))) and match[2] in UNITS:
        return (int(match[1]), UNITS[match[2]]), index + 1
    if tuple(keys[index : index + 2]) == ("a", "couple"):
        index += 1
    count = count_of(at(keys, index))
    after = index + 1
    if at(keys, index) == "couple" and at(keys, after) == "of":
        after += 1
    unit = UNITS.get(at(keys, after))
    # "3 m" and "2 d" are no way to write a time: one letter counts only when glued to its number.
    return None if count is None or unit is None or len(keys[after]) == 1 else ((count, unit), after + 1)


def read_from_now(keys: Sequence[str], index: int, now: datetime) -> tuple[date | timedelta, int] | None:
    """ "in 2 hours" and "3 days from now": exact for hours and minutes, a day for the rest."""
    leading = at(keys, index) in ("in", "within")
    read = quantity(keys, index + leading)
    if read is None:
        return None
    (count, unit), after = read
    if tuple(keys[after : after + 2]) == ("from", "now"):
        after += 2
    elif not leading:
        return None
    if unit in ("minute", "hour"):
        return timedelta(minutes=count * (60 if unit == "hour" else 1)), after
    day = shift(now.date(), count, unit)
    return None if day is None else (day, after)


def shift(day: date, count: int, unit: str) -> date | None:
    """`day` plus `count` days, weeks, months or years; None beyond the years that due dates may have."""
    if unit in ("day", "week"):
        ordinal = day.toordinal() + count * (7 if unit == "week" else 1)
        moved = date.fromordinal(ordinal) if ordinal < date.max.toordinal() else date.max
    else:
        years, month = divmod(day.month - 1 + count * (12 if unit == "year" else 1), 12)
        if day.year + years not in _YEARS:
            return None
        moved = month_day(day.year + years, month + 1, day.day)
    return moved if moved.year in _YEARS else None


def month_day(year: int, month: int, day: int) -> date:
    """That day of the month, or the month's last one where it is shorter."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day - 1), following - timedelta(days=1))


def read_day(keys: Sequence[str], index: int, now: datetime, *, bare: bool = True) -> tuple[date, int] | None:
    """A day, with or without a preposition: "tomorrow", "on 3 May", "next Friday", "2026-05-03".

    A weekday alone is the first one after today, "this Friday" may be today, "next Friday" lies in the next calendar
    week (Monday to Sunday). A day without a year is the next one. `bare` takes short weekdays without a preposition.
    """
    today = now.date()
    start = index
    if at(keys, index) == "due":
        index += 1
    if at(keys, index) in ("on", "by", "for", "starting", "until", "till", "ending", "beginning"):
        index += 1
    elif bare and at(keys, index) == "from":
        index += 1  # only behind a repeat: "two weeks from Friday" is not Friday
    if index > start and at(keys, index) == "on":
        index += 1
    said = index > start
    if read := _relative_day(keys, index, today) or _calendar_day(keys, index, today):
        return read
    word = at(keys, index)
    if word in _FULL or (word in WEEKDAY and (said or bare)):
        if read := _calendar_day(keys, index + 1, today):
            return read  # "Friday 8 May": the date decides
        return today + timedelta(days=(WEEKDAY[word] - today.weekday() - 1) % 7 + 1), index + 1
    if said and word == "the":
        word, index = at(keys, index + 1), index + 1
    match = DAY_NUMBER.fullmatch(word)
    if said and match and match[2] and 1 <= int(match[1]) <= 31:
        return _next_month_day(today, int(match[1])), index + 1
    return None


_RELATIVE: Final = {
    **dict.fromkeys((("today",), ("tonight",)), 0),
    **dict.fromkeys((("tomorrow",), ("tmrw",), ("tomorow",), ("tommorow",), ("tommorrow",)), 1),
    ("the", "day", "after", "tomorrow"): 2,
    ("day", "after", "tomorrow"): 2,
}
"""Days from today, by the words that say so."""


def _relative_day(keys: Sequence[str], index: int, today: date) -> tuple[date, int] | None:
    for words, days in _RELATIVE.items():
        if tuple(keys[index : index + len(words)]) == words:
            return today + timedelta(days=days), index + len(words)
    word, following = at(keys, index), at(keys, index + 1)
    day = _this(following, today) if word == "this" else _next(following, today) if word == "next" else None
    return None if day is None else (day, index + 2)


def _this(word: str, today: date) -> date | None:
    if word in WEEKDAY:
        return today + timedelta(days=(WEEKDAY[word] - today.weekday()) % 7)
    saturday = today + timedelta(days=5 - today.weekday())
    return max(today, saturday) if word == "weekend" else None


def _next(word: str, today: date) -> date | None:
    if word == "month":
        return date(today.year + today.month // 12, today.month % 12 + 1, 1)
    offset = 5 if word == "weekend" else 0 if word == "week" else WEEKDAY.get(word)
    return None if offset is None else today + timedelta(days=7 + offset - today.weekday())


def _calendar_day(keys: Sequence[str], index: int, today: date) -> tuple[date, int] | None:
    word = at(keys, index)
    if match := ISO.fullmatch(word):
        day = _date(int(match[1]), int(match[2]), int(match[3]))
        sound = match[4] is None or read_hours(match[4].split(":")) is not None
        return (day, index + 1) if day and sound else None
    if match := _DOTTED.fullmatch(word):
        day = _date(int(match[3]), int(match[2]), int(match[1]))
        return (day, index + 1) if day else None
    if word == "the":
        return _calendar_day(keys, index + 1, today) if DAY_NUMBER.fullmatch(at(keys, index + 1)) else None
    if word in MONTH:
        month, number, after = MONTH[word], at(keys, index + 1), index + 2
    else:
        after = index + 2 + (at(keys, index + 1) == "of")
        month, number = MONTH.get(at(keys, after - 1), 0), word
    match = DAY_NUMBER.fullmatch(number)
    if not month or match is None:
        return None
    written = at(keys, after)
    if len(written) == 4 and written.isascii() and written.isdigit():
        day = _date(int(written), month, int(match[1]))
        return (day, after + 1) if day else None
    # Eight years always hold a 29 February.
    candidates = (_date(today.year + years, month, int(match[1])) for years in range(9))
    day = next((day for day in candidates if day and day >= today), None)
    return (day, after) if day else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None


def _next_month_day(today: date, number: int) -> date:
    this = month_day(today.year, today.month, number)
    return this if this >= today else month_day(today.year + today.month // 12, today.month % 12 + 1, number)


def read_hours(parts: Sequence[str]) -> time | None:
    hour, minute = int(parts[0]), int(parts[1])
    return time(hour, minute) if hour < 24 and minute < 60 else None


def read_part(keys: Sequence[str], index: int) -> tuple[str, int, bool] | None:
    """ "in the morning", "at night", "this evening": the part, the position after it, whether it says today."""
    word, following = at(keys, index), at(keys, index + 1)
    if word == "in" and following == "the" and at(keys, index + 2) in ("morning", "afternoon", "evening"):
        return keys[index + 2], index + 3, False
    if word == "at" and following == "night":
        return "night", index + 2, False
    if word == "this" and following in ("morning", "afternoon", "evening"):
        return following, index + 2, True
    return None


def read_clock(keys: Sequence[str], index: int, loose: bool) -> tuple[tuple[time, bool], int] | None:
    """ "at 9", "5pm", "at 5:30 pm", "17:00", "at noon"; the 24-hour clock counts where am and pm are missing."""
    preposition = at(keys, index) if at(keys, index) in ("at", "by", "@", "from") else ""
    index += preposition != ""
    loose = loose or preposition != ""
    word, after = at(keys, index), index + 1
    if word in ("noon", "midday", "midnight") and loose:
        return (time(0 if word == "midnight" else 12), False), after
    match = _CLOCK.fullmatch(word)
    if match is None:
        return None
    half = match[3] or ""
    sure = preposition in ("at", "@")
    if not half and at(keys, after) in ("am", "pm", "a.m", "p.m"):
        half, after = keys[after], after + 1
    elif not half and at(keys, after) in ("o'clock", "oclock"):
        sure, after = sure or loose, after + 1
    # "16:9" or "3:16" in a title is a ratio or a verse; "17:00" is a time.
    if not (half or sure or (match[2] and (loose or len(match[1]) == 2))):
        return None
    moment = _time_of(int(match[1]), int(match[2] or 0), half)
    return None if moment is None else ((moment, not half), after)


def _time_of(hour: int, minute: int, half: str) -> time | None:
    """The time on the clock of 24 hours, or with `half` (am, pm) on that of twelve."""
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return read_hours((str(hour), str(minute)))
