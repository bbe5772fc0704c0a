"""The whole platform is killed again and again while people use it; what it acknowledged is true afterwards."""

import asyncio
import random
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import asyncpg
import pytest

from e2e.rig import ports
from taskflow_local.postgres import running
from tests.support.connections import connected
from tests.support.follower import Follower
from tests.support.journal import Writer, reckon
from tests.support.platform_process import QUICK_PASSWORDS, Platform, platform
from tests.support.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CRASHES = 5
PEOPLE = 3


async def test_killed_again_and_again_the_platform_keeps_what_it_acknowledged(open_directory: Path) -> None:
    home = open_directory / "home"
    port = ports.free(1)[0]
    with ExitStack() as processes:

        async def start() -> Platform:
            variables = {"TASKFLOW_PORT": str(port), "TASKFLOW_STREAM_HEARTBEAT_SECONDS": "5"}
            started = processes.enter_context(platform(home, program=QUICK_PASSWORDS, **variables))
            await asyncio.to_thread(lambda: started.url)
            return started

        current = await start()
        async with AsyncExitStack() as clients:
            writers = [Writer(current.url) for _ in range(PEOPLE)]
            followers: list[Follower] = []
            for writer in writers:
                clients.push_async_callback(writer.aclose)
                await writer.sign_up()
                follower = Follower(writer.url, writer.token)
                followers.append(await clients.enter_async_context(follower.following()))
            enough = asyncio.Event()
            writing = asyncio.gather(*(use(writer, enough) for writer in writers))
            for _ in range(CRASHES):
                await asyncio.sleep(random.uniform(1.0, 2.5))
                current.process.kill()
                await asyncio.to_thread(processes.close)
                current = await start()
            await asyncio.sleep(1)
            enough.set()
            await writing
            await check(home, writers, followers)


async def use(writer: Writer, enough: asyncio.Event) -> None:
    """What somebody does: sets a few reminders, and changes tasks until it is enough."""
    await writer.remind_soon(3, seconds=random.uniform(1, 10))
    await writer.write_until(enough)


async def check(home: Path, writers: list[Writer], followers: list[Follower]) -> None:
    """The journals are true in the database, and the streams have told it all."""
    addresses = running(home / "postgres")
    assert addresses is not None
    async with connected(addresses.owner_url) as connection:

        async def settled() -> None:
            waiting = await connection.fetchrow(
                "SELECT (SELECT count(*) FROM outbox) AS outbox, (SELECT count(*) FROM embedded_deliveries) AS bus,"
                " (SELECT count(*) FROM reminder_schedule WHERE status = 'pending' AND fire_at < now()) AS reminders"
            )
            assert waiting is not None
            assert sum(waiting.values()) == 0, dict(waiting)

        await eventually(settled, within=30, every=0.1)
        for writer, follower in zip(writers, followers, strict=True):
            assert writer.journal.unanswered, "it was away while they wrote"
            await reckon(connection, writer)
            await eventually(lambda f=follower, w=writer: f.assert_sees(w.journal.tasks))
            assert follower.connections > CRASHES

            async def told_of_reminders(f: Follower = follower, w: Writer = writer) -> None:
                told, due = sorted(f.reminded.values()), await reminded(connection, w)
                assert told == sorted(task for task, settled in due.items() if not settled or task in told)

            await eventually(told_of_reminders)
        assert await connection.fetchval("SELECT count(*) FROM dead_letters") == 0


async def reminded(connection: asyncpg.Connection, writer: Writer) -> dict[str, bool]:
    """The tasks the writer was reminded of, as the audit trail has it, and whether each was ever completed or deleted:
    nobody is told of a reminder any more whose task is, and the stream may have been away until then."""
    rows = await connection.fetch(
        "SELECT task_id, EXISTS (SELECT FROM task_events other WHERE other.task_id = reminder.task_id"
        " AND other.type IN ('task.completed', 'task.deleted')) AS settled"
        " FROM task_events reminder WHERE user_id = $1 AND type = 'task.reminder.triggered'",
        writer.user,
    )
    assert len({row["task_id"] for row in rows}) == len(rows), "each once"
    return {row["task_id"]: row["settled"] for row in rows}
