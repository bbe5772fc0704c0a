"""What of an event the trail keeps: no description's text, no e-mail address, no token."""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

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

_RECORDED: Final = frozenset(Task.__struct_fields__) - {"description", "has_description"} | {
    "recurrence_mode",
    "catch_up",
}
_LEFT_OUT: Final = frozenset({"id", "user_id", "version", "created_at", "updated_at", "due_at", "has_description"})
_DEFAULTS: Final[dict[str, Any]] = {"description": None, "completed": False} | {
    field.name: field.default for field in msgspec.structs.fields(Task) if field.default is not msgspec.NODEFAULT
}

_EMAIL: Final = re.compile(r"[^\s@<>()\[\]\"',;:]+@[^\s@<>()\[\]\"',;:]+\.[^\s@<>()\[\]\"',;:]+")
_TOKEN: Final = re.compile(r"eyJ[\w-]{5,}\.[\w-]+(\.[\w-]*)?|(?i:bearer)\s+\S{16,}")

_encode: Final = msgspec.json.Encoder(order="sorted").encode


def data_of(event: AnyEvent) -> str:
    """The canonical JSON the trail keeps of an event: `changes` as {field: {old, new}}, and what is its type's own.

    The time of an event that was observed later than it happened is among it, as `timestamp`.
    """
    own_time = {} if event.observed == event.timestamp else {"timestamp": event.timestamp}
    return _written(_data(event) | own_time)


def query_data(query: Mapping[str, str], count: int) -> str:
    """The same of a read of the trail: what was asked for and how many rows were shown."""
    return _written({"query": dict(query), "count": count})


def _written(data: dict[str, Any]) -> str:
    text = _encode(data).decode()
    return _encode(_masked(data)).decode() if _is_suspect(text) else text


def _is_suspect(text: str) -> bool:
    """True of every text that has something to mask, and of few others; a tenth of what the patterns cost."""
    return "@" in text or "eyJ" in text or "bearer" in text.lower()


def _data(event: AnyEvent) -> dict[str, Any]:
    match event:
        case TaskCreated():
            return {"changes": _beginnings(event.task)}
        case TaskUpdated():
            return {"changes": {field: _change(field, change) for field, change in event.changes.items()}}
        case TaskCompleted():
            return {"changes": {"completed": {"old": False, "new": True}}, "completed_at": event.completed_at}
        case TaskDeleted():
            return {"deleted_at": event.deleted_at}
        case ReminderTriggered():
            return {
                "reminder_id": event.reminder_id,
                "reminder_type": event.reminder_type,
                "due_date": event.due_date,
                "offset": event.offset,
                "scheduled_at": event.scheduled_at,
                "fired_at": event.fired_at,
                "late": event.late,
            }
        case _:
            fields = [name for name in event.__struct_fields__ if name not in Happening.__struct_fields__]
            return {name: value for name in fields if (value := getattr(event, name)) is not None}


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


def _masked(value: Any) -> Any:
    """`value` with e-mail addresses and tokens, which people write into titles, masked wherever they stand."""
    if isinstance(value, str):
        return _TOKEN.sub("[token]", _EMAIL.sub("[e-mail]", value))
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in cast("list[Any]", value)]
    return value
