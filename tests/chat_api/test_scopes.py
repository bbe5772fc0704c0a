"""Changing and deleting one occurrence, it and those after it, or all: exactly these, and never what is past."""

import asyncio
import random
from datetime import timedelta

import pytest

from chat_api.commands.reconcile import reconcile
from taskflow_core.database.pool import Database
from taskflow_core.events.model import TaskCreated, TaskDeleted, TaskUpdated
from tests.chat_api.occurring import Processor, days, everyones, march, on
from tests.chat_api.people import TASKS, User
from tests.chat_api.published import published_events
from tests.chat_api.scoping import LONG, all_are_published, change, daily, delete, titles

DONE = ("complete", "delete", "delete there", "edit", "edit", "move")


# --- texts and times -------------------------------------------------------------------------------------------------


async def test_this_is_the_default_and_this_one_alone(anna: User, processor: Processor, database: Database) -> None:
    await daily(anna, processor)
    before = {task["id"]: task for task in await everyones(anna)}
    changed = await anna.changes((await on(anna, 4))["id"], title="Only today", reminders=["1 hour"])
    for task in await everyones(anna):
        assert task == (changed if task["id"] == changed["id"] else before[task["id"]])
    await processor.runs(march(4))
    assert (await on(anna, 7))["title"] == "Water the plants"
    await all_are_published(database, anna)


async def test_following_splits_the_series(anna: User, processor: Processor, database: Database) -> None:
    first = await daily(anna, processor)
    before = {task["occurrence_date"]: task for task in await everyones(anna)}
    fourth = await change(anna, await on(anna, 4), "following", title="Water the roses")
    assert (fourth["parent_recurring_task_id"], fourth["occurrence_date"]) == (None, "2027-03-04")
    for day in (1, 2, 3):
        assert await on(anna, day) == before[f"2027-03-0{day}"]
    for day in (5, 6):
        assert (await on(anna, day))["parent_recurring_task_id"] == fourth["id"]
    await processor.runs(march(5))
    assert (await titles(anna)) == dict.fromkeys((1, 2, 3), "Water the plants") | dict.fromkeys(
        (4, 5, 6, 7, 8), "Water the roses"
    )
    assert (await on(anna, 8))["parent_recurring_task_id"] == fourth["id"]
    assert await database.fetchval("SELECT ended_at IS NOT NULL FROM task_series WHERE series_id = $1", first["id"])
    await all_are_published(database, anna)


async def test_all_is_every_one_that_is_not_past(anna: User, processor: Processor, database: Database) -> None:
    first = await daily(anna, processor)
    await change(anna, await on(anna, 5), "all", title="Water the roses", reminders=["2 days"])
    assert await titles(anna) == dict.fromkeys((1, 2, 3), "Water the plants") | dict.fromkeys(
        (4, 5, 6), "Water the roses"
    )
    await processor.runs(march(6))
    made = await on(anna, 7)
    assert (made["title"], made["reminders"], made["parent_recurring_task_id"]) == (
        "Water the roses",
        ["P2D"],
        first["id"],
    )
    await all_are_published(database, anna)


async def test_a_past_one_that_is_chosen_itself_changes(anna: User, processor: Processor) -> None:
    await daily(anna, processor)
    await change(anna, await on(anna, 2), "all", title="Water the roses")
    assert await titles(anna) == {1: "Water the plants"} | dict.fromkeys(range(2, 7), "Water the roses")


async def test_another_time_of_day_is_for_all_but_the_ones_that_were_moved(
    anna: User, processor: Processor, database: Database
) -> None:
    await daily(anna, processor)
    await anna.changes((await on(anna, 6))["id"], due_date="2027-03-20T15:00:00Z")
    await change(anna, await on(anna, 5), "all", due_date="2027-03-05T17:30:00Z")
    due = {task["occurrence_date"][8:]: task["due_date"] for task in await everyones(anna)}
    assert due == {
        "01": "2027-03-01T09:00:00Z",
        "02": "2027-03-02T09:00:00Z",
        "03": "2027-03-03T09:00:00Z",
        "04": "2027-03-04T17:30:00Z",
        "05": "2027-03-05T17:30:00Z",
        "06": "2027-03-20T15:00:00Z",
    }
    await processor.runs(march(4, 18))
    assert (await on(anna, 7))["due_date"] == "2027-03-07T17:30:00Z"
    await all_are_published(database, anna)


