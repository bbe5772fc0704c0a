"""From the transaction that appends an event to the transport that takes it: in order, by one relay, none lost."""

import asyncio
import json
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from taskflow_core.bus import outbox, purge
from taskflow_core.bus.outbox import WAKE_CHANNEL
from taskflow_core.bus.port import Message
from taskflow_core.bus.purge import Purge
from taskflow_core.database.pool import Database
from taskflow_core.events.model import Event
from taskflow_core.events.topics import CHAT_API, REMINDER_SERVICE
from tests.bus.making import created, updated
from tests.bus.relaying import appended, relay_to, running, unpublished
from tests.support.waiting import eventually


@dataclass
class Bus:
    """A publisher that a test decides: what it refuses, and whether it is there at all."""

    refuses: Callable[[Message], bool] = lambda _: False
    away: bool = False
    taken: list[str] = field(default_factory=list[str])
    calls: int = 0

    async def publish(self, messages: Sequence[Message]) -> dict[str, str]:
        self.calls += 1
        if self.away:
            raise ConnectionRefusedError("nobody listens")
        refused: dict[str, str] = {}
        held: set[str] = set()
        for message in messages:
            if message.task_id in held or self.refuses(message):
                held.add(message.task_id)
                refused[message.event_id] = "too large"
            else:
                self.taken.append(message.event_id)
        return refused


async def test_an_event_is_drawn_with_its_transaction_or_not_at_all(database: Database) -> None:
    with suppress(ZeroDivisionError):
        async with database.transaction() as connection:
            await outbox.append(connection, CHAT_API, [created()])
            raise ZeroDivisionError
    assert await unpublished(database) == []
    kept = await appended(database, created(), created())
    assert await unpublished(database) == kept
    payload = await database.fetchval("SELECT payload FROM outbox WHERE event_id = $1", kept[0])
    assert json.loads(payload)["source"] == CHAT_API


async def test_events_are_published_in_order_and_at_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    bus = Bus()
    async with running(relay_to(database, bus)):
        first = await appended(database, created())
        await eventually(lambda: bus.taken == first)
        task = str(uuid.uuid4())
        more = await appended(database, *(updated(task, version=n) for n in range(2, 1300)))
        await eventually(lambda: bus.taken == first + more)
        # The hint comes with the commit: an idle relay need not wait for its next look, which is far.
        monkeypatch.setattr("taskflow_core.bus.relay._POLL_SECONDS", 3600.0)
        for _ in range(5):
            last = await appended(database, created())
            await eventually(lambda last=last: bus.taken[-1:] == last, every=0.002)


async def test_a_refused_event_holds_back_its_task_and_no_other(database: Database) -> None:
    task, other = str(uuid.uuid4()), str(uuid.uuid4())
    bad, after = updated(task, version=2), updated(task, version=3)
    bus = Bus(refuses=lambda message: message.event_id == bad.event_id)
    relay = relay_to(database, bus)
    held = await appended(database, bad, after)
    free = await appended(database, updated(other), created())
    await relay.publish_waiting()
    assert bus.taken == free
    assert await unpublished(database) == held
    later = await appended(database, updated(task, version=4), updated(other, version=3))
    await relay.publish_waiting()
    assert bus.taken == [*free, later[1]], "what comes for the task meanwhile waits as well"
    row = await database.fetchrow("SELECT attempts, last_error FROM outbox WHERE event_id = $1", bad.event_id)
    assert row is not None
    assert (row["attempts"], row["last_error"]) == (1, "too large")
    bus.refuses = lambda _: False
    await database.execute("UPDATE outbox SET retry_at = now() - interval '1 second' WHERE retry_at IS NOT NULL")
    await relay.publish_waiting()
    assert bus.taken[len(free) + 1 :] == [*held, later[0]], "and then it goes in order"


