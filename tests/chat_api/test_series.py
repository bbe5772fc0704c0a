"""A repeating task always has a next occurrence, a slot is made once, and what is done to one hurts no other."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from taskflow.database.pool import Database
from taskflow.events.model import TaskCreated, TaskUpdated
from tests.chat_api.conftest import NewUser
from tests.chat_api.occurring import DAY, MONDAY, Processor, days, everyones, march, on
from tests.chat_api.people import TASKS, User
from tests.chat_api.told import told
from tests.support.clock import MovableClock

DUE = "2027-03-01T09:00:00Z"


async def daily(user: User, **fields: Any) -> dict[str, Any]:
    return await user.makes(**{"due_date": DUE, "recurrence_pattern": "daily"} | fields)


# --- what is shown ---------------------------------------------------------------------------------------------------


async def test_the_task_a_user_makes_is_the_first_occurrence(anna: User, processor: Processor) -> None:
    made = await daily(anna, recurrence_timezone="Europe/Berlin")
    assert (made["occurrence_date"], made["parent_recurring_task_id"]) == ("2027-03-01", None)
    assert (made["rrule"], made["recurrence_mode"], made["catch_up"]) == ("FREQ=DAILY", "fixed", "latest")
    assert await everyones(anna) == [made]
    assert await anna.sees(made["id"]) == made


@pytest.mark.parametrize(
    ("pattern", "rrule"),
    [
        ("weekly:wed,mon", "FREQ=WEEKLY;BYDAY=MO,WE"),
        ("weekly", "FREQ=WEEKLY;BYDAY=MO"),
        ("monthly:31", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("rrule:byday=2tu;freq=monthly", "FREQ=MONTHLY;BYDAY=2TU"),
    ],
)
async def test_answers_carry_the_canonical_rule(anna: User, processor: Processor, pattern: str, rrule: str) -> None:
    made = await daily(anna, recurrence_pattern=pattern)
    assert made["rrule"] == rrule
    await anna.changes(made["id"], completed=True)
    assert await processor.runs() == 1
    assert {task["rrule"] for task in await everyones(anna)} == {rrule}


async def test_a_task_that_does_not_repeat_has_no_rule(anna: User) -> None:
    made = await anna.makes(due_date=DUE)
    assert (made["rrule"], made["recurrence_mode"], made["catch_up"]) == (None, None, None)


async def test_how_a_series_goes_on_is_set_and_changed(anna: User, database: Database) -> None:
    made = await daily(anna, recurrence_mode="after_completion", catch_up="all")
    assert (made["recurrence_mode"], made["catch_up"]) == ("after_completion", "all")
    changed = await anna.changes(made["id"], recurrence_mode="fixed")
    assert (changed["recurrence_mode"], changed["catch_up"]) == ("fixed", "all")
    assert await anna.sees(made["id"]) == changed
    update = (await told(database, made["id"]))[-1]
    assert isinstance(update, TaskUpdated)
    assert {name: (change.old, change.new) for name, change in update.changes.items()} == {
        "recurrence_mode": ("after_completion", "fixed")
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recurrence_pattern", "RRULE:FREQ=HOURLY"),
        ("recurrence_pattern", "sometimes"),
        ("recurrence_mode", "whenever"),
        ("catch_up", "some"),
        ("recurrence_timezone", "Europe/Nowhere"),
        ("recurrence_end_date", "2027-02-28"),
        ("recurrence_end_date", "soon"),
    ],
)
async def test_what_cannot_be_is_named(anna: User, processor: Processor, field: str, value: str) -> None:
    fields = {"title": "Never", "due_date": DUE, "recurrence_pattern": "daily"}
    made = await anna.makes(**fields)
    for answer in (
        await anna.http.post(TASKS, json=fields | {field: value}),
        await anna.http.patch(f"{TASKS}/{made['id']}", json={field: value}),
        await anna.http.patch(f"{TASKS}/{made['id']}", json={field: value}, params={"scope": "all"}),
    ):
        assert answer.status_code == 422, answer.text
        assert answer.json()["detail"][0]["loc"][:2] == ["body", field]
    assert await anna.sees(made["id"]) == made


@pytest.mark.parametrize(("field", "value"), [("recurrence_mode", "fixed"), ("catch_up", "all")])
async def test_only_what_repeats_has_a_mode(anna: User, field: str, value: str) -> None:
    made = await anna.makes(due_date=DUE)
    for answer in (
        await anna.http.post(TASKS, json={"title": "Once", field: value}),
        await anna.http.patch(f"{TASKS}/{made['id']}", json={field: value}),
    ):
        assert answer.status_code == 422, answer.text
        assert answer.json()["detail"][0]["loc"] == ["body", field]


async def test_an_end_excludes_another(anna: User) -> None:
    rule = {"recurrence_pattern": "RRULE:FREQ=DAILY;COUNT=3", "recurrence_end_date": "2027-04-01"}
    answer = await anna.http.post(TASKS, json={"title": "Twice ended", "due_date": DUE} | rule)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "recurrence_pattern"]
    assert "COUNT" in answer.json()["detail"][0]["msg"]


async def test_a_patterns_next_dates_can_be_asked_for(anna: User) -> None:
    answer = await anna.http.get(
        "/api/v1/recurrence/preview",
        params={"pattern": "monthly:31", "timezone": "Europe/Berlin", "start": "2027-01-31T09:00", "count": 3},
    )
    assert answer.status_code == 200
    assert answer.json()["items"] == [
        {"due_date": "2027-01-31T08:00:00Z", "occurrence_date": "2027-01-31"},
        {"due_date": "2027-02-28T08:00:00Z", "occurrence_date": "2027-02-28"},
        {"due_date": "2027-03-31T07:00:00Z", "occurrence_date": "2027-03-31"},
    ]
    refused = await anna.http.get("/api/v1/recurrence/preview", params={"pattern": "RRULE:FREQ=DAILY;BYHOUR=3"})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["query", "pattern"]
    assert "BYHOUR" in refused.json()["detail"][0]["msg"]


# --- the next one ----------------------------------------------------------------------------------------------------


async def test_the_next_one_is_made_when_the_time_of_the_last_one_comes(
    anna: User, processor: Processor, database: Database
) -> None:
    first = await daily(anna, description="All of them", reminders=["10 minutes"], recurrence_end_date="2027-03-03")
    assert await processor.runs(march(1, 8, 59)) == 0
    assert await processor.runs(march(1, 9)) == 1
    made = await on(anna, 2)
    for name in ("title", "description", "reminders", "recurrence_pattern", "recurrence_end_date", "completed"):
        assert made[name] == first[name]
    assert (made["due_date"], made["parent_recurring_task_id"]) == ("2027-03-02T09:00:00Z", first["id"])
    (event,) = await told(database, made["id"])
    assert isinstance(event, TaskCreated)
    assert (event.actor_id, event.user_id, event.version) == ("recurring-task-processor", anna.id, 1)
    assert await processor.runs(march(30)) == 1
    assert await days(anna) == [1, 2, 3]


async def test_the_next_one_is_made_when_the_open_one_is_completed_or_deleted(anna: User, processor: Processor) -> None:
    first = await daily(anna)
    await anna.changes(first["id"], completed=True)
    assert await processor.runs() == 1
    await anna.http.delete(f"{TASKS}/{(await on(anna, 2))['id']}")
    assert await processor.runs() == 1
    assert await days(anna) == [1, 3]


async def test_one_with_long_reminders_is_made_in_time_for_them(anna: User, processor: Processor) -> None:
    await daily(anna, recurrence_pattern="weekly", reminders=["6 days"])
    # The one of the 8th is to be reminded of on the 2nd at 9.
    assert await processor.runs(march(1, 10)) == 1
    assert await processor.runs(march(8, 10)) == 1
    assert await days(anna) == [1, 8, 15]


@pytest.mark.parametrize(("catch_up", "made"), [("latest", [1, 9, 10]), ("all", list(range(1, 11)))])
async def test_after_an_outage(anna: User, processor: Processor, catch_up: str, made: list[int]) -> None:
    await daily(anna, catch_up=catch_up)
    await processor.runs(march(9, 12))
    assert await days(anna) == made


async def test_counted_from_completion(anna: User, processor: Processor) -> None:
    first = await daily(anna, recurrence_pattern="custom:3d", recurrence_mode="after_completion")
    assert await processor.runs(march(10)) == 0
    await anna.changes(first["id"], completed=True)
    assert await processor.runs() == 1
    assert await days(anna, completed=False) == [13]


async def test_completing_never_ends_a_series(anna: User, processor: Processor) -> None:
    await daily(anna)
    for day in range(1, 8):
        await anna.changes((await on(anna, day))["id"], completed=True)
        assert await processor.runs() == 1
    assert await days(anna, completed=False) == [8]


async def test_reopening_makes_nothing(anna: User, processor: Processor) -> None:
    first = await daily(anna)
    await anna.changes(first["id"], completed=True)
    await anna.changes(first["id"], completed=False)
    assert await processor.runs() == 0
    await anna.changes(first["id"], completed=True)
    assert await processor.runs() == 1
    await anna.changes(first["id"], completed=False)
    await anna.changes(first["id"], completed=True)
    assert await processor.runs() == 0
    assert await days(anna) == [1, 2]


async def test_one_that_is_moved_keeps_its_slot(anna: User, processor: Processor) -> None:
    await daily(anna, recurrence_end_date="2027-03-04")
    await processor.runs(march(1, 9))
    moved = await anna.changes((await on(anna, 2))["id"], due_date="2027-03-20T15:00:00Z")
    assert (moved["occurrence_date"], moved["due_date"]) == ("2027-03-02", "2027-03-20T15:00:00Z")
    assert await processor.runs(march(30)) == 1
    assert await days(anna) == [1, 2, 4]
    # Past the end of its series it can still be changed, moved and completed.
    for change in ({"title": "Late"}, {"due_date": "2027-03-21"}, {"completed": True}):
        await anna.changes(moved["id"], **change)


async def test_one_that_is_moved_ahead_has_the_next_one_earlier(anna: User, processor: Processor) -> None:
    first = await daily(anna, due_date="2027-03-05T09:00:00Z")
    await anna.changes(first["id"], due_date="2027-03-02T09:00:00Z")
    assert await processor.runs(march(2, 9)) == 1
    assert await days(anna) == [5, 6]


async def test_a_deleted_one_is_never_made_again(anna: User, processor: Processor) -> None:
    await daily(anna)
    await processor.runs(march(1, 9))
    await anna.http.delete(f"{TASKS}/{(await on(anna, 2))['id']}")
    await processor.runs(march(1, 10))
    # Even a rule made anew from before it does not bring it back.
    await anna.changes((await on(anna, 1))["id"], recurrence_pattern="custom:1d")
    await processor.runs(march(5))
    assert 2 not in await days(anna)


async def test_however_often_it_is_asked_for_a_slot_is_made_once(anna: User, processor: Processor) -> None:
    series_id = (await daily(anna))["id"]
    processor.clock.freeze(march(1, 9))
    answers = await asyncio.gather(*(processor.asks([series_id]) for _ in range(4)))
    assert sum(len(answer.json()["items"][0]["task_ids"]) for answer in answers) == 1
    assert await days(anna) == [1, 2]


async def test_a_user_that_is_gone_gets_none(
    anna: User, processor: Processor, database: Database, clock: MovableClock
) -> None:
    await daily(anna)
    await database.execute("DELETE FROM tasks WHERE user_id = $1", anna.id)
    await database.execute("DELETE FROM users WHERE id = $1", anna.id)
    assert await processor.runs(MONDAY + 9 * DAY) == 0
    assert await database.fetchval("SELECT ended_at IS NOT NULL FROM task_series")


async def test_one_series_that_fails_holds_up_no_other(anna: User, processor: Processor, database: Database) -> None:
    broken, whole = await daily(anna, title="Broken"), await daily(anna, title="Whole")
    await database.execute("UPDATE task_series SET pattern = 'nonsense' WHERE series_id = $1", broken["id"])
    processor.clock.freeze(march(1, 9))
    items = (await processor.asks([broken["id"], whole["id"]])).json()["items"]
    assert [len(item["task_ids"]) for item in items] == [0, 1]
    assert "nonsense" in items[0]["error"]
    waits: list[float] = []
    for _ in range(3):
        row = await database.fetchrow(
            "SELECT attempts, last_error, extract(epoch FROM retry_at - now())::float8 AS wait FROM task_series"
            " WHERE series_id = $1",
            broken["id"],
        )
        assert row is not None
        assert "nonsense" in row["last_error"]
        waits.append(row["wait"])
        await processor.asks([broken["id"]])
    for wait, expected in zip(waits, (30, 60, 120), strict=True):
        assert 0.7 * expected < wait < 1.3 * expected


async def test_one_whose_rows_somebody_holds_holds_up_no_other(
    new_user: NewUser, processor: Processor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_api.controllers.internal.MOST_SECONDS", 0.3)
    anna, bert, carl = [await new_user() for _ in range(3)]
    edited, stuck, free = [(await daily(user))["id"] for user in (anna, bert, carl)]
    processor.clock.freeze(march(1, 9))
    async with database.transaction() as connection:
        await connection.execute("SELECT FROM task_series WHERE series_id = $1 FOR UPDATE", edited)
        await connection.execute("SELECT FROM users WHERE id = $1 FOR UPDATE", bert.id)
        items = (await processor.asks([edited, stuck, free])).json()["items"]
    assert [len(item["task_ids"]) for item in items] == [0, 0, 1]
    assert [item["error"] is not None for item in items] == [False, True, False]
    assert await processor.runs() == 2


async def test_only_the_processor_asks_for_occurrences(anna: User, processor: Processor) -> None:
    series_id = (await daily(anna))["id"]
    processor.clock.freeze(march(1, 9))
    assert (await processor.asks([series_id], **{"dapr-api-token": "another"})).status_code == 401
    assert (await processor.asks([series_id], **{"dapr-caller-app-id": "reminder-service"})).status_code == 403
    assert (await processor.asks([])).status_code == 422
    assert await days(anna) == [1]


# --- beginning and stopping ------------------------------------------------------------------------------------------


async def test_a_task_can_begin_to_repeat_and_stop_and_begin_again(anna: User, processor: Processor) -> None:
    made = await anna.makes(due_date=DUE)
    assert (await anna.changes(made["id"], recurrence_pattern="daily"))["occurrence_date"] == "2027-03-01"
    await processor.runs(march(1, 9))
    open_one = await on(anna, 2)
    stopped = await anna.changes(open_one["id"], recurrence_pattern=None)
    assert (stopped["rrule"], stopped["parent_recurring_task_id"], stopped["occurrence_date"]) == (None, None, None)
    assert await processor.runs(march(9)) == 0
    again = await anna.changes(open_one["id"], recurrence_pattern="daily")
    assert again["occurrence_date"] == "2027-03-02"
    assert await processor.runs(march(9)) == 2
    assert await days(anna) == [1, 2, 9, 10]


async def test_a_completed_task_that_begins_to_repeat_has_a_next_one(anna: User, processor: Processor) -> None:
    made = await anna.makes(due_date=DUE)
    await anna.changes(made["id"], completed=True, recurrence_pattern="daily", recurrence_mode="after_completion")
    assert await processor.runs() == 1
    assert await days(anna, completed=False) == [2]


async def test_without_a_due_date_nothing_repeats_or_reminds(anna: User, processor: Processor) -> None:
    made = await daily(anna, reminders=["1 hour"])
    cleared = await anna.changes(made["id"], due_date=None)
    assert (cleared["recurrence_pattern"], cleared["reminders"], cleared["due_date"]) == (None, [], None)
    assert await processor.runs(march(9)) == 0


async def test_a_series_that_ended_goes_on_when_its_end_is_put_off(anna: User, processor: Processor) -> None:
    await daily(anna, recurrence_end_date="2027-03-02")
    assert await processor.runs(march(5)) == 1
    assert await days(anna) == [1, 2]
    await anna.changes((await on(anna, 2))["id"], recurrence_end_date="2027-03-06")
    await processor.runs()
    assert await days(anna) == [1, 2, 5, 6]


async def test_the_clocks_change_but_the_wall_time_stays(anna: User, processor: Processor) -> None:
    await daily(anna, due_date="2027-03-27T09:00:00", recurrence_timezone="Europe/Berlin")
    await processor.runs(datetime.fromisoformat("2027-03-28T12:00:00Z"))
    assert [task["due_date"] for task in await everyones(anna)] == [
        "2027-03-27T08:00:00Z",
        "2027-03-28T07:00:00Z",
        "2027-03-29T07:00:00Z",
    ]


async def test_a_series_of_whole_days_stays_one(anna: User, processor: Processor) -> None:
    await daily(anna, due_date="2027-03-01", recurrence_timezone="America/New_York")
    await processor.runs(march(1, 12))
    assert [task["due_date"] for task in await everyones(anna)] == ["2027-03-01", "2027-03-02"]
    assert {task["due_all_day"] for task in await everyones(anna)} == {True}


# --- reminders -------------------------------------------------------------------------------------------------------


async def test_a_task_shows_what_has_become_of_its_reminders(
    anna: User, processor: Processor, database: Database
) -> None:
    made = await anna.makes(due_date=DUE, reminders=["1 hour", "10 minutes", "0 minutes"])
    assert [(one["offset"], one["status"], one["scheduled_at"]) for one in made["reminder_status"]] == [
        ("PT1H", "pending", "2027-03-01T08:00:00Z"),
        ("PT10M", "pending", "2027-03-01T08:50:00Z"),
        ("PT0S", "pending", "2027-03-01T09:00:00Z"),
    ]
    tag = (await anna.http.get(f"{TASKS}/{made['id']}")).headers["etag"]
    sent_at = march(1, 8)
    await database.execute(
        """INSERT INTO reminder_schedule (task_id, user_id, reminder_offset, due_at, scheduled_at, fire_at, status,
            task_version, fired_at) VALUES ($1, $2, 'PT1H', $3, $4, $4, 'sent', 1, $4)""",
        made["id"],
        anna.id,
        march(1),
        sent_at,
    )
    shown = (await anna.sees(made["id"]))["reminder_status"]
    assert [one["status"] for one in shown] == ["sent", "pending", "pending"]
    assert shown[0]["fired_at"] == "2027-03-01T08:00:00Z"
    # It is not what it was, but a reminder is no reason to refuse an edit.
    unchanged = await anna.http.get(f"{TASKS}/{made['id']}", headers={"If-None-Match": tag})
    assert unchanged.status_code == 200
    edited = await anna.http.patch(f"{TASKS}/{made['id']}", json={"title": "Now"}, headers={"If-Match": tag})
    assert edited.status_code == 200
    seen = (await anna.http.post(f"{TASKS}/{made['id']}/acknowledge")).json()["reminder_status"]
    assert {one["status"] for one in seen} == {"acknowledged"}
    assert {one["acknowledged_at"] for one in seen} == {"2027-03-01T08:00:00Z"}
    moved = await anna.changes(made["id"], due_date="2027-03-02T09:00:00Z")
    assert {one["status"] for one in moved["reminder_status"]} == {"pending"}
    done = await anna.changes(made["id"], completed=True)
    assert {one["status"] for one in done["reminder_status"]} == {"cancelled"}


async def test_a_list_asks_once_for_all_its_series_and_reminders(
    anna: User, processor: Processor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncpg

    queries: list[str] = []
    fetch = asyncpg.Connection.fetch

    async def counted(self: Any, query: str, *args: Any, **options: Any) -> Any:
        queries.append(query)
        return await fetch(self, query, *args, **options)

    counts: list[int] = []
    for _ in range(2):
        for _ in range(3):
            await daily(anna, reminders=["1 hour"])
        monkeypatch.setattr(asyncpg.Connection, "fetch", counted)
        queries.clear()
        listed = await everyones(anna)
        monkeypatch.undo()
        counts.append(len(queries))
        assert all(task["reminder_status"] and task["rrule"] for task in listed)
    assert counts == [3, 3]
