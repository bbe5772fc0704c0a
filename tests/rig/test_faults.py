"""Faults with real processes. Each ends in: every acknowledged change is in the audit trail exactly once, each reminder
was sent once, every task, also on the stream, is as last acknowledged; and chat-api took tasks all the time.
"""

import asyncio
import re
import uuid
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
import pytest_asyncio

from e2e.rig.programs import Programs
from e2e.rig.rig import Instance, Rig
from taskflow_core.bus.dead_letters import letters, request_replay
from taskflow_core.database.pool import Database
from taskflow_core.events.topics import (
    AUDIT_LOGGER,
    CHAT_API,
    NOTIFICATION_SERVICE,
    RECURRING_TASK_PROCESSOR,
    REMINDER_SERVICE,
    TASK_CREATED,
)
from taskflow_core.settings import Settings
from taskflow_db import runner
from taskflow_local.postgres import EmbeddedPostgres
from tests.rig.world import World, health, running_rig, world
from tests.support.connections import connected, opened
from tests.support.shared_postgres import Databases
from tests.support.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]

DURABLE = {AUDIT_LOGGER, REMINDER_SERVICE, RECURRING_TASK_PROCESSOR}


@pytest.fixture(scope="module")
def rig_settings(databases: Databases) -> Iterator[Settings]:
    """Settings of the rig that the faults of this module share, on a database of its own."""
    name = databases.make()
    yield Settings(
        database_url=databases.app_url(name),
        migration_database_url=databases.owner_url(name),
        auth_secret="a-secret-for-tests-of-32-or-more-characters",
        audit_encryption_keys=("a-key-of-keys-for-tests-of-32-or-more-characters",),
    )
    databases.drop(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(
    rig_programs: Programs, tmp_path_factory: pytest.TempPathFactory, rig_settings: Settings
) -> AsyncGenerator[Rig]:
    """One platform for all: starting it takes longer than most of what is done to it."""
    async with running_rig(rig_programs, tmp_path_factory.mktemp("rig"), rig_settings) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def here(rig: Rig, rig_settings: Settings) -> AsyncGenerator[World]:
    """The platform, ready again, with a new user."""
    async with world(rig, rig_settings) as made:
        yield made


def assert_it_took_every_change_at_once(here: World) -> None:
    assert here.journal.unanswered == 0
    assert here.journal.slowest < 5


async def test_each_services_sidecar_is_killed(here: World) -> None:
    await here.writer.remind_soon(5)
    writing = asyncio.create_task(here.writer.write(15))
    for name in (CHAT_API, AUDIT_LOGGER, REMINDER_SERVICE, NOTIFICATION_SERVICE, RECURRING_TASK_PROCESSOR):
        await asyncio.sleep(2.5)
        here.rig.instance(name).sidecar.kill()
    await writing
    assert_it_took_every_change_at_once(here)
    await here.reckon()


async def test_services_start_without_their_sidecars_and_are_ready_when_these_come(here: World) -> None:
    sidecars = [instance.sidecar for instance in here.rig.instances]
    here.rig.leave_stopped(*sidecars)
    for instance in here.rig.instances:
        instance.sidecar.kill()
        instance.process.kill()  # the rig starts it again, as a cluster would
    async with httpx.AsyncClient(timeout=3) as client:

        async def started() -> None:
            for instance in here.rig.instances:
                answer = await health(client, instance)
                assert answer.status_code == 503
                checks = answer.json()["services"][instance.name]["checks"]
                assert checks["database"] == "ok"
                assert "the Dapr sidecar at http://127.0.0.1" in checks["sidecar"], "it says what is wrong"
                for probe in ("live", "startup"):
                    assert (await client.get(f"{instance.url}/health/{probe}")).status_code == 200

        await eventually(started, within=30, every=0.3)
        await here.writer.write(2)
        here.rig.start_again(*sidecars)
        await here.ready()
        one = here.rig.instance(AUDIT_LOGGER)
        assert (await health(client, one)).json()["services"][AUDIT_LOGGER]["checks"]["sidecar"] == "ok"
    await here.reckon()


async def test_kafka_is_stopped_for_half_a_minute_during_writes(here: World) -> None:
    await here.writer.remind_soon(5)
    writing = asyncio.create_task(here.writer.write(40, pause=0.1))
    await asyncio.sleep(3)
    here.rig.kafka.kill()
    await asyncio.sleep(30)
    here.rig.kafka.launch()
    await writing
    assert_it_took_every_change_at_once(here)
    await here.reckon()


async def test_kafkas_disk_is_lost_and_what_was_on_it_is_published_again(here: World) -> None:
    audit = here.rig.instance(AUDIT_LOGGER)
    here.rig.leave_stopped(audit.process, audit.sidecar)
    audit.process.kill()
    audit.sidecar.kill()
    writing = asyncio.create_task(here.writer.write(10))

    async def published() -> None:
        assert await here.published() > 50, "a broker has them, and nobody has stored them"

    await eventually(published, within=30, every=0.2)
    await writing
    here.rig.kafka.kill()
    here.rig.kafka.wipe()
    await here.writer.write(2)
    here.rig.kafka.launch()
    await asyncio.to_thread(here.rig.kafka.finish_start)
    here.rig.start_again(audit.process, audit.sidecar)
    await here.writer.write(2)
    assert_it_took_every_change_at_once(here)
    await here.reckon()


async def test_chat_api_is_started_again_while_kafka_is_down(here: World) -> None:
    here.rig.kafka.kill()
    await here.writer.write(2)
    chat_api = here.rig.instance(CHAT_API)
    chat_api.process.kill()
    chat_api.sidecar.kill()  # and does not come back before Kafka does
    await here.writer.write(4)
    here.rig.kafka.launch()
    await here.ready()
    await here.reckon()


async def test_a_consumer_is_killed_in_the_middle_of_its_batches(here: World) -> None:
    writing = asyncio.create_task(here.writer.write(14))
    for _ in range(4):
        await asyncio.sleep(3)
        here.rig.instance(AUDIT_LOGGER).process.kill()
    await writing
    assert_it_took_every_change_at_once(here)
    await here.reckon()


async def test_a_second_replica_comes_and_goes(here: World) -> None:
    writing = asyncio.create_task(here.writer.write(20))
    second = here.rig.add(AUDIT_LOGGER)
    await here.ready()
    await eventually(lambda: has_recorded(second), within=30, every=0.3)
    here.rig.leave_stopped(second.process, second.sidecar)
    second.process.kill()
    second.sidecar.kill()
    await writing
    here.rig.instances.remove(second)
    assert_it_took_every_change_at_once(here)
    await here.reckon()


async def has_recorded(instance: Instance) -> bool:
    """Whether a replica of the audit logger has been given events."""
    async with httpx.AsyncClient() as client:
        metrics = (await client.get(f"{instance.url}/metrics")).text
    found = re.search(r"^taskflow_audit_events_recorded_total\S* (\S+)$", metrics, re.MULTILINE)
    return found is not None and float(found[1]) > 0


async def test_a_sidecar_hangs(here: World) -> None:
    writing = asyncio.create_task(here.writer.write(32, pause=0.05))
    hanging = [(here.rig.instance(CHAT_API).sidecar, 18), (here.rig.instance(AUDIT_LOGGER).sidecar, 10)]
    for sidecar, seconds in hanging:  # a publisher waits 15 s for its sidecar
        sidecar.pause()
        await asyncio.sleep(seconds)
        sidecar.resume()
    await writing
    assert_it_took_every_change_at_once(here)
    await here.reckon()


async def test_what_is_no_event_is_set_aside_and_holds_up_nobody(here: World) -> None:
    poison = str(uuid.uuid4())
    sidecar = here.rig.instance(CHAT_API).sidecar
    entry = {"contentType": "application/cloudevents+json", "metadata": {"partitionKey": "p"}}
    alien: dict[str, Any] = {
        "specversion": "1.0",
        "id": poison,
        "source": "s",
        "type": "alien",
        "subject": "t",
        "data": {},
    }
    bulk: list[dict[str, Any]] = [
        {**entry, "entryId": "1", "event": alien},
        {**entry, "entryId": "2", "event": "no JSON at all", "contentType": "text/plain"},
    ]
    await here.writer.write(1)
    async with httpx.AsyncClient(headers={"dapr-api-token": here.rig.sidecar_token}) as client:
        url = f"{sidecar.url}/v1.0/publish/bulk/taskflow-pubsub/{TASK_CREATED}?metadata.rawPayload=true"
        assert (await client.post(url, json=bulk)).status_code == 204
    await here.writer.write(2)

    async def set_aside(database: Database) -> None:
        kept = await letters(database)
        assert {(one.consumer_group, one.payload == "no JSON at all") for one in kept} == {
            (group, unreadable) for group in DURABLE for unreadable in (False, True)
        }
        assert all("UndecodableEventError" in one.reason for one in kept)

    async with opened(here.settings.database_url) as database:
        await eventually(lambda: set_aside(database), within=30)
        await database.execute("DELETE FROM dead_letters")
    await here.reckon()


@pytest.mark.parametrize("failures", [2, 1_000_000])
async def test_a_handler_fails(here: World, failures: int) -> None:
    """Twice: then the third attempt counts. For ever: dead after three, and replayed once the handler is mended."""
    async with connected(here.settings.owner_url) as owner:
        await fail_to_record(owner, failures)
        [task] = await here.writer.remind_soon(1, seconds=3600)
        await eventually(lambda: owner.fetchval("SELECT is_called FROM attempts"), within=30)
        await here.writer.write(3)
        if failures > 2:

            async def dead_lettered() -> asyncpg.Record:
                row = await owner.fetchrow("SELECT * FROM dead_letters")
                assert row is not None, "after three attempts"
                return row

            letter = await eventually(dead_lettered, within=30)
            assert (letter["consumer_group"], letter["task_id"], letter["attempts"]) == (AUDIT_LOGGER, task, 3)
            assert "the ink has run dry" in letter["reason"]
            await owner.execute("DROP TRIGGER fails ON task_events")  # the fix
            async with opened(here.settings.database_url) as database:
                assert await request_replay(database, group=AUDIT_LOGGER) == 1
        await eventually(lambda: settled(owner), within=60, every=0.3)
        attempts = await owner.fetchval("SELECT last_value FROM attempts")
        assert attempts == 3, "attempts at recording it while the handler failed"
        await owner.execute("DROP FUNCTION fails CASCADE; DROP SEQUENCE attempts")
    await here.reckon()


async def fail_to_record(owner: asyncpg.Connection, failures: int) -> None:
    """So many times the audit logger cannot record a task with a reminder. A sequence counts: nothing rolls it back."""
    # A failed attempt at the same test may have left its own.
    await owner.execute("DROP FUNCTION IF EXISTS fails CASCADE; DROP SEQUENCE IF EXISTS attempts")
    await owner.execute("CREATE SEQUENCE attempts")
    await owner.execute(
        "CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
        f" IF NEW.type = 'task.created' AND NEW.data LIKE '%reminders%' AND nextval('public.attempts') <= {failures}"
        " THEN RAISE EXCEPTION 'the ink has run dry'; END IF; RETURN NEW; END $$"
    )
    await owner.execute("CREATE TRIGGER fails BEFORE INSERT ON task_events FOR EACH ROW EXECUTE FUNCTION fails()")


async def settled(connection: asyncpg.Connection) -> bool:
    return not await connection.fetchval("SELECT EXISTS (SELECT FROM outbox) OR EXISTS (SELECT FROM dead_letters)")


async def test_the_database_is_away_for_a_minute_and_nothing_is_given_up(
    rig_programs: Programs, tmp_path: Path, settings: Settings
) -> None:
    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as postgres:
        await asyncio.to_thread(lambda: asyncio.run(runner.upgrade(postgres.owner_url)))
        own = msgspec.structs.replace(
            settings, database_url=postgres.app_url, migration_database_url=postgres.owner_url
        )
        async with running_rig(rig_programs, tmp_path, own) as rig, world(rig, own) as here:
            await here.writer.remind_soon(5, seconds=20)
            enough = asyncio.Event()
            writing = asyncio.create_task(here.writer.write_until(enough))
            await asyncio.sleep(6)
            postgres.stop()
            await asyncio.sleep(60)
            postgres.start()
            await here.ready()
            await asyncio.sleep(2)
            enough.set()
            await writing
            assert here.journal.unanswered, "nothing is taken without a database"
            await here.reckon()
