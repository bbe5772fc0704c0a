"""A reader that comes back gets what it missed: from memory, from the audit trail and the outbox, or one reset."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from notification_service.positions import mark_id
from notification_service.replay import Replays
from taskflow_core.bus import outbox
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import SystemClock
from taskflow_core.settings import Settings
from tests.notification_service.making import at, keep_task, record
from tests.notification_service.replaying import back, ids, prefer, publish
from tests.notification_service.rig import (
    Running,
    completed,
    created,
    deleted,
    reminded,
    updated,
)


class TestFromMemory:
    async def test_what_came_in_the_meantime_is_sent_first(self, running: Running, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("notification_service.endpoint.OVERLAP_SECONDS", 0.0)
        anna = await running.connect("anna")
        first = created("anna")
        await running.publish(first)
        last_id = (await anna.frame())["id"]
        anna.reset()
        await asyncio.sleep(0.01)
        missed = [updated("anna", version=2), completed("anna", version=3)]
        await running.publish(*missed, created("ben"))
        again = await back(running, "anna", last_id)
        await running.publish(deleted("anna", version=4))
        frames = await again.frames(3)
        assert ids(frames)[:2] == [e.event_id for e in missed]
        assert frames[0]["task"]["description"] == "All of them"
        assert [f["type"] for f in frames] == ["task.updated", "task.completed", "task.deleted"]

    async def test_one_that_came_late_is_no_place_to_go_on_from(
        self, running: Running, database: Database, monkeypatch: pytest.MonkeyPatch
    ):
        """A replay may have told it, from the outbox, before what has come here since."""
        monkeypatch.setattr("notification_service.endpoint.OVERLAP_SECONDS", 0.0)
        anna = await running.connect("anna")
        await asyncio.sleep(0.5)
        late, meanwhile = at(created("anna", "a"), datetime.now(UTC) - timedelta(seconds=10.2)), created("anna", "b")
        await running.publish(meanwhile)
        await asyncio.sleep(0.01)
        await running.publish(late)
        assert ids(await anna.frames(2)) == [meanwhile.event_id, late.event_id]
        await record(database, late, meanwhile)
        again = await back(running, "anna", late.event_id)
        assert ids(await again.frames(1)) == [meanwhile.event_id]


class TestFromTheDatabase:
    async def test_any_instance_answers_from_the_audit_trail(self, running: Running, database: Database):
        now = datetime.now(UTC)
        seen = at(created("anna", "a"), now - timedelta(minutes=3))
        missed = [
            at(updated("anna", "a", 2), now - timedelta(minutes=2)),
            at(reminded("anna", "a", 2), now - timedelta(minutes=2)),
            at(deleted("anna", "gone", 5), now - timedelta(minutes=1)),
        ]
        await keep_task(database, "anna", "a", 7)
        await record(database, seen)
        await record(database, *missed, at(created("ben", "b"), now))
        for by_url in (False, "last_event_id", "lastEventId"):
            anna = await back(running, "anna", seen.event_id, by_url=by_url)
            frames = await anna.frames(3)
            assert ids(frames) == [e.event_id for e in missed] == anna.ids
            assert [f["version"] for f in frames] == [2, 2, 5]
            assert frames[0]["task"]["title"] == "As it is now"
            assert frames[0]["task"]["version"] == 7, "the task's present state"
            assert frames[1]["reminder"]["offset"] == "PT1H"
            assert frames[2]["task"] is None
            assert await anna.quiet(0.1)

    async def test_what_the_audit_trail_does_not_hold_yet_comes_from_the_outbox(
        self, running: Running, database: Database
    ):
        now = datetime.now(UTC)
        seen, known = at(created("anna", "a"), now - timedelta(seconds=3)), at(updated("anna", "a"), now)
        unrecorded, unpublished = completed("anna", "a"), deleted("anna", "a")
        await record(database, seen, known)
        async with database.transaction() as connection:
            await outbox.append(connection, "chat-api", [known, unrecorded, created("ben", "b")])
            await connection.execute("UPDATE outbox SET published_at = now()")
            await outbox.append(connection, "chat-api", [unpublished])
        everything = [seen, known, unrecorded, unpublished]
        anna = await back(running, "anna", seen.event_id)
        assert ids(await anna.frames(3)) == [event.event_id for event in everything[1:]]
        assert await anna.quiet(0.1)

        resumed = await back(running, "anna", unrecorded.event_id)
        assert ids(await resumed.frames(4)) == [event.event_id for event in everything], "from the outbox as well"

    async def test_what_has_waited_for_the_relay_is_told_once(self, running: Running, database: Database):
        """After a crash the relay publishes what is no news any more to a stream that opened since, and what is."""
        moment = datetime.now(UTC)
        seen = at(created("anna", "a"), moment - timedelta(minutes=2))
        waiting = at(reminded("anna", "a"), moment - timedelta(seconds=30))
        young = at(updated("anna", "a", 3), moment)
        await record(database, seen)
        async with database.transaction() as connection:
            await outbox.append(connection, "chat-api", [waiting, young])
        anna = await back(running, "anna", seen.event_id)
        assert ids(await anna.frames(2)) == [waiting.event_id, young.event_id]
        await running.publish(waiting, young, after := completed("anna", "a", 4))
        assert (await anna.frame())["id"] == after.event_id, "the others were told"

    @pytest.mark.parametrize("by", ["event", "mark"])
    async def test_what_came_here_just_before_is_not_lost_while_the_relay_has_yet_to_note_it(
        self, running: Running, database: Database, by: str
    ):
        """A tab whose stream served all tabs is closed with the last change: the next tab's stream must tell it."""
        await record(database, seen := at(created("anna", "a"), datetime.now(UTC) - timedelta(minutes=1)))
        moment = datetime.now(UTC)
        async with database.transaction() as connection:
            await outbox.append(connection, "chat-api", [gone := deleted("anna", "a")])
        await running.publish(gone)  # by the relay, which is about to note that it did
        last_id = seen.event_id if by == "event" else mark_id(moment)
        anna = await back(running, "anna", last_id)
        assert (await anna.frame())["id"] == gone.event_id
        await database.execute("UPDATE outbox SET published_at = now(), publish_count = 1")
        await record(database, gone)
        assert await anna.quiet(0.1)

    async def test_it_overlaps_rather_than_skips(self, running: Running, database: Database):
        now = datetime.now(UTC)
        before, seen = at(created("anna", "a"), now - timedelta(seconds=4)), at(created("anna", "b"), now)
        await record(database, before, seen)
        anna = await back(running, "anna", seen.event_id)
        assert ids(await anna.frames(2)) == [before.event_id, seen.event_id]
        assert anna.ids[-1] == seen.event_id, "who leaves again resumes no earlier"

    async def test_what_happens_during_the_replay_follows_it(
        self, running: Running, database: Database, monkeypatch: pytest.MonkeyPatch
    ):
        now = datetime.now(UTC)
        seen, missed = at(created("anna", "a"), now - timedelta(minutes=1)), at(updated("anna", "a"), now)
        await record(database, seen)
        await record(database, missed)
        held = asyncio.Event()
        find = Replays.missed

        async def slowly(replays: Replays, user_id: str, last_event_id: str) -> Any:
            await held.wait()
            return await find(replays, user_id, last_event_id)

        monkeypatch.setattr(Replays, "missed", slowly)
        anna = await back(running, "anna", seen.event_id)
        live = updated("anna", "a", 3)
        await running.publish(live)
        assert await anna.quiet(0.1)
        held.set()
        assert ids(await anna.frames(2)) == [missed.event_id, live.event_id]

    async def test_many_come_back_at_once_with_few_queries(self, running: Running, database: Database):
        now = datetime.now(UTC)
        seen = [at(created(f"user-{n}", f"t{n}"), now - timedelta(minutes=1)) for n in range(60)]
        missed = [at(updated(f"user-{n}", f"t{n}"), now) for n in range(60)]
        await record(database, *seen)
        await record(database, *missed)
        readers = await asyncio.gather(*(back(running, f"user-{n}", seen[n].event_id) for n in range(60)))
        for n, reader in enumerate(readers):
            assert ids(await reader.frames(1)) == [missed[n].event_id]

    async def test_preferences_hold_for_what_was_missed(self, running: Running, database: Database):
        now = datetime.now(UTC)
        seen = at(created("anna", "a"), now - timedelta(minutes=1))
        missed = [at(updated("anna", "a"), now), at(reminded("anna", "a"), now)]
        await record(database, seen)
        await record(database, *missed)
        await prefer(database, "anna", "reminders")
        anna = await back(running, "anna", seen.event_id)
        assert ids(await anna.frames(1)) == [missed[1].event_id]


