"""Changing the rule of a series with a scope: it counts from the chosen occurrence on, and no date comes twice."""

import pytest

from taskflow_core.database.pool import Database
from tests.chat_api.occurring import Processor, days, everyones, march, on
from tests.chat_api.people import User
from tests.chat_api.scoping import all_are_published, change, daily, delete


async def test_a_rule_changed_with_this_counts_from_this_one_on_and_takes_nothing_away(
    anna: User, processor: Processor, database: Database
) -> None:
    await daily(anna, processor)
    fourth = await change(anna, await on(anna, 4), "this", recurrence_pattern="custom:2d", title="Every other day")
    assert await days(anna) == [1, 2, 3, 4, 5, 6]
    assert await days(anna, recurrence_pattern="custom:2d") == [4, 6]
    await processor.runs(march(8, 12))
    assert await days(anna) == [1, 2, 3, 4, 5, 6, 8, 10]
    assert await days(anna, title="Every other day") == [4]
    assert {task["parent_recurring_task_id"] for task in await everyones(anna)} >= {fourth["id"]}
    await all_are_published(database, anna)


@pytest.mark.parametrize("scope", ["following", "all"])
async def test_what_no_longer_fits_the_rule_goes(
    anna: User, processor: Processor, database: Database, scope: str
) -> None:
    await daily(anna, processor)
    await change(anna, await on(anna, 4), scope, recurrence_pattern="custom:2d")
    assert await days(anna) == [1, 2, 3, 4, 6]
    await processor.runs(march(8, 12))
    assert await days(anna) == [1, 2, 3, 4, 6, 8, 10]
    # What the rule took away comes back with it.
    await change(anna, await on(anna, 10), scope, recurrence_pattern="daily")
    await processor.runs(march(10, 12))
    assert await days(anna) == [1, 2, 3, 4, 6, 8, 10, 11, 12, 13]
    await all_are_published(database, anna)


@pytest.mark.parametrize("scope", ["following", "all"])
async def test_a_deleted_one_stays_deleted(anna: User, processor: Processor, scope: str) -> None:
    await daily(anna, processor)
    await delete(anna, await on(anna, 5), "this")
    await change(anna, await on(anna, 4), scope, recurrence_pattern="custom:1d", title="Anew")
    await processor.runs(march(7, 12))
    assert await days(anna) == [1, 2, 3, 4, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("scope", ["this", "following", "all"])
async def test_an_end_date_ends_it(anna: User, processor: Processor, scope: str) -> None:
    await daily(anna, processor)
    await change(anna, await on(anna, 4), scope, recurrence_end_date="2027-03-05")
    await processor.runs(march(20))
    assert await days(anna) == ([1, 2, 3, 4, 5, 6] if scope == "this" else [1, 2, 3, 4, 5])


async def test_a_count_is_not_begun_anew_by_a_split(anna: User, processor: Processor) -> None:
    await daily(anna, processor, recurrence_pattern="RRULE:FREQ=DAILY;COUNT=8")
    fourth = await change(anna, await on(anna, 4), "following", title="The rest")
    assert fourth["recurrence_pattern"] == "RRULE:FREQ=DAILY;COUNT=5"
    await processor.runs(march(30))
    assert await days(anna) == list(range(1, 9))


async def test_counted_from_completion_a_count_is_of_what_was_made(anna: User, processor: Processor) -> None:
    await anna.makes(
        due_date="2027-03-01T09:00:00Z",
        recurrence_pattern="RRULE:FREQ=DAILY;INTERVAL=2;COUNT=3",
        recurrence_mode="after_completion",
    )
    await anna.changes((await on(anna, 1))["id"], completed=True)
    await processor.runs()
    split = await change(anna, await on(anna, 3), "following", title="The rest")
    assert split["recurrence_pattern"] == "RRULE:FREQ=DAILY;COUNT=2;INTERVAL=2"
    processor.clock.freeze(march(10))
    await anna.changes(split["id"], completed=True)
    await processor.runs()
    await anna.changes((await on(anna, 12))["id"], completed=True)
    await processor.runs(march(30))
    assert await days(anna) == [1, 3, 12]


@pytest.mark.parametrize("scope", ["this", "following", "all"])
async def test_a_zone_on_the_other_side_of_midnight(anna: User, processor: Processor, scope: str) -> None:
    rule = {"due_date": "2027-03-01T09:00:00", "recurrence_timezone": "Asia/Tokyo", "recurrence_pattern": "daily"}
    await anna.makes(**rule)
    await processor.runs(march(3, 12))
    due = [task["due_date"] for task in await everyones(anna)]
    last = await on(anna, 4)
    moved = await change(anna, last, scope, recurrence_timezone="America/New_York")
    assert moved["due_date"] == last["due_date"] == "2027-03-04T00:00:00Z"
    await processor.runs(march(5, 12))
    # The instants go on; only the dates by which slots are called are New York's from here on.
    assert [task["due_date"] for task in await everyones(anna)] == [
        *due,
        "2027-03-05T00:00:00Z",
        "2027-03-06T00:00:00Z",
    ]


@pytest.mark.parametrize("scope", ["this", "following", "all"])
async def test_from_fixed_dates_to_counting_from_completion_and_back(
    anna: User, processor: Processor, scope: str
) -> None:
    await anna.makes(due_date="2027-03-01T09:00:00Z", recurrence_pattern="daily")
    await processor.runs(march(1, 12))
    changed = await change(anna, await on(anna, 2), scope, recurrence_mode="after_completion")
    assert changed["recurrence_mode"] == "after_completion"
    assert await processor.runs(march(8)) == 0
    await anna.changes(changed["id"], completed=True)
    # Before the next one is there.
    back = await change(anna, changed, scope, catch_up="all")
    assert (back["recurrence_mode"], back["catch_up"]) == ("after_completion", "all")
    assert await processor.runs() == 1
    assert await days(anna, completed=False) == [1, 9]
    await change(anna, await on(anna, 9), scope, recurrence_mode="fixed")
    await processor.runs(march(11, 12))
    assert await days(anna, completed=False) == [1, 9, 10, 11, 12]


@pytest.mark.parametrize(("scope", "left"), [("this", [5, 6]), ("following", []), ("all", [])])
async def test_one_that_no_longer_repeats_ends_the_series(
    anna: User, processor: Processor, database: Database, scope: str, left: list[int]
) -> None:
    await daily(anna, processor)
    fourth = await on(anna, 4)
    stopped = await change(anna, fourth, scope, recurrence_pattern=None)
    assert (stopped["id"], stopped["occurrence_date"], stopped["rrule"]) == (fourth["id"], None, None)
    assert stopped["due_date"] == fourth["due_date"]
    await processor.runs(march(20))
    assert await days(anna) == [1, 2, 3, *left]
    await all_are_published(database, anna)


async def test_an_old_one_that_is_changed_does_not_bring_back_what_was_split_off(
    anna: User, processor: Processor
) -> None:
    await daily(anna, processor)
    await change(anna, await on(anna, 4), "following", recurrence_pattern="weekly")
    await change(anna, await on(anna, 3), "this", recurrence_pattern="custom:1d")
    await processor.runs(march(12))
    assert await days(anna) == [1, 2, 3, 4, 11, 18]
