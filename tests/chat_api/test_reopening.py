"""Reopening an occurrence: its series is as if it had not been completed, but for what somebody has touched."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

import chat_api.commands
from chat_api.commands import tasks
from chat_api.commands.actor import Actor
from chat_api.commands.inputs import TaskChanges
from chat_api.commands.reconcile import reconcile
from taskflow_core.database.pool import Database
from tests.chat_api.occurring import OCCURRENCES, Processor, daily, days, everyones, march, on
from tests.chat_api.people import TASKS, User
from tests.chat_api.published import published_events, published_kinds
from tests.chat_api.talk import Talk
from tests.support.connections import connected
from tests.support.crashing import crash_at
from tests.support.phase_iv import release_on

_SERIES = """
SELECT last_slot, next_slot, make_at, made_count, ended_at IS NULL AS goes_on,
    (SELECT array_agg(occurrence_date ORDER BY 1) FROM series_slots s WHERE s.series_id = t.series_id) AS slots
FROM task_series t ORDER BY series_id
"""
MODES = [{}, {"recurrence_mode": "after_completion"}, {"recurrence_pattern": "RRULE:FREQ=DAILY;COUNT=2"}]


async def state(processor: Processor) -> list[tuple[Any, ...]]:
    """How far the series have come."""
    return [tuple(row.values()) for row in await processor.database.fetch(_SERIES)]


async def done(user: User, processor: Processor, **fields: Any) -> dict[str, Any]:
    """A daily series whose first occurrence was completed before its time, and whose next one was made."""
    first = await daily(user, **fields)
    await user.changes(first["id"], completed=True)
    assert await processor.runs() == 1
    assert await days(user) == [1, 2]
    return first


# --- the next one goes away again ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", MODES, ids=["fixed", "after completion", "used up by it"])
async def test_the_next_one_goes_away_and_completing_again_makes_it_once(
    anna: User, processor: Processor, fields: dict[str, Any]
) -> None:
    first = await daily(anna, **fields)
    before = await state(processor)
    for _ in range(3):
        await anna.changes(first["id"], completed=True)
        assert await processor.runs() == 1
        assert await days(anna) == [1, 2]
        answer = await anna.changes(first["id"], completed=False)
        assert "next_kept" not in answer
        assert (await days(anna), await state(processor)) == ([1], before)
        assert await processor.runs() == 0
    await anna.changes(first["id"], completed=True)
    assert await processor.runs() == 1
    assert await days(anna, completed=False) == [2]


@pytest.mark.parametrize("fields", MODES, ids=["fixed", "after completion", "used up by it"])
async def test_a_next_one_that_is_not_made_yet_is_not_made(
    anna: User, processor: Processor, fields: dict[str, Any]
) -> None:
    """The processor was down, or asks again for what it heard of before."""
    first = await daily(anna, **fields)
    await anna.changes(first["id"], completed=True)
    await anna.changes(first["id"], completed=False)
    assert (await processor.asks([first["id"]])).json()["items"][0]["task_ids"] == []
    assert await processor.runs(march(1, 8, 30)) == 0
    assert await days(anna) == [1]


async def test_the_trail_has_that_the_system_deleted_it(anna: User, processor: Processor, database: Database) -> None:
    first = await done(anna, processor, description="Only by hand")
    following = (await on(anna, 2))["id"]
    await anna.changes(first["id"], completed=False)
    assert await published_kinds(database, following) == [("task.created", 1), ("task.deleted", 2)]
    assert {event.actor_id for event in await published_events(database, following)} == {"recurring-task-processor"}
    assert [kind for kind, _ in await published_kinds(database)][-2:] == ["task.updated", "task.deleted"]
    assert (await anna.http.get("/api/v1/trash")).json()["items"] == [], "nobody threw it away"
    assert (await anna.http.get(f"{TASKS}/{following}")).status_code == 404


async def test_by_the_put_that_phase_iv_has(anna: User, processor: Processor) -> None:
    first = await done(anna, processor)
    assert (await anna.http.put(f"{TASKS}/{first['id']}", json={"completed": False})).status_code == 200
    assert await days(anna) == [1]


async def test_by_phase_iv_itself(anna: User, processor: Processor, database: Database) -> None:
    first = await done(anna, processor)
    following = (await on(anna, 2))["id"]
    async with release_on(database.url) as phase_iv:
        await phase_iv.complete(first["id"], completed=False)
    assert await days(anna) == [1, 2], "Phase IV itself deletes nothing"
    for _ in range(2):
        await reconcile(database, processor.clock.now())
    assert await days(anna) == [1]
    assert await published_kinds(database, following) == [("task.created", 1), ("task.deleted", 2)]
    await anna.changes(first["id"], completed=True)
    assert await processor.runs() == 1


async def test_what_phase_iv_edited_stays(anna: User, processor: Processor, database: Database) -> None:
    first = await done(anna, processor)
    async with release_on(database.url) as phase_iv:
        await phase_iv.complete(first["id"], completed=False)
        await phase_iv.rename((await on(anna, 2))["id"], "Renamed there")
    await reconcile(database, processor.clock.now())
    assert await days(anna, completed=False) == [1, 2]


async def test_in_the_chat(anna: User, processor: Processor) -> None:
    await done(anna, processor)
    talk = Talk(anna.http)
    assert await talk.say("reopen water the plants") == "“Water the plants” is pending again."
    assert await days(anna) == [1]
    await talk.say("complete water the plants")
    await processor.runs()
    await anna.changes((await on(anna, 2))["id"], title="Water the roses")
    assert await talk.say("reopen water the plants") == (
        "“Water the plants” is pending again. The next one (tomorrow 09:00) stays: it was changed since it was made."
    )
    assert await days(anna, completed=False) == [1, 2]


async def test_a_whole_chain_is_taken_back_in_either_order(anna: User, processor: Processor) -> None:
    first = await daily(anna)
    before = await state(processor)
    for order in ([2, 1], [1, 2]):
        for day in (1, 2):
            await anna.changes((await on(anna, day))["id"], completed=True)
            await processor.runs()
        assert await days(anna, completed=False) == [3]
        for day in order:
            await anna.changes((await on(anna, day))["id"], completed=False)
        if order == [2, 1]:
            assert (await days(anna), await state(processor)) == ([1], before)
    # The second was done when the first was reopened: it stays, and so does its series.
    assert await days(anna, completed=False) == [1, 2]
    assert first["id"] == (await on(anna, 1))["id"]


async def test_taking_back_that_many_were_completed_at_once(anna: User, processor: Processor) -> None:
    """Some of one series, some of others; what was open is open, and nothing else is."""
    await daily(anna, reminders=["2 days"])
    await daily(anna, title="Walk", recurrence_mode="after_completion")
    await anna.makes("Once")
    await processor.runs()
    before, series = await everyones(anna), await state(processor)
    for order in (before, before[::-1]):
        changed = [anna.changes(task["id"], completed=True) for task in before]
        await asyncio.gather(*changed)
        assert await processor.runs() == 2
        await asyncio.gather(*(anna.changes(task["id"], completed=False) for task in order))
        again = await everyones(anna)
        assert sorted(task["id"] for task in again) == sorted(task["id"] for task in before)
        assert not any(task["completed"] for task in again)
        assert await state(processor) == series
        assert await processor.runs() == 0


async def test_an_occurrence_that_was_moved_earlier_waits_for_that_time(anna: User, processor: Processor) -> None:
    first = await daily(anna)
    await anna.changes(first["id"], due_date="2027-03-01T08:30:00Z")
    await anna.changes(first["id"], completed=True)
    await processor.runs()
    await anna.changes(first["id"], completed=False)
    assert (await days(anna), await processor.runs(march(1, 8, 29))) == ([1], 0)
    assert await processor.runs(march(1, 8, 31)) == 1


async def test_undoing_a_deletion_is_a_reopening(anna: User, processor: Processor) -> None:
    first = await daily(anna)
    before = await state(processor)
    await anna.http.delete(f"{TASKS}/{first['id']}")
    await processor.runs()
    assert await days(anna) == [2]
    assert (await anna.http.post(f"/api/v1/trash/{first['id']}/restore")).status_code == 200
    assert (await days(anna), await state(processor)) == ([1], before)


# --- it stays --------------------------------------------------------------------------------------------------------


async def test_one_that_would_be_there_anyway_stays_without_a_word(anna: User, processor: Processor) -> None:
    first = await done(anna, processor)
    processor.clock.freeze(march(1, 10))
    assert "next_kept" not in await anna.changes(first["id"], completed=False)
    assert await days(anna, completed=False) == [1, 2]
    assert await processor.runs() == 0
    long = await daily(anna, title="Long", reminders=["2 days"], due_date="2027-03-02T09:00:00Z")
    await processor.runs()
    await anna.changes(long["id"], completed=True)
    assert "next_kept" not in await anna.changes(long["id"], completed=False)
    assert await days(anna, title="Long") == [2, 3]


TOUCHES: list[dict[str, Any]] = [
    {"title": "Water the roses"},
    {"description": "Not too much"},
    {"due_date": "2027-03-02T10:00:00Z"},
    {"reminders": ["1 hour"]},
    {"tags": ["home"]},
    {"priority": "high"},
]


@pytest.mark.parametrize("touch", TOUCHES, ids=[next(iter(touch)) for touch in TOUCHES])
@pytest.mark.parametrize("fields", MODES[:2], ids=["fixed", "after completion"])
async def test_one_that_somebody_changed_stays_and_the_answer_says_so(
    anna: User, processor: Processor, touch: dict[str, Any], fields: dict[str, Any]
) -> None:
    first = await done(anna, processor, **fields)
    following = await anna.changes((await on(anna, 2))["id"], **touch)
    answer = await anna.changes(first["id"], completed=False)
    assert answer["next_kept"] == {
        "id": following["id"],
        "due_date": following["due_date"],
        "completed": False,
        "message": f"The next occurrence, due {following['due_date']}, stays: it was changed since it was made.",
    }
    assert await days(anna, completed=False) == [1, 2]
    assert "next_kept" not in await anna.sees(first["id"])
    await anna.changes(first["id"], completed=True)
    assert await processor.runs() == 0, "its next one is there"


async def test_one_that_is_completed_stays_and_so_does_what_it_made(anna: User, processor: Processor) -> None:
    first = await done(anna, processor)
    await anna.changes((await on(anna, 2))["id"], completed=True)
    answer = await anna.changes(first["id"], completed=False)
    assert answer["next_kept"]["message"] == ("The next occurrence, due 2027-03-02T09:00:00Z, stays: it is completed.")
    await processor.runs()
    assert await days(anna, completed=False) == [1, 3]


async def test_one_whose_reminder_somebody_has_seen_stays(anna: User, processor: Processor) -> None:
    first = await done(anna, processor, reminders=["1 hour"], recurrence_mode="after_completion")
    assert (await anna.http.post(f"{TASKS}/{(await on(anna, 2))['id']}/acknowledge")).status_code == 200
    assert "next_kept" in await anna.changes(first["id"], completed=False)
    assert await days(anna) == [1, 2]


async def test_one_that_somebody_deleted_stays_deleted(anna: User, processor: Processor) -> None:
    first = await done(anna, processor)
    await anna.http.delete(f"{TASKS}/{(await on(anna, 2))['id']}")
    await processor.runs()
    answer = await anna.changes(first["id"], completed=False)
    assert answer["next_kept"]["id"] == (await on(anna, 3))["id"]
    assert await days(anna) == [1, 3]


async def test_of_a_series_that_was_stopped_nothing_goes(anna: User, processor: Processor) -> None:
    first = await done(anna, processor)
    await anna.changes((await on(anna, 2))["id"], recurrence_pattern=None)
    assert "next_kept" not in await anna.changes(first["id"], completed=False)
    assert len(await everyones(anna)) == 2
    assert await processor.runs(march(9)) == 0


# --- at the same time, and cut off -----------------------------------------------------------------------------------


async def test_reopening_and_making_at_once_leave_one(anna: User, processor: Processor) -> None:
    series = [await daily(anna, title=f"Series {number}") for number in range(12)]
    before = await state(processor)
    for one in series:
        await anna.changes(one["id"], completed=True)
    ids = [one["id"] for one in series]
    reopened = [anna.changes(id_, completed=False) for id_ in ids]
    asked = [processor.asks(ids) for _ in range(3)]
    await asyncio.gather(*asked[:2], *reopened, *asked[2:])
    assert await processor.runs() == 0
    assert (await days(anna), await state(processor)) == ([1] * 12, before)


async def test_one_that_somebody_is_just_editing_stays(anna: User, processor: Processor, database_url: str) -> None:
    first = await done(anna, processor)
    following = (await on(anna, 2))["id"]
    async with connected(database_url) as other, other.transaction():
        await other.execute("SELECT FROM tasks WHERE id = $1 FOR UPDATE", following)
        assert (await anna.changes(first["id"], completed=False))["next_kept"]["id"] == following
    assert await days(anna, completed=False) == [1, 2]


async def test_one_that_somebody_only_looks_at_goes(anna: User, processor: Processor, database_url: str) -> None:
    """As the reminder service does, for a moment."""
    first = await done(anna, processor)
    async with connected(database_url) as other:
        held = other.transaction()
        await held.start()
        await other.execute("SELECT FROM tasks WHERE id = $1 FOR NO KEY UPDATE", (await on(anna, 2))["id"])
        reopening = asyncio.create_task(anna.changes(first["id"], completed=False))
        await asyncio.wait([reopening], timeout=0.2)
        assert not reopening.done()
        await held.rollback()
        assert "next_kept" not in await reopening
    assert await days(anna) == [1]


async def test_cut_off_anywhere_all_of_it_is_done_or_nothing(
    anna: User, processor: Processor, database: Database
) -> None:
    first = await done(anna, processor)
    before = await state(processor), await everyones(anna), await published_kinds(database)

    async def reopen() -> None:
        async with database.transaction() as connection:
            changes, actor = TaskChanges(completed=False), Actor.here(anna.id)
            await tasks.change(connection, anna.id, first["id"], changes, actor, processor.clock.now())

    line = 1
    while await crash_at(line, reopen, of=chat_api.commands):
        assert (await state(processor), await everyones(anna), await published_kinds(database)) == before
        line += 7
    assert line > 100
    assert await days(anna, completed=False) == [1]


async def test_the_same_request_again_changes_nothing(anna: User, processor: Processor) -> None:
    first = await done(anna, processor)
    path, key = f"{TASKS}/{first['id']}", {"Idempotency-Key": "undo-1"}
    answers = [await anna.http.patch(path, json={"completed": False}, headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    await anna.changes(first["id"], completed=True)
    await processor.runs()
    assert (await anna.http.patch(path, json={"completed": False}, headers=key)).json() == answers[0].json()
    assert await days(anna) == [1, 2], "the answer was given again; nothing was reopened"


async def test_nobody_else_can_have_it_deleted(anna: User, bert: User, processor: Processor) -> None:
    first = await done(anna, processor)
    assert (await bert.http.patch(f"{TASKS}/{first['id']}", json={"completed": False})).status_code == 404
    assert (await bert.http.post(OCCURRENCES, json={"series_ids": [first["id"]]})).status_code in (401, 403, 404)
    assert await days(anna) == [1, 2]


async def test_with_an_edit_of_all_in_the_same_request(anna: User, processor: Processor, database: Database) -> None:
    first = await done(anna, processor)
    answer = await anna.http.patch(
        f"{TASKS}/{first['id']}", json={"completed": False, "title": "Anew"}, params={"scope": "all"}
    )
    assert answer.status_code == 200
    assert [task["title"] for task in await everyones(anna)] == ["Anew"]
    await anna.changes(first["id"], completed=True)
    await processor.runs(march(1, 8) + timedelta(minutes=1))
    assert (await on(anna, 2))["title"] == "Anew"
    versions: dict[str, list[int]] = {}
    for event in await published_events(database):
        versions.setdefault(event.task_id, []).append(event.version)
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())
