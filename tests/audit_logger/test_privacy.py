"""What people wrote is nowhere in the trail's tables; which fields changed, times and reminders are."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec

from audit_logger.encryption.contents import Content, canonical, content_of, plain_content
from audit_logger.trail.queries import items
from taskflow_core.database.pool import Database
from taskflow_core.events.account import TokenMade
from taskflow_core.events.envelope import decode
from taskflow_core.events.model import Change, Event, TaskUpdated
from tests.audit_logger.making import common, created, keys, life, record, task

SECRETS = ("the-secret-text", "anna.maier@example.com", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl")
TITLE = f"Write to {SECRETS[1]}, with {SECRETS[2]} (Bearer {SECRETS[2]})"


def changes_of(event: Event) -> dict[str, Any]:
    """The changes of an event as they go back and forth, written ones with their values."""
    content = content_of(event)
    return json.loads(canonical(content.clear | content.written))["changes"]


async def test_nothing_that_people_wrote_is_anywhere_in_the_trail(database: Database) -> None:
    changes = {
        "title": Change("Call", TITLE),
        "description": Change(SECRETS[0], None),
        "notes_of_tomorrow": Change(None, SECRETS[0]),
        "due_date": Change("2031-04-05", "2031-06-07"),
    }
    update = TaskUpdated(changes=changes, task=task("t", description=SECRETS[0]), **common("t", version=2))
    events = [created("t", title=TITLE, description=SECRETS[0]), update, *life("t2", description=" ".join(SECRETS))]
    await record(database, *events)
    rows = [row for table in ("task_events", "audit_keys") for row in await database.fetch(f"SELECT * FROM {table}")]
    text = "\n".join(str(dict(row)) for row in rows)
    for secret in (*SECRETS, "Call", "@example", "2031-", "plants", "cactus"):
        assert secret not in text
    for clear in ('"changes":{"description":null,"due_date":null,"notes_of_tomorrow":null,"title":null}', '"PT1H"'):
        assert clear in text


async def test_who_has_the_key_reads_it_again(database: Database) -> None:
    events = [created("t", title=TITLE, reminders=["P1D"]), *life("t2")]
    await record(database, *events)
    shown = await items(
        keys(database), await database.fetch("SELECT *, false AS checkpointed FROM task_events ORDER BY chain_seq")
    )
    assert [item.data.get("changes") for item in shown] == [
        json.loads(canonical(content.clear | content.written)).get("changes")
        for content in (content_of(event) for event in events)
    ]
    assert shown[0].data["changes"]["title"] == {"old": None, "new": TITLE}
    assert not any("sealed" in item.data for item in shown)
    assert {item.content for item in shown} == {msgspec.UNSET}


def test_a_description_is_kept_as_changed() -> None:
    assert changes_of(created("t", description="the text"))["description"] == {"old": None, "new": "changed"}
    assert "description" not in changes_of(created("t"))


def test_before_and_after_of_each_changed_field_are_kept() -> None:
    changes = {"title": Change("a", "b"), "reminders": Change([], ["P1D"]), "due_date": Change(None, "2026-11-25")}
    update = TaskUpdated(changes=changes, task=task("t"), **common("t"))
    assert changes_of(update) == {
        "title": {"old": "a", "new": "b"},
        "reminders": {"old": [], "new": ["P1D"]},
        "due_date": {"old": None, "new": "2026-11-25"},
    }


def test_a_new_task_s_fields_are_kept_as_changes_from_nothing() -> None:
    assert changes_of(created("t", due_date="2026-11-25", due_all_day=True, reminders=["P1D"])) == {
        "title": {"old": None, "new": "Water the plants"},
        "due_date": {"old": None, "new": "2026-11-25"},
        "due_all_day": {"old": None, "new": True},
        "reminders": {"old": None, "new": ["P1D"]},
    }


def test_what_every_event_has_alike_is_clear() -> None:
    """Nobody wrote it, so it is there after an erasure too."""
    _, _, reminder, completed, deleted = map(content_of, life("t"))
    assert not any(content.written for content in (reminder, completed, deleted))
    assert completed.clear["changes"] == {"completed": {"old": False, "new": True}}
    assert {"reminder_id", "offset", "due_date", "scheduled_at", "fired_at", "late"} <= reminder.clear.keys()


def test_a_row_of_an_earlier_release_is_split_likewise() -> None:
    for event in life("t"):
        content = content_of(event)
        plain: dict[str, Any] = json.loads(canonical(content.clear | content.written))
        again = plain_content(event.event_type, plain)
        assert canonical(again) == canonical(content)
    assert plain_content("audit.read", {"query": {}, "count": 1}) == Content({"query": {}, "count": 1})


def test_data_is_canonical() -> None:
    event = created("t", due_date="2026-11-25", title="ü")
    text = canonical(content_of(event)).decode()
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    again = decode(msgspec.json.encode({"id": "x", "source": "s", "type": "t", "subject": "t", "time": event.timestamp,
                                        "data": event})).data  # fmt: skip
    assert canonical(content_of(again)).decode() == text


async def test_names_of_tokens_and_devices_are_written_by_people_too(database: Database) -> None:
    token = TokenMade(
        event_id=str(uuid.uuid4()),
        timestamp=datetime.now(UTC),
        user_id="anna",
        actor_id="anna",
        correlation_id="c",
        token_id="t-1",
        name="kitchen tablet",
        scopes=["stream"],
        expires_at=datetime.now(UTC),
    )
    await record(database, token)
    assert "kitchen" not in str(await database.fetch("SELECT data FROM task_events"))
    [item] = await items(keys(database), await database.fetch("SELECT *, false AS checkpointed FROM task_events"))
    assert (item.data["name"], item.data["scopes"], item.data["token_id"]) == ("kitchen tablet", ["stream"], "t-1")
    await database.execute("SELECT audit_destroy_key('anna')")
    [item] = await items(keys(database), await database.fetch("SELECT *, false AS checkpointed FROM task_events"))
    assert (item.data["name"], item.data["token_id"]) == (None, "t-1")
