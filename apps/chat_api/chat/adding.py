"""Requests for a new task: "add …", "remind me …"."""

from dataclasses import replace
from typing import Final

from chat_api.chat import intents as i
from chat_api.chat import vocabulary as v
from chat_api.chat.intents import Problem
from chat_api.chat.references import named, title_of
from chat_api.chat.words import Speaker, Words
from chat_api.parser import NOTHING, Reading, When, parse, parse_when

LONGEST_TITLE: Final = 255
LONGEST_SENTENCE: Final = 1000
"""Characters of what can be a task: a title, and all that is said of time."""
_LEAD: Final = 16
_AT_DUE: Final = ("PT0S",)


def read_remind(words: Words, speaker: Speaker) -> i.Intent | None:
    """ "remind me to …", "remind me tomorrow to …", "remind me about …", "remind me 1 hour before …"."""
    if words.keys[:2] != ("remind", "me"):
        return _reminding(words, speaker)
    rest = words[2:]
    for index, key in enumerate(rest.keys[:_LEAD]):
        if key in v.REMIND_OF and (not index or parse_when(rest[:index].text, speaker.now, speaker.order)):
            if key in ("to", "that"):
                return add_task(words, speaker, remind=True)
            return _about(words, rest[:index], rest[index + 1 :], speaker)
    return _about(words, rest[:0], rest, speaker)


def _reminding(words: Words, speaker: Speaker) -> i.Intent | None:
    """ "buy milk and remind me tomorrow at 8"."""
    if ("remind", "me") not in zip(words.keys[1:], words.keys[2:], strict=False) or words.starts(v.ADD):
        return None
    reading = _parsed(words, speaker)
    return add_task(words, speaker) if reading.title and reading.when.reminders else None


def _about(words: Words, lead: Words, rest: Words, speaker: Speaker) -> i.Intent | None:
    """A reminder of what may be there already."""
    reading = _parsed(words, speaker)
    if reading.options:
        return add_task(words, speaker, remind=True)
    if reading.when.reminders:
        title = Words.of(" ".join((reading.title, *marks_in(reading, words.text))))
        return named(title, lambda ref: _marked(i.Remind(ref, reading.when, may_add=True), reading))
    if reading.reminder_without_date:
        left = _parsed(rest, speaker)
        offsets = reading.reminders
        if not offsets:
            return i.Refused(Problem.REMINDER_NEEDS_DATE)
        marks = marks_in(reading, words.text)
        title = Words.of(" ".join((left.title if len(lead) else reading.title, *marks)))
        return named(title, lambda ref: i.Remind(ref, When(reminders=offsets), may_add=False))
    return _refused(reading) or None


def read_add(words: Words, speaker: Speaker) -> i.Intent | None:
    """ "add X tomorrow", "put X on my list"."""
    verb = words.starts(v.ADD)
    if not verb:
        return None
    if words.keys[0] == "put" and not words.ends(v.ADD_ENDINGS):
        return None
    rest = words[verb:]
    if taken := rest.starts(v.NAMED):
        remind = "reminder" in rest.keys[:taken]
        return add_task(rest[taken:], speaker, remind=remind)
    return add_task(rest, speaker)


def read_add_plain(words: Words, speaker: Speaker) -> i.Intent | None:
    """ "add X" where tasks have no dates."""
    verb = words.starts(v.ADD)
    if not verb:
        return None
    rest = words[verb:]
    rest = _without_ending(rest[rest.starts(v.NAMED) :])
    return _added(title_of(rest), NOTHING)


def add_task(words: Words, speaker: Speaker, *, remind: bool = False) -> i.Intent:
    """A new task, from all that is said of it; with `remind`, of when it is due."""
    reading = _parsed(_without_ending(words), speaker)
    if len(words.text) > LONGEST_SENTENCE:
        return i.Refused(Problem.LONG_TITLE)
    if refused := _refused(reading):
        return refused
    if reading.reminder_without_date:
        return i.Refused(Problem.REMINDER_NEEDS_DATE)
    if reading.options:
        added = [_added(_titled(option.title), _reminded(option.when, remind)) for option in reading.options]
        return _chosen([_marked(one, reading) for one in added])
    unread = tuple(one.text for one in reading.unread)
    return _marked(_added(_titled(reading.title), _reminded(reading.when, remind), unread), reading)


def marks_in(reading: Reading, said: str) -> list[str]:
    """The tags and the priority that a sentence says, as they stand in it."""
    spans = [span for _, of in reading.tags for span in of]
    spans += reading.priority[1] if reading.priority else ()
    return [said[span.start : span.end] for span in sorted(spans, key=lambda span: span.start)]


def _parsed(words: Words, speaker: Speaker) -> Reading:
    return parse(words.text[:LONGEST_SENTENCE], speaker.now, speaker.order)


def _refused(reading: Reading) -> i.Intent | None:
    """Words about time that nobody can take for a title, and that have no reading."""
    unread = [one for one in reading.unread if not one.doubtful]
    return i.NotRead(tuple(one.text for one in unread), unread[0].words) if unread else None


def _chosen(options: list[i.Intent]) -> i.Intent:
    adding = tuple(option for option in options if isinstance(option, i.Add))
    return i.Choose(adding) if len(adding) == len(options) else options[0]


def _reminded(when: When, remind: bool) -> When:
    return when.replaced(reminders=_AT_DUE) if remind and when.due is not None and not when.reminders else when


def _titled(title: str) -> str:
    """A title without what sends it to a list: "milk to my list"."""
    return title_of(_without_ending(Words.of(title)))


def _without_ending(words: Words) -> Words:
    taken = words.ends(v.ADD_ENDINGS)
    return words[:-taken] if taken and taken < len(words) else words


def _marked(intent: i.Intent, reading: Reading) -> i.Intent:
    """A new task with the tags and the priority that a sentence says."""
    if not isinstance(intent, i.Add | i.Remind):
        return intent
    priority = None if reading.priority is None else reading.priority[0]
    return replace(intent, tags=tuple(tag for tag, _ in reading.tags), priority=priority)


def _added(title: str, when: When, unread: tuple[str, ...] = ()) -> i.Intent:
    if not title:
        return i.Refused(Problem.NO_TITLE)
    return i.Refused(Problem.LONG_TITLE) if len(title) > LONGEST_TITLE else i.Add(title, when, unread)
