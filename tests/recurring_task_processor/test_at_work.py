"""The processor at work beside chat-api: by the clock, by events, and by one replica at a time."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

import chat_api.app
import recurring_task_processor.app
import reminder_service.app
from recurring_task_processor.handlers import make_handler
from recurring_task_processor.processor import Processor, RunResult
from recurring_task_processor.worker import Worker
from taskflow_core.database.pool import Database
from taskflow_core.events.model import TaskCompleted
from taskflow_core.service.host import Host
from taskflow_core.service.tokens import Tokens
from taskflow_core.settings import Settings
from taskflow_core.supervisor import Supervisor
from tests.bus.making import created, deleted
from tests.support.clock import MovableClock
from tests.support.connections import connected, opening
from tests.support.waiting import eventually

START = datetime(2027, 3, 1, 8, tzinfo=UTC)
TASKS = "/api/v1/tasks"


@pytest.fixture
async def client(settings: Settings, clock: MovableClock, database: Database) -> AsyncGenerator[httpx.AsyncClient]:
    """A user of chat-api, the processor and the reminder service in one process, on 1 March 2027 at 8:00."""
    clock.run_from(START)
    factories = [module.create_service for module in (chat_api.app, recurring_task_processor.app, reminder_service.app)]
    host = Host(msgspec.structs.replace(settings, recurrence_interval_seconds=1), factories, clock=clock)
    await database.execute(
        "INSERT INTO users (id, email, hashed_password, created_at, updated_at)"
        " VALUES ('anna', 'anna@example.com', '-', now(), now())"
    )
    token = Tokens(settings.auth_secret, clock, access_seconds=365 * 86_400).issue("anna", "anna@example.com")
    transport = httpx.ASGITransport(app=host)  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
    headers = {"Authorization": f"Bearer {token}"}
    async with host.running(), httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as made:
        await host.database.opened()
        yield made


async def _make(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    body = {"title": "Water the plants", "due_date": "2027-03-01T09:00:00Z", "recurrence_pattern": "daily"}
    answer = await client.post(TASKS, json=body | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _days_are(client: httpx.AsyncClient, *days: int) -> None:
    async def so() -> None:
        items = (await client.get(TASKS, params={"sort": "due"})).json()["items"]
        assert [int(item["occurrence_date"][8:]) for item in items] == list(days)

    await eventually(so)


async def test_by_the_clock_the_next_one_comes(client: httpx.AsyncClient, clock: MovableClock) -> None:
    await _make(client)
    await _days_are(client, 1)
    clock.advance(timedelta(hours=1))
    await _days_are(client, 1, 2)
    clock.advance(timedelta(days=7))
    await _days_are(client, 1, 2, 8, 9)


async def test_completing_or_deleting_brings_the_next_one(client: httpx.AsyncClient) -> None:
    first = await _make(client)
    await client.patch(f"{TASKS}/{first['id']}", json={"completed": True})
    await _days_are(client, 1, 2)
    await client.delete(f"{TASKS}/{first['id']}")
    items = (await client.get(TASKS)).json()
    await client.delete(f"{TASKS}/{items[0]['id']}")
    await _days_are(client, 3)


async def test_reopening_takes_the_next_one_and_its_reminders_away(
    client: httpx.AsyncClient, database: Database
) -> None:
    first = await _make(client, reminders=["10 minutes"], recurrence_mode="after_completion")

    async def reminders_are(status: str, *days: int) -> None:
        rows = await database.fetch("SELECT due_at FROM reminder_schedule WHERE status = $1 ORDER BY 1", status)
        assert [row["due_at"].day for row in rows] == list(days)

    for _ in range(2):
        await client.patch(f"{TASKS}/{first['id']}", json={"completed": True})
        await _days_are(client, 1, 2)
        await eventually(lambda: reminders_are("pending", 2))
        await client.patch(f"{TASKS}/{first['id']}", json={"completed": False})
        await _days_are(client, 1)
        await eventually(lambda: reminders_are("pending", 1))
    await eventually(lambda: reminders_are("cancelled", 2, 2))


async def test_what_is_heard_again_makes_nothing_of_one_that_is_open_again(
    client: httpx.AsyncClient, database: Database
) -> None:
    """The truth is in the database: an event only says to look."""
    first = await _make(client)
    for completed in (True, False):
        await client.patch(f"{TASKS}/{first['id']}", json={"completed": completed})

    async def all_is_delivered() -> None:
        assert await database.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0

    await eventually(all_is_delivered)
    await database.execute("DELETE FROM embedded_deliveries")
    await database.execute("UPDATE outbox SET published_at = NULL")
    await eventually(all_is_delivered)
    await _days_are(client, 1)


async def test_an_occurrence_is_there_in_time_for_its_longest_reminder(client: httpx.AsyncClient) -> None:
    await _make(client, reminders=["3 days"])
    await _days_are(client, 1, 2, 3, 4)

    async def its_reminder_is_to_come() -> None:
        items = (await client.get("/api/v1/reminders", params={"status": "pending"})).json()["items"]
        assert ("2027-03-04T09:00:00Z", "2027-03-01T09:00:00Z") in [
            (item["due_date"], item["scheduled_at"]) for item in items
        ]

    await eventually(its_reminder_is_to_come)


async def test_events_of_repeating_tasks_wake_it(database: Database, clock: MovableClock) -> None:
    woken: list[bool] = []

    class Sleeper(Worker):
        def wake(self) -> None:
            woken.append(True)

    handle = make_handler(Sleeper(database, clock, Fake(), 300))
    once = created("task-1")
    first = msgspec.structs.replace(once.task, recurrence_pattern="daily", occurrence_date=START.date())
    later = msgspec.structs.replace(first, parent_recurring_task_id="task-0")
    done: dict[str, Any] = {name: getattr(once, name) for name in once.__struct_fields__} | {"task": later}
    for quiet in (once, msgspec.structs.replace(once, task=later)):
        await handle([quiet])
    assert woken == []
    for loud in (msgspec.structs.replace(once, task=first), TaskCompleted(completed_at=START, **done), deleted("x")):
        woken.clear()
        await handle([once, loud, loud])
        assert woken == [True]


class Fake(Processor):
    """Counts its runs and makes nothing."""

    def __init__(self) -> None:
        self.runs = 0

    async def run(self) -> RunResult:
        self.runs += 1
        return RunResult(series=0, made=0, failed=0)


@pytest.fixture
async def new_replica(settings: Settings, clock: MovableClock) -> AsyncGenerator[Callable[[], Any]]:
    """new_replica(): a processor that takes part, runs every 50 ms while it leads, and has one pooled connection."""
    async with AsyncExitStack() as stack:

        async def make() -> Fake:
            database = await stack.enter_async_context(opening(settings.database_url, name="a-replica"))
            fake = Fake()
            await stack.enter_async_context(Worker(database, clock, fake, 0.05).running(Supervisor()))
            return fake

        yield make


# The connection that has the lease; those that work meanwhile have other locks.
_HOLDERS = """
SELECT pid
FROM pg_locks JOIN pg_stat_activity USING (pid), hashtextextended('recurring-task-processor', 0) AS lock (key)
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND datname = current_database()
    AND application_name = 'a-replica'
    AND classid::bigint = (key >> 32) & 4294967295 AND objid::bigint = key & 4294967295
"""


async def test_one_replica_runs_and_another_follows_within_seconds_when_its_connection_is_lost(
    new_replica: Callable[[], Any], admin_url: str
) -> None:
    first: Fake = await new_replica()

    async def first_leads() -> None:
        assert first.runs > 2

    await eventually(first_leads)
    second: Fake = await new_replica()
    async with connected(admin_url) as admin:
        # The lock is held by a connection of its own: with the one of the pool, nothing would run.
        (holder,) = await admin.fetch(_HOLDERS)
        assert second.runs == 0
        await admin.execute("SELECT pg_terminate_backend($1)", holder["pid"])

        async def another_leads() -> None:
            assert [row["pid"] for row in await admin.fetch(_HOLDERS)] not in ([], [holder["pid"]])

        await eventually(another_leads)
        before = first.runs + second.runs

        async def it_runs() -> None:
            assert first.runs + second.runs > before

        await eventually(it_runs)
