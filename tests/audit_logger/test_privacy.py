"""The trail keeps no description's text, no e-mail address and no token, wherever people write them."""

import json

import msgspec
import pytest

from audit_logger.redaction import data_of
from taskflow_core.database.pool import Database
from taskflow_core.events.envelope import decode
from taskflow_core.events.model import Change, TaskUpdated
from tests.audit_logger.making import common, created, life, record, task

SECRETS = ("the-secret-text", "anna.maier@example.com", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl")
TITLE = f"Write to {SECRETS[1]}, with {SECRETS[2]} (Bearer {SECRETS[2]})"


async def test_nothing_private_is_anywhere_in_the_trail(database: Database) -> None:
    changes = {
        "title": Change("Call", TITLE),
        "description": Change(SECRETS[0], None),
        "notes_of_tomorrow": Change(None, SECRETS[0]),
        "reminders": Change([SECRETS[1]], ["PT1H"]),
    }
    update = TaskUpdated(changes=changes, task=task("t", description=SECRETS[0]), **common("t", version=2))
    await record(
        database,
        created("t", title=TITLE, description=SECRETS[0]),
        update,
        *life("t2", description=" ".join(SECRETS)),
    )
    text = "\n".join(str(dict(row)) for row in await database.fetch("SELECT * FROM task_events"))
    for secret in SECRETS:
        assert secret not in text
    assert "@example" not in text


def test_a_description_is_kept_as_changed() -> None:
    made = json.loads(data_of(created("t", description="the text")))
    assert made["changes"]["description"] == {"old": None, "new": "changed"}
    assert "description" not in json.loads(data_of(created("t")))["changes"]


def test_before_and_after_of_each_changed_field_are_kept() -> None:
    changes = {"title": Change("a", "b"), "reminders": Change([], ["P1D"]), "due_date": Change(None, "2026-11-25")}
    update = TaskUpdated(changes=changes, task=task("t"), **common("t"))
    assert json.loads(data_of(update))["changes"] == {
        "title": {"old": "a", "new": "b"},
        "reminders": {"old": [], "new": ["P1D"]},
        "due_date": {"old": None, "new": "2026-11-25"},
    }


def test_a_new_task_s_fields_are_kept_as_changes_from_nothing() -> None:
    made = json.loads(data_of(created("t", due_date="2026-11-25", due_all_day=True, reminders=["P1D"])))
    assert made["changes"] == {
        "title": {"old": None, "new": "Water the plants"},
        "due_date": {"old": None, "new": "2026-11-25"},
        "due_all_day": {"old": None, "new": True},
        "reminders": {"old": None, "new": ["P1D"]},
    }


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("Meet @anna at 5", "Meet @anna at 5"),
        ("mail <bob@mail.example.org>!", "mail <[e-mail]>!"),
        ("a@b.co;c@d.co", "[e-mail];[e-mail]"),
        ("Bearer of good news", "Bearer of good news"),
        ("use Bearer 0123456789abcdef01", "use [token]"),
        ("eyJ is how tokens begin", "eyJ is how tokens begin"),
    ],
)
def test_titles_stay_readable(title: str, kept: str) -> None:
    assert json.loads(data_of(created("t", title=title)))["changes"]["title"]["new"] == kept


def test_data_is_canonical() -> None:
    event = created("t", due_date="2026-11-25", title="ü")
    text = data_of(event)
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    again = decode(msgspec.json.encode({"id": "x", "source": "s", "type": "t", "subject": "t", "time": event.timestamp,
                                        "data": event})).data  # fmt: skip
    assert data_of(again) == text
