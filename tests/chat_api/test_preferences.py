"""A user's preferences, and reminders they have seen."""

from datetime import UTC, datetime
from typing import Any

import pytest

from taskflow_core.database.pool import Database
from tests.chat_api.people import PREFERENCES, TASKS, User
from tests.support.clock import MovableClock

DEFAULTS = {"timezone": "UTC", "notifications": "all", "date_order": None}


async def test_everybody_has_some(anna: User) -> None:
    assert (await anna.http.get(PREFERENCES)).json() == DEFAULTS


@pytest.mark.parametrize(
    "preferences",
    [
        {"timezone": "Europe/Berlin", "notifications": "reminders"},
        {"timezone": "America/Argentina/Buenos_Aires", "notifications": "none"},
        {"timezone": "UTC", "notifications": ["task.completed", "task.reminder.triggered"]},
        {"timezone": "Asia/Kolkata", "notifications": []},
        {"timezone": "UTC", "notifications": "all", "date_order": "dmy"},
        {"timezone": "UTC", "notifications": "all", "date_order": "mdy"},
    ],
)
async def test_they_are_kept(anna: User, bert: User, preferences: dict[str, Any]) -> None:
    answer = await anna.http.put(PREFERENCES, json=preferences)
    kept = {"date_order": None} | preferences
    assert (answer.status_code, answer.json()) == (200, kept)
    assert (await anna.http.get(PREFERENCES)).json() == kept
    assert (await bert.http.get(PREFERENCES)).json() == DEFAULTS, "to each their own"


async def test_a_list_of_events_is_kept_in_order_and_without_repetitions(anna: User) -> None:
    answer = await anna.http.put(PREFERENCES, json={"notifications": ["task.updated", "task.created", "task.updated"]})
    assert answer.json()["notifications"] == ["task.created", "task.updated"]
    assert (await anna.http.get(PREFERENCES)).json() == answer.json()


async def test_put_replaces_them_all(anna: User) -> None:
    await anna.http.put(PREFERENCES, json={"timezone": "Europe/Berlin", "notifications": "none"})
    await anna.http.put(PREFERENCES, json={"timezone": "Asia/Tokyo"})
    assert (await anna.http.get(PREFERENCES)).json() == DEFAULTS | {"timezone": "Asia/Tokyo"}


async def test_the_order_of_day_and_month_stays_where_put_does_not_say_it(anna: User) -> None:
    """Clients from before there was one send all the others."""
    await anna.http.put(PREFERENCES, json={"date_order": "dmy"})
    answer = await anna.http.put(PREFERENCES, json={"timezone": "Asia/Tokyo"})
    assert answer.json()["date_order"] == "dmy"
    assert (await anna.http.put(PREFERENCES, json={"date_order": None})).json()["date_order"] is None


WRONG: list[tuple[str, Any]] = [
    ("timezone", "Berlin"),
    ("timezone", "europe/berlin"),
    ("timezone", "../../etc/passwd"),
    ("timezone", "localtime"),
    ("timezone", ""),
    ("timezone", "x" * 65),
    ("timezone", None),
    ("date_order", "ymd"),
    ("date_order", 1),
    ("notifications", "some"),
    ("notifications", ["task.exploded"]),
    ("notifications", 1),
]


async def test_what_is_no_preference(anna: User, subtests: pytest.Subtests) -> None:
    for field, value in WRONG:
        with subtests.test(field=field, value=value):
            answer = await anna.http.put(PREFERENCES, json={"timezone": "Europe/Berlin"} | {field: value})
            assert answer.status_code == 422, answer.text
            assert answer.json()["detail"][0]["loc"][:2] == ["body", field]
            assert (await anna.http.get(PREFERENCES)).json() == DEFAULTS


# --- reminders that were seen ----------------------------------------------------------------------------------------


async def statuses(user: User, task_id: str) -> dict[str, str]:
    return {one["offset"]: one["status"] for one in (await user.sees(task_id))["reminder_status"]}


async def test_acknowledging_stops_the_reminders_of_the_due_date(
    anna: User, database: Database, clock: MovableClock
) -> None:
    clock.freeze(datetime(2027, 3, 1, 8, 30, tzinfo=UTC))
    task = await anna.makes(due_date="2027-03-01T09:00:00Z", reminders=["1 hour", "10 minutes"])
    await database.execute(
        "INSERT INTO reminder_schedule (task_id, user_id, reminder_offset, due_at, scheduled_at, fire_at, status, "
        "task_version, fired_at) VALUES ($1, $2, 'PT1H', $3, now(), now(), 'sent', 1, now())",
        task["id"],
        anna.id,
        datetime(2027, 3, 1, 9, 0, tzinfo=UTC),
    )
    assert await statuses(anna, task["id"]) == {"PT1H": "sent", "PT10M": "pending"}
    answer = await anna.http.post(f"{TASKS}/{task['id']}/acknowledge")
    assert answer.status_code == 200
    assert {one["offset"]: one["status"] for one in answer.json()["reminder_status"]} == {
        "PT1H": "acknowledged",
        "PT10M": "acknowledged",
    }
    assert answer.json() == await anna.sees(task["id"])

    moved = await anna.changes(task["id"], due_date="2027-03-02T09:00:00Z")
    assert {one["status"] for one in moved["reminder_status"]} == {"pending"}, "another due date reminds anew"


async def test_acknowledging_twice_is_once(anna: User, database: Database) -> None:
    task = await anna.makes(due_date="2027-03-01", reminders=["1 day"])
    first, second = [await anna.http.post(f"{TASKS}/{task['id']}/acknowledge") for _ in range(2)]
    assert first.json() == second.json()
    assert await database.fetchval("SELECT count(*) FROM reminder_schedule") == 1


async def test_acknowledging_what_reminds_of_nothing(anna: User, database: Database) -> None:
    for fields in ({}, {"due_date": "2027-03-01"}):
        task = await anna.makes(**fields)
        answer = await anna.http.post(f"{TASKS}/{task['id']}/acknowledge")
        assert (answer.status_code, answer.json()) == (200, task)
    assert await database.fetchval("SELECT count(*) FROM reminder_schedule") == 0
