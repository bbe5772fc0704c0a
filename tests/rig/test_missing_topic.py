"""A topic that takes nothing, by the word of a real sidecar and a real Kafka, holds up its own events alone."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest

from e2e.rig.kafka import Kafka
from e2e.rig.topics import declared, for_one_broker
from taskflow_core.bus.dapr.publisher import SidecarPublisher
from taskflow_core.database.pool import Database
from taskflow_core.events.topics import ACCOUNT_SECURITY, CHAT_API
from tests.bus.making import created, signed_up
from tests.bus.relaying import appended, relay_to, running, unpublished
from tests.rig.conftest import API_TOKEN, StartSidecar
from tests.support.waiting import eventually

Relaying = Callable[[], AbstractAsyncContextManager[None]]


@pytest.fixture
def relaying(database: Database, start_sidecar: StartSidecar) -> Relaying:
    """A relay that publishes through chat-api's sidecar."""

    @asynccontextmanager
    async def relaying() -> AsyncGenerator[None]:
        url = start_sidecar(CHAT_API).url
        async with (
            httpx.AsyncClient(base_url=url, headers={"dapr-api-token": API_TOKEN}) as client,
            running(relay_to(database, SidecarPublisher(client, "taskflow-pubsub"))),
        ):
            yield

    return relaying


async def only_these_wait(database: Database, *ids: str) -> None:
    async def they_do() -> None:
        assert await unpublished(database) == list(ids)

    await eventually(they_do, within=60)


async def others_go_on(database: Database, waiting: list[str]) -> None:
    for _ in range(3):
        await appended(database, *(created() for _ in range(20)))
        await only_these_wait(database, *waiting)
    assert await database.fetchval("SELECT max(attempts) FROM outbox") == 0


async def test_one_that_kafka_lacks_takes_all_that_waited_once_it_is_made(
    database: Database, kafka: Kafka, relaying: Relaying
) -> None:
    kafka.remove(ACCOUNT_SECURITY)
    try:
        waiting = await appended(database, *(signed_up(f"user-{n % 3}") for n in range(30)))
        async with relaying():
            await others_go_on(database, waiting)
            kafka.apply(for_one_broker(declared()))
            await only_these_wait(database)
    finally:
        kafka.apply(for_one_broker(declared()))
    lying = kafka.messages(ACCOUNT_SECURITY)
    assert [sum(event_id in message for message in lying) for event_id in waiting] == [1] * len(waiting)


async def test_one_that_the_sidecar_was_not_told_of_waits_too(database: Database, relaying: Relaying) -> None:
    waiting = await appended(database, signed_up(), signed_up())
    await database.execute("UPDATE outbox SET topic = 'taskflow.of-a-later-release'")
    async with relaying():
        await others_go_on(database, waiting)
