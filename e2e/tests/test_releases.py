"""Two successive releases by `kubectl apply -k`, while people use the platform."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from e2e import database
from e2e.deployment import Deployment
from e2e.load import Load, Person
from tests.support.waiting import eventually

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

# The Job that makes topics is removed five minutes after its end, which may be between apply and diff.
STAYING: Final = ("--selector", "app.kubernetes.io/name!=taskflow-kafka-topics")


async def test_the_next_release_is_applied_under_load_and_the_former_again(
    phase_v: Deployment,
    other_overlay: Path,
    people: list[Person],
    under_load: Callable[[list[Person]], Load],
    connection: asyncpg.Connection,
) -> None:
    load = under_load([await person.sign_up() for person in people[:3]])
    await asyncio.sleep(1)
    for overlay in (other_overlay, phase_v.overlay):
        await asyncio.to_thread(phase_v.apply, "phase-v", overlay)
        assert await asyncio.to_thread(phase_v.kubectl.diff_directory, overlay / "phase-v", *STAYING) == ""
        await asyncio.sleep(1)
    await load.stop()
    print(load.summary())
    assert load.failures == []

    async def settled() -> None:
        assert await database.on_their_way(connection) == 0

    await eventually(settled, within=60, every=0.2)
    assert await database.tasks_of(connection, load.users) == load.tasks
    events = await database.events_of(connection, load.users)
    assert len({event["event_id"] for event in events}) == len(events)
    made = [task for person in load.people for task in person.journal.made]
    assert sorted(event["task_id"] for event in events if event["type"] == "task.created") == sorted(made)
