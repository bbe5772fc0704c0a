"""What of an event the trail keeps, and which of it is what somebody wrote: that part lies there encrypted.

In the clear are the names of the fields that changed, times, flags, a reminder's own fields and what was asked of the
trail: what queries and replays go by. The old and new value of each field are written by people, and so are names of
tokens and devices. No description's text is kept at all.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from taskflow_core.domain.task import Task
from taskflow_core.events.account import AnyEvent
from taskflow_core.events.model import (
    CHANGED,
    Change,
    Happening,
    ReminderTriggered,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskUpdated,
)

SEALED: Final = "sealed"
"""The member of a row's `data` that holds the written part, encrypted; null where that could not be read any more."""

_RECORDED: Final = frozenset(Task.__struct_fields__) - {"description", "has_description"} | {
    "recurrence_mode",
    "catch_up",
}
_LEFT_OUT: Final = frozenset({"id", "user_id", "version", "created_at", "updated_at", "due_at", "has_description"})
_WRITTEN: Final = frozenset({"name", "device"})
"""Members of security events that a person, or a person's program, made up."""

_DEFAULTS: Final[dict[str, Any]] = {"description": None, "completed": False} | {
    field.name: field.default for field in msgspec.structs.fields(Task) if field.default is not msgspec.NODEFAULT
}

canonical: Final = msgspec.json.Encoder(order="sorted").encode
"""JSON in the one form that the trail keeps."""


class Content(msgspec.Struct, frozen=True, gc=False):
    """What a row says beside its columns: `clear` for everybody who reads the table, `written` under its user's key.

    A reader who has the key sees the members of both, those of `written` in place of any of the same name.
    """

    clear: dict[str, Any]
    written: dict[str, Any] = {}


def content_of(event: AnyEvent) -> Content:
    """What the trail keeps of an event: `changes` as {field: {old, new}}, and what is its type's own.

    The time of an event that was observed later than it happened is among it, as `timestamp`.
    """
    content = _content(event)
    if event.observed == event.timestamp:
        return content
    return Content(content.clear | {"timestamp": event.timestamp}, content.written)


def query_content(query: Mapping[str, str], count: int) -> Content:
    """The same of a read of the trail: what was asked for and how many rows were shown."""
    return Content({"query": dict(query), "count": count})


def plain_content(type_: str, data: dict[str, Any]) -> Content:
    """The content of a row that an earlier release wrote, all in the clear."""
    if type_.startswith("account."):
        return _of_account(data)
    changes: dict[str, Any] | None = data.get("changes")
    if type_ not in (TaskCreated.event_type, TaskUpdated.event_type) or changes is None:
        return Content(data)
    return _with_changes(changes, {name: value for name, value in data.items() if name != "changes"})


def _content(event: AnyEvent) -> Content:
    match event:
        case TaskCreated():
            return _with_changes(_beginnings(event.task))
        case TaskUpdated():
            return _with_changes({field: _change(field, change) for field, change in event.changes.items()})
        case TaskCompleted():
            # As it is with every completion: nobody wrote it.
            return Content({"changes": {"completed": {"old": False, "new": True}}, "completed_at": event.completed_at})
        case TaskDeleted():
            return Content({"deleted_at": event.deleted_at})
        case ReminderTriggered():
            return Content(
                {
                    "reminder_id": event.reminder_id,
                    "reminder_type": event.reminder_type,
                    "due_date": event.due_date,
                    "offset": event.offset,
                    "scheduled_at": event.scheduled_at,
                    "fired_at": event.fired_at,
                    "late": event.late,
                }
            )
        case _:
            fields = [name for name in event.__struct_fields__ if name not in Happening.__struct_fields__]
            return _of_account({name: value for name in fields if (value := getattr(event, name)) is not None})


def _of_account(said: dict[str, Any]) -> Content:
    """What a security event says."""
    return Content(
        {name: None if name in _WRITTEN else value for name, value in said.items()},
        {name: value for name, value in said.items() if name in _WRITTEN},
    )


def _with_changes(changes: dict[str, Any], clear: Mapping[str, Any] | None = None) -> Content:
    """In the clear which fields changed, without their values."""
    return Content({**(clear or {}), "changes": dict.fromkeys(changes)}, {"changes": changes})


def _beginnings(task: Task) -> dict[str, Any]:
    """Every field that a new task has a value for."""
    values = {field: getattr(task, field) for field in Task.__struct_fields__ if field not in _LEFT_OUT}
    values["description"] = CHANGED if task.is_described else None
    return {
        field: _change(field, Change(None, value))
        for field, value in values.items()
        if value is not None and value != [] and value != _DEFAULTS.get(field)
    }


def _change(field: str, change: Change) -> dict[str, Any]:
    """A field the trail does not know is kept as a description is: that it changed, not to what."""
    if field not in _RECORDED:
        return {"old": None, "new": CHANGED}
    return {"old": change.old, "new": change.new}
