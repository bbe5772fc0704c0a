"""chat-api and the reminder service in one process: what a client does to a task is what its reminders do."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

import chat_api.app
import reminder_service.app
from chat_api.commands.reconcile import reconcile
from taskflow_core.database.pool import Database
from taskflow_core.events.envelope import decode
from taskflow_core.events.model import ReminderTriggered
from taskflow_core.service.host import Host
from taskflow_core.settings import Settings
from tests.support.clock import MovableClock
from tests.support.waiting import eventually

DUE = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
TASKS, REMINDERS = "/api/v1/tasks", "/api/v1/reminders"


@pytest.fixture
async def client(
    settings: Settings, clock: MovableClock, database: Database, cheap_hashes: int
) -> AsyncGenerator[httpx.AsyncClient]:
    """A signed-up user of the two, on 1 March 2027 at 07:00."""
    clock.run_from(DUE - timedelta(hours=2))
    host = Host(settings, [chat_api.app.create_service, reminder_service.app.create_service], clock=clock)
    app: Any = host
    transport = httpx.ASGITransport(app=app)
    async with host.running(), httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        await host.database.opened()
        body = {"email": "someone@example.com", "password": "long enough"}
        made.headers["Authorization"] = f"Bearer {(await made.post('/api/v1/auth/signup', json=body)).json()['token']}"
        yield made


async def _make(client: httpx.AsyncClient, *reminders: str) -> dict[str, Any]:
    body = {"title": "Water the plants", "due_date": DUE.isoformat(), "reminders": reminders}
    answer = await client.post(TASKS, json=body)
    assert answer.status_code == 201
    return answer.json()


async def _offsets(client: httpx.AsyncClient, status: str) -> list[str]:
    return [item["offset"] for item in (await client.get(REMINDERS, params={"status": status})).json()["items"]]


async def _are(client: httpx.AsyncClient, *, pending: list[str], sent: list[str]) -> None:
    async def so() -> None:
        assert (await _offsets(client, "pending"), await _offsets(client, "sent")) == (pending, sent)

    await eventually(so)


async def test_made_moved_completed_and_reopened(client: httpx.AsyncClient, clock: MovableClock) -> None:
    task = await _make(client, "1 hour", "10 minutes")
    await _are(client, pending=["PT1H", "PT10M"], sent=[])
    clock.advance(timedelta(hours=1))
    await _are(client, pending=["PT10M"], sent=["PT1H"])
    url = f"{TASKS}/{task['id']}"
    await client.patch(url, json={"due_date": (DUE + timedelta(days=1)).isoformat(), "reminders": ["2 days", "PT0S"]})
    await _are(client, pending=["PT0S"], sent=["P2D"])
    await client.patch(url, json={"completed": True})
    await _are(client, pending=[], sent=[])
    await client.patch(url, json={"completed": False})
    await _are(client, pending=["PT0S"], sent=["P2D"])
    await client.delete(url)
    await _are(client, pending=[], sent=[])


async def _are_cancelled(database: Database, task_id: str) -> None:
    """The service has heard that the task is gone, whose reminders are shown no more at once."""
    left = "SELECT count(*) FROM reminder_schedule WHERE task_id = $1 AND status = 'pending'"

    async def so() -> None:
        assert await database.fetchval(left, task_id) == 0

    await eventually(so)


async def test_deleted_and_restored(client: httpx.AsyncClient, clock: MovableClock, database: Database) -> None:
    """Reminders to come come, what was sent or seen does not come again, and one that was missed comes late."""
    task = await _make(client, "2 hours", "1 hour", "30 minutes", "10 minutes")
    url, restored = f"{TASKS}/{task['id']}", f"/api/v1/trash/{task['id']}/restore"
    await _are(client, pending=["PT1H", "PT30M", "PT10M"], sent=["PT2H"])
    await client.delete(url)
    await _are_cancelled(database, task["id"])
    assert (await client.post(restored)).status_code == 200
    await _are(client, pending=["PT1H", "PT30M", "PT10M"], sent=["PT2H"])
    clock.advance(timedelta(hours=1))
    await _are(client, pending=["PT30M", "PT10M"], sent=["PT1H", "PT2H"])
    await client.delete(url)
    await _are_cancelled(database, task["id"])
    clock.advance(timedelta(minutes=40))
    assert (await client.post(restored)).status_code == 200
    await _are(client, pending=["PT10M"], sent=["PT30M", "PT1H", "PT2H"])
    await client.delete(url)
    await _are_cancelled(database, task["id"])
    clock.advance(timedelta(hours=1))
    assert (await client.post(restored)).status_code == 200
    assert (await client.get(url)).json()["reminder_status"][-1]["status"] in ("cancelled", "pending")
    await _are(client, pending=[], sent=["PT30M", "PT1H", "PT2H"])


async def test_an_acknowledged_task_sends_no_more_for_its_due_date(
    client: httpx.AsyncClient, clock: MovableClock
) -> None:
    task = await _make(client, "1 hour", "10 minutes")
    clock.advance(timedelta(hours=1))
    await _are(client, pending=["PT10M"], sent=["PT1H"])
    assert (await client.post(f"{TASKS}/{task['id']}/acknowledge")).status_code == 200
    await _are(client, pending=[], sent=[])
    await client.patch(f"{TASKS}/{task['id']}", json={"title": "Water all the plants", "completed": True})
    await client.patch(f"{TASKS}/{task['id']}", json={"completed": False})
    await _are(client, pending=[], sent=[])
    await client.patch(f"{TASKS}/{task['id']}", json={"due_date": (DUE + timedelta(hours=3)).isoformat()})
    await _are(client, pending=["PT1H", "PT10M"], sent=[])


async def test_what_phase_iv_reopened_in_time_is_reminded_of_late(
    client: httpx.AsyncClient, clock: MovableClock, database: Database
) -> None:
    """The reminder counts from when the task was reopened there, not from when that was found out."""
    task = await _make(client, "1 hour")
    await client.patch(f"{TASKS}/{task['id']}", json={"completed": True})
    await _are(client, pending=[], sent=[])
    reopened = (DUE - timedelta(minutes=90)).replace(tzinfo=None)
    await database.execute("UPDATE tasks SET completed = false, updated_at = $2 WHERE id = $1", task["id"], reopened)
    clock.run_from(DUE + timedelta(minutes=30))
    await reconcile(database, clock.now())  # where chat-api, which does so by itself, has not yet

    async def is_sent() -> None:
        assert await _offsets(client, "sent") == ["PT1H"]

    # It takes the way of every event: relay, delivery, and the engine's next tick.
    await eventually(is_sent, within=20)
    event = decode(await database.fetchval("SELECT payload FROM outbox WHERE producer = 'reminder-service'")).data
    assert isinstance(event, ReminderTriggered)
    assert event.late
