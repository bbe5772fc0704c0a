"""What the use cases take: a task's fields as somebody writes them, not yet checked."""

from datetime import date
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from taskflow_core.domain.priority import Priority
from taskflow_core.domain.recurrence import CatchUp, Mode

Scope = Literal["this", "following", "all"]
"""Which occurrences of a series a change or deletion is for."""


class NewTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task to make. With `recurrence_pattern` it is the first occurrence of a series.

    `due_date`, `recurrence_pattern` and `reminders` are texts as people write them; `reminder_offset` is shorthand for
    one reminder.
    """

    title: str
    description: str | None = None
    due_date: str | None = None
    recurrence_pattern: str | None = None
    recurrence_end_date: date | None = None
    recurrence_timezone: str | None = None
    recurrence_mode: Mode | None = None
    catch_up: CatchUp | None = None
    reminders: list[str] | None = None
    reminder_offset: str | None = None
    tags: list[str] | None = None
    priority: Priority | None = None


class TaskChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Changes to a task: what is UNSET keeps its value, None clears it. The fields are NewTask's."""

    title: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    completed: bool | UnsetType = UNSET
    due_date: str | UnsetType | None = UNSET
    recurrence_pattern: str | UnsetType | None = UNSET
    recurrence_end_date: date | UnsetType | None = UNSET
    recurrence_timezone: str | UnsetType | None = UNSET
    recurrence_mode: Mode | UnsetType = UNSET
    catch_up: CatchUp | UnsetType = UNSET
    reminders: list[str] | UnsetType | None = UNSET
    reminder_offset: str | UnsetType | None = UNSET
    tags: list[str] | UnsetType | None = UNSET
    priority: Priority | UnsetType | None = UNSET

    @property
    def concerns_series(self) -> bool:
        """Whether anything is given that is not one occurrence's alone."""
        return self.due_date is None or any(
            value is not UNSET
            for value in (
                self.recurrence_pattern,
                self.recurrence_end_date,
                self.recurrence_timezone,
                self.recurrence_mode,
                self.catch_up,
            )
        )
