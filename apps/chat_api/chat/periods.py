"""Which days a list is asked for: "on friday", "this weekend", "today and tomorrow", "next week"."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

from chat_api.chat.intents import Days
from chat_api.chat.words import Speaker, Words, among
from chat_api.parser import parse_when
from chat_api.parser.dates import month_start

_LONGEST: Final = 12
_TO: Final = among("to and until till through -")
# First and last day, counted from this week's Monday.
_OF_THE_WEEK: Final = {
    "weekend": (5, 6), "this weekend": (5, 6), "next weekend": (12, 13), "week": (0, 6), "this week": (0, 6),
    "next week": (7, 13), "last week": (-7, -1),
}  # fmt: skip
_OF_TODAY: Final = {"yesterday": -1, "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0}
_MONTHS: Final = {"month": 0, "this month": 0, "next month": 1, "last month": -1}
_FILLERS: Final = among("on in for at over during by due the")


def read_days(words: Words, speaker: Speaker) -> Days | None:
    """The days that all of `words` name, or None where they are anything else."""
    keys = [key for key in words.keys if key]
    keys = keys[1:] if keys[:1] == ["due"] else keys
    if not 0 < len(keys) <= _LONGEST:
        return None
    if between := _between(keys, speaker):
        return Days(*between, " ".join(keys))
    parts: list[tuple[date, date]] = []
    for part in _parts(keys):
        found = _period(part, speaker)
        if found is None:
            return None
        parts.append(found)
    parts.sort()
    for (_, before), (after, _) in pairwise(parts):
        if after > before + timedelta(days=1):
            return None  # two days apart are no stretch of days
    return Days(parts[0][0], max(last for _, last in parts), " ".join(keys))


def split_days(words: Words, speaker: Speaker) -> tuple[Words, Days | None]:
    """`words` without the days at their end, the longest there are; nothing but days stays what it is."""
    for start in range(max(1, len(words) - _LONGEST), len(words)):
        if words.keys[start] and (days := read_days(words[start:], speaker)):
            return words[:start], days
    return words, None


def _between(keys: list[str], speaker: Speaker) -> tuple[date, date] | None:
    """ "from monday to friday", "between monday and friday"."""
    at = next((at for at, key in enumerate(keys) if key in _TO), 0)
    if not at or keys[0] not in ("from", "between"):
        return None
    first, last = _period(keys[1:at], speaker), _period(keys[at + 1 :], speaker)
    return (first[0], last[1]) if first and last and first[0] <= last[1] else None


def _parts(keys: list[str]) -> list[list[str]]:
    """The keys between each "and"."""
    parts: list[list[str]] = [[]]
    for key in keys:
        if key in ("and", "&", "or"):
            parts.append([])
        else:
            parts[-1].append(key)
    return parts


def _period(keys: list[str], speaker: Speaker) -> tuple[date, date] | None:
    today = speaker.now.date()
    bare = [key.removesuffix("'s") for key in keys]
    while bare and bare[0] in _FILLERS:
        bare = bare[1:]
    named = _named(" ".join(bare), today)
    if named is not None or not bare:
        return named
    found = parse_when(" ".join(keys), speaker.now, speaker.order) or parse_when(
        " ".join(bare), speaker.now, speaker.order
    )
    when = found[0] if found and len(found) == 1 else None
    if when is None or when.due is None or isinstance(when.due, datetime) or when.repeat or when.reminders:
        return None
    return when.due, when.due


def _named(name: str, today: date) -> tuple[date, date] | None:
    """A stretch of days with a name; a weekend that has begun goes on from today."""
    monday = today - timedelta(days=today.weekday())
    if name in _OF_THE_WEEK:
        first, last = (monday + timedelta(days=days) for days in _OF_THE_WEEK[name])
        return (max(first, today) if name.endswith("weekend") else first), last
    if name in _OF_TODAY:
        day = today + timedelta(days=_OF_TODAY[name])
        return day, day
    if name in _MONTHS:
        return month_start(today, _MONTHS[name]), month_start(today, _MONTHS[name] + 1) - timedelta(days=1)
    return (today, monday + timedelta(days=6)) if name == "rest of the week" else None