async def test_what_was_read_ahead_does_not_overtake_what_was_refused(database: Database) -> None:
    task = str(uuid.uuid4())
    bad, after = updated(task, version=2), updated(task, version=3)
    bus = Bus(refuses=lambda message: message.event_id == bad.event_id)
    free = [created() for _ in range(1200)]
    await appended(database, bad, *free, after)
    relay = relay_to(database, bus)
    await relay.publish_waiting()
    assert bus.taken == [event.event_id for event in free]
    assert await unpublished(database) == [bad.event_id, after.event_id]


async def test_an_event_that_commits_late_is_not_passed_over(database: Database) -> None:
    late = created()
    bus = Bus()
    async with running(relay_to(database, bus)):
        async with database.transaction() as connection:
            await outbox.append(connection, CHAT_API, [late])
            others = await appended(database, *(created() for _ in range(600)))
            await eventually(lambda: bus.taken == others)
        await eventually(lambda: bus.taken == [*others, late.event_id])


async def test_while_the_bus_is_away_events_wait_and_none_costs_an_attempt(database: Database) -> None:
    bus = Bus(away=True)
    async with running(relay_to(database, bus)):
        waiting = await appended(database, created(), created())
        await eventually(lambda: bus.calls >= 2)
        assert await unpublished(database) == waiting
        assert await database.fetchval("SELECT max(attempts) FROM outbox") == 0
        bus.away = False
        await eventually(lambda: bus.taken == waiting)


