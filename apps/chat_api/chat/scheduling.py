"""Requests for another date: "move X to friday", "postpone X by 3 days", "repeat X every monday"."""

from typing import Final

from chat_api.chat import intents as i
from chat_api.chat import vocabulary as v
from chat_api.chat.adding import LONGEST_SENTENCE, marks_in
from chat_api.chat.intents import Problem
from chat_api.chat.references import named
from chat_api.chat.words import QUOTES, Speaker, Words
from chat_api.parser import NOTHING, Quantity, Reading, When, parse, parse_quantity, parse_when

_MOST_SPLITS: Final = 8
_LONGEST_QUANTITY: Final = 6


def read_move(words: Words, speaker: Speaker) -> i.Intent | None:
    """ "move X to friday", "change the due date of X to 3 May", "postpone X until tomorrow", "change X to 5pm"."""
    verb = words.starts(v.SET)
    of = words[verb:].starts(v.DUE_DATE_OF) if verb else 0
    sure = of or words.starts(v.MOVE)
    if not sure:
        verb = words.starts(v.CHANGE)
        if not verb or words[verb:].starts(v.TITLE_OF):
            return None
    rest = words[verb + of :] if of else words[words.starts(v.MOVE) or verb :]
    if not len(rest):
        return i.Refused(Problem.NO_TASK) if sure else None
    if words.starts(v.POSTPONE) and (later := _postponed(rest, speaker)):
        return later
    return _moved(rest, speaker) or (_without_to(rest, speaker) if sure else None)


def _postponed(rest: Words, speaker: Speaker) -> i.Intent | None:
    """ "X by 3 days", "X back by one week", "X for 2 weeks", "X a day": counted from when it is due."""
    for start in range(max(1, len(rest) - _LONGEST_QUANTITY), len(rest)):
        by = parse_quantity(rest[start:].text, speaker.now)
        if by is not None:
            return _counted(rest[:start], by)
    return None


def _counted(left: Words, by: Quantity) -> i.Intent:
    while len(left) > 1 and left.keys[-1] in v.POSTPONE_BY:
        left = left[:-1]
    return named(left, lambda ref: i.Postpone(ref, by))


def _moved(rest: Words, speaker: Speaker) -> i.Intent | None:
    """Where what stands behind "to" is a time; when it is about time and has no reading, that."""
    places = [index for index in range(1, len(rest) - 1) if rest.keys[index] in v.MOVE_TO][-_MOST_SPLITS:]
    for index in places:
        if rest.raw[index + 1][0] in QUOTES:
            return None  # a title in quotes, not a time
        for begin in (index + 1, index):
            found = parse_when(rest[begin:].text, speaker.now, speaker.order)
            if found is not None:
                return _scheduled(rest[:index], found, rest[begin:].text)
    return None


def _without_to(rest: Words, speaker: Speaker) -> i.Intent:
    """ "move X friday"."""
    if len(rest.text) > LONGEST_SENTENCE:
        return i.Refused(Problem.UNREADABLE_DATE)
    reading = parse(rest.text, speaker.now, speaker.order)
    if reading.when != NOTHING and Words.of(reading.title).keys[-1:] not in (("to",), ("until",), ("for",)):
        return _scheduled(_title(reading.title, reading, rest.text), [reading.when], "")
    return _unread(reading) or i.Refused(Problem.UNREADABLE_DATE)


def read_repeat(words: Words, speaker: Speaker) -> i.Intent | None:
    """ "repeat X every Monday", "make X repeat every day", "set X to repeat monthly"."""
    verb = words.starts(v.REPEAT)
    repeats = any(key in ("repeat", "repeating") for key in words.keys)
    if not verb or not repeats or len(words.text) > LONGEST_SENTENCE:
        return None
    said = words[verb:].text
    reading = parse(said, speaker.now, speaker.order)
    found = [reading.when] if reading.when.repeat else [one.when for one in reading.options if one.when.repeat]
    title = Words.of(reading.options[0].title if reading.options else reading.title)
    while len(title) > 1 and title.keys[-1] in ("to", "repeat", "repeating"):
        title = title[:-1]
    return _scheduled(_title(title.text, reading, said), found, "") if found else _unread(reading)


def _unread(reading: Reading) -> i.Intent | None:
    words = tuple(one.text for one in reading.unread)
    return i.NotRead(words, reading.unread[0].words) if words else None


def _title(title: str, reading: Reading, said: str) -> Words:
    """The words that name a task, with the tags and the priority that were read out of the sentence."""
    return Words.of(" ".join((title, *marks_in(reading, said))))


def _scheduled(words: Words, found: list[When], text: str) -> i.Intent:
    """The one thing that can be meant, or the choice; `text` is what had no reading, where nothing was found."""
    if not found:
        return i.NotRead((text,))
    options = [named(words, lambda ref, when=when: i.Schedule(ref, when)) for when in found]
    schedules = tuple(option for option in options if isinstance(option, i.Schedule))
    return options[0] if len(options) == 1 or len(schedules) < len(options) else i.Choose(schedules)
