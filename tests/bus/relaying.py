"""Relays and an outbox to try them on: a relay to a publisher, events committed, and what still waits."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from taskflow_core.bus import outbox
from taskflow_core.bus.port import Publisher
from taskflow_core.bus.purge import Purge
from taskflow_core.bus.relay import Relay
from taskflow_core.database.pool import Database
from taskflow_core.events.account import AnyEvent
from taskflow_core.events.topics import CHAT_API, ServiceName


def relay_to(database: Database, publisher: Publisher, producer: ServiceName = CHAT_API) -> Relay:
    return Relay(database, producer, publisher, Purge(database, producer, republish_after=600))


@asynccontextmanager
async def running(*relays: Relay) -> AsyncGenerator[None]:
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def appended(database: Database, *events: AnyEvent, producer: ServiceName = CHAT_API) -> list[str]:
    """Commits the events to the outbox; returns their ids."""
    async with database.transaction() as connection:
        await outbox.append(connection, producer, events)
    return [event.event_id for event in events]


async def unpublished(database: Database) -> list[str]:
    """The ids of what waits, in order."""
    rows = await database.fetch("SELECT event_id FROM outbox WHERE published_at IS NULL ORDER BY seq")
    return [str(row["event_id"]) for row in rows]
