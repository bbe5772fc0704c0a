"""The whole platform on a rig for one test, a user who keeps a journal, a stream that follows, and the reckoning."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from e2e.rig.programs import Programs
from e2e.rig.rig import Instance, Rig
from taskflow_core.events.topics import CHAT_API, NOTIFICATION_SERVICE
from taskflow_core.settings import Settings
from tests.support.connections import connected
from tests.support.follower import Follower
from tests.support.journal import Journal, Writer, reckon
from tests.support.waiting import eventually

READY_SECONDS = 90.0
SETTLE_SECONDS = 150.0


class World:
    """A running rig with its database, its user and what the user sees."""

    def __init__(self, rig: Rig, settings: Settings, writer: Writer, follower: Follower) -> None:
        self.rig = rig
        self.settings = settings
        self.writer = writer
        self.follower = follower

    @property
    def journal(self) -> Journal:
        return self.writer.journal

    async def ready(self) -> None:
        """Returns once every service says so."""
        await ready(self.rig)

    async def reckon(self) -> None:
        """Every acknowledged change is in the audit trail once, nothing waits or was given up, each reminder due was
        sent once, and every task, on the stream too, is as last acknowledged.
        """
        async with connected(self.settings.owner_url) as connection:

            async def settled() -> None:
                waiting = await connection.fetchval("SELECT count(*) FROM outbox")
                dead = await connection.fetch("SELECT consumer_group, event_id, reason FROM dead_letters")
                assert [dict(row) for row in dead] == []
                assert waiting == 0, f"{waiting} events still wait in the outbox"

            await eventually(settled, within=SETTLE_SECONDS, every=0.5)
            await reckon(connection, self.writer)
        await eventually(lambda: self.follower.assert_sees(self.journal.tasks), within=20)

    async def published(self) -> int:
        """Events that a broker has taken and the audit trail lacks."""
        async with connected(self.settings.owner_url) as connection:
            return await connection.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL")


async def ready(rig: Rig) -> None:
    """Returns once every service of the rig says that it is ready."""
    async with httpx.AsyncClient(timeout=3) as client:

        async def all_ready() -> None:
            for instance in rig.instances:
                answer = await health(client, instance)
                assert answer.status_code == 200, f"{instance.pod}: {answer.text}"

        await eventually(all_ready, within=READY_SECONDS, every=0.3)


async def mend(rig: Rig) -> None:
    """Starts whatever a test that failed may have left stopped."""
    if not rig.kafka.running:
        rig.kafka.launch()
        await asyncio.to_thread(rig.kafka.finish_start)
    for instance in rig.instances:
        rig.start_again(instance.process, instance.sidecar)
        instance.sidecar.resume()


async def health(client: httpx.AsyncClient, instance: Instance) -> httpx.Response:
    """What a service says of its readiness; AssertionError with the end of its log when it does not answer."""
    try:
        return await client.get(f"{instance.url}/health/ready")
    except httpx.TransportError as error:
        raise AssertionError(f"{instance.pod}: {error!r}\n{instance.process.tail()}") from error


@asynccontextmanager
async def running_rig(
    programs: Programs, home: Path, settings: Settings, *, otlp_endpoint: str | None = None
) -> AsyncGenerator[Rig]:
    """A rig with all five services; traces of services and sidecars go to `otlp_endpoint`."""
    told = {
        **{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
        "TASKFLOW_DATABASE_URL": settings.database_url,
        "BETTER_AUTH_SECRET": settings.auth_secret,
        "TASKFLOW_AUDIT_ENCRYPTION_KEY": ",".join(settings.audit_encryption_keys),
        "TASKFLOW_DATABASE_POOL_SIZE": "5",
        "TASKFLOW_REPUBLISH_AFTER_SECONDS": "15",
        "TASKFLOW_STREAM_HEARTBEAT_SECONDS": "5",
    }
    rig = Rig(programs, home, told, otlp_endpoint=otlp_endpoint)
    async with rig.running():
        yield rig


@asynccontextmanager
async def world(rig: Rig, settings: Settings) -> AsyncGenerator[World]:
    """A new user on a rig, once every service is ready."""
    async with AsyncExitStack() as stack:
        await mend(rig)
        await ready(rig)
        writer = Writer(rig.instance(CHAT_API).url)
        stack.push_async_callback(writer.aclose)
        await writer.sign_up()
        follower = Follower(writer.url, writer.token, stream_url=rig.instance(NOTIFICATION_SERVICE).url)
        yield World(rig, settings, writer, await stack.enter_async_context(follower.following()))
