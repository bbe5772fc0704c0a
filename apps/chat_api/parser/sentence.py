"""The one parser: reads a sentence into a title, what it says of time, tags and priority.

First every word is looked at for the longest phrase about time that begins there (actions.PHRASES). Phrases in a row
are a run. A run counts when it cannot well be anything else: by what it says, where it stands, and what it stands
beside (runs.py). What counts is put together (combine.py) and taken out of the title. Where words about time would be
left next to it, or the phrases contradict each other, there is no reading: all of the sentence is the title, and the
words are named.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from chat_api.parser.actions import LEXER, PHRASES
from chat_api.parser.combine import combine
from chat_api.parser.marks import marks_of
from chat_api.parser.peg import Matcher, Token
from chat_api.parser.reminding import ReminderWithoutDateError
from chat_api.parser.result import NOTHING, Option, Reading, Span, Unread, When
from chat_api.parser.runs import Run, items_of, left_over, runs_of
from chat_api.parser.titles import title_of
from chat_api.parser.values import (
    Clock,
    Context,
    ContradictionError,
    Day,
    Moment,
    Order,
    PartOfDay,
    Phrase,
    Quantity,
    Remind,
    Repeat,
)
from chat_api.parser.values import Span as Days
from chat_api.parser.why import Why

MOST_OPTIONS: Final = 4


def parse(sentence: str, now: datetime, order: Order | None = None, kept: Sequence[Span] = ()) -> Reading:
    """Read a sentence, which may be any text; `now` is aware, in the zone of who says it.

    `order` is how they write day and month; None where they have not said. Words that touch one of the stretches `kept`
    are the title's, whatever they say. Raises nothing. The work grows with the length of the sentence and no faster.
    """
    return _Sentence(sentence, now, order, kept).reading()


def parse_when(words: str, now: datetime, order: Order | None = None) -> list[When] | None:
    """All of `words` as time, where nothing else can be meant.

    Gives each way to read them: several where they are ambiguous, none where they are about time and cannot be read;
    None where they are something else. Raises nothing.
    """
    tokens = LEXER.tokens(words)
    items = items_of(tokens, Matcher(PHRASES, tokens, Context(now.date(), order)))
    phrases = [item.phrase for item in items if item.phrase is not None]
    if not phrases or any(item.phrase is None and not item.joins for item in items):
        return None
    try:
        return combine(phrases, now)
    except (ContradictionError, ReminderWithoutDateError):
        return []


def parse_quantity(words: str, now: datetime) -> Quantity | None:
    """All of `words` as a length of time ("3 days", "an hour and a half"), or None."""
    tokens = LEXER.tokens(words)
    found = Matcher(PHRASES, tokens, Context(now.date())).match("quantity", 0)
    return found[1] if found is not None and found[0] == len(tokens) else None


class _Sentence:
    def __init__(self, text: str, now: datetime, order: Order | None, kept: Sequence[Span]) -> None:
        self._text = text
        self._now = now
        self._tokens = [_as_title(token, kept) for token in LEXER.tokens(text)]
        found = items_of(self._tokens, Matcher(PHRASES, self._tokens, Context(now.date(), order)))
        self._items, self._runs = runs_of(self._tokens, found)
        self._tags, self._priority = marks_of(self._tokens)
        self._marks = [
            span for _, spans in [*self._tags, *([self._priority] if self._priority else [])] for span in spans
        ]

    def reading(self) -> Reading:
        counted = [run for run in self._runs if run.counts]
        unreadable = [run for run in self._runs if run.unreadable and not (self._is_over(run) and counted)]
        if unreadable:
            return self._nothing(unread=self._named([*unreadable, *counted]))
        for run in counted:
            if beside := left_over(self._tokens, self._items, run):
                return self._nothing(unread=(self._unread(*beside, "more_beside"),))
        if counted and (missed := self._missed(counted)):
            return self._nothing(unread=self._named([*missed, *counted], "belongs_where"))
        if not counted:
            return self._nothing(unread=self._named([run for run in self._runs if run.noted]))
        return self._combined(counted)

    def _is_over(self, run: Run) -> bool:
        """Whether a run only names what is over, as titles do: "reply to the mail of last week"."""
        unreadable = run.unreadable
        return len(run.phrases) == 1 and unreadable is not None and unreadable.why == "past"

    def _missed(self, counted: Sequence[Run]) -> list[Run]:
        """Runs that were left to the title, but name what no other run does: the day in "monday call mum at 5pm"."""
        said = {_kind(phrase) for phrase in self._phrases(counted)}
        left = [run for run in self._runs if (run.noted or self._begins(run)) and not run.counts and not run.owned]
        return [run for run in left if {_kind(phrase) for _, phrase in run.phrases} - {"", *said}]

    def _begins(self, run: Run) -> bool:
        """Whether a sentence begins with a day that has a name of its own: "christmas dinner at 6"."""
        return run.start == 0 and "named" in self._tokens[0].values

    def _combined(self, counted: Sequence[Run]) -> Reading:
        title, titled = title_of(self._text, self._tokens, counted, self._marks)
        if title.count("(") != title.count(")") and self._text.count("(") == self._text.count(")"):
            return self._nothing(unread=self._named(counted, "doubtful"))  # "card to Tom (birthday dec 12)"
        try:
            found = combine(self._phrases(counted), self._now)
        except ReminderWithoutDateError as error:
            return self._nothing(title, reminder_without_date=True, reminders=error.offsets)
        except ContradictionError as error:
            return self._nothing(unread=self._named(counted, error.why))
        options = [Option(title, when) for when in found]
        adjectives = [run for run in self._runs if run.is_adjective]
        if adjectives:
            options += self._repeating(counted, adjectives)
        spans = self._spans(counted) | {"title": titled}
        if len(options) > 1:
            return self._nothing(options=tuple(options[:MOST_OPTIONS]), spans=spans)
        return self._reading(title, found[0], spans=spans)

    def _repeating(self, counted: Sequence[Run], adjectives: Sequence[Run]) -> list[Option]:
        """How a sentence reads where "daily" in "daily standup at 9:30" says that it repeats."""
        runs = sorted([*counted, *adjectives], key=lambda run: run.start)
        try:
            found = combine(self._phrases(runs), self._now)
        except (ContradictionError, ReminderWithoutDateError):
            return []
        title, _ = title_of(self._text, self._tokens, runs, self._marks)
        return [Option(title, when) for when in found] if title else []

    def _nothing(
        self,
        title: str | None = None,
        *,
        unread: tuple[Unread, ...] = (),
        options: tuple[Option, ...] = (),
        reminder_without_date: bool = False,
        reminders: tuple[str, ...] = (),
        spans: dict[str, tuple[Span, ...]] | None = None,
    ) -> Reading:
        """The sentence with nothing read of time: all of it is the title."""
        whole, titled = title_of(self._text, self._tokens, (), self._marks)
        return self._reading(
            whole if title is None else title,
            NOTHING,
            unread=unread,
            options=options,
            reminder_without_date=reminder_without_date,
            reminders=reminders,
            spans=spans or {"title": titled},
        )

    def _reading(
        self,
        title: str,
        when: When,
        *,
        spans: dict[str, tuple[Span, ...]],
        unread: tuple[Unread, ...] = (),
        options: tuple[Option, ...] = (),
        reminder_without_date: bool = False,
        reminders: tuple[str, ...] = (),
    ) -> Reading:
        return Reading(
            title=title,
            when=when,
            tags=self._tags,
            priority=self._priority,
            unread=unread,
            options=options,
            reminder_without_date=reminder_without_date,
            reminders=reminders,
            spans=spans,
        )

    def _phrases(self, runs: Sequence[Run]) -> list[Phrase]:
        return [phrase for run in runs for _, phrase in run.phrases]

    def _named(self, runs: Sequence[Run], why: Why | None = None) -> tuple[Unread, ...]:
        """The words of some runs as unread, in the order of the sentence."""
        ordered = sorted(runs, key=lambda run: run.start)
        return tuple(self._unread(run.start, run.end, why or _why(run)) for run in ordered)

    def _unread(self, start: int, end: int, why: Why) -> Unread:
        span = Span(self._tokens[start].start, self._tokens[end - 1].end)
        return Unread(self._text[span.start : span.end], span, why, doubtful=why == "doubtful")

    def _spans(self, runs: Sequence[Run]) -> dict[str, tuple[Span, ...]]:
        """Where each part was said; times behind "remind me" are the reminder's."""
        spans: dict[str, tuple[Span, ...]] = {}
        for run in runs:
            for item, phrase in run.phrases:
                part = "reminders" if isinstance(phrase, Remind) else "repeat"
                if isinstance(phrase, Clock | Day | Days | Moment | PartOfDay):
                    part = "due"
                span = Span(self._tokens[item.start].start, self._tokens[item.end - 1].end)
                spans[part] = (*spans.get(part, ()), span)
        return spans


def _as_title(token: Token, kept: Sequence[Span]) -> Token:
    """A token that says nothing of time, where it touches a stretch that is kept."""
    if not any(token.start < span.end and span.start < token.end for span in kept):
        return token
    return Token(token.start, token.end, "", values=_marks(token), capital=token.capital)


def _marks(token: Token) -> dict[str, Any]:
    """What it says besides time."""
    return {name: value for name, value in token.values.items() if name == "quoted"}


def _kind(phrase: Phrase) -> str:
    """What a phrase says: the day, the time, or how it repeats; a repeat and "in 3 hours" say the day as well."""
    match phrase:
        case Day() | Days() | Repeat() | Moment():
            return "day"
        case Clock() | PartOfDay():
            return "clock"
        case _:
            return ""


def _why(run: Run) -> Why:
    unreadable = run.unreadable
    return unreadable.why if unreadable else "doubtful"
