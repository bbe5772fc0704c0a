"""The envelope is CloudEvents 1.0 as the specification's JSON format has it; the event inside stands by itself."""

import json
import re
from datetime import UTC, datetime

from taskflow_core.events.envelope import encode, wrap
from taskflow_core.events.model import TaskDeleted
from taskflow_core.events.topics import CHAT_API

NOW = datetime(2026, 11, 24, 9, 0, 0, 250_000, tzinfo=UTC)
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def deleted() -> TaskDeleted:
    return TaskDeleted(
        event_id="8a9f3c5e-0000-4000-8000-000000000001",
        timestamp=NOW,
        user_id="anna",
        actor_id="anna",
        task_id="t-1",
        version=4,
        correlation_id="c-1",
        deleted_at=NOW,
    )


def test_it_has_what_cloudevents_asks_for() -> None:
    event = deleted()
    written = json.loads(encode(wrap(event, CHAT_API, TRACEPARENT)))
    assert {name: value for name, value in written.items() if name != "data"} == {
        "specversion": "1.0",
        "id": event.event_id,
        "source": "chat-api",
        "type": "task.deleted",
        "subject": "t-1",
        "time": "2026-11-24T09:00:00.250000Z",
        "datacontenttype": "application/json",
        "traceparent": TRACEPARENT,
    }
    assert all(re.fullmatch("[a-z0-9]+", name) for name in written), "attribute names are lower case and digits"


def test_the_event_inside_stands_by_itself() -> None:
    data = json.loads(encode(wrap(deleted(), CHAT_API)))["data"]
    assert data == {
        "type": "task.deleted",
        "event_id": "8a9f3c5e-0000-4000-8000-000000000001",
        "timestamp": "2026-11-24T09:00:00.250000Z",
        "user_id": "anna",
        "actor_id": "anna",
        "task_id": "t-1",
        "version": 4,
        "correlation_id": "c-1",
        "deleted_at": "2026-11-24T09:00:00.250000Z",
    }
