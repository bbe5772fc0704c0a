"""What hangs instead of ending, under two replicas of every service: Kafka, sidecars, the database are stopped in their
tracks (SIGSTOP) and go on later as if nothing had been. Readiness says it meanwhile; afterwards all is well again by
itself, with nothing lost, nothing twice, and the events of a task in order.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

import httpx
import msgspec
import pytest
import pytest_asyncio

from e2e.rig.programs import Programs
from e2e.rig.rig import Instance, Rig
from taskflow_core.events.topics import (
    ALL_SERVICES,
    AUDIT_LOGGER,
    CHAT_API,
    NOTIFICATION_SERVICE,
    REMINDER_SERVICE,
    TASK_CREATED,
    TASK_TOPICS,
)
from taskflow_core.settings import Settings
from taskflow_db import runner
from taskflow_local.postgres import EmbeddedPostgres
from tests.rig.world import World, ready, running_rig, world
from tests.support.connections import connected
from tests.support.freezing_postgres import Freezer
from tests.support.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.asyncio(loop_scope="module")]

SEEN_SECONDS = 40.0
"""Within which whoever depends on what hangs has noticed."""


@dataclass
class Platform:
    """A rig with two replicas of each service, on a database of its own."""

    rig: Rig
    postgres: EmbeddedPostgres
    settings: Settings


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(rig_programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Platform]:
    home = tmp_path_factory.mktemp("hangs")
    with EmbeddedPostgres(home / "postgres", durable=False) as postgres:
        await asyncio.to_thread(lambda: asyncio.run(runner.upgrade(postgres.owner_url)))
        settings = Settings(
            database_url=postgres.app_url,
            migration_database_url=postgres.owner_url,
            auth_secret="a-secret-for-tests-of-32-or-more-characters",
            audit_encryption_keys=("a-key-of-keys-for-tests-of-32-or-more-characters",),
        )
        async with running_rig(rig_programs, home, settings) as rig:
            await ready(rig)
            for name in ALL_SERVICES:
                rig.add(name)
            yield Platform(rig, postgres, msgspec.structs.replace(settings))


@pytest_asyncio.fixture(loop_scope="module")
async def here(platform: Platform) -> AsyncGenerator[World]:
    """The platform, ready, with a new user whose stream is followed."""
    async with world(platform.rig, platform.settings) as made:
        yield made


async def not_ready_for(instance: Instance, check: str) -> str:
    """What the failing `check` of an instance says. AssertionError while it is ready, or has no answer."""
    async with httpx.AsyncClient(timeout=5) as client:
        try:
            answer = await client.get(f"{instance.url}/health/ready")
        except httpx.TransportError as error:
            raise AssertionError(f"{instance.pod}: {error!r}") from error
    assert answer.status_code == 503, f"{instance.pod} says it is ready"
    said = answer.json()["services"][instance.name]["checks"][check]
    assert said != "ok", f"{instance.pod}: {answer.text}"
    return said


async def all_say(instances: Sequence[Instance], check: str) -> list[str]:
    """What each of these says is wrong, once each says so."""
    return await asyncio.gather(
        *(eventually(lambda one=one: not_ready_for(one, check), within=SEEN_SECONDS, every=0.3) for one in instances)
    )


async def measured(instance: Instance, metric: str) -> float:
    """The sum of a metric over its labels; 0 while there is none."""
    async with httpx.AsyncClient(timeout=5) as client:
        text = (await client.get(f"{instance.url}/metrics")).text
    return sum(float(found) for found in re.findall(rf"^{metric}(?:{{.*}})? (\S+)$", text, re.MULTILINE))


async def refused(rig: Rig) -> float:
    """How often a relay of chat-api could not publish."""
    replicas = [one for one in rig.instances if one.name == CHAT_API]
    return sum([await measured(one, "taskflow_publish_failures_total") for one in replicas])


async def assert_in_order(here: World) -> None:
    """In each topic a task's events lie in the order of their versions. After a failure one may also lie elsewhere:
    what was handed over in vain is handed over again, in order, and Kafka's client may still bring the first try.
    """
    ours = {task for task, _, _ in here.journal.changes}
    for topic in TASK_TOPICS:
        lying: dict[str, list[int]] = {}
        for line in await asyncio.to_thread(here.rig.kafka.messages, topic):
            event = json.loads(line)
            if event["subject"] in ours:
                lying.setdefault(event["subject"], []).append(event["data"]["version"])
        assert topic != TASK_CREATED or lying, "Kafka has them"
        for task, versions in lying.items():
            rest = iter(versions)
            assert all(version in rest for version in sorted(set(versions))), f"{topic}, task {task}: {versions}"


async def test_kafka_hangs(here: World) -> None:
    """chat-api takes tasks all the while and says that it cannot publish; nobody gives an event up."""
    rig, enough = here.rig, asyncio.Event()
    await here.writer.remind_soon(3, seconds=20)
    before = await refused(rig)
    writing = asyncio.create_task(here.writer.write_until(enough, pause=0.05))
    rig.kafka.pause()
    try:

        async def noticed() -> None:
            assert await refused(rig) >= before + 2, "the relay tries again and again"

        await eventually(noticed, within=60, every=0.5)
        waiting = [await measured(one, "taskflow_outbox_pending") for one in rig.instances if one.name == CHAT_API]
        assert max(waiting) > 0
    finally:
        rig.kafka.resume()
    await here.ready()
    await here.writer.write(1)
    enough.set()
    await writing
    assert here.journal.unanswered == 0, "a task is taken whether or not there is a bus"
    assert here.journal.slowest < 5
    await here.reckon()
    await assert_in_order(here)


async def test_sidecars_hang_and_the_other_replicas_take_over(here: World) -> None:
    """A consumer's sidecar that hangs holds batches that it has not acknowledged: the other replica gets them, and when
    it goes on it delivers them too.
    """
    rig, enough = here.rig, asyncio.Event()
    await here.writer.remind_soon(3, seconds=20)
    writing = asyncio.create_task(here.writer.write_until(enough, pause=0.05))
    hanging = [rig.instance(AUDIT_LOGGER), rig.instance(REMINDER_SERVICE), rig.instance(NOTIFICATION_SERVICE, 1)]
    for one in hanging:
        one.sidecar.pause()
    try:
        for said in await all_say(hanging, "sidecar"):
            assert "the Dapr sidecar at http://127.0.0.1" in said
            assert "does not answer" in said
        until = len(here.journal.changes)
        # Everything that was acknowledged by now is recorded, with one of two audit loggers.
        await eventually(lambda: recorded(here, until), within=90, every=0.5)
    finally:
        for one in hanging:
            one.sidecar.resume()
    await here.ready()
    enough.set()
    await writing
    assert here.journal.unanswered == 0
    await here.reckon()
    await assert_in_order(here)


async def recorded(here: World, count: int) -> bool:
    """Whether the first `count` acknowledged changes are in the audit trail."""
    async with connected(here.settings.owner_url) as connection:
        rows = await connection.fetch(
            "SELECT task_id, version FROM task_events WHERE user_id = $1 AND type NOT LIKE '%reminder%'",
            here.writer.user,
        )
    there = {(row["task_id"], row["version"]) for row in rows}
    return all((task, version) in there for task, version, _ in here.journal.changes[:count])


async def test_the_sidecar_of_the_relay_hangs(here: World) -> None:
    """One of two relays publishes, and its sidecar hangs: events wait, tasks are taken, and the replica says so."""
    rig, enough = here.rig, asyncio.Event()
    replicas = [one for one in rig.instances if one.name == CHAT_API]
    writing = asyncio.create_task(here.writer.write_until(enough, pause=0.05))
    for one in replicas:
        one.sidecar.pause()
    try:
        said = await all_say(replicas, "sidecar")
        assert all("does not answer" in one for one in said)
        before = await refused(rig)

        async def noticed() -> None:
            assert await refused(rig) > before, "the one that publishes hears of it"

        await eventually(noticed, within=60, every=0.5)
    finally:
        for one in replicas:
            one.sidecar.resume()
    await here.ready()
    enough.set()
    await writing
    assert here.journal.unanswered == 0
    await here.reckon()
    await assert_in_order(here)


async def test_the_database_hangs(here: World, platform: Platform) -> None:
    """Its connections stay open and answer nothing. Every replica says so within seconds, gives nothing up, and goes on
    by itself: requests, relays, leases, consumers.
    """
    rig, enough = here.rig, asyncio.Event()
    await here.writer.remind_soon(3, seconds=25)
    await here.writer.write(1)
    writing = asyncio.create_task(here.writer.write_until(enough, pause=0.05))
    with Freezer(platform.postgres).frozen():
        await all_say(rig.instances, "database")
        # Long enough for every time-out there is: statements, leases, the sidecars' patience with a batch.
        began = time.monotonic()
        while time.monotonic() - began < 25:
            await all_say(rig.instances, "database")
    await here.ready()
    await here.writer.write(1)
    enough.set()
    await writing
    assert here.journal.unanswered, "nothing is taken without a database"
    await here.reckon()
    await assert_in_order(here)