@pytest.mark.parametrize("scope", ["following", "all"])
async def test_moving_by_a_day_moves_the_later_ones_by_a_day(
    anna: User, processor: Processor, database: Database, scope: str
) -> None:
    await daily(anna, processor)
    fifth, sixth = await on(anna, 5), await on(anna, 6)
    await change(anna, fifth, scope, due_date="2027-03-06T09:00:00Z")
    assert (await on(anna, 6))["id"] == fifth["id"]
    assert (await on(anna, 7))["id"] == sixth["id"]
    assert (await on(anna, 7))["due_date"] == "2027-03-07T09:00:00Z"
    await processor.runs(march(6, 12))
    assert await days(anna) == [1, 2, 3, 4, 6, 7, 8, 9]
    await all_are_published(database, anna)


@pytest.mark.parametrize("scope", ["this", "following", "all"])
async def test_completing_is_of_the_chosen_one_alone(anna: User, processor: Processor, scope: str) -> None:
    await daily(anna, processor)
    await change(anna, await on(anna, 3), scope, completed=True)
    assert await days(anna, completed=True) == [1, 3]
    await processor.runs(march(7, 12))
    assert await days(anna) == list(range(1, 11))


async def test_what_changes_nothing_is_no_change(anna: User, processor: Processor, database: Database) -> None:
    await daily(anna, processor)
    before, events = await everyones(anna), len(await published_events(database))
    for scope in ("this", "following", "all"):
        await change(anna, await on(anna, 4), scope, title="Water the plants", recurrence_pattern="daily")
    assert (await everyones(anna), len(await published_events(database))) == (before, events)


@pytest.mark.parametrize("scope", ["following", "all"])
async def test_of_a_task_that_does_not_repeat_it_is_the_task(anna: User, scope: str) -> None:
    made = await anna.makes()
    assert (await change(anna, made, scope, title="Once"))["title"] == "Once"
    await delete(anna, made, scope)
    assert await everyones(anna) == []


async def test_a_scope_that_is_none_is_named(anna: User) -> None:
    made = await anna.makes()
    for answer in (
        await anna.http.patch(f"{TASKS}/{made['id']}", json={}, params={"scope": "some"}),
        await anna.http.delete(f"{TASKS}/{made['id']}", params={"scope": "some"}),
    ):
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", "scope"]


async def test_a_key_is_of_one_scope(anna: User, processor: Processor) -> None:
    await daily(anna, processor)
    path, key = f"{TASKS}/{(await on(anna, 4))['id']}", {"Idempotency-Key": "once"}
    edit = {"title": "Water the roses"}
    first = await anna.http.patch(path, json=edit, params={"scope": "all"}, headers=key)
    again = await anna.http.patch(path, json=edit, params={"scope": "all"}, headers=key)
    assert (first.status_code, again.status_code, first.json()) == (200, 200, again.json())
    assert (await anna.http.patch(path, json=edit, headers=key)).status_code == 422


async def test_a_change_somebody_else_made_first_is_not_overwritten(anna: User, processor: Processor) -> None:
    await daily(anna, processor)
    path = f"{TASKS}/{(await on(anna, 4))['id']}"
    old = (await anna.http.get(path)).headers["etag"]
    await anna.http.patch(path, json={"title": "Mine"})
    for answer in (
        await anna.http.patch(path, json={"title": "x"}, params={"scope": "all"}, headers={"If-Match": old}),
        await anna.http.delete(path, params={"scope": "all"}, headers={"If-Match": old}),
    ):
        assert answer.status_code == 412
    assert await days(anna) == [1, 2, 3, 4, 5, 6]


