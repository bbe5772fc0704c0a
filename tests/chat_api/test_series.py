"""A series as its owner sees it: its rule, how it begins, stops and goes on, and its reminders."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from taskflow_core.bus.outbox import WAKE_CHANNEL
from taskflow_core.database.pool import Connection, Database
from taskflow_core.events.model import TaskUpdated
from tests.chat_api.occurring import DUE, Processor, daily, days, everyones, march, on
from tests.chat_api.people import TASKS, User
from tests.chat_api.published import published_events

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
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made = await daily(anna, due_date=tomorrow, recurrence_mode="after_completion", catch_up="all")
    assert (made["recurrence_mode"], made["catch_up"]) == ("after_completion", "all")
    changed = await anna.changes(made["id"], recurrence_mode="fixed")
    assert (changed["recurrence_mode"], changed["catch_up"]) == ("fixed", "all")
    assert await anna.sees(made["id"]) == changed
    update = (await published_events(database, made["id"]))[-1]
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


async def test_occurrences_are_published_at_once(anna: User, processor: Processor, database: Database) -> None:
    await daily(anna)
    woken = asyncio.Event()

    def heard(_connection: Connection, _pid: int, _channel: str, _payload: object) -> None:
        woken.set()

    async with database.dedicated() as listener:
        await listener.add_listener(WAKE_CHANNEL, heard)
        assert await processor.runs(march(1, 9)) == 1
        await asyncio.wait_for(woken.wait(), 5)


async def test_a_slot_that_exists_already_is_said_and_hurts_nothing(
    anna: User, processor: Processor, database: Database
) -> None:
    made = await daily(anna)
    slot = "INSERT INTO series_slots (series_id, occurrence_date, task_id) VALUES ($1, $2, 'made-before')"
    await database.execute(slot, made["id"], march(2, 9).date())
    with capture_logs() as logs:
        await processor.runs(march(2, 12))
    assert 2 not in await days(anna), "it is not made again"
    assert 3 in await days(anna), "the series goes on"
    said = [line for line in logs if line["event"] == "occurrence_exists"]
    assert [(line["series_id"], line["occurrence_date"]) for line in said] == [(made["id"], "2027-03-02")]
