"""The embedded bus keeps its place in the database: whatever ends the process, each event is recorded, once."""

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from taskflow_core.bus import outbox
from taskflow_core.bus.dead_letters import letters
from taskflow_core.bus.embedded import EmbeddedTransport
from taskflow_core.bus.port import SUCCESS, Outcome, Subscription
from taskflow_core.database.pool import Database
from taskflow_core.events.model import Event
from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API, TASK_TOPICS
from taskflow_core.settings import Settings
from tests.bus.making import created, messages, updated
from tests.support.connections import opening
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
LIVES = 3
EVENTS = 3000


@asynccontextmanager
async def life(settings: Settings) -> AsyncGenerator[None]:
    """A process from when it runs until SIGKILL."""
    environment = {
        "PATH": os.environ["PATH"],
        "TASKFLOW_BUS": "embedded",
        "TASKFLOW_DATABASE_URL": settings.database_url,
        "BETTER_AUTH_SECRET": settings.auth_secret,
        "TASKFLOW_AUDIT_ENCRYPTION_KEY": ",".join(settings.audit_encryption_keys),
        "TASKFLOW_DATABASE_POOL_SIZE": "5",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bus.host_process"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 30) == b"running\n"
        yield
    finally:
        process.kill()
        await process.wait()


async def test_killed_again_and_again_it_loses_nothing_and_records_nothing_twice(
    database: Database, settings: Settings
) -> None:
    tasks = [str(uuid.uuid4()) for _ in range(50)]
    events = [updated(tasks[n % 50], version=n) for n in range(EVENTS)]
    for nth in range(LIVES):
        async with life(settings):
            part = events[nth * EVENTS // LIVES : (nth + 1) * EVENTS // LIVES]
            for start in range(0, len(part), 250):
                async with database.transaction() as connection:
                    await outbox.append(connection, CHAT_API, part[start : start + 250])
                await asyncio.sleep(0.02)
            assert await database.fetchval("SELECT count(*) FROM outbox") > 0, "there is something to lose"

    async def settled() -> bool:
        return await database.fetchval(
            "SELECT NOT EXISTS (SELECT FROM outbox) AND NOT EXISTS (SELECT FROM embedded_deliveries)"
        )

    async with life(settings):
        await eventually(settled, within=30)
    rows = await database.fetch("SELECT event_id, count(*) AS times FROM task_events GROUP BY event_id")
    assert {str(row["event_id"]): row["times"] for row in rows} == {event.event_id: 1 for event in events}
    assert await letters(database) == []


class Handler:
    """Records what it is given; answers as the test decides."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.outcomes: dict[str, Outcome] = {}
        self.hang = False

    async def __call__(self, events: Sequence[Event]) -> Sequence[Outcome]:
        self.seen += [event.event_id for event in events]
        if self.hang:
            await asyncio.Event().wait()
        return [self.outcomes.get(event.event_id, SUCCESS) for event in events]

    def transport(self, database: Database) -> EmbeddedTransport:
        return EmbeddedTransport(
            database, [Subscription(group=AUDIT_LOGGER, topics=TASK_TOPICS, handler=self, max_wait_ms=0)]
        )


async def test_a_batch_that_is_not_finished_when_it_has_to_stop_comes_again(database: Database) -> None:
    event = created()
    handler = Handler()
    handler.hang = True
    stuck = handler.transport(database)
    async with stuck.consume():
        await stuck.publish(messages([event]))
        await eventually(lambda: handler.seen == [event.event_id])
    handler.hang = False
    async with handler.transport(database).consume():
        await eventually(lambda: handler.seen == [event.event_id] * 2)


async def test_attempts_are_remembered_across_a_restart(database: Database) -> None:
    event = created()
    handler = Handler()
    handler.outcomes[event.event_id] = Outcome.retry("no ink")
    for attempts in (1, 2, 3):
        transport = handler.transport(database)
        async with transport.consume():
            if attempts == 1:
                await transport.publish(messages([event]))
            await eventually(lambda attempts=attempts: len(handler.seen) == attempts)
        await database.execute("UPDATE embedded_deliveries SET retry_at = now()")
    [letter] = await letters(database)
    assert (letter.attempts, letter.reason) == (3, "no ink")


async def test_what_waits_for_its_next_attempt_holds_back_its_task_and_no_other(database: Database) -> None:
    task = str(uuid.uuid4())
    first, second, other = updated(task, version=2), updated(task, version=3), created()
    handler = Handler()
    handler.outcomes[first.event_id] = Outcome.retry("not yet")
    transport = handler.transport(database)
    async with transport.consume():
        await transport.publish(messages([first]))
        await eventually(lambda: handler.seen == [first.event_id])
        del handler.outcomes[first.event_id]
        await transport.publish([*messages([first, second, other])[1:]])
        await eventually(lambda: len(handler.seen) == 4)
    assert handler.seen == [first.event_id, other.event_id, first.event_id, second.event_id]


async def test_it_stops_at_once_while_the_database_is_away() -> None:
    async with opening("postgresql://nobody@127.0.0.1:1/nothing") as nowhere:
        began = asyncio.get_running_loop().time()
        async with Handler().transport(nowhere).consume():
            await asyncio.sleep(0)
    assert asyncio.get_running_loop().time() - began < 5
