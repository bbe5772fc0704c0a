"""What clients send and get: the bodies of chat-api's routes. Unknown fields are ignored, as Phase IV does."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from taskflow.domain.errors import FieldError

Title = Annotated[str, Meta(min_length=1, max_length=255, description="Trimmed; not empty")]
Description = Annotated[str, Meta(max_length=5000)]
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
Reminder = Annotated[
    str,
    Meta(
        max_length=40,
        description="How long before the due time: `1 day`, `2 hours`, `PT30M`. Days are calendar days, hours exact; "
        "an all-day task's count from 09:00",
        examples=["1 day", "PT1H"],
    ),
]
Reminders = Annotated[list[Reminder], Meta(max_length=50)]
Mode = Literal["fixed", "after_completion"]
CatchUp = Literal["latest", "all"]
Scope = Literal["this", "following", "all"]
"""Which occurrences of a series a change or deletion is for."""


class NewTask(msgspec.Struct, frozen=True, kw_only=True):
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
    reminder_offset: Annotated[Reminder | None, Meta(description="Shorthand for one reminder")] = None


class TaskPatch(msgspec.Struct, frozen=True, kw_only=True):
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
    reminder_offset: Reminder | UnsetType | None = UNSET


class TaskPut(msgspec.Struct, frozen=True, kw_only=True):
    """Changes to a task as Phase IV takes them: an absent or null field keeps its value."""

    title: Title | None = None
    description: Description | None = None
    completed: bool | None = None
    due_date: DueDate | None = None
    recurrence_pattern: Pattern | None = None
    recurrence_end_date: date | None = None
    recurrence_timezone: Timezone | None = None
    recurrence_mode: Mode | None = None
    catch_up: CatchUp | None = None
    reminders: Reminders | None = None
    reminder_offset: Reminder | None = None

    def as_patch(self) -> TaskPatch:
        """The same changes, null fields left out."""
        given = {field: value for field, value in msgspec.structs.asdict(self).items() if value is not None}
        return TaskPatch(**given)


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail address and a password, to sign in with."""

    email: str
    password: Annotated[str, Meta(max_length=1000)]


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail address and a password of at least 8 characters, to sign up with."""

    email: str
    password: Annotated[str, Meta(min_length=8, max_length=1000)]


class RefreshRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A refresh token; without one the cookie `refresh_token` is used."""

    refresh_token: str | None = None


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A user as others see it."""

    id: str
    email: str
    created_at: datetime


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to signing up and in. The token is also set as a cookie that scripts cannot read."""

    user: Account
    token: str
    message: str


class Refreshed(msgspec.Struct, frozen=True, kw_only=True):
    """A new access token."""

    token: str
    message: str


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """Says that something was done."""

    message: str
    status: str


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Something said to the assistant, in a new conversation or a known one."""

    message: Annotated[str, Meta(min_length=1, max_length=10_000)]
    conversation_id: Annotated[str, Meta(max_length=64)] | None = None


class ChatAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the assistant answered, and the names of the tools that ran."""

    conversation_id: str
    response: str
    tool_calls: list[str]
    status: str


def clean(field: str, text: str) -> str:
    """`text` if PostgreSQL can keep it. Raises FieldError for the NUL character, which has no place in a text."""
    if "\x00" in text:
        raise FieldError(field, "must not contain the character U+0000")
    return text
