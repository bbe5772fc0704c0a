"""What comes back of a series: an occurrence is in its slot again, which is not made twice, and the series goes on."""

from typing import Any

from tests.chat_api.occurring import Processor, days, march, on
from tests.chat_api.people import TASKS, User
from tests.chat_api.scoping import all_are_published, change, daily, titles
from tests.chat_api.trash.trashing import deletes, restores, trash, trashed
from tests.support.connections import connected

_SERIES = "SELECT pattern, end_date, last_slot, next_slot, ended_at FROM task_series ORDER BY series_id"


async def series(processor: Processor) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await processor.database.fetch(_SERIES)]


async def test_one_occurrence_is_in_its_slot_again(anna: User, processor: Processor) -> None:
    await daily(anna, processor)
    task, before = await on(anna, 5), await series(processor)
    await deletes(anna, task["id"])
    await processor.runs()
    assert await days(anna) == [1, 2, 3, 4, 6], "a slot is made once"
    await restores(anna, task["id"])
    await processor.runs()
    assert await days(anna) == [1, 2, 3, 4, 5, 6]
    assert await series(processor) == before
    await all_are_published(processor.database, anna)


async def test_the_latest_one_is_waited_for_again(anna: User, processor: Processor) -> None:
    await daily(anna, processor)
    task, before = await on(anna, 6), await series(processor)
    await deletes(anna, task["id"])
    await restores(anna, task["id"])
    await processor.runs()
    assert (await days(anna), await series(processor)) == ([1, 2, 3, 4, 5, 6], before)


async def test_one_whose_next_was_made_and_changed_meanwhile(anna: User, processor: Processor) -> None:
    await daily(anna, processor)
    task = await on(anna, 6)
    await deletes(anna, task["id"])
    await processor.runs()
    assert await days(anna) == [1, 2, 3, 4, 5, 7]
    await anna.changes((await on(anna, 7))["id"], title="Changed meanwhile")
    await restores(anna, task["id"])
    await processor.runs()
    assert await days(anna) == [1, 2, 3, 4, 5, 6, 7]


async def test_a_whole_series_comes_back_and_goes_on(anna: User, processor: Processor) -> None:
    """With one request, as if nothing had been: the same slots, the same next one."""
    await daily(anna, processor)
    task, before = await on(anna, 5), await series(processor)
    for scope, gone in (("all", 3), ("following", 2)):
        await deletes(anna, task["id"], scope)
        items = await trash(anna)
        assert [item["together"] for item in items] == [len(items)] * len(items)
        assert (await series(processor))[0][-1] is not None, "it has ended"
        assert len(items) == gone
        await restores(anna, task["id"], "all")
        assert (await days(anna), await series(processor)) == ([1, 2, 3, 4, 5, 6], before)
        assert await trash(anna) == []
    await processor.runs(march(4, 12))
    assert await days(anna) == [1, 2, 3, 4, 5, 6, 7]
    await all_are_published(processor.database, anna)


async def test_one_of_a_deleted_series_brings_it_back(anna: User, processor: Processor) -> None:
    """What else was deleted stays so; since the latest is among that, the next one is due at once."""
    await daily(anna, processor)
    task = await on(anna, 4)
    await deletes(anna, task["id"], "following")
    await restores(anna, task["id"])
    await processor.runs()
    assert await days(anna) == [1, 2, 3, 4, 7]
    assert len(await trash(anna)) == 2
    later = {item["task"]["occurrence_date"]: item["task"]["id"] for item in await trash(anna)}
    assert (await restores(anna, later["2027-03-05"]))["recurrence_pattern"] == "daily"
    await processor.runs()
    assert await days(anna) == [1, 2, 3, 4, 5, 7]
    await restores(anna, later["2027-03-06"])
    assert await days(anna) == [1, 2, 3, 4, 5, 6], "the latest one again"


async def test_counted_from_completion(anna: User, processor: Processor) -> None:
    task = await anna.makes(
        due_date="2027-03-01T09:00:00Z", recurrence_pattern="custom:3d", recurrence_mode="after_completion"
    )
    before = await series(processor)
    for scope in ("this", "all"):
        await deletes(anna, task["id"], scope)
        await restores(anna, task["id"], "all")
        assert await series(processor) == before
    await processor.runs()
    assert await days(anna) == [1], "it waits to be done, as before"
    await anna.changes(task["id"], completed=True)
    await processor.runs()
    assert await days(anna) == [1, 4]