async def test_of_many_relays_one_publishes_and_another_follows_when_it_dies(database: Database) -> None:
    buses = [Bus(), Bus()]
    async with running(*(relay_to(database, bus) for bus in buses)):
        sent = [*await appended(database, *(created() for _ in range(50)))]
        await eventually(lambda: sum(len(bus.taken) for bus in buses) >= 50)
        [leader] = [bus for bus in buses if bus.taken]
        assert leader.taken == sent
        # The leader's own connection, and with it the lock, is gone.
        await database.execute(
            "SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted"
            " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        more = await appended(database, created())
        await eventually(lambda: more[0] in buses[0].taken + buses[1].taken)
        assert [*buses[0].taken, *buses[1].taken].count(more[0]) == 1


async def test_a_producer_publishes_its_own_events_only(database: Database) -> None:
    tasks, reminders = Bus(), Bus()
    mine = await appended(database, created())
    theirs = await appended(database, created(), producer=REMINDER_SERVICE)
    async with running(relay_to(database, tasks), relay_to(database, reminders, REMINDER_SERVICE)):
        await eventually(lambda: bool(tasks.taken and reminders.taken))
    assert (tasks.taken, reminders.taken) == (mine, theirs)


@pytest.fixture
async def chat_api(database: Database) -> Purge:
    """What clears chat-api's outbox; ten seconds after publishing, the audit trail should hold an event."""
    return Purge(database, CHAT_API, republish_after=10)


async def published(database: Database, *events: Event, seconds_ago: float = 0) -> list[str]:
    """Events a transport has taken."""
    ids = await appended(database, *events)
    await database.execute(
        "UPDATE outbox SET published_at = now() - make_interval(secs => $2), publish_count = publish_count + 1"
        " WHERE event_id = ANY($1)",
        ids,
        float(seconds_ago),
    )
    return ids


async def in_outbox(database: Database) -> set[str]:
    return {str(row["event_id"]) for row in await database.fetch("SELECT event_id FROM outbox")}


async def audited(database: Database, *events: Event) -> None:
    """As the audit logger records them."""
    await database.fetchval(
        "SELECT audit_record($1, $2, $3, $4, $5, $6, $7, $8, $9, '{}', '{}')",
        [event.event_id for event in events],
        [event.timestamp for event in events],
        [event.event_type for event in events],
        [event.task_id for event in events],
        [event.user_id for event in events],
        [event.actor_id for event in events],
        [event.version for event in events],
        [event.correlation_id for event in events],
        ["{}" for _ in events],
    )


async def test_an_event_leaves_the_outbox_once_the_audit_trail_holds_it(database: Database, chat_api: Purge) -> None:
    stored, missing, unsent = created(), created(), created()
    await published(database, stored, missing)
    await appended(database, unsent)
    await audited(database, stored)
    assert await chat_api.remove_audited() == 1
    assert await in_outbox(database) == {missing.event_id, unsent.event_id}


async def test_what_the_trail_still_lacks_is_published_again_each_time_later(
    database: Database, chat_api: Purge
) -> None:
    recent, lost = created(), created()
    await published(database, recent, seconds_ago=8)
    await published(database, lost, seconds_ago=12)
    assert await chat_api.republish_missing() == 1
    assert await unpublished(database) == [lost.event_id]
    await database.execute(
        "UPDATE outbox SET published_at = now() - interval '12 seconds', publish_count = 2 WHERE event_id = $1",
        lost.event_id,
    )
    assert await chat_api.republish_missing() == 0, "now it has twenty seconds"


@pytest.mark.parametrize("group", ["audit-logger", "reminder-service"])
async def test_what_the_audit_group_has_in_hand_or_gave_up_is_not_published_again(
    database: Database, chat_api: Purge, group: str
) -> None:
    queued, dead = created(), created()
    await published(database, queued, dead, seconds_ago=60)
    await database.execute(
        "INSERT INTO embedded_deliveries (consumer_group, seq, event_id, task_id, topic, payload)"
        " VALUES ($1, 1, $2, 't', 'x', '{}')",
        group,
        queued.event_id,
    )
    await database.execute(
        "INSERT INTO dead_letters (event_id, consumer_group, topic, payload, reason, attempts)"
        " VALUES ($1, $2, 'x', '{}', 'r', 3)",
        dead.event_id,
        group,
    )
    assert await chat_api.republish_missing() == (0 if group == "audit-logger" else 2)


async def test_what_is_taken_back_wakes_nobody_and_many_commits_may_be_one_hint(database: Database) -> None:
    heard: list[str] = []
    async with database.dedicated() as listener:
        await listener.add_listener(WAKE_CHANNEL, lambda _c, _pid, _channel, payload: heard.append(str(payload)))
        with suppress(ZeroDivisionError):
            async with database.transaction() as connection:
                await outbox.append(connection, CHAT_API, [created()])
                raise ZeroDivisionError
        await asyncio.gather(*(appended(database, created()) for _ in range(50)))
        await eventually(lambda: len(heard) > 0)
        assert set(heard) == {CHAT_API}
        assert len(heard) < 50
        await appended(database, created(), producer=REMINDER_SERVICE)
        await eventually(lambda: REMINDER_SERVICE in heard)


async def test_dead_letters_of_old_are_not_in_the_way_of_what_is_to_be_published_again(
    database: Database, chat_api: Purge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "_BATCH", 3)
    dead = [created() for _ in range(4)]
    await published(database, *dead, seconds_ago=90)
    await database.execute(
        "INSERT INTO dead_letters (event_id, consumer_group, topic, payload, reason, attempts)"
        " SELECT unnest($1::uuid[]), 'audit-logger', 'x', '{}', 'r', 3",
        [event.event_id for event in dead],
    )
    lost = created()
    await published(database, lost, seconds_ago=60)
    assert await chat_api.republish_missing() == 1
    assert await unpublished(database) == [lost.event_id]


async def test_cancelled_at_any_moment_a_relay_ends_and_the_next_one_loses_nothing(database: Database) -> None:
    bus, sent = Bus(), list[str]()
    before = asyncio.all_tasks()
    for nth in range(30):
        sent += await appended(database, created(), created())
        task = asyncio.create_task(relay_to(database, bus).run())
        await asyncio.sleep(nth * nth * 0.0002)
        for _ in range(nth % 7):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task}, timeout=5)
        assert task.cancelled()

    async def alone() -> None:
        assert [one for one in asyncio.all_tasks() - before if one.get_name() != "database-hints"] == []

    await eventually(alone)
    async with running(relay_to(database, bus)):
        await eventually(lambda: set(bus.taken) == set(sent))
