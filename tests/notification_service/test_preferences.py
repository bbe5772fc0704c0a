"""What a user wants decides what comes; a reminder comes with its task, and the window counts by the clock."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from tests.notification_service.making import at, keep_task, record
from tests.notification_service.replaying import prefer
from tests.notification_service.rig import (
    Running,
    completed,
    created,
    quick,
    reminded,
    serving,
    updated,
)
from tests.support.clock import MovableClock


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
    now = datetime.now(UTC)
    seen = at(created("anna", "a"), now - timedelta(minutes=1))
    await record(database, seen, at(updated("anna", "a"), now))
    clock.advance(timedelta(hours=2))
    async with serving(msgspec.structs.replace(settings, auth_secret=quick().auth_secret), database, clock) as running:
        anna = await running.connect("anna", headers=[f"Last-Event-ID: {seen.event_id}"], seconds=86_400)
        assert (await anna.frame())["reason"] == "gap"