async def test_the_last_of_a_used_up_series(anna: User, processor: Processor) -> None:
    rule = {"recurrence_pattern": "daily", "recurrence_end_date": "2027-03-02"}
    task = await anna.makes(due_date="2027-03-01T09:00:00Z", **rule)
    await processor.runs(march(1, 10))
    last = await on(anna, 2)
    await deletes(anna, last["id"])
    await processor.runs()
    back = await restores(anna, last["id"])
    assert (back["parent_recurring_task_id"], back["recurrence_pattern"]) == (task["id"], "daily")


async def test_of_a_series_that_was_stopped_meanwhile_it_is_a_task_by_itself(anna: User, processor: Processor) -> None:
    await daily(anna, processor)
    five, six = await on(anna, 5), await on(anna, 6)
    await deletes(anna, five["id"])
    await deletes(anna, six["id"])
    await change(anna, await on(anna, 4), "this", recurrence_pattern=None)
    back = await restores(anna, five["id"])
    alone = ("parent_recurring_task_id", "recurrence_pattern", "recurrence_end_date", "occurrence_date", "rrule")
    assert {back[field] for field in alone} == {None}
    assert (back["due_date"], back["reminders"]) == (five["due_date"], five["reminders"])
    await deletes(anna, (await on(anna, 2))["id"], "all")
    assert (await restores(anna, six["id"]))["recurrence_pattern"] is None
    await processor.runs(march(9))
    assert max(await days(anna)) <= 3
    await all_are_published(processor.database, anna)


async def test_a_series_that_was_split_meanwhile_has_it(anna: User, processor: Processor) -> None:
    await daily(anna, processor)
    five = await on(anna, 5)
    await deletes(anna, five["id"])
    four = await on(anna, 4)
    await change(anna, four, "following", title="Anew")
    back = await restores(anna, five["id"])
    assert (back["parent_recurring_task_id"], back["occurrence_date"]) == (four["id"], "2027-03-05")
    assert (await titles(anna))[5] == five["title"], "as it was deleted"
    await deletes(anna, four["id"], "following")
    assert await days(anna) == [1, 2, 3]


async def test_what_an_edit_took_away_comes_back_by_itself(anna: User, processor: Processor) -> None:
    """Its slot was given up, and may be made again."""
    await daily(anna, processor)
    await change(anna, await on(anna, 4), "following", recurrence_pattern="weekly:THU")
    assert await days(anna) == [1, 2, 3, 4]
    gone = await trash(anna)
    assert len(gone) == 2
    back = await restores(anna, gone[0]["task"]["id"], "all")
    assert (back["recurrence_pattern"], back["occurrence_date"]) == (None, None)
    await processor.runs(march(11, 12))
    assert await days(anna) == [1, 2, 3, 4, 11, 18]


async def test_a_series_that_somebody_touched_stays_ended(anna: User, processor: Processor) -> None:
    await daily(anna, processor)
    task = await on(anna, 4)
    await deletes(anna, task["id"], "all")
    await processor.database.execute("UPDATE task_series SET updated_at = now()")
    assert (await restores(anna, task["id"]))["recurrence_pattern"] is None


async def test_a_crash_leaves_the_series_as_it_was(anna: User, processor: Processor, owner_url: str) -> None:
    await daily(anna, processor)
    task = await on(anna, 4)
    await deletes(anna, task["id"], "all")
    before, items = await series(processor), await trashed(anna)
    async with connected(owner_url) as owner:
        await owner.execute("ALTER TABLE outbox ADD CONSTRAINT closed CHECK (false) NOT VALID")
        answer = await anna.http.post(f"/api/v1/trash/{task['id']}/restore", params={"scope": "all"})
    assert answer.status_code == 500
    assert (await series(processor), await trashed(anna)) == (before, items)
    assert (await anna.http.get(f"{TASKS}/{task['id']}")).status_code == 404
