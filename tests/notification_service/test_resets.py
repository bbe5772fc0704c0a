"""What a reader cannot be given is one reset; one who missed nothing is sent nothing."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from notification_service.catch_up import CatchUp
from taskflow_core.database.pool import Database
from tests.notification_service.making import at, record
from tests.notification_service.replaying import back, ids, prefer, publish
from tests.notification_service.rig import (
    Running,
    completed,
    created,
    quick,
    reminded,
    serving,
    updated,
)
from tests.support.waiting import eventually


class TestReset:
    async def test_once_where_the_id_is_unknown(self, running: Running, database: Database):
        another = created("ben", "b")
        await record(database, another)
        for last_id in (str(uuid.uuid4()), "no-id-of-ours", another.event_id):
            anna = await back(running, "anna", last_id)
            frame = await anna.frame()
            assert (frame["type"], frame["reason"], frame["id"]) == ("reset", "unknown", None)
            assert await anna.quiet(0.1)
            anna.reset()
            await asyncio.sleep(0.05)

    async def test_where_something_is_missing_from_before_the_window(self, running: Running, database: Database):
        now = datetime.now(UTC)
        seen = at(created("anna", "a"), now - timedelta(minutes=90))
        missed = [at(updated("anna", "a"), now - timedelta(minutes=61)), at(completed("anna", "a"), now)]
        await record(database, seen, *missed)
        anna = await back(running, "anna", seen.event_id)
        frame = await anna.frame()
        assert (frame["type"], frame["reason"]) == ("reset", "gap")
        assert await anna.quiet(0.1)
        again = await back(running, "anna", anna.ids[-1])
        assert await again.quiet(0.2), "it read everything anew: nothing is missing any more"

    async def test_also_when_the_trail_does_not_hold_it_yet(self, running: Running, database: Database):
        now = datetime.now(UTC)
        seen = at(created("anna", "a"), now - timedelta(minutes=90))
        await record(database, seen)
        await publish(database, at(updated("anna", "a"), now - timedelta(minutes=61)))
        assert (await (await back(running, "anna", seen.event_id)).frame())["reason"] == "gap"

    async def test_where_too_much_was_missed(self, running: Running, database: Database):
        now = datetime.now(UTC)
        seen = at(created("anna", "a"), now - timedelta(minutes=1))
        await record(database, seen)
        await record(database, *(at(created("anna", f"t{n}"), now) for n in range(501)))
        frame = await (await back(running, "anna", seen.event_id)).frame()
        assert (frame["type"], frame["reason"]) == ("reset", "gap")

    async def test_when_the_database_is_away(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("notification_service.replay._RETRY_SECONDS", 0.01)
        async with serving(quick()) as running:
            anna = await back(running, "anna", str(uuid.uuid4()))
            frame = await anna.frame()
            assert (frame["type"], frame["reason"]) == ("reset", "unavailable")
            await running.publish(created("anna"))
            assert (await anna.frame())["type"] == "task.created"

    async def test_none_for_a_reader_that_comes_for_the_first_time(self, running: Running, database: Database):
        await record(database, created("anna", "a"))
        assert await (await running.connect("anna")).quiet(0.1)


class TestIdleReaders:
    """Nothing missed, nothing sent: however long nothing happened, and whatever happened to others."""

    async def test_one_that_missed_nothing_is_sent_nothing(self, running: Running, database: Database):
        now = datetime.now(UTC)
        seen = at(created("anna", "a"), now - timedelta(days=40))
        await record(database, seen, *(at(created("ben", f"b{n}"), now - timedelta(minutes=n)) for n in range(90)))
        anna = await back(running, "anna", seen.event_id)
        assert await anna.quiet(0.3)
        again = await back(running, "anna", anna.ids[-1])
        assert await again.quiet(0.2), "nor does it have to name an event that old again"
        await running.publish(live := updated("anna", "a", 2))
        assert ids([await anna.frame(), await again.frame()]) == [live.event_id] * 2

    async def test_one_that_missed_something_of_late_is_told_that(self, running: Running, database: Database):
        now = datetime.now(UTC)
        seen, missed = at(created("anna", "a"), now - timedelta(days=40)), at(updated("anna", "a"), now)
        await record(database, seen, missed)
        assert ids(await (await back(running, "anna", seen.event_id)).frames(1)) == [missed.event_id]

    async def test_what_they_do_not_want_to_be_told_is_not_missing(self, running: Running, database: Database):
        now = datetime.now(UTC)
        seen = at(reminded("anna", "a"), now - timedelta(hours=3))
        await record(database, seen, at(updated("anna", "a"), now - timedelta(hours=2)))
        await record(database, *(at(created("anna", f"t{n}"), now - timedelta(minutes=5)) for n in range(510)))
        await prefer(database, "anna", "reminders")
        anna = await back(running, "anna", seen.event_id)
        assert await anna.quiet(0.2)
        anna.reset()
        await record(database, missed := at(reminded("anna", "a"), now))
        assert ids(await (await back(running, "anna", seen.event_id)).frames(1)) == [missed.event_id]

    async def test_the_order_of_topics_is_no_gap(self, running: Running, database: Database):
        """An edit and a completion in one: told in order, recorded in the other, hours ago."""
        then = datetime.now(UTC) - timedelta(hours=5)
        edited, done = at(updated("anna", "a", 2), then), at(completed("anna", "a", 3), then)
        before = at(created("anna", "b"), then - timedelta(seconds=2))
        await record(database, done, edited, before)
        assert await (await back(running, "anna", done.event_id)).quiet(0.3)
        assert (await (await back(running, "anna", edited.event_id)).frame())["reason"] == "gap", "3 came after 2"

    async def test_one_that_never_saw_an_event_comes_back_with_a_mark(self, running: Running, database: Database):
        await record(database, created("ben", "b"), created("anna", "of old"))
        catch_up = CatchUp(database, running.hub)
        await catch_up.turn()
        anna = await running.connect("anna")
        assert await anna.quiet(0.1)
        (mark,) = anna.ids
        anna.reset()
        again = await back(running, "anna", mark)
        assert await again.quiet(0.2)
        again.reset()
        await eventually(lambda: len(running.hub) == 0)
        await record(database, missed := created("anna", "a"), created("ben", "c"))
        again = await back(running, "anna", mark)
        assert ids(await again.frames(1)) == [missed.event_id]
        assert await again.quiet(0.1)
        late = created("anna", "unrecorded")
        await publish(database, late)
        assert ids(await (await back(running, "anna", mark)).frames(2)) == [missed.event_id, late.event_id]

    @pytest.mark.parametrize(
        "last_id",
        [
            "since-",
            "since-x",
            "since--1",
            "since-9999999999999999",
            "since-" + "9" * 400,
            "%00",
            "{" + "0" * 34 + "}",
            "urn:uuid:00000000-0000-0000-0000-000000000000",
            "%C3%A9" * 36,
            "x" * 5_000,
        ],
    )
    async def test_garbage_and_the_future_are_one_reset(self, running: Running, last_id: str):
        anna = await back(running, "anna", last_id, by_url="last_event_id")
        assert (await anna.frame())["reason"] == "unknown"
        assert await anna.quiet(0.1)
        assert await (await back(running, "anna", anna.ids[-1])).quiet(0.2)
