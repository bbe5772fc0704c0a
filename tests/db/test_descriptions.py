"""The migration that takes descriptions out of the events that wait: outbox, deliveries, dead letters."""

import json
import uuid
from typing import Any

import asyncpg
import msgspec
import pytest

from taskflow_core.events.envelope import decode
from taskflow_core.events.model import TaskCreated, TaskUpdated
from taskflow_db import runner

MARKER = "xyzzy-secret"
TASK: dict[str, Any] = {
    "id": "t", "user_id": "u", "title": "A", "description": MARKER, "completed": False, "version": 1,
    "created_at": "2026-11-24T09:00:00Z", "updated_at": "2026-11-24T09:00:00Z",
}  # fmt: skip


def payload(kind: str, **data: Any) -> str:
    """An event as the release before wrote it."""
    about = {
        "event_id": str(uuid.uuid4()), "timestamp": "2026-11-24T09:00:00Z", "user_id": "u", "actor_id": "u",
        "task_id": "t", "version": 1, "correlation_id": "c", "type": kind,
    }  # fmt: skip
    envelope = {"specversion": "1.0", "id": about["event_id"], "source": "chat-api", "type": kind, "subject": "t",
        "time": "2026-11-24T09:00:00Z", "datacontenttype": "application/json", "data": about | data}  # fmt: skip
    return json.dumps(envelope)


PAYLOADS = [
    payload("task.created", task=TASK),
    payload("task.updated", task=TASK, changes={"description": {"old": MARKER, "new": f"{MARKER} 2"}}),
    payload("task.updated", task=TASK | {"description": None}, changes={"title": {"old": "A", "new": "B"}}),
]
UNREADABLE = [
    '{"description": ',
    '{"description": "\\u0000"}',
    '{"description": ' + "[" * 9000 + "]" * 9000 + "}",
    '"description"',
]


@pytest.fixture
async def before(empty: asyncpg.Connection, empty_database_url: str) -> asyncpg.Connection:
    """A database of the release before, with events on their way."""
    await runner.upgrade(empty_database_url)
    await empty.execute("DELETE FROM migration WHERE name = '0009_descriptions'")
    for number, text in enumerate([*PAYLOADS, *UNREADABLE], 1):
        event_id = uuid.uuid4()
        await empty.execute(
            "INSERT INTO outbox (event_id, producer, topic, task_id, occurred_at, payload) "
            "VALUES ($1, 'chat-api', 'taskflow.tasks.created', 't', now(), $2)", event_id, text
        )  # fmt: skip
        await empty.execute(
            "INSERT INTO embedded_deliveries (consumer_group, seq, event_id, task_id, topic, payload) "
            "VALUES ('audit-logger', $3, $1, 't', 'taskflow.tasks.created', $2)", event_id, text, number
        )  # fmt: skip
        await empty.execute(
            "INSERT INTO dead_letters (event_id, consumer_group, topic, payload, reason, attempts) "
            "VALUES ($1, 'audit-logger', 'taskflow.tasks.created', $2, 'x', 3)", event_id, text
        )  # fmt: skip
    return empty


async def test_no_text_of_a_description_is_left(before: asyncpg.Connection, empty_database_url: str) -> None:
    assert await runner.upgrade(empty_database_url) == ("0009_descriptions",)
    for table in ("outbox", "embedded_deliveries", "dead_letters"):
        texts = [row["payload"] for row in await before.fetch(f"SELECT payload FROM {table}")]
        assert len(texts) == len(PAYLOADS) + len(UNREADABLE)
        assert not any(MARKER in text for text in texts)
        assert set(UNREADABLE) <= set(texts), "what is no event of ours stays as it came"
        events = [decode(text).data for text in texts if text not in UNREADABLE]
        created = next(event for event in events if isinstance(event, TaskCreated))
        assert (created.task.description, created.task.has_description, created.task.title) == (None, True, "A")
        described, renamed = sorted(
            (event for event in events if isinstance(event, TaskUpdated)), key=lambda event: sorted(event.changes)
        )
        assert (described.changes["description"].old, described.changes["description"].new) == (None, "changed")
        assert renamed.task.has_description is msgspec.UNSET
