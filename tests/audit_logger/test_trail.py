"""Every event is in the trail exactly once, chained to the one before, whatever the bus does."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest
import structlog

from audit_logger.handlers import Audit
from taskflow_core.bus.dead_letters import letters
from taskflow_core.bus.embedded import EmbeddedTransport
from taskflow_core.bus.port import SUCCESS, Message, Subscription, Verdict
from taskflow_core.database.outages import OUTAGES
from taskflow_core.database.pool import Database
from taskflow_core.events.envelope import encode, wrap
from taskflow_core.events.model import Event
from taskflow_core.events.topics import ALL_TOPICS, AUDIT_LOGGER, CHAT_API, topic_of
from taskflow_core.settings import Settings
from tests.audit_logger.making import created, life, record, trail, verdict
from tests.bus.making import messages
from tests.support.connections import connected, opened
from tests.support.waiting import eventually


async def held(database: Database) -> list[str]:
    """The ids in the trail, in the order of the chain."""
    return [str(row["event_id"]) for row in await database.fetch("SELECT event_id FROM task_events ORDER BY chain_seq")]


async def test_a_batch_is_recorded_in_order_and_with_its_own_times(database: Database) -> None:
    events = life("task-1")
    await record(database, *events)
    rows = await database.fetch("SELECT * FROM task_events ORDER BY chain_seq")
    assert [(str(row["event_id"]), row["occurred_at"]) for row in rows] == [(e.event_id, e.timestamp) for e in events]
    assert [row["type"] for row in rows] == [event.event_type for event in events]
    assert [row["chain_seq"] for row in rows] == [1, 2, 3, 4, 5]


async def test_a_batch_that_comes_again_adds_nothing(database: Database) -> None:
    events = life("task-1")
    for _ in range(3):
        await record(database, *events)
    assert await held(database) == [event.event_id for event in events]
    assert (await verdict(database)).finding is None


async def test_a_batch_known_in_part_adds_the_rest(database: Database) -> None:
    events = life("task-1")
    await record(database, events[1], events[3])
    await record(database, *events, events[0])
    assert sorted(await held(database)) == sorted(event.event_id for event in events)
    answer = await verdict(database)
    assert (answer.finding, answer.rows, answer.head) == (None, 5, 5)


async def test_two_replicas_fed_the_same_events_record_each_once(database: Database) -> None:
    events = [created(f"task-{n}") for n in range(120)]

    async def replica(seed: int) -> None:
        mine = random.Random(seed).sample(events, len(events))
        for begin in range(0, len(mine), 10):
            await record(database, *mine[begin : begin + 10])

    await asyncio.gather(replica(1), replica(2), replica(3))
    assert sorted(await held(database)) == sorted(event.event_id for event in events)
    answer = await verdict(database)
    assert (answer.finding, answer.rows) == (None, 120)


async def test_what_no_row_can_hold_is_dropped_and_its_neighbours_are_recorded(database: Database) -> None:
    good, odd = created("task-1"), created("line\nbreak")
    nameless = msgspec.structs.replace(created("task-2"), event_id="not-a-uuid")
    outcomes = await Audit(trail(database))([odd, good, nameless])
    assert [outcome.verdict for outcome in outcomes] == [Verdict.DROP, Verdict.SUCCESS, Verdict.DROP]
    assert await held(database) == [good.event_id]


async def test_events_from_the_embedded_bus_are_recorded_and_acknowledged_after_commit(database: Database) -> None:
    events = [created(f"task-{n}") for n in range(250)]
    subscription = Subscription(group="audit-logger", topics=ALL_TOPICS, handler=Audit(trail(database)), max_wait_ms=5)
    transport = EmbeddedTransport(database, [subscription])
    messages = [
        Message(e.event_id, topic_of(e), e.task_id, encode(wrap(e, CHAT_API)).decode(), n) for n, e in enumerate(events)
    ]
    async with transport.consume():
        await transport.publish(messages)
        await transport.publish(messages)  # the relay may publish again

        async def nothing_waits() -> bool:
            return await database.fetchval("SELECT count(*) FROM embedded_deliveries") == 0

        await eventually(nothing_waits)
    assert sorted(await held(database)) == sorted(event.event_id for event in events)


async def test_an_event_of_any_time_is_recorded(database: Database) -> None:
    times = [datetime(2001, 2, 3, tzinfo=UTC), datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)]
    await record(database, *(created(f"task-{at.year}", at=at) for at in times))
    rows = await database.fetch("SELECT occurred_at FROM task_events ORDER BY occurred_at")
    assert [row["occurred_at"] for row in rows] == times
    assert (await verdict(database)).finding is None


async def test_an_empty_batch_is_fine(database: Database) -> None:
    assert list(await Audit(trail(database))([])) == []
    assert SUCCESS.verdict is Verdict.SUCCESS


@pytest.mark.parametrize(
    "setting",
    ["lock_timeout = '100ms'", "statement_timeout = '100ms'"],
)
async def test_time_outs_set_on_the_role_cost_no_attempt_while_somebody_holds_the_chain(
    settings: Settings, database_name: str, admin_url: str, setting: str
) -> None:
    events = [created(f"task-{n}") for n in range(4)]
    async with connected(admin_url) as admin:
        await admin.execute(f"ALTER DATABASE {database_name} SET {setting}")
        async with opened(settings.database_url, size=3) as database:
            auditing = Subscription(group=AUDIT_LOGGER, topics=ALL_TOPICS, handler=Audit(trail(database)))
            transport = EmbeddedTransport(database, [auditing])
            async with transport.consume():
                async with admin.transaction():
                    await admin.execute("LOCK TABLE audit_chain")
                    await transport.publish(messages(events))
                    with structlog.testing.capture_logs() as logs:
                        await eventually(lambda: "delivery_waits" in [line["event"] for line in logs])
                await eventually(lambda: held_all(database, events))
            assert await letters(database) == []


async def held_all(database: Database, events: Sequence[Event]) -> bool:
    try:
        return sorted(await held(database)) == sorted(event.event_id for event in events)
    except OUTAGES:
        return False
