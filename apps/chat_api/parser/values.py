"""What the grammar's phrases mean, before they are put together."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import Final, Literal

from chat_api.parser.why import Why

Order = Literal["dmy", "mdy"]
"""Whether 4/12 is the 4th of December or the 12th of April."""

Part = Literal["morning", "afternoon", "evening", "night"]
Unit = Literal["minute", "hour", "day", "week", "month", "year"]


class ContradictionError(Exception):
    """The phrases do not go together, or one of them has no reading."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why: Why = why


class Weight(IntEnum):
    """How surely a phrase is about time, by itself."""

    COMPANION = 0
    """Only beside another phrase or after a preposition: "christmas", "sun"."""
    EDGE = 1
    """Also alone, but only before or after the title: "friday", "3 may"."""
    ANYWHERE = 2
    """"tomorrow", "on friday", "at 5pm"."""


@dataclass(frozen=True, slots=True)
class Context:
    """When (the wall time of who speaks) and in which order of day and month a sentence is said."""

    today: date
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """ "2 hours and 30 minutes" is 150 minutes; "half a day" is no quantity."""

    count: int
    unit: Unit

    @property
    def exact(self) -> timedelta | None:
        """As a time span; None for what the calendar measures."""
        minutes = {"minute": 1, "hour": 60}.get(self.unit)
        return None if minutes is None else timedelta(minutes=minutes * self.count)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day. `open` leaves out which half of the day it means: "at 9", "half past six"."""

    hour: int
    minute: int = 0
    open: bool = False
    weight: Weight = Weight.EDGE
    midnight: bool = False
    """The word itself, which begins a day for some and ends it for others."""
    part: Part | None = None
    """The part of the day said with it: "8 in the evening"."""


@dataclass(frozen=True, slots=True)
class PartOfDay:
    """ "in the morning"; `today` for "this morning"."""

    part: Part
    today: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """A date; `others` are further dates that the same words can mean."""

    day: date
    weight: Weight = Weight.EDGE
    part: Part | None = None
    clock: Clock | None = None
    others: tuple[date, ...] = ()
    name: bool = False
    """Whether a weekday's name is all that was said."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Exactly so long from now."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class Spec:
    """How something repeats: every `interval` days, weeks, months or years, on what is named of it.

    `weekdays` count from Monday, 0; `month_days` from 1, -1 is the last one; with `nth` the weekdays are those of the
    month: the first one, the last one (-1). `month` and one month day make a date of the year. `several` weekdays are
    taken together: the last of Monday to Friday.
    """

    unit: Literal["day", "week", "month", "year"]
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    nth: tuple[int, ...] = ()
    month: int = 0
    several: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it names no day of its own, so that the first date decides."""
        return not (self.weekdays or self.month_days)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A repeat, with the part of the day or the time that was said with it; `others` are other ways to read it."""

    spec: Spec
    part: Part | None = None
    weight: Weight = Weight.ANYWHERE
    others: tuple[Spec, ...] = ()


@dataclass(frozen=True, slots=True)
class Starting:
    """The first day of a repeat; `alone` where the words also say so of what does not repeat ("starting friday")."""

    day: Day
    alone: bool = True


@dataclass(frozen=True, slots=True)
class Until:
    """The last day of a repeat."""

    day: Day


@dataclass(frozen=True, slots=True)
class Span:
    """From a day to a day."""

    first: Day
    last: Day


@dataclass(frozen=True, slots=True)
class Lasting:
    """ "for 2 weeks": how long a repeat goes on, else how long the thing takes."""

    quantity: Quantity


@dataclass(frozen=True, slots=True)
class Times:
    """ "10 times": how often a repeat comes."""

    count: int


@dataclass(frozen=True, slots=True)
class Except:
    """Weekdays on which a repeat does not come."""

    weekdays: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Remind:
    """Reminders so long before the due time. Without any, at what is said next, or when it is due.

    `day_before` is "the day before", which may have a time of its own. What `depends` is one only where a reminder was
    asked for elsewhere in the sentence.
    """

    offsets: tuple[Quantity, ...] = ()
    day_before: bool = False
    depends: bool = False

    @property
    def is_bare(self) -> bool:
        """Whether it does not say when."""
        return not (self.offsets or self.day_before)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Words about time with no reading.

    `beside` ones are about time only where they stand beside something else that is: "9-5", "june".
    """

    why: Why
    beside: bool = False


Phrase = (
    Clock
    | PartOfDay
    | Day
    | Moment
    | Repeat
    | Starting
    | Until
    | Span
    | Lasting
    | Times
    | Except
    | Remind
    | Unreadable
    | Quantity
)  # fmt: skip

YEARS: Final = range(1970, 2200)
"""The years that due dates may have."""
