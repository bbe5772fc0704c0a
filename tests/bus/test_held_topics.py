"""A topic that takes nothing, as one that the broker does not have, holds up its own events and no others."""

import asyncio
import uuid
from collections.abc import Sequence

from structlog.testing import capture_logs

from taskflow_core.bus.port import Message, TopicsHeldError
from taskflow_core.database.pool import Database
from taskflow_core.events.topics import ACCOUNT_SECURITY, ALL_TOPICS, CHAT_API, TASK_CREATED, TASK_UPDATED
from taskflow_core.telemetry.metrics import REGISTRY
from tests.bus.making import created, signed_up, updated
from tests.bus.relaying import appended, relay_to, running, unpublished
from tests.support.connections import connected
from tests.support.waiting import eventually


class Bus:
    """A broker without some topics; keeps what it was given, and how often it was asked for what it has not."""

    def __init__(self, *missing: str) -> None:
        self.missing = set(missing)
        self.taken: list[Message] = []
        self.refusals = 0

    @property
    def ids(self) -> list[str]:
        return [message.event_id for message in self.taken]

    async def publish(self, messages: Sequence[Message]) -> dict[str, str]:
        self.taken += [message for message in messages if message.topic not in self.missing]
        held = {message.topic: "no such topic" for message in messages if message.topic in self.missing}
        if held:
            self.refusals += 1
            raise TopicsHeldError(held, {})
        return {}


def told(topic: str) -> float | None:
    return REGISTRY.get_sample_value("taskflow_topic_held", {"service": CHAT_API, "topic": topic})


async def test_a_flood_for_a_topic_that_is_not_there_holds_up_no_other(database: Database) -> None:
    bus = Bus(ACCOUNT_SECURITY)
    flood = await appended(database, *(signed_up(f"user-{n % 7}") for n in range(1200)))
    with capture_logs() as logs:
        async with running(relay_to(database, bus)):
            others = await appended(database, *(created() for _ in range(600)))
            await eventually(lambda: bus.ids == others)
            assert told(ACCOUNT_SECURITY) == 1
            asked = bus.refusals
            more = await appended(database, *(created() for _ in range(50)))
            await eventually(lambda: bus.ids == others + more)
            assert bus.refusals - asked <= 2, "it is not asked for the missing one with each batch"
    assert await unpublished(database) == flood
    assert [(one["topic"], one["reason"]) for one in logs if one["event"] == "topic_held"] == [
        (ACCOUNT_SECURITY, "no such topic")
    ]
    assert await database.fetchval("SELECT max(attempts) FROM outbox") == 0
    assert told(ACCOUNT_SECURITY) is None, "who does not lead tells nothing"


FLOOD = """
INSERT INTO outbox (event_id, producer, topic, task_id, user_id, occurred_at, payload)
SELECT gen_random_uuid(), 'chat-api', $1, 'user-' || n, 'user-' || n, now(), '{}' FROM generate_series(1, 20000) AS n
"""


async def test_a_large_flood_is_passed_over_at_once_though_statistics_are_of_an_empty_outbox(
    database: Database, owner_url: str
) -> None:
    async with connected(owner_url) as owner:
        await owner.execute("ANALYZE outbox")
    await database.execute(FLOOD, ACCOUNT_SECURITY)
    others = await appended(database, created(), created())
    bus = Bus(ACCOUNT_SECURITY)
    async with running(relay_to(database, bus)):
        await eventually(lambda: bus.ids == others)
        await eventually(lambda: bus.refusals > 1)  # it is tried again meanwhile


async def test_once_the_topic_is_there_all_comes_in_order_and_once(database: Database) -> None:
    bus = Bus(ACCOUNT_SECURITY)
    async with running(relay_to(database, bus)):
        flood = await appended(database, *(signed_up(f"user-{n % 7}") for n in range(700)))
        await eventually(lambda: bus.refusals > 1)
        bus.missing.clear()
        await eventually(lambda: bus.ids == flood)
        assert told(ACCOUNT_SECURITY) is None
        await eventually_published(database)
        after = await appended(database, signed_up())
        await eventually(lambda: bus.ids == flood + after)


async def eventually_published(database: Database) -> None:
    async def none_waits() -> None:
        assert await unpublished(database) == []

    await eventually(none_waits)


async def test_what_follows_a_held_event_of_its_task_waits_behind_it(database: Database) -> None:
    bus = Bus(TASK_CREATED)
    task, other = created(), str(uuid.uuid4())
    relay = relay_to(database, bus)
    before = await appended(database, updated(task.task_id, version=1))
    held = await appended(database, task, updated(task.task_id, version=2))
    free = await appended(database, updated(other, version=2))
    await relay.publish_waiting()
    assert await unpublished(database) == held
    assert [one for one in bus.ids if one not in held] == before + free
    later = await appended(database, updated(task.task_id, version=3), updated(other, version=3))
    bus.taken.clear()
    await relay.publish_waiting()
    assert bus.ids == later[1:]
    bus.missing.clear()
    async with running(relay):
        await eventually(lambda: bus.ids == [later[1], *held, later[0]])


async def test_what_was_read_ahead_is_sorted_out_too(database: Database) -> None:
    bus = Bus(TASK_CREATED)
    task = created()
    free = [updated(str(uuid.uuid4())) for _ in range(1200)]
    await appended(database, task, *free, created(), updated(task.task_id))
    await relay_to(database, bus).publish_waiting()
    assert bus.ids == [event.event_id for event in free]


async def test_a_broker_that_takes_nothing_at_all_is_waited_for(database: Database) -> None:
    bus = Bus(*ALL_TOPICS)
    async with running(relay_to(database, bus)):
        sent = await appended(database, created(), updated(str(uuid.uuid4())), signed_up())
        await eventually(lambda: told(TASK_UPDATED) == 1 and bus.refusals > 3)
        assert bus.taken == []
        bus.missing.clear()
        await eventually(lambda: sorted(bus.ids) == sorted(sent))
        await eventually_published(database)


async def test_relays_that_die_and_follow_one_another_lose_nothing(database: Database) -> None:
    buses = [Bus(ACCOUNT_SECURITY), Bus(ACCOUNT_SECURITY)]
    sent: list[str] = []
    for nth in range(20):
        sent += await appended(database, signed_up(), created())
        tasks = [asyncio.create_task(relay_to(database, bus).run()) for bus in buses]
        await asyncio.sleep(nth * nth * 0.001)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=10)
    for bus in buses:
        bus.missing.clear()
    async with running(*(relay_to(database, bus) for bus in buses)):
        await eventually(lambda: set(buses[0].ids + buses[1].ids) == set(sent))
        await eventually_published(database)


async def test_an_event_of_a_topic_that_this_release_does_not_know_is_passed_on_as_it_is(database: Database) -> None:
    bus = Bus()
    await appended(database, signed_up())
    await database.execute("""UPDATE outbox SET topic = 'taskflow.later', payload = '{"of": "a later release"}'""")
    await relay_to(database, bus).publish_waiting()
    assert [(one.topic, one.payload) for one in bus.taken] == [("taskflow.later", '{"of": "a later release"}')]
