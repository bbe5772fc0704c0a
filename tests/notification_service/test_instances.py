"""Several instances on one database: each sees every event, and one after another can be restarted."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest

from taskflow_core.database.pool import Database
from taskflow_core.events.model import Event
from taskflow_core.settings import Settings
from tests.notification_service.making import keep_task, record
from tests.notification_service.rig import Reader, Running, created, quick, serving, updated
from tests.support.waiting import eventually

READERS = 12
QUICKER = 0.05
"""Clients of the test wait this part of what they are told to."""


class Fleet:
    """The instances that run, and the bus: each event goes to all of them once the audit trail has it."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = msgspec.structs.replace(settings, auth_secret=quick().auth_secret, stream_rate=1_000)
        self._database = database
        self._stacks: dict[str, AsyncExitStack] = {}
        self.instances: dict[str, Running] = {}

    async def start(self, name: str) -> None:
        stack = self._stacks[name] = AsyncExitStack()
        self.instances[name] = await stack.enter_async_context(serving(self._settings, self._database))

    async def stop(self, name: str) -> None:
        """As Kubernetes does: out of the Service first, then told to stop, which it does in its own time."""
        server = self.instances.pop(name).server
        server.should_exit = True
        await eventually(lambda: not server.server_state.connections)
        await self._stacks.pop(name).aclose()

    async def publish(self, *events: Event) -> None:
        await record(self._database, *events)
        for instance in list(self.instances.values()):
            await instance.publish(*events)

    def any(self, at: int) -> Running:
        """What a load balancer would choose."""
        running = list(self.instances.values())
        return running[at % len(running)]


@pytest.fixture
async def fleet(settings: Settings, database: Database) -> AsyncGenerator[Fleet]:
    made = Fleet(settings, database)
    await made.start("one")
    await made.start("two")
    yield made
    for name in list(made.instances):
        await made.stop(name)


async def test_each_instance_sees_every_event(fleet: Fleet):
    one = await fleet.instances["one"].connect("anna")
    two = await fleet.instances["two"].connect("anna")
    events = [created("anna", "a"), updated("anna", "a"), created("anna", "b")]
    await fleet.publish(*events)
    for reader in (one, two):
        assert [frame["id"] for frame in await reader.frames(3)] == [event.event_id for event in events]


class Client:
    """Comes back whenever its stream ends, after the time it was told to wait, and resumes where it was."""

    def __init__(self, number: int) -> None:
        self.user = f"user-{number}"
        self.number = number
        self.frames: list[dict[str, Any]] = []
        self.waits: list[int] = []
        self.connected = 0

    async def follow(self, fleet: Fleet) -> None:
        while True:
            headers = [f"Last-Event-ID: {self.frames[-1]['id']}"] if self.frames else []
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                stream = await fleet.any(self.number + self.connected).connect(self.user, headers=headers)
                if stream.status == 200:
                    self.connected += 1
                    await self._read(stream)
            await asyncio.sleep(QUICKER)

    async def _read(self, stream: Reader) -> None:
        while True:
            try:
                self.frames.append(await stream.frame(within=60))
            except EOFError:
                self.waits.append(stream.retries[-1])
                assert len(stream.retries) > 1, "the end came without a hint"
                await asyncio.sleep(stream.retries[-1] / 1000 * QUICKER)
                return


async def test_a_rolling_restart_ends_streams_with_a_hint_and_nothing_is_missed(fleet: Fleet, database: Database):
    clients = [Client(n) for n in range(READERS)]
    for client in clients:
        await keep_task(database, client.user, client.user, 1)
    following = [asyncio.create_task(client.follow(fleet)) for client in clients]
    told: list[str] = []
    enough = asyncio.Event()

    async def change() -> None:
        version = 0
        while not enough.is_set():
            version += 1
            events = [updated(client.user, client.user, version) for client in clients]
            told.extend(event.event_id for event in events)
            await fleet.publish(*events)
            await asyncio.sleep(0.02)

    await eventually(lambda: all(client.connected for client in clients))
    changing = asyncio.create_task(change())
    try:
        await eventually(lambda: all(client.frames for client in clients))
        for name in ("one", "two"):
            before = sum(len(client.waits) for client in clients)
            await fleet.stop(name)
            await fleet.start(name)
            await eventually(lambda before=before: sum(len(c.waits) for c in clients) > before)
            await eventually(lambda: sum(len(i.hub) for i in fleet.instances.values()) == READERS)
    finally:
        enough.set()
        await changing
    try:
        await eventually(lambda: {f["id"] for c in clients for f in c.frames} >= set(told))
    finally:
        for task in following:
            task.cancel()
        ends = await asyncio.gather(*following, return_exceptions=True)
    assert [end for end in ends if not isinstance(end, asyncio.CancelledError)] == []
    assert {frame["type"] for client in clients for frame in client.frames} == {"task.updated"}, "no reset was needed"
    waits = [wait for client in clients for wait in client.waits]
    assert len(waits) >= READERS, "each stream was ended by the stop of its instance"
    assert len(set(waits)) > len(waits) // 2, "and each client was told another time to come back"