async def test_after_two_days_of_phase_iv_what_it_did_is_replayed(running: Running, database: Database):
    now = datetime.now(UTC)
    seen = at(created("anna", "a"), now - timedelta(days=2, minutes=5))
    told = [
        msgspec.structs.replace(at(event, now - timedelta(days=2, minutes=-n)), observed_at=now)
        for n, event in enumerate([updated("anna", "a", 2), completed("anna", "a", 3), created("anna", "b")])
    ]
    await record(database, seen)
    await record(database, *told[:2])
    await publish(database, told[2])
    anna = await back(running, "anna", seen.event_id)
    frames = await anna.frames(3)
    assert ids(frames) == [event.event_id for event in told]
    assert [datetime.fromisoformat(frame["time"]) for frame in frames] == [event.timestamp for event in told]
    again = await back(running, "anna", told[1].event_id)
    assert ids(await again.frames(3)) == [event.event_id for event in told], "within the overlap, and no reset"


async def test_an_event_that_is_to_be_published_again_is_known(running: Running, database: Database):
    seen, missed = created("anna", "a"), updated("anna", "a")
    await publish(database, seen, missed)
    await database.execute("UPDATE outbox SET published_at = NULL WHERE event_id = $1", seen.event_id)
    assert ids(await (await back(running, "anna", seen.event_id)).frames(1)) == [missed.event_id]


