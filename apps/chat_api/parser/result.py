"""What a sentence says: the answer of the parser."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from chat_api.parser.patterns import pattern
from chat_api.parser.values import Spec
from chat_api.parser.why import WORDS, Why
from taskflow_core.domain.priority import Priority


@dataclass(frozen=True, kw_only=True)
class When:
    """When a task is due, how it repeats and when it reminds.

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
    starts: bool = False
    """Whether a first day was said of a repeat."""
    spec: Spec | None = None

    def replaced(self, **changes: Any) -> "When":
        """The same with some fields changed."""
        return replace(self, **changes)

    def repeat_on(self, day: date) -> str | None:
        """The pattern for a task that is due on `day`, where the repeat names no day of its own."""
        return self.repeat if self.spec is None or not self.spec.is_open else pattern(self.spec, day)


NOTHING: Final = When()


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of the sentence, from `start` to before `end`, counted in Unicode code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unread:
    """Words about time that have no reading, and why."""

    text: str
    span: Span
    why: Why
    doubtful: bool = False
    """Whether they may as well be words of the title."""

    @property
    def words(self) -> str:
        """Why, in a few words."""
        return WORDS[self.why]


@dataclass(frozen=True, slots=True)
class Option:
    """One of the ways to read a sentence that has several."""

    title: str
    when: When


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A sentence, read. With `unread` words or `options` to choose from nothing is said of time: `when` is empty.

    `title` is what the task is called then; empty when the sentence says no more than when, tags and
    priority. Each part has the spans of the sentence that it came from, one for each stretch of words.
    """

    title: str
    when: When = NOTHING
    tags: tuple[tuple[str, tuple[Span, ...]], ...] = ()
    priority: tuple[Priority, tuple[Span, ...]] | None = None
    unread: tuple[Unread, ...] = ()
    options: tuple[Option, ...] = ()
    reminder_without_date: bool = False
    """Whether it asks to be reminded, and does not say when the task is due; `reminders` are then what it asks for."""
    reminders: tuple[str, ...] = ()
    spans: dict[str, tuple[Span, ...]] = field(default_factory=dict[str, tuple[Span, ...]])
    """Of `title`, `due`, `repeat` and `reminders`."""
