"""Faults with real processes. Each ends in: every acknowledged change is in the audit trail exactly once, each reminder
was sent once, every task is as last acknowledged; and chat-api took tasks all the time.
"""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from taskflow.events.topics import (
    AUDIT_LOGGER,
    CHAT_API,
    NOTIFICATION_SERVICE,
    RECURRING_TASK_PROCESSOR,
    REMINDER_SERVICE,
)
from taskflow.local.postgres import EmbeddedPostgres
from taskflow.local.rig.programs import Programs
from taskflow.settings import Settings
from taskflow_db import runner
from tests.rig.world import World, world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
async def here(rig_programs: Programs, tmp_path: Path, settings: Settings) -> AsyncGenerator[World]:
    """The platform, all five services."""
    async with world(rig_programs, tmp_path, settings) as made:
        yield made


async def test_each_services_sidecar_is_killed(here: World) -> None:
    await here.remind_soon(5)
    writing = asyncio.create_task(here.write(20))
    for name in (CHAT_API, AUDIT_LOGGER, REMINDER_SERVICE, NOTIFICATION_SERVICE, RECURRING_TASK_PROCESSOR):
        await asyncio.sleep(3)
        here.rig.instance(name).sidecar.kill()
    await writing
    assert here.journal.refused == 0
    assert here.journal.slowest < 5
    await here.reckon()


async def test_kafka_is_stopped_for_a_minute_during_writes(here: World) -> None:
    await here.remind_soon(5)
    writing = asyncio.create_task(here.write(75, pause=0.1))
    await asyncio.sleep(3)
    here.rig.kafka.kill()
    await asyncio.sleep(60)
    here.rig.kafka.launch()
    await writing
    assert here.journal.refused == 0
    await here.reckon()


async def test_kafkas_disk_is_lost_and_what_was_on_it_is_published_again(here: World) -> None:
    audit = here.rig.instance(AUDIT_LOGGER)
    here.rig.leave_stopped(audit.process, audit.sidecar)
    audit.process.kill()
    audit.sidecar.kill()
    await here.write(5)
    assert await here.published() > 50, "nobody has stored them"
    here.rig.kafka.kill()
    here.rig.kafka.wipe()
    await here.write(2)
    here.rig.kafka.launch()
    await asyncio.to_thread(here.rig.kafka.finish_start)
    here.rig.start_again(audit.process, audit.sidecar)
    await here.write(2)
    assert here.journal.refused == 0
    await here.reckon()


async def test_chat_api_is_started_again_while_kafka_is_down(here: World) -> None:
    here.rig.kafka.kill()
    await here.write(2)
    chat_api = here.rig.instance(CHAT_API)
    chat_api.process.kill()
    chat_api.sidecar.kill()  # and does not come back before Kafka does
    await asyncio.sleep(6)
    await here.write(3)
    here.rig.kafka.launch()
    await here.ready()
    await here.reckon()


async def test_a_consumer_is_killed_in_the_middle_of_its_batches(here: World) -> None:
    writing = asyncio.create_task(here.write(20))
    for _ in range(4):
        await asyncio.sleep(4)
        here.rig.instance(AUDIT_LOGGER).process.kill()
    await writing
    assert here.journal.refused == 0
    await here.reckon()


async def test_a_second_replica_comes_and_goes(here: World) -> None:
    writing = asyncio.create_task(here.write(35))
    await asyncio.sleep(2)
    second = here.rig.add(AUDIT_LOGGER)
    await asyncio.sleep(15)
    here.rig.leave_stopped(second.process, second.sidecar)
    second.process.kill()
    second.sidecar.kill()
    await writing
    here.rig.instances.remove(second)
    assert here.journal.refused == 0
    await here.reckon()


async def test_a_sidecar_hangs(here: World) -> None:
    writing = asyncio.create_task(here.write(45, pause=0.05))
    for name in (CHAT_API, AUDIT_LOGGER):
        sidecar = here.rig.instance(name).sidecar
        sidecar.pause()
        await asyncio.sleep(20)
        sidecar.resume()
    await writing
    assert here.journal.refused == 0
    assert here.journal.slowest < 5
    await here.reckon()


async def test_the_database_is_away_for_two_minutes_and_nothing_is_given_up(
    rig_programs: Programs, tmp_path: Path, settings: Settings
) -> None:
    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as postgres:
        await asyncio.to_thread(lambda: asyncio.run(runner.upgrade(postgres.owner_url)))
        own = msgspec.structs.replace(
            settings, database_url=postgres.app_url, migration_database_url=postgres.owner_url
        )
        async with world(rig_programs, tmp_path, own) as here:
            await here.remind_soon(5, seconds=20)
            writing = asyncio.create_task(here.write(12))
            await asyncio.sleep(8)
            postgres.stop()
            await writing
            assert here.journal.refused
            await asyncio.sleep(110)
            postgres.start()
            await here.ready()
            await here.write(3)
            await here.reckon()
