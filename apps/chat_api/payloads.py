"""What clients send and get: the bodies of chat-api's routes. Unknown fields are ignored, as Phase IV does."""

from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chat_api.accounts import Account
from chat_api.commands import inputs
from taskflow_core.domain.errors import FieldError
from taskflow_core.domain.priority import Priority
from taskflow_core.domain.recurrence import CatchUp, Mode
from taskflow_core.domain.tags import LONGEST_TAG, MOST_TAGS

Title = Annotated[str, Meta(min_length=1, max_length=255, description="Trimmed; not empty")]
Description = Annotated[str, Meta(max_length=5000, description="Trimmed; empty means none")]
Completed = Annotated[
    bool | int | float | str, Meta(description="true or false; also 1, 0 and the words yes, no, on, off, t, f, y, n")
]
"""A boolean as Phase IV reads it."""
Password = Annotated[str, Meta(min_length=8, max_length=1000)]
DueDate = Annotated[
    str,
    Meta(
        max_length=40,
        description="A time (RFC 3339; without an offset it is in the task's zone, else the user's, else UTC) or a "
        "date, which means all day",
        examples=["2026-11-25T09:00:00Z", "2026-11-25"],
    ),
]
Pattern = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=500,
        description="`daily`, `weekly:MON,WED`, `monthly:15`, `custom:3d` or `RRULE:…` (RFC 5545, daily or slower)",
        examples=["weekly:MON,WED"],
    ),
]
Timezone = Annotated[str, Meta(max_length=64, description="An IANA name", examples=["Europe/Berlin"])]
ReminderOffset = Annotated[
    str,
    Meta(
        max_length=40,
        description="How long before the due time: `1 day`, `2 hours`, `PT30M`. Days are calendar days, hours exact; "
        "an all-day task's count from 09:00",
        examples=["1 day", "PT1H"],
    ),
]
Reminders = Annotated[list[ReminderOffset], Meta(max_length=50)]
Tag = Annotated[str, Meta(max_length=200)]
Tags = Annotated[
    list[Tag],
    Meta(
        max_length=100,
        description=f"Up to {MOST_TAGS} of up to {LONGEST_TAG} characters, in their order; compared without case, "
        "repetitions and a # in front are left out",
        examples=[["home", "Straße"]],
    ),
]


class NewTask(inputs.NewTask, frozen=True, kw_only=True):
    """A task to make. With `recurrence_pattern` it is the first occurrence of a series."""

    title: Title
    description: Description | None = None
    due_date: DueDate | None = None
    recurrence_pattern: Pattern | None = None
    recurrence_end_date: date | None = None
    recurrence_timezone: Timezone | None = None
    recurrence_mode: Mode | None = None
    catch_up: CatchUp | None = None
    reminders: Reminders | None = None
    reminder_offset: Annotated[ReminderOffset | None, Meta(description="Shorthand for one reminder")] = None
    tags: Tags | None = None
    priority: Priority | None = None


class TaskPatch(inputs.TaskChanges, frozen=True, kw_only=True):
    """Changes to a task: an absent field keeps its value, null clears it. Clearing `due_date` clears repeat and
    reminders too."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    completed: bool | UnsetType = UNSET
    due_date: DueDate | UnsetType | None = UNSET
    recurrence_pattern: Pattern | UnsetType | None = UNSET
    recurrence_end_date: date | UnsetType | None = UNSET
    recurrence_timezone: Timezone | UnsetType | None = UNSET
    recurrence_mode: Mode | UnsetType = UNSET
    catch_up: CatchUp | UnsetType = UNSET
    reminders: Reminders | UnsetType | None = UNSET
    reminder_offset: ReminderOffset | UnsetType | None = UNSET
    tags: Tags | UnsetType | None = UNSET
    priority: Priority | UnsetType | None = UNSET


class TaskPut(msgspec.Struct, frozen=True, kw_only=True):
    """Changes to a task as Phase IV takes them: an absent or null field keeps its value."""

    title: Title | None = None
    description: Description | None = None
    completed: Completed | None = None
    due_date: DueDate | None = None
    recurrence_pattern: Pattern | None = None
    recurrence_end_date: date | None = None
    recurrence_timezone: Timezone | None = None
    recurrence_mode: Mode | None = None
    catch_up: CatchUp | None = None
    reminders: Reminders | None = None
    reminder_offset: ReminderOffset | None = None
    tags: Tags | None = None
    priority: Priority | None = None

    def as_patch(self) -> TaskPatch:
        """The same changes, null fields left out. Raises FieldError for a `completed` that is no boolean."""
        given = {field: value for field, value in msgspec.structs.asdict(self).items() if value is not None}
        if self.completed is not None:
            given["completed"] = boolean("completed", self.completed)
        return TaskPatch(**given)


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail address, in any case, and a password of at least 8 characters."""

    email: str
    password: Password
    refresh_token: Annotated[
        Any, Meta(description="true: have the refresh token in the answer, for programs that keep no cookies")
    ] = False


class NewAccount(Credentials, frozen=True, kw_only=True):
    """The same of somebody who signs up, with an invitation where that takes one."""

    invitation: Annotated[Any, Meta(description="Where TASKFLOW_SIGNUP is `invite`: what was given to you")] = None


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to signing up and in. The tokens are also set as cookies that scripts cannot read."""

    user: Account
    token: str
    message: str
    refresh_token: str | UnsetType = UNSET


class Refreshed(msgspec.Struct, frozen=True, kw_only=True):
    """A new access token; with the next refresh token, where the one before came in the body."""

    token: str
    message: str
    refresh_token: str | UnsetType = UNSET


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """Says that something was done."""

    message: str
    status: str


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Something said to the assistant, in a new conversation or a known one."""

    message: Annotated[str, Meta(min_length=1, max_length=10_000)]
    conversation_id: str | None = None


class ChatAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the assistant answered, and the names of the tools that ran.

    `unread` are the words that it did not understand, `understood` says that there are none; Phase IV has neither.
    """

    conversation_id: str
    response: str
    tool_calls: list[str]
    status: str
    understood: bool | UnsetType = UNSET
    unread: list[str] | UnsetType = UNSET


_TRUE = frozenset({"1", "t", "true", "y", "yes", "on"})
_FALSE = frozenset({"0", "f", "false", "n", "no", "off"})


def boolean(field: str, given: bool | float | str) -> bool:
    """A boolean as Phase IV's framework reads it: true and false, 1 and 0, and words in any case. Raises FieldError."""
    if isinstance(given, str):
        word = given.lower() if given.isascii() else ""
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
    elif given in (0, 1):
        return bool(given)
    raise FieldError(field, "must be true or false")
