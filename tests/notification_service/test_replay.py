"""A reader that comes back gets what it missed: from memory, from the audit trail and the outbox, or one reset."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from notification_service.endpoint import PATH
from notification_service.replay import Replays
from taskflow.bus.outbox import draw
from taskflow.database.pool import Database
from taskflow.settings import Settings
from tests.notification_service.making import at, keep_task, record
from tests.notification_service.rig import (
    Reader,
    Running,
    completed,
    created,
    deleted,
    quick,
    reminded,
    serving,
    updated,
)
from tests.support.clock import MovableClock


@pytest.fixture
async def running(settings: Settings, database: Database) -> AsyncGenerator[Running]:
    fast = msgspec.structs.replace(settings, auth_secret=quick().auth_secret)
    async with serving(fast, database) as made:
        yield made


async def back(running: Running, user_id: str, last_id: str, *, by_url: bool = False) -> Reader:
    if by_url:
        return await running.connect(user_id, path=f"{PATH}?last_event_id={last_id}")
    return await running.connect(user_id, headers=[f"Last-Event-ID: {last_id}"])


def ids(frames: Sequence[dict[str, Any]]) -> list[str]:
    return [frame["id"] for frame in frames]


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
        for by_url in (False, True):
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
            await draw(connection, "chat-api", [known, unrecorded, created("ben", "b")])
            await connection.execute("UPDATE outbox SET published_at = now()")
            await draw(connection, "chat-api", [unpublished])
        anna = await back(running, "anna", seen.event_id)
        assert ids(await anna.frames(2)) == [known.event_id, unrecorded.event_id]
        assert await anna.quiet(0.1), "what is not published yet comes when it is"

        resumed = await back(running, "anna", unrecorded.event_id)
        assert ids(await resumed.frames(3)) == [e.event_id for e in (seen, known, unrecorded)], (
            "from the outbox as well"
        )

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

    async def test_where_the_gap_is_beyond_the_window(self, running: Running, database: Database):
        now = datetime.now(UTC)
        seen = at(created("anna", "a"), now - timedelta(minutes=61))
        await record(database, seen, at(updated("anna", "a"), now))
        frame = await (await back(running, "anna", seen.event_id)).frame()
        assert (frame["type"], frame["reason"]) == ("reset", "gap")

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


class TestPreferences:
    async def test_they_decide_what_comes(self, running: Running, database: Database):
        await prefer(database, "none", "none")
        await prefer(database, "reminders", "reminders")
        await prefer(database, "some", '["task.completed","task.deleted"]')
        readers = {user: await running.connect(user) for user in ("none", "reminders", "some", "all")}
        for user in readers:
            await running.publish(created(user, user), reminded(user, user), completed(user, user))
        assert [f["type"] for f in await readers["all"].frames(3)] == [
            "task.created",
            "task.completed",
            "task.reminder.triggered",
        ]
        assert (await readers["reminders"].frame())["type"] == "task.reminder.triggered"
        assert (await readers["some"].frame())["type"] == "task.completed"
        for user in ("none", "reminders", "some"):
            assert await readers[user].quiet(0.1)

    async def test_a_change_takes_effect_within_seconds(
        self, settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("notification_service.preferences._REFRESH_SECONDS", 0.05)
        async with serving(msgspec.structs.replace(settings, auth_secret=quick().auth_secret), database) as running:
            anna = await running.connect("anna")
            await prefer(database, "anna", "none")
            await asyncio.sleep(0.3)
            await running.publish(created("anna", "unwanted"))
            await prefer(database, "anna", "all")
            await asyncio.sleep(0.3)
            await running.publish(created("anna", "wanted"))
            assert (await anna.frame())["task_id"] == "wanted"


async def test_a_reminder_comes_with_its_task(running: Running, database: Database):
    await keep_task(database, "anna", "a", 4)
    anna = await running.connect("anna")
    await running.publish(reminded("anna", "a"), reminded("anna", "gone"))
    first, second = await anna.frames(2)
    assert (first["task"]["title"], first["task"]["version"]) == ("As it is now", 4)
    assert second["task"] is None


async def test_the_window_counts_by_the_clock(settings: Settings, database: Database, clock: MovableClock):
    seen = created("anna", "a")
    await record(database, seen)
    clock.advance(timedelta(hours=2))
    async with serving(msgspec.structs.replace(settings, auth_secret=quick().auth_secret), database, clock) as running:
        anna = await running.connect("anna", headers=[f"Last-Event-ID: {seen.event_id}"], seconds=86_400)
        assert (await anna.frame())["reason"] == "gap"


async def prefer(database: Database, user_id: str, notifications: str) -> None:
    await database.execute(
        "INSERT INTO user_preferences (user_id, notifications) VALUES ($1, $2) "
        "ON CONFLICT (user_id) DO UPDATE SET notifications = excluded.notifications, updated_at = now()",
        user_id,
        notifications,
    )
