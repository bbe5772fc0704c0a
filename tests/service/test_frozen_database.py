"""A database that hangs: every process of its server stopped for a while, under light writes. Time-outs are cut to a
tenth, and so is the time for which it stands still.

What the host does in the background ends its turn, takes it again afterwards, and has then published everything, once
and in order; a process that is asked to stop meanwhile stops in time.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from taskflow_core.bus import outbox
from taskflow_core.bus.dead_letters import letters
from taskflow_core.database import lease, pool
from taskflow_core.database.outages import OUTAGES
from taskflow_core.database.pool import Database
from taskflow_core.events.model import Event
from taskflow_core.events.topics import ALL_SERVICES, CHAT_API, REMINDER_SERVICE, ServiceName
from taskflow_core.service.composition import factories
from taskflow_core.service.host import Host
from taskflow_core.settings import Settings
from taskflow_core.telemetry.metrics import REGISTRY
from taskflow_db import runner
from taskflow_local.postgres_cluster import APP_ROLE
from tests.bus.making import updated
from tests.service.serving import serving
from tests.support.blackhole import black_hole
from tests.support.connections import connected, opened
from tests.support.freezing_postgres import Freezer, own_server
from tests.support.waiting import eventually

LEASES = {
    ("relay:chat-api", "chat-api"),
    ("chat-api:housekeeping", "chat-api"),
    ("relay:reminder-service", "reminder-service"),
    ("audit-logger:upkeep", "audit-logger"),
    ("recurring-task-processor", "recurring-task-processor"),
}
FREEZES = (1.2, 2.0, 0.2, 0.7, 1.6)
"""Seconds of each round; the longer ones are longer than a statement may take."""

TENTH = 0.1
ENDS_WITHIN = 20.0
"""Seconds: a process ends in three or so, on a busy machine in more; an orchestrator waits 30."""
BACKGROUND = "taskflow_background_up"


@pytest.fixture(scope="module")
def freezer() -> Generator[Freezer]:
    with own_server() as made:
        asyncio.run(_set_up(made))
        yield made


async def _set_up(freezer: Freezer) -> None:
    await runner.upgrade(freezer.server.owner_url)
    async with connected(freezer.server.admin_url) as admin:
        # Else a server that is killed loses what it has just said to be committed.
        await admin.execute(f"ALTER ROLE {APP_ROLE} SET synchronous_commit = on")


@pytest.fixture
def own_settings(freezer: Freezer, settings: Settings) -> Settings:
    return msgspec.structs.replace(
        settings, database_url=freezer.server.app_url, migration_database_url=freezer.server.owner_url
    )


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in (
        (lease, "_TRY_SECONDS"),
        (lease, "_BEAT_SECONDS"),
        (lease, "_ANSWER_SECONDS"),
        (pool, "_GIVE_BACK_SECONDS"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name) * TENTH)


class Writer:
    """Writes events of a few tasks, a transaction each, until told to stop; what it has committed is in `events`."""

    def __init__(self, database: Database, producer: ServiceName) -> None:
        self._database = database
        self._producer: ServiceName = producer
        self._tasks = [str(uuid.uuid4()) for _ in range(4)]
        self.events: list[Event] = []

    @asynccontextmanager
    async def writing(self, every: float = 0.01) -> AsyncGenerator[None]:
        stop = asyncio.Event()
        task = asyncio.create_task(self._write(stop, every))
        try:
            yield
        finally:
            stop.set()
            await task

    async def _write(self, stop: asyncio.Event, every: float) -> None:
        event: Event | None = None
        while not stop.is_set():
            number = len(self.events)
            if event is None or event.version <= number:
                event = updated(self._tasks[number % len(self._tasks)], version=number + 1)
            try:
                async with self._database.transaction() as connection:
                    await outbox.append(connection, self._producer, [event])
            except OUTAGES:
                continue  # whether it was committed or not: it is written until it is known to be
            except asyncpg.UniqueViolationError:
                pass
            self.events.append(event)
            await asyncio.sleep(every)


def held() -> set[tuple[str, str]]:
    return {
        (sample.labels["lease"], sample.labels["service"])
        for metric in REGISTRY.collect()
        if metric.name == "taskflow_lease_held"
        for sample in metric.samples
        if sample.value == 1
    }


async def recorded_once_and_in_order(database: Database, events: Sequence[Event]) -> None:
    """Every one of the events is in the audit trail, once, those of a task in order; none is left on its way."""

    async def through() -> None:
        waiting = await database.fetchval("SELECT count(*) FROM outbox")
        assert waiting == 0, f"{waiting} events wait"

    await eventually(through, within=20)
    rows: list[Any] = await database.fetch(
        "SELECT event_id::text, task_id, version FROM task_events ORDER BY chain_seq"
    )
    expected = {event.event_id for event in events}
    found = [row["event_id"] for row in rows if row["event_id"] in expected]
    assert sorted(found) == sorted(expected)
    versions: dict[str, list[int]] = {}
    for row in rows:
        if row["event_id"] in expected:
            versions.setdefault(row["task_id"], []).append(row["version"])
    assert all(of_task == sorted(of_task) for of_task in versions.values())
    assert await letters(database) == []


@pytest.mark.usefixtures("_quick")
async def test_after_a_freeze_every_lease_is_taken_again_and_everything_is_published(
    freezer: Freezer, own_settings: Settings
) -> None:
    host = Host(own_settings, factories(ALL_SERVICES))
    host.database.connector._command_timeout = 1.0  # pyright: ignore[reportPrivateUsage]  # a tenth of what would be long
    async with opened(own_settings.database_url, size=2) as own, host.running():
        await eventually(lambda: held() == LEASES, within=20)
        writers = [Writer(own, CHAT_API), Writer(own, REMINDER_SERVICE)]
        for seconds in FREEZES:
            async with writers[0].writing(), writers[1].writing():
                await asyncio.sleep(0.1)
                with freezer.frozen():
                    await asyncio.sleep(seconds)
                    if seconds > 1.5:
                        assert held() == set(), "nobody who cannot see its lease says that it holds it"
                await asyncio.sleep(0.1)
            await eventually(lambda: held() == LEASES, within=20)
            await recorded_once_and_in_order(own, [event for writer in writers for event in writer.events])
        up = [sample for metric in REGISTRY.collect() for sample in metric.samples if sample.name == BACKGROUND]
        assert {sample.value for sample in up} == {1.0}, up


async def test_stopped_during_a_freeze_it_stops_in_time_and_leaves_no_task(
    freezer: Freezer, own_settings: Settings
) -> None:
    loop = asyncio.get_running_loop()
    async with opened(own_settings.database_url, size=2) as own:
        writer = Writer(own, CHAT_API)
        before = asyncio.all_tasks()
        async with AsyncExitStack() as stack:
            host = Host(own_settings, factories(ALL_SERVICES))
            await stack.enter_async_context(host.running())
            await eventually(lambda: held() == LEASES, within=20)
            async with writer.writing():
                await eventually(lambda: len(writer.events) > 20)
            with freezer.frozen():
                waiting = [loop.create_task(host.database.fetchval("SELECT 1")) for _ in range(8)]
                await asyncio.sleep(0.2)
                began = loop.time()
                await stack.aclose()
                assert loop.time() - began < ENDS_WITHIN
                assert asyncio.all_tasks() - before - set(waiting) == set()
                await eventually(lambda: all(task.done() for task in waiting))
                assert held() == set()
            await asyncio.gather(*waiting, return_exceptions=True)
        async with Host(own_settings, factories(ALL_SERVICES)).running():
            await recorded_once_and_in_order(own, writer.events)


async def test_a_process_that_gets_sigterm_during_a_freeze_ends_in_time(
    freezer: Freezer, own_settings: Settings, tmp_path: Path
) -> None:
    async with opened(own_settings.database_url, size=2) as own:
        writer = Writer(own, CHAT_API)
        with serving(own_settings, tmp_path / "log") as served:
            async with writer.writing():
                await eventually(lambda: len(writer.events) > 20)
            with freezer.frozen():
                # Requests that wait for the database do not keep it either.
                asked = [asyncio.create_task(_ask(f"{served.url}/api/v1/audit")) for _ in range(3)]
                await asyncio.sleep(0.3)
                began = time.monotonic()
                await asyncio.to_thread(served.stop)
                took = time.monotonic() - began
                await asyncio.gather(*asked)
            assert took < ENDS_WITHIN, served.written
        async with Host(own_settings, factories(ALL_SERVICES)).running():
            await recorded_once_and_in_order(own, writer.events)


async def _ask(url: str) -> None:
    with suppress(httpx.TransportError):
        async with httpx.AsyncClient(timeout=20) as client:
            await client.get(url)


@pytest.mark.usefixtures("_quick")
async def test_a_server_that_hangs_and_is_then_killed_costs_nothing_either(
    freezer: Freezer, own_settings: Settings
) -> None:
    host = Host(own_settings, factories(ALL_SERVICES))
    async with opened(own_settings.database_url, size=2) as own, host.running():
        await eventually(lambda: held() == LEASES, within=20)
        writer = Writer(own, CHAT_API)
        async with writer.writing():
            await eventually(lambda: len(writer.events) > 20)
            freezer.freeze()
            await asyncio.sleep(1.2)
            freezer.kill()
            freezer.server.stop()
            freezer.server.start()
            await eventually(lambda: held() == LEASES, within=20)
        await recorded_once_and_in_order(own, writer.events)


@pytest.mark.usefixtures("_quick")
async def test_a_network_that_swallows_everything_is_noticed_and_forgotten(settings: Settings) -> None:
    async with black_hole(settings.database_url) as hole, opened(settings.database_url, size=2) as own:
        host = Host(msgspec.structs.replace(settings, database_url=hole.url), factories(ALL_SERVICES))
        host.database.connector._command_timeout = 1.0  # pyright: ignore[reportPrivateUsage]  # a tenth of what would be long
        writer = Writer(own, CHAT_API)
        async with host.running(), writer.writing():
            await eventually(lambda: held() == LEASES, within=20)
            async with hole.swallowing():
                await eventually(lambda: held() == set())
            await eventually(lambda: held() == LEASES, within=20)
        async with Host(settings, factories(ALL_SERVICES)).running():
            await recorded_once_and_in_order(own, writer.events)