async def test_a_reminder_of_what_is_done_is_not_told_and_one_told_late_says_so(running: Running, database: Database):
    now = datetime.now(UTC)
    seen = at(created("anna", "a"), now - timedelta(minutes=20))
    for task_id in ("open", "done", "finished", "gone"):
        await keep_task(database, "anna", task_id, 4)
    await database.execute("UPDATE tasks SET completed = true WHERE id = 'done'")
    reminders = [at(reminded("anna", task_id), now - timedelta(minutes=9)) for task_id in ("done", "gone", "open")]
    await record(database, seen)
    await record(database, *reminders, gone := at(deleted("anna", "gone"), now - timedelta(minutes=8)))
    anna = await back(running, "anna", seen.event_id)
    frames = await anna.frames(2)
    assert ids(frames) == [reminders[2].event_id, gone.event_id]
    assert frames[0]["reminder"]["late"] is True
    await running.publish(reminded("anna", "done"), live := reminded("anna", "open"))
    frame = await anna.frame()
    assert (frame["id"], frame["reminder"]["late"]) == (live.event_id, False)


async def test_many_readers_cost_one_pass_of_the_outbox_and_never_hold_the_loop_up(
    settings: Settings, database: Database
):
    readers = [f"user-{n}" for n in range(200)]
    seen = [created(user, "seen") for user in readers]
    await record(database, *seen)
    await publish(database, *(created(readers[n % 200], f"t{n}") for n in range(5_000)))
    await publish(database, *(created("somebody else", f"o{n}") for n in range(1_000)))
    replays = Replays(database, SystemClock(), window=3600)
    passes: list[str] = []
    fetch = database.fetch

    async def counted(query: str, *args: Any) -> Any:
        passes.extend([query] if "payload" in query else [])
        return await fetch(query, *args)

    database.fetch = counted
    busy = asyncio.create_task(longest_slice())
    try:
        asked = [replays.missed(user, one.event_id) for user, one in zip(readers, seen, strict=True)]
        answers = await asyncio.gather(*asked)
    finally:
        busy.cancel()
        database.fetch = fetch
    assert [len(answer.missed) for answer in answers] == [25] * 200
    # A round for the first that asked, one for all the others.
    assert len(passes) <= 2 * (1 + 11)
    with contextlib.suppress(asyncio.CancelledError):
        await busy
    assert max(SLICES) < 0.15
    nobody = await replays.missed("user-0", seen[1].event_id)
    assert (nobody.reset, nobody.missed) == ("unknown", [])


SLICES: list[float] = [0.0]


async def longest_slice() -> None:
    """Notes how much CPU time passes between two turns of the loop."""
    while True:
        before = time.thread_time()
        await asyncio.sleep(0)
        SLICES.append(time.thread_time() - before)
