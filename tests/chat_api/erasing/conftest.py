"""Bob, who has something of everything, and the job that erases him."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx
import pytest

from audit_logger.handlers import Audit
from chat_api.erasing.job import Erasing
from taskflow_core.bus.port import SUCCESS
from taskflow_core.bus.purge import Purge
from taskflow_core.database.pool import Database
from taskflow_core.events.envelope import decode
from taskflow_core.events.topics import CHAT_API
from tests.audit_logger.making import trail
from tests.chat_api.sessions.conftest import AUTH, BOB, Holder, SignIn, bob, here, replicas, sign_in, there
from tests.support.clock import MovableClock
from tests.support.connections import connected
from tests.support.table_search import tables_with

__all__ = ["bob", "here", "replicas", "sign_in", "there"]

MARKER: Final = "marzipan"
ACCOUNT: Final = f"{AUTH}/account"

_REMINDER = """
INSERT INTO reminder_schedule (id, task_id, user_id, reminder_offset, due_at, due_all_day, scheduled_at, fire_at,
    status, task_version)
SELECT gen_random_uuid(), id, user_id, 'PT1H', now(), false, now(), now() + interval '1 day', 'pending', 1
FROM tasks WHERE user_id = $1
"""
_LETTER = """
INSERT INTO dead_letters (event_id, consumer_group, topic, payload, reason, attempts)
SELECT gen_random_uuid(), 'reminder-service', topic, payload, 'put here', 3 FROM outbox
WHERE user_id = $1 AND topic LIKE 'taskflow.tasks.%' LIMIT 1
"""

Live = Callable[[], Awaitable[Holder]]


async def asks(holder: Holder, method: str, path: str, **more: Any) -> httpx.Response:
    return await holder.client.request(method, path, headers={"Authorization": f"Bearer {holder.access}"}, **more)


async def deletes(holder: Holder, password: str = BOB["password"]) -> httpx.Response:
    return await asks(holder, "DELETE", ACCOUNT, json={"password": password})


@pytest.fixture
def live(sign_in: SignIn, bob: dict[str, Any], database: Database) -> Live:
    """live(): Bob signs in and leaves something with the marker in it wherever one can."""

    async def make() -> Holder:
        holder = await sign_in(MARKER.encode())
        due: dict[str, Any] = {"due_date": "2030-03-04T08:00:00Z", "reminders": ["1 hour"]}
        bodies: list[dict[str, Any]] = [
            {"title": f"A {MARKER}", "description": f"Much {MARKER}", **due},
            {"title": f"Each day {MARKER}", "recurrence_pattern": "daily", **due},
        ]
        for body in bodies:
            headers = {"Authorization": f"Bearer {holder.access}", "Idempotency-Key": uuid.uuid4().hex}
            answer = await holder.client.post("/api/v1/tasks", json=body, headers=headers)
            assert answer.status_code == 201, answer.text
        deleted = await asks(holder, "POST", "/api/v1/tasks", json={"title": f"Deleted {MARKER}"})
        await asks(holder, "DELETE", f"/api/v1/tasks/{deleted.json()['id']}")
        answer = await asks(holder, "POST", "/api/v1/chat", json={"message": f"add {MARKER}"})
        assert answer.status_code == 200, answer.text
        await asks(holder, "PUT", "/api/v1/me/preferences", json={"timezone": "Europe/Berlin"})
        await database.execute(_REMINDER, bob["id"])
        await database.execute(_LETTER, bob["id"])
        return holder

    return make


async def the_trail_holds_all(database: Database) -> None:
    """What the audit logger and the purge do: the outbox is empty when the trail has its events."""
    events = [decode(row["payload"]).data for row in await database.fetch("SELECT payload FROM outbox ORDER BY seq")]
    assert set(await Audit(trail(database))(events)) <= {SUCCESS}
    await database.execute("UPDATE outbox SET published_at = now()")
    await Purge(database, CHAT_API, republish_after=600).remove_audited()
    assert not await database.fetchval("SELECT count(*) FROM outbox")


async def erased(erasing: Erasing, database: Database) -> None:
    """Let the job run to its end, the trail beside it."""
    for _ in range(200):
        if not await erasing.run():
            await the_trail_holds_all(database)
            await database.execute("UPDATE erasures SET retry_at = NULL")
            if not await database.fetchval("SELECT count(*) FROM erasures WHERE done_at IS NULL"):
                return
    raise AssertionError("it does not end")


async def found_in(owner_url: str, *texts: str) -> set[str]:
    """The tables with a row in which one of the texts stands (`tables_with`)."""
    async with connected(owner_url) as connection:
        return await tables_with(connection, *texts)


@pytest.fixture
def erasing(database: Database, clock: MovableClock) -> Erasing:
    return Erasing(database, clock)