# --- deleting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "day", "left"),
    [
        ("this", 4, [1, 2, 3, 5, 6]),
        ("following", 4, [1, 2, 3]),
        ("following", 2, [1]),
        ("all", 5, [1, 2, 3]),
        ("all", 2, [1]),
        ("all", 1, []),
    ],
)
async def test_deleting(
    anna: User, processor: Processor, database: Database, scope: str, day: int, left: list[int]
) -> None:
    await daily(anna, processor)
    await delete(anna, await on(anna, day), scope)
    assert await days(anna) == left
    await processor.runs(march(8, 12))
    assert await days(anna) == (left if scope != "this" else [1, 2, 3, 5, 6, 7, 8, 9, 10, 11])
    await all_are_published(database, anna)


async def test_what_is_done_is_never_deleted_with_others(anna: User, processor: Processor) -> None:
    await daily(anna, processor)
    await anna.changes((await on(anna, 5))["id"], completed=True)
    await delete(anna, await on(anna, 4), "all")
    assert await days(anna) == [1, 2, 3, 5]


# --- at the same time ------------------------------------------------------------------------------------------------


async def test_editing_while_occurrences_are_made_makes_none_twice(
    anna: User, processor: Processor, database: Database
) -> None:
    first = await daily(anna, processor)
    processor.clock.freeze(march(6, 12))
    ask = [processor.asks([first["id"]]) for _ in range(3)]
    edits = [change(anna, await on(anna, day), "following", title=f"From {day}") for day in (4, 5, 6)]
    await asyncio.gather(*ask, *edits)
    await processor.runs(march(9, 12))
    assert await days(anna) == list(range(1, 13))
    await all_are_published(database, anna)


async def test_each_version_of_each_task_is_published_once(
    anna: User, processor: Processor, database: Database
) -> None:
    await daily(anna, processor)
    await change(anna, await on(anna, 4), "following", title="Later")
    await change(anna, await on(anna, 5), "all", recurrence_pattern="custom:2d")
    versions: dict[str, list[int]] = {}
    for event in await published_events(database):
        assert isinstance(event, TaskCreated | TaskUpdated | TaskDeleted) or event.event_type == "task.completed"
        versions.setdefault(event.task_id, []).append(event.version)
    for found in versions.values():
        assert found == list(range(1, len(found) + 1))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_is_done_no_date_comes_twice_and_none_comes_back(
    anna: User, processor: Processor, database: Database, seed: int
) -> None:
    chance = random.Random(seed)
    await anna.makes(due_date="2027-03-01T09:00:00Z", recurrence_pattern="daily", reminders=LONG, catch_up="all")
    deleted: set[int] = set()
    for number in range(30):
        processor.clock.advance(timedelta(hours=chance.randrange(16)))
        await processor.runs()
        before = {int(task["occurrence_date"][8:]): task for task in await everyones(anna)}
        day = chance.choice(sorted(before)[-6:])
        what, scope = chance.choice(DONE), chance.choice(["this", "following", "all"])
        if what == "delete":
            await delete(anna, before[day], "this")
        elif what == "delete there":
            await database.execute("DELETE FROM tasks WHERE id = $1", before[day]["id"])
            await reconcile(database, processor.clock.now())
        elif what == "edit":
            await change(anna, before[day], scope, title=f"Edit {number}", description=chance.choice([None, "Anew"]))
        elif what == "move":
            await change(anna, before[day], "this", due_date=f"2027-03-{chance.randrange(1, 32):02}T12:00:00Z")
        else:
            await change(anna, before[day], scope, completed=not before[day]["completed"])
        after = await days(anna)
        assert len(after) == len(set(after))
        deleted |= before.keys() - set(after)
        assert not deleted & set(after)
        assert await days(anna, completed=True) == sorted(
            d for d, task in before.items() if d in after and task["completed"] != (what == "complete" and d == day)
        )
    await processor.runs()
    # From the first to the last day, nothing is left out but what somebody deleted.
    assert sorted({*await days(anna), *deleted}) == list(range(1, max(await days(anna)) + 1))
    await all_are_published(database, anna)
