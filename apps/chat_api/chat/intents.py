"""What a person can mean: one type per thing to do."""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Literal

from chat_api.parser import Quantity, When
from taskflow_core.domain.priority import Priority


class Problem(Enum):
    """Why a message cannot be acted upon as it stands."""

    NO_TITLE = "no title"
    NO_TASK = "no task named"
    LONG_TITLE = "title too long"
    UNREADABLE_DATE = "unreadable date"
    REMINDER_NEEDS_DATE = "reminder needs a date"
    NOTHING_TO_COUNT_FROM = "nothing to count from"
    ONE_AT_A_TIME = "one at a time"
    AMBIGUOUS_RENAME = "ambiguous rename"


Scope = Literal["all", "pending", "completed", "today", "tomorrow", "week", "overdue", "upcoming"]
"""Which tasks; those by date are open ones: `week` is today and the six days after, `upcoming` is from tomorrow on."""

Part = Literal["due", "repeat", "reminders"]
"""What of a task's times can be taken away."""


@dataclass(frozen=True)
class Ref:
    """A task as a person names it: words of its title, and the number in the list they may mean instead.

    `number` counts from 1; -1 is the last. `quoted` words stood in quotation marks and are a title only. A pronoun
    ("it") is the task last spoken of. Of the tasks that it may be, those count that have all `tags` and `priorities`;
    `said` are the words with these marks, which a title may hold as well.
    """

    text: str
    number: int | None = None
    quoted: bool = False
    is_pronoun: bool = False
    tags: tuple[str, ...] = ()
    priorities: tuple[Priority, ...] = ()
    said: str = ""

    @property
    def is_marked(self) -> bool:
        """Whether it says tags or a priority."""
        return bool(self.tags or self.priorities)


@dataclass(frozen=True)
class Greeting:
    """ "hello" """


@dataclass(frozen=True)
class Thanks:
    """ "thank you" """


@dataclass(frozen=True)
class Help:
    """ "what can you do?" """


@dataclass(frozen=True)
class Yes:
    """ "yes": an answer to a question asked before; "delete it" is a request where there was none."""

    deletes: bool = False


@dataclass(frozen=True)
class No:
    """ "no": an answer to a question asked before."""


@dataclass(frozen=True)
class Pick:
    """ "2" or "the second one": a choice among tasks shown before."""

    ref: Ref


@dataclass(frozen=True)
class Days:
    """ "today and tomorrow", "next week": from a day to a day, both included, and the words for them."""

    first: date
    last: date
    words: str


@dataclass(frozen=True)
class ListTasks:
    """ "show my tasks", "what is due on friday?", "show tasks completed today" """

    scope: Scope
    days: Days | None = None


@dataclass(frozen=True)
class Count:
    """ "how many tasks do I have?", "how many are due this weekend?" """

    scope: Scope
    days: Days | None = None


@dataclass(frozen=True)
class Search:
    """ "find milk" """

    text: str


@dataclass(frozen=True)
class Add:
    """ "add buy milk tomorrow at 5pm"; `unread` words may be about time and were left to the title."""

    title: str
    when: When
    unread: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    priority: Priority | None = None


@dataclass(frozen=True)
class Complete:
    """ "complete 2" """

    ref: Ref


@dataclass(frozen=True)
class Reopen:
    """ "reopen milk" """

    ref: Ref


@dataclass(frozen=True)
class Delete:
    """ "delete milk" """

    ref: Ref


@dataclass(frozen=True)
class Rename:
    """ "rename milk to oat milk": every way to part the words in a task and a new title; `unread` are marks behind."""

    options: tuple[tuple[Ref, str], ...]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """ "move milk to friday", "repeat milk every day", "remind me 1 hour before milk"."""

    ref: Ref
    when: When


@dataclass(frozen=True)
class Postpone:
    """ "postpone milk by 3 days": so much later than it is due."""

    ref: Ref
    by: Quantity


@dataclass(frozen=True)
class Remind:
    """ "remind me about the meeting on monday 1 hour before": of that task where there is one, else of a new one."""

    ref: Ref
    when: When
    may_add: bool
    tags: tuple[str, ...] = ()
    priority: Priority | None = None


@dataclass(frozen=True)
class Clear:
    """ "remove the due date of milk" """

    ref: Ref
    what: Part


@dataclass(frozen=True)
class ListMarked:
    """ "show tasks tagged home", "show high priority tasks": the open ones, or the completed ones, with all of the tags
    and of the priority.
    """

    tags: tuple[str, ...] = ()
    priority: Priority | None = None
    completed: bool = False


@dataclass(frozen=True)
class Label:
    """ "tag milk with home", "remove the tag home from milk", "make milk high priority"; `clear` is of all its tags."""

    ref: Ref
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    clear: bool = False
    priority: Priority | None = None


@dataclass(frozen=True)
class Refused:
    """Understood, but it cannot be done as said."""

    problem: Problem


@dataclass(frozen=True)
class NotRead:
    """About time, but not understood: the words, and why."""

    words: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True)
class Choose:
    """It can mean several things: each as it would be done."""

    options: "tuple[Add | Schedule, ...]"


@dataclass(frozen=True)
class Unknown:
    """Not understood; `text` as said, for where it answers a question asked before."""

    text: str


Talk = Greeting | Thanks | Help | Refused | NotRead | Choose
"""What is answered whatever there is."""

FollowUp = Yes | No | Pick | Unknown
"""What is answered by what was asked before."""

LookUp = ListTasks | Count | Search | ListMarked
"""What changes nothing."""

OfOneTask = Complete | Delete | Schedule | Postpone | Clear | Label
"""What is done to the one task that it names."""

Intent = Talk | FollowUp | LookUp | Add | Remind | Rename | Reopen | OfOneTask
