"""A task's fields as somebody writes them, checked and put into the form that is stored."""

from datetime import date
from typing import Any

import msgspec
from msgspec import UNSET

from chat_api.commands.inputs import NewTask, TaskChanges
from chat_api.commands.texts import changed_title, description_of, new_title
from taskflow_core.domain.due import Due, parse_due
from taskflow_core.domain.errors import FieldError
from taskflow_core.domain.priority import Priority
from taskflow_core.domain.recurrence import CatchUp, Mode, Pattern, Rule, check_end_date, parse_pattern
from taskflow_core.domain.reminders import parse_offsets
from taskflow_core.domain.tags import parse_tags
from taskflow_core.domain.task import Task
from taskflow_core.domain.zones import zone


class TaskFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a client decides about a task, checked: patterns, zones and offsets canonical, the due date an instant."""

    title: str
    description: str | None = None
    completed: bool = False
    due: Due | None = None
    timezone: str | None = None
    pattern: Pattern | None = None
    end_date: date | None = None
    reminders: list[str] = []
    tags: list[str] = []
    priority: Priority = "none"

    @property
    def rule(self) -> Rule | None:
        """The rule of the series that begins with this task, if it repeats."""
        if self.pattern is None or self.due is None:
            return None
        return Rule(self.pattern, self.due.local, self.due.timezone, self.end_date)


class SeriesOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a series goes on; None keeps what it has, or is the default for a new one."""

    mode: Mode | None = None
    catch_up: CatchUp | None = None


def needs_user_zone(given: NewTask | TaskChanges, task: Task | None = None) -> bool:
    """Whether the user's own zone is wanted to read `given`: a due date without any zone of the task's."""
    has_zone = bool(given.recurrence_timezone) or (task is not None and task.recurrence_timezone is not None)
    return bool(given.due_date) and not has_zone


def fields_of_new(given: NewTask, user_zone: str | None) -> TaskFields:
    """The fields of a new task. Raises FieldError, and TaskNotCreatedError for a title of blanks."""
    timezone = given.recurrence_timezone or user_zone
    due = None if given.due_date is None else parse_due(given.due_date, timezone or "UTC")
    if given.recurrence_timezone is not None:
        zone(given.recurrence_timezone, "recurrence_timezone")
    return _checked(
        TaskFields(
            title=new_title(given.title),
            description=description_of(given.description),
            due=due,
            timezone=due.timezone if due else given.recurrence_timezone,
            pattern=None if given.recurrence_pattern is None else parse_pattern(given.recurrence_pattern),
            end_date=given.recurrence_end_date,
            reminders=_reminders(given.reminders, given.reminder_offset) or [],
            tags=parse_tags(given.tags or []),
            priority=given.priority or "none",
        )
    )


def fields_of(task: Task) -> TaskFields:
    """The fields a task has."""
    return TaskFields(
        title=task.title,
        description=task.description,
        completed=task.completed,
        due=task.due,
        timezone=task.recurrence_timezone,
        pattern=None if task.recurrence_pattern is None else parse_pattern(task.recurrence_pattern),
        end_date=task.recurrence_end_date,
        reminders=task.reminders,
        tags=task.tags,
        priority=task.priority,
    )


def fields_after(task: Task, changes: TaskChanges, user_zone: str | None) -> TaskFields:
    """The fields of `task` after `changes`. Raises FieldError, and TaskNotChangedError for a title of blanks.

    That an end lies behind the first date is checked for a task that begins to repeat; an occurrence may be moved past
    the end of its series.
    """
    changed = _texts_after(changes) | _order_after(changes) | _repeat_after(changes) | _reminders_after(changes)
    changed |= _due_after(task, changes, user_zone)
    return _checked(msgspec.structs.replace(fields_of(task), **changed), begins=task.series_id is None)


def _texts_after(changes: TaskChanges) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if changes.title is not UNSET:
        changed["title"] = changed_title(changes.title)
    if changes.description is not UNSET:
        changed["description"] = description_of(changes.description)
    if changes.completed is not UNSET:
        changed["completed"] = changes.completed
    return changed


def _order_after(changes: TaskChanges) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if changes.tags is not UNSET:
        changed["tags"] = parse_tags(changes.tags or [])
    if changes.priority is not UNSET:
        changed["priority"] = changes.priority or "none"
    return changed


def _repeat_after(changes: TaskChanges) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    pattern = changes.recurrence_pattern
    if pattern is not UNSET:
        changed["pattern"] = None if pattern is None else parse_pattern(pattern)
        if pattern is None:
            changed["end_date"] = None
    if changes.recurrence_end_date is not UNSET:
        changed["end_date"] = changes.recurrence_end_date
    return changed


