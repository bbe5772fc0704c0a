"""Frames show descriptions, which events do not carry: read in one query a batch, and only where there is one."""

import msgspec
import pytest

from notification_service import handlers
from taskflow_core.database.pool import Database
from taskflow_core.domain.task import snapshot
from taskflow_core.events.model import TaskUpdated
from taskflow_core.settings import Settings
from tests.notification_service.making import keep_task
from tests.notification_service.rig import SECRET, Running, quick, serving, updated


def carried(user_id: str, task_id: str, description: str | None = "All of them") -> TaskUpdated:
    """A change as the bus carries it."""
    event = updated(user_id, task_id, description=description)
    return msgspec.structs.replace(event, task=snapshot(event.task))


def watched(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The tasks whose descriptions were asked for, a set for each query."""
    asked: list[set[str]] = []
    read = handlers.descriptions

    async def descriptions(database: Database, task_ids: list[str]) -> dict[str, str | None]:
        asked.append(set(task_ids))
        return await read(database, task_ids)

    monkeypatch.setattr(handlers, "descriptions", descriptions)
    return asked


async def test_one_query_for_a_batch_of_those_that_have_one_and_are_watched(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = watched(monkeypatch)
    async with serving(msgspec.structs.replace(settings, auth_secret=SECRET), database) as running:
        for task_id in ("a", "b"):
            await keep_task(database, "anna", task_id, 2)
        anna = await running.connect("anna")
        without = carried("anna", "c", description=None)
        await running.publish(carried("anna", "a"), without, carried("anna", "b"), carried("bert", "d"))
        frames = {frame["task_id"]: frame["task"] for frame in await anna.frames(3)}
        assert {task_id: task["description"] for task_id, task in frames.items()} == {
            "a": "All of them",
            "b": "All of them",
            "c": None,
        }
        assert (frames["a"]["has_description"], frames["c"]["has_description"]) == (True, False)
        await running.publish(without)
    assert asked == [{"a", "b"}]


async def test_without_a_database_a_frame_says_that_there_is_one() -> None:
    async with serving(quick()) as running:
        anna = await running.connect("anna")
        await running.publish(carried("anna", "a"))
        task = (await anna.frame())["task"]
        assert (task["has_description"], task["description"], task["title"]) == (True, None, "Water the plants")


async def test_an_event_of_the_release_before_has_it_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = watched(monkeypatch)

    async def told(running: Running) -> str:
        anna = await running.connect("anna")
        await running.publish(updated("anna", "a"))
        return (await anna.frame())["task"]["description"]

    async with serving(quick()) as running:
        assert await told(running) == "All of them"
    assert asked == []
