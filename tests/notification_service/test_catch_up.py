"""What the bus did not bring comes from the audit trail, once, to those who are here."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from audit_logger.trail.records import read_records
from notification_service.catch_up import CatchUp
from notification_service.recent_events import RecentEvents
from notification_service.seen_events import SeenEvents
from notification_service.stream import Stream
from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from tests.audit_logger.making import record, trail
from tests.notification_service.making import at, keep_task
from tests.notification_service.replaying import back, ids, publish
from tests.notification_service.rig import Running, completed, created, deleted, reminded, serving, updated
from tests.notification_service.test_readers import counted


@pytest.fixture
async def running(settings: Settings, database: Database) -> AsyncGenerator[Running]:
    async with serving(settings, database) as made:
        yield made


async def test_what_did_not_come_is_told_once_and_to_its_user(running: Running, database: Database) -> None:
    anna = await running.connect("anna")
    catch_up = CatchUp(database, running.hub)
    assert not await catch_up.turn(grace=0), "begins here"
    came, lost, gone = created("anna", "a"), reminded("anna", "a", 1), deleted("anna", "b", 5)
    await running.publish(came)
    assert (await anna.frame())["id"] == came.event_id
    await record(database, came, lost, created("ben", "c"), gone)
    await catch_up.turn(grace=60)
    assert await anna.quiet(0.1), "it may still be on its way"
    await catch_up.turn(grace=0)
    frames = await anna.frames(2)
    assert [frame["id"] for frame in frames] == [lost.event_id, gone.event_id]
    assert frames[0]["reminder"]["offset"] == "PT1H"
    assert frames[1]["task"] is None
    await catch_up.turn(grace=0)
    await running.publish(lost, gone)
    assert await anna.quiet(0.1), "not a second time, whoever brings it"


async def test_what_was_recorded_while_nobody_was_here_is_left_to_replays(running: Running, database: Database) -> None:
    catch_up = CatchUp(database, running.hub)
    await catch_up.turn(grace=0)
    await record(database, created("anna", "a"))
    await catch_up.turn(grace=0)
    anna = await running.connect("anna")
    await catch_up.turn(grace=0)
    assert await anna.quiet(0.1)
    await record(database, later := created("anna", "b"))
    await catch_up.turn(grace=0)
    assert (await anna.frame())["id"] == later.event_id


async def test_who_read_the_trail_is_no_news(running: Running, database: Database) -> None:
    catch_up = await beginning(running, database)
    anna = await running.connect("anna")
    read = read_records(
        reader="admin", owners={"anna": 1}, task_id=None, query={}, at=datetime.now(UTC), correlation_id="c"
    )
    await trail(database).append(read)
    await record(database, lost := created("anna", "a"))
    await catch_up.turn(grace=0)
    assert ids(await anna.frames(1)) == [lost.event_id]
    assert await anna.quiet(0.1)


async def test_what_was_told_is_not_repeated_however_much_came_since(running: Running, database: Database) -> None:
    running.hub.recent = RecentEvents(began=0.0, window=3600, most=10)
    catch_up = await beginning(running, database)
    anna = await running.connect("anna")
    told = [created("anna", f"t{n}") for n in range(8)]
    await running.publish(*told, *(created("ben", f"b{n}") for n in range(3_000)))
    await anna.frames(8)
    await record(database, *told, lost := created("anna", "lost"))
    await catch_up.turn(grace=0)
    assert ids(await anna.frames(1)) == [lost.event_id]
    assert await anna.quiet(0.1)


async def test_nor_where_it_is_not_known_any_more(running: Running, database: Database) -> None:
    running.hub.seen = SeenEvents(most=10)
    catch_up = await beginning(running, database)
    anna = await running.connect("anna")
    told = [at(created("anna", f"t{n}"), datetime.now(UTC) - timedelta(seconds=15)) for n in range(8)]
    for stream in streams_of(running, "anna"):
        stream.opened -= 20
        stream.opened_at -= 20
    await running.publish(*told)
    await anna.frames(8)
    await running.publish(*(created("ben", f"b{n}") for n in range(100)))
    before = counted("taskflow_stream_unknown_total")
    await record(database, *told)
    await catch_up.turn(grace=0)
    assert await anna.quiet(0.1)
    assert counted("taskflow_stream_unknown_total") == before + 8


async def test_what_a_replay_told_is_not_told_again_when_it_is_recorded(running: Running, database: Database) -> None:
    catch_up = await beginning(running, database)
    seen, recorded, unrecorded = created("anna", "a"), updated("anna", "a", 2), updated("anna", "a", 3)
    await record(database, seen, recorded)
    await publish(database, unrecorded)
    anna = await back(running, "anna", seen.event_id)
    assert ids(await anna.frames(2)) == [recorded.event_id, unrecorded.event_id]
    await record(database, unrecorded)
    await catch_up.turn(grace=0)
    assert await anna.quiet(0.1)


async def test_a_trail_that_is_shorter_than_it_was_is_followed_from_its_head(
    running: Running, database: Database
) -> None:
    catch_up: Any = await beginning(running, database)
    anna = await running.connect("anna")
    catch_up._position = 1_000_000
    await catch_up.turn(grace=0)
    await record(database, lost := created("anna", "a"))
    await catch_up.turn(grace=0)
    assert ids(await anna.frames(1)) == [lost.event_id]


class TestWhatTheBusBringsLate:
    """A group that begins at an old place, a bus that was away: the trail knows what of it is new."""

    async def test_what_was_there_before_the_stream_is_remembered_and_not_told(
        self, running: Running, database: Database
    ) -> None:
        now = datetime.now(UTC)
        backlog = [
            at(event, now - age)
            for age in (timedelta(days=9), timedelta(minutes=30), timedelta(seconds=20))
            for event in (
                created("anna", "a", 1),
                updated("anna", "a", 5),
                reminded("anna", "a", 5),
                deleted("anna", "b"),
            )
        ]
        await record(database, *backlog)
        catch_up = await beginning(running, database)
        anna = await running.connect("anna")
        await running.publish(*backlog)
        await catch_up.turn(grace=0)
        assert await anna.quiet(0.2)
        await running.publish(updated("anna", "a", 4))
        assert await anna.quiet(0.1), "older than what is remembered"
        await running.publish(news := updated("anna", "a", 6))
        assert ids(await anna.frames(1)) == [news.event_id]

    async def test_an_open_page_is_told_what_happened_while_it_was_open(self, running: Running) -> None:
        anna = await running.connect("anna")
        for stream in streams_of(running, "anna"):
            stream.opened_at -= 600
        now = datetime.now(UTC)
        await running.publish(late := at(updated("anna", "a", 2), now - timedelta(minutes=5)))
        assert ids(await anna.frames(1)) == [late.event_id]
        await running.publish(at(updated("anna", "a", 3), now - timedelta(minutes=61)))
        assert await anna.quiet(0.1), "from before the window it comes as soon as the trail has it"

    async def test_news_from_before_the_stream_come_with_the_trail(self, running: Running, database: Database) -> None:
        await keep_task(database, "anna", "a", 7)
        catch_up = await beginning(running, database)
        anna = await running.connect("anna")
        two_hours_ago = datetime.now(UTC) - timedelta(hours=2)
        news = [at(updated("anna", "a", 7), two_hours_ago), at(deleted("anna", "b"), two_hours_ago)]
        await running.publish(*news)
        await catch_up.turn(grace=0)
        assert await anna.quiet(0.1)
        await record(database, *news)
        await catch_up.turn(grace=0)
        frames = await anna.frames(2)
        assert ids(frames) == [event.event_id for event in news]
        assert frames[0]["task"]["title"] == "As it is now"

    async def test_a_late_reminder_says_so_unless_its_task_is_done(self, running: Running, database: Database) -> None:
        for task_id in ("open", "done"):
            await keep_task(database, "anna", task_id, 2)
        await database.execute("UPDATE tasks SET completed = true WHERE id = 'done'")
        catch_up = await beginning(running, database)
        anna = await running.connect("anna")
        five_minutes_ago = datetime.now(UTC) - timedelta(minutes=5)
        reminders = [at(reminded("anna", task_id, 2), five_minutes_ago) for task_id in ("done", "open")]
        await running.publish(*reminders)
        assert await anna.quiet(0.1)
        await record(database, *reminders)
        await catch_up.turn(grace=0)
        (frame,) = await anna.frames(1)
        assert (frame["task_id"], frame["reminder"]["late"]) == ("open", True)
        assert await anna.quiet(0.1)

    async def test_what_phase_iv_did_days_ago_is_news(self, running: Running) -> None:
        anna = await running.connect("anna")
        now = datetime.now(UTC)
        told = [
            msgspec.structs.replace(at(event, now - timedelta(days=2)), observed_at=now)
            for event in (created("anna", "a", 1), completed("anna", "a", 2), updated("anna", "b", 8))
        ]
        await running.publish(*told)
        assert ids(await anna.frames(3)) == [event.event_id for event in told]

    async def test_a_reader_that_comes_back_is_not_answered_across_it(
        self, running: Running, database: Database
    ) -> None:
        """What was left to the trail is not in memory, so memory does not answer for it."""
        await record(database, seen := created("anna", "a"))
        await running.publish(seen)
        late = at(updated("anna", "a", 2), datetime.now(UTC) - timedelta(seconds=30))
        await running.publish(late)
        await record(database, late)
        assert ids(await (await back(running, "anna", seen.event_id)).frames(1)) == [late.event_id]


async def beginning(running: Running, database: Database) -> CatchUp:
    """One that has looked at the trail once, besides that of the service."""
    catch_up = CatchUp(database, running.hub)
    await catch_up.turn(grace=0)
    return catch_up


def streams_of(running: Running, user_id: str) -> list[Stream]:
    return running.hub._channels[user_id].streams
