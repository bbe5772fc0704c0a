"""Events of yesterday decode with today's types, and those of tomorrow do too: what is written stays readable.

The texts here are as the first release wrote them. They are never changed, only added to: Kafka keeps events for two
weeks, the outbox and the dead letters for as long as it takes.
"""

import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from taskflow_core.events.envelope import UndecodableEventError, decode, encode
from taskflow_core.events.model import Event, ReminderTriggered, TaskCreated, TaskUpdated
from taskflow_core.events.topics import ALL_TOPICS, topic_of

TASK: dict[str, Any] = {
    "id": "t-1",
    "user_id": "anna",
    "title": "Water the plants",
    "description": None,
    "completed": False,
    "created_at": "2026-11-24T09:00:00Z",
    "updated_at": "2026-11-24T09:00:00Z",
}
ABOUT: dict[str, Any] = {
    "event_id": "8a9f3c5e-0000-4000-8000-000000000001",
    "timestamp": "2026-11-24T09:00:00Z",
    "user_id": "anna",
    "actor_id": "anna",
    "task_id": "t-1",
    "version": 3,
    "correlation_id": "c-1",
}
SPECIFIC: dict[str, dict[str, Any]] = {
    "task.created": {"task": TASK},
    "task.updated": {"changes": {"title": {"old": "Water", "new": "Water the plants"}}, "task": TASK},
    "task.completed": {"completed_at": "2026-11-24T09:00:00Z", "task": TASK | {"completed": True}},
    "task.deleted": {"deleted_at": "2026-11-24T09:00:00Z"},
    "task.reminder.triggered": {
        "reminder_id": "r-1",
        "due_date": "2026-11-24T10:00:00Z",
        "offset": "PT1H",
        "scheduled_at": "2026-11-24T09:00:00Z",
        "fired_at": "2026-11-24T09:00:01Z",
    },
}
EVERY_TYPE = pytest.mark.parametrize("kind", SPECIFIC)


def yesterday(kind: str) -> dict[str, Any]:
    """An envelope with what has always been there, and nothing that came later."""
    return {
        "specversion": "1.0",
        "id": ABOUT["event_id"],
        "source": "chat-api",
        "type": kind,
        "subject": "t-1",
        "time": "2026-11-24T09:00:00Z",
        "data": {"type": kind, **ABOUT, **SPECIFIC[kind]},
    }


def tomorrow(value: Any) -> Any:
    """The same with a field that nobody knows yet wherever there can be one."""
    if not isinstance(value, dict):
        return value
    parts = cast(dict[str, Any], value)
    return {name: tomorrow(part) for name, part in parts.items()} | {"since_next_year": {"a": [1, None]}}


def read(envelope: dict[str, Any]) -> Event:
    event = decode(json.dumps(envelope)).data
    assert isinstance(event, Event)
    return event


@EVERY_TYPE
def test_yesterdays_events_decode_and_what_they_lack_has_a_default(kind: str) -> None:
    event = read(yesterday(kind))
    assert (event.event_type, event.event_id, event.task_id, event.version) == (kind, ABOUT["event_id"], "t-1", 3)
    assert topic_of(event) in ALL_TOPICS
    if isinstance(event, TaskCreated):
        assert (event.task.due_date, event.task.reminders, event.task.series_id) == (None, [], None)
    if isinstance(event, ReminderTriggered):
        assert (event.reminder_type, event.late) == ("before_due", False)


@EVERY_TYPE
def test_tomorrows_events_decode_as_what_is_known_of_them(kind: str) -> None:
    envelope = yesterday(kind)
    changes = envelope["data"].get("changes", {})
    later = tomorrow(envelope) | {"dataschema": "https://example.com/v2", "tracestate": "vendor=1"}
    if changes:  # there a name is a field of the task, and the value has its two sides
        later["data"]["changes"] = {"title": tomorrow(changes["title"]), "colour": {"old": None, "new": "red"}}
    event, known = read(later), read(envelope)
    if isinstance(event, TaskUpdated):
        assert isinstance(known, TaskUpdated)
        assert event.changes["title"] == known.changes["title"]
        assert event.changes["colour"].new == "red"
        assert event.task == known.task
    else:
        assert event == known


@EVERY_TYPE
def test_todays_events_can_be_read_yesterday(kind: str) -> None:
    """Every field that was published is still there, with its name and its value."""
    written = json.loads(encode(decode(json.dumps(yesterday(kind)))))
    assert within(yesterday(kind), written) == []


def within(before: Any, now: Any, place: str = "$") -> list[str]:
    """Where `now` does not say what `before` says."""
    if isinstance(before, dict):
        return [
            difference
            for name, value in cast(dict[str, Any], before).items()
            for difference in within(value, now.get(name, "is gone"), f"{place}.{name}")
        ]
    return [] if before == now else [f"{place}: {now}, was {before}"]


@EVERY_TYPE
def test_what_is_written_is_read_as_it_was(kind: str) -> None:
    envelope = decode(json.dumps(yesterday(kind) | {"traceparent": f"00-{'1' * 32}-{'2' * 16}-01"}))
    assert decode(encode(envelope)) == envelope


def test_a_type_that_nobody_knows_yet_says_so() -> None:
    envelope = yesterday("task.deleted")
    envelope["data"]["type"] = envelope["type"] = "task.archived"
    with pytest.raises(UndecodableEventError, match=r"task\.archived"):
        read(envelope)


@pytest.mark.parametrize("missing", ["event_id", "user_id", "task_id", "version"])
def test_an_event_without_what_every_event_has_is_none(missing: str) -> None:
    envelope = yesterday("task.deleted")
    del envelope["data"][missing]
    with pytest.raises(UndecodableEventError, match=missing):
        read(envelope)


def test_bytes_that_are_no_text_are_no_event() -> None:
    for payload in (b"\xff\xfe", b"", b"[]", b"null", b'{"id":'):
        with pytest.raises(UndecodableEventError):
            decode(payload)


@EVERY_TYPE
def test_an_event_observed_when_it_happened_does_not_say_so_twice(kind: str) -> None:
    event = read(yesterday(kind))
    assert event.observed == event.timestamp
    assert b"observed_at" not in encode(decode(json.dumps(yesterday(kind))))


@EVERY_TYPE
def test_one_observed_later_says_when(kind: str) -> None:
    envelope = yesterday(kind)
    envelope["data"]["observed_at"] = "2026-11-26T10:00:00+01:00"
    event = read(envelope)
    assert event.observed == datetime(2026, 11, 26, 9, tzinfo=UTC)
    assert read(json.loads(encode(decode(json.dumps(envelope))))) == event
    envelope["data"]["observed_at"] = None
    assert read(envelope).observed == event.timestamp


@pytest.mark.parametrize("field", ["timestamp", "observed_at"])
@pytest.mark.parametrize("text", ["2026-11-26T10:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_without_its_offset_or_at_the_ends_of_the_calendar_is_none(field: str, text: str) -> None:
    envelope = yesterday("task.deleted")
    envelope["data"][field] = text
    with pytest.raises(UndecodableEventError):
        read(envelope)
