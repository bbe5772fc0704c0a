"""Requests for a new task: "add …", "remind me …"."""

from datetime import datetime
from typing import Final

from chat_api.chat import intents as i
from chat_api.chat import vocabulary as v
from chat_api.chat.phrases import read_clauses, read_offsets
from chat_api.chat.references import named, title_of
from chat_api.chat.when import NOTHING, Problem, When, parse_when, split_when
from chat_api.chat.words import Words

LONGEST_TITLE: Final = 255
_LEAD: Final = 16
_AT_DUE: Final = "PT0S"


def read_remind(words: Words, now: datetime) -> i.Intent | None:
    """ "remind me to …", "remind me tomorrow to …", "remind me 1 hour before …"."""
    if words.keys[:2] != ("remind", "me"):
        return None
    rest = words[2:]
    offsets = read_offsets(rest.keys, 0)
    if offsets and offsets[1] < len(rest) and rest.keys[offsets[1] - 1] == "before":
        when = When(reminders=tuple(dict.fromkeys(offsets[0])))
        return named(rest[offsets[1] :], lambda ref: i.Schedule(ref, when))
    for index, key in enumerate(rest.keys[:_LEAD]):
        if key not in ("to", "about", "that", "of"):
            continue
        lead = rest[:index]
        if not index or read_clauses(lead.keys, now.replace(tzinfo=None), loose=True):
            return _add_task(rest[index + 1 :], now, lead=lead, remind=True)
    return None


def read_add(words: Words, now: datetime) -> i.Intent | None:
    """ "add X tomorrow", "put X on my list"."""
    verb = words.starts(v.ADD)
    if not verb:
        return None
    if words.keys[0] == "put" and not words.ends(v.ADD_ENDINGS):
        return None
    rest = words[verb:]
    if taken := rest.starts(v.NAMED):
        remind = "reminder" in rest.keys[:taken]
        return _add_task(rest[taken:], now, remind=remind)
    return _add_task(rest, now)


def read_add_plain(words: Words, now: datetime) -> i.Intent | None:
    """ "add X" where tasks have no dates."""
    verb = words.starts(v.ADD)
    if not verb:
        return None
    rest = words[verb:]
    rest = rest[rest.starts(v.NAMED) :]
    if (taken := rest.ends(v.ADD_ENDINGS)) and taken < len(rest):
        rest = rest[:-taken]
    title = title_of(rest)
    if not title:
        return i.Refused(Problem.NO_TITLE)
    return i.Refused(Problem.LONG_TITLE) if len(title) > LONGEST_TITLE else i.Add(title, NOTHING)


def _add_task(words: Words, now: datetime, *, lead: Words | None = None, remind: bool = False) -> i.Intent:
    if lead is None:
        lead, words = _lead(words, now)
    title, when = _title_and_time(words, now, lead)
    if isinstance(when, Problem):
        return i.Refused(when)
    if not title:
        return i.Refused(Problem.NO_TITLE)
    if len(title) > LONGEST_TITLE:
        return i.Refused(Problem.LONG_TITLE)
    if when.reminders and when.due is None:
        return i.Refused(Problem.REMINDER_NEEDS_DATE)
    if remind and when.due is not None and not when.reminders:
        when = When(due=when.due, repeat=when.repeat, repeat_until=when.repeat_until, reminders=(_AT_DUE,))
    return i.Add(title, when)


def _title_and_time(words: Words, now: datetime, lead: Words) -> tuple[str, When | Problem]:
    if quoted := words.quoted():
        left, when = split_when(quoted[1], now, lead=lead)
        if not len(left) or left.ends(v.ADD_ENDINGS):
            return quoted[0], when
        left, when = split_when(words, now, lead=lead)
        return title_of(left), when
    left, when = split_when(words, now, lead=lead)
    if (taken := left.ends(v.ADD_ENDINGS)) and taken < len(left):
        left = left[:-taken]
        if when == NOTHING:  # "add milk tomorrow to my list"
            left, when = split_when(left, now, lead=lead)
    return title_of(left), when


def _lead(words: Words, now: datetime) -> tuple[Words, Words]:
    """Clauses of time before the title, closed by a colon: "every Monday at 9: water the plants"."""
    for index, word in enumerate(words.raw[:_LEAD], 1):
        if word.endswith(":") and index < len(words):
            return (words[:index], words[index:]) if parse_when(words[:index], now) else (words[:0], words)
    return words[:0], words