def _reminders_after(changes: TaskChanges) -> dict[str, Any]:
    several, one = changes.reminders, changes.reminder_offset
    if several is UNSET and one is UNSET:
        return {}
    found = _reminders(None if several is UNSET else several, None if one is UNSET else one)
    return {"reminders": found or []}


def _due_after(task: Task, changes: TaskChanges, user_zone: str | None) -> dict[str, Any]:
    due_date, zone_name = changes.due_date, changes.recurrence_timezone
    if due_date is UNSET and zone_name is UNSET:
        return {}
    given_zone = None if zone_name is UNSET else zone_name
    if given_zone is not None:
        zone(given_zone, "recurrence_timezone")
    if due_date is UNSET:
        return _in_another_zone(task, given_zone)
    if due_date is None:
        return _without_due_date(changes, given_zone)
    timezone = given_zone or task.recurrence_timezone or user_zone or "UTC"
    return {"due": parse_due(due_date, timezone), "timezone": timezone}


def _in_another_zone(task: Task, given_zone: str | None) -> dict[str, Any]:
    if task.due is None:
        return {"timezone": given_zone}
    if given_zone is None:
        message = "a task with a due date keeps a time zone; give another one"
        raise FieldError("recurrence_timezone", message, "NEEDS_TIME_ZONE")
    # An all-day task keeps its day, any other its instant.
    return {"due": parse_due(task.due.text, given_zone), "timezone": given_zone}


def _without_due_date(changes: TaskChanges, given_zone: str | None) -> dict[str, Any]:
    for field in ("recurrence_pattern", "recurrence_end_date", "reminders", "reminder_offset"):
        if getattr(changes, field) not in (UNSET, None, []):
            message = "needs a due_date, and this request takes it away; give one or leave this out"
            raise FieldError(field, message, "NEEDS_DUE_DATE")
    # Without a due date there is nothing to repeat or to remind of.
    return {"due": None, "timezone": given_zone, "pattern": None, "end_date": None, "reminders": []}


def with_fields(task: Task, fields: TaskFields) -> Task:
    """`task` with these fields."""
    due = fields.due
    return msgspec.structs.replace(
        task,
        title=fields.title,
        description=fields.description,
        completed=fields.completed,
        due_date=None if due is None else due.text,
        due_at=None if due is None else due.at,
        due_all_day=due is not None and due.all_day,
        recurrence_pattern=None if fields.pattern is None else fields.pattern.text,
        recurrence_end_date=fields.end_date,
        recurrence_timezone=fields.timezone,
        reminders=fields.reminders,
        tags=fields.tags,
        priority=fields.priority,
    )


def _reminders(given: list[str] | None, one: str | None) -> list[str] | None:
    if given is not None and one is not None:
        message = "is a shorthand for `reminders` with one; give one of the two"
        raise FieldError("reminder_offset", message, "ONE_OF_TWO")
    if one is not None:
        return parse_offsets([one], "reminder_offset")
    return None if given is None else parse_offsets(given)


def _checked(fields: TaskFields, *, begins: bool = True) -> TaskFields:
    """`fields` if they go together. The database holds the same rules as constraints."""
    if fields.pattern is not None and fields.due is None:
        raise FieldError("recurrence_pattern", "needs a due_date to repeat from; give one", "NEEDS_DUE_DATE")
    if fields.end_date is not None and fields.pattern is None:
        message = "needs a recurrence_pattern; give one or leave the end date out"
        raise FieldError("recurrence_end_date", message, "NEEDS_REPEAT")
    if fields.reminders and fields.due is None:
        raise FieldError("reminders", "need a due_date to count from; give one", "NEEDS_DUE_DATE")
    if fields.pattern is not None and fields.due is not None:
        check_end_date(fields.pattern, fields.end_date, fields.due.local.date() if begins else None)
        Rule(fields.pattern, fields.due.local, fields.due.timezone, fields.end_date)
    return fields


def options_of(given: NewTask | TaskChanges, fields: TaskFields) -> SeriesOptions:
    """How the series of a task with these fields goes on. Raises FieldError for a task that does not repeat."""
    mode = None if given.recurrence_mode is UNSET else given.recurrence_mode
    catch_up = None if given.catch_up is UNSET else given.catch_up
    if fields.pattern is None:
        for field, value in (("recurrence_mode", mode), ("catch_up", catch_up)):
            if value is not None:
                message = "is of a task that repeats; give a recurrence_pattern or leave it out"
                raise FieldError(field, message, "NEEDS_REPEAT")
    return SeriesOptions(mode=mode, catch_up=catch_up)
