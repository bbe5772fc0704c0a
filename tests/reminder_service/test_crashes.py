"""Two replicas that are killed again and again, at any point of their work, send each reminder once.

Both get every event, often more than once, while tasks are made, moved, completed and deleted. What was sent is counted
from the events in the outbox.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import SystemClock
from taskflow_core.domain.reminders import parse_offset
from taskflow_core.domain.task import Task
from taskflow_core.events.envelope import encode, wrap
from taskflow_core.events.model import Event
from taskflow_core.events.topics import topic_of
from tests.reminder_service.world import World
from tests.support.waiting import eventually

OFFSETS = ("PT2S", "PT1S", "PT0S")
_PUBLISH = """
INSERT INTO embedded_deliveries (consumer_group, seq, event_id, task_id, topic, payload)
SELECT 'reminder-service', row.position + $5, row.event_id, row.task_id, row.topic, row.payload
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
    AS row (event_id, task_id, topic, payload, position)
ON CONFLICT DO NOTHING
"""


class Replicas:
    """Processes to start and kill."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._alive: list[int] = []

    def start(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("start\n")
        self._process.stdin.flush()
        self._alive.append(int(self._process.stdout.readline()))

    def kill(self) -> None:
        """Kill the one that has been at work for longer."""
        os.kill(self._alive.pop(0), signal.SIGKILL)


@pytest.fixture
def replicas(database_url: str) -> Iterator[Replicas]:
    environ = os.environ | {
        "TASKFLOW_DATABASE_URL": database_url,
        "BETTER_AUTH_SECRET": "a-secret-for-tests-of-32-or-more-characters",
        "TASKFLOW_BUS": "embedded",
        "TASKFLOW_DATABASE_POOL_SIZE": "3",
        "TASKFLOW_REMINDER_SNAPSHOT_SECONDS": "1",
    }
    script = Path(__file__).with_name("replica_process.py")
    with subprocess.Popen(
        [sys.executable, str(script)], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Replicas(process)


class Life:
    """Tasks that come, move, are completed and go; and what of their reminders may and must be sent."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self.must: set[tuple[str, str, datetime]] = set()
        self.until: dict[tuple[str, str, datetime], datetime] = {}
        self._chance = chance
        self._tasks: list[Task] = []
        self._told: list[Event] = []

    async def go_on(self, new: int) -> None:
        """Make tasks, change some, and tell of it in any order, also of some of what was told before."""
        now = self.world.clock.now()
        dues = [now + timedelta(seconds=self._chance.uniform(2.1, 3.5)) for _ in range(new)]
        events: list[Event] = []
        for created in await self.world.create_many(dues, *OFFSETS):
            self._tasks.append(created.task)
            self.must |= _reminders(created.task)
            events.append(created)
        events += [await self._change_one() for _ in range(new // 4)]
        again = self._chance.sample(self._told, min(5, len(self._told)))
        self._told += events
        told = [*events, *again]
        self._chance.shuffle(told)
        await self._publish(told)

    def moment_to_kill(self) -> float:
        """Seconds to wait: mostly until a reminder is being sent, sometimes any."""
        now = self.world.clock.now()
        times = (due - timedelta(seconds=parse_offset(offset).seconds) for _, offset, due in self.must)
        ahead = [wait for time in times if 0.03 < (wait := (time - now).total_seconds()) < 0.15]
        if not ahead or self._chance.random() < 0.2:
            return self._chance.uniform(0.01, 0.22)
        return self._chance.choice(ahead) + self._chance.uniform(0, 0.012)

    async def _change_one(self) -> Event:
        task = self._tasks.pop(self._chance.randrange(len(self._tasks)))
        kind = self._chance.choice(("complete", "delete", "move"))
        event: Event
        if kind == "complete":
            event = await self.world.complete(task)
        elif kind == "delete":
            event = await self.world.delete(task)
        else:
            moved = await self.world.change(task, due_at=self.world.clock.now() + timedelta(seconds=3))
            self._tasks.append(moved.task)
            self.must |= _reminders(moved.task)
            event = moved
        # Sent before the change, or never.
        for reminder in _reminders(task):
            self.must.discard(reminder)
            self.until[reminder] = self.world.clock.now()
        return event

    async def _publish(self, events: Sequence[Event]) -> None:
        await self.world.database.execute(
            _PUBLISH,
            [event.event_id for event in events],
            [event.task_id for event in events],
            [topic_of(event) for event in events],
            [encode(wrap(event, "chat-api")).decode() for event in events],
            len(self._told),
        )


def _reminders(task: Task) -> set[tuple[str, str, datetime]]:
    assert task.due_at is not None
    return {(task.id, offset, task.due_at) for offset in task.reminders}


@pytest.mark.parametrize("kills", [12, pytest.param(100, marks=pytest.mark.slow)])
async def test_killed_at_any_point_each_reminder_is_sent_once(
    database: Database, replicas: Replicas, kills: int
) -> None:
    chance = random.Random(kills)
    world = World(database, SystemClock())
    await world.new_user()
    life = Life(world, chance)
    replicas.start()
    replicas.start()
    for _ in range(kills):
        await life.go_on(8)
        await asyncio.sleep(life.moment_to_kill())
        replicas.kill()
        replicas.start()

    async def all_sent() -> None:
        sent = {(event.task_id, event.offset, event.due_date) for event in await world.sent()}
        assert not life.must - sent

    await eventually(all_sent, within=20, every=0.2)
    sent = await world.sent()
    times = Counter((event.task_id, event.offset, event.due_date) for event in sent)
    assert set(times.values()) == {1}
    assert len({event.event_id for event in sent}) == len(sent)
    for event in sent:
        assert event.fired_at >= event.due_date - timedelta(seconds=parse_offset(event.offset).seconds)
        over = life.until.get((event.task_id, event.offset, event.due_date))
        assert over is None or event.fired_at <= over
