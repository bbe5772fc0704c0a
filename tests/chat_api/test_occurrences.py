"""A repeating task always has a next occurrence, a slot is made once, and what is done to one hurts no other."""

import asyncio

import pytest

from taskflow_core.database.pool import Database
from taskflow_core.events.model import TaskCreated
from tests.chat_api.conftest import NewUser
from tests.chat_api.occurring import DAY, MONDAY, Processor, daily, days, march, on
from tests.chat_api.people import TASKS, User
from tests.chat_api.published import published_events
from tests.support.clock import MovableClock


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
    (event,) = await published_events(database, made["id"])
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
    assert await processor.runs() == 0
    # It took the next one back, so completing makes that again.
    await anna.changes(first["id"], completed=True)
    assert await processor.runs() == 1
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
