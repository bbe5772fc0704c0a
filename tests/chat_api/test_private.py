"""Nothing private on the bus: no event has the text of a description, an address or a token."""

import json

import httpx

from chat_api.commands.reconcile import reconcile
from taskflow_core.database.pool import Database
from taskflow_core.events.model import TaskCreated, TaskUpdated
from tests.chat_api.occurring import Processor
from tests.chat_api.people import TASKS, User
from tests.chat_api.published import published_events
from tests.support.clock import MovableClock
from tests.support.phase_iv import release_on

MARKER = "xyzzy-marker"


async def test_no_event_carries_a_description(
    anna: User, processor: Processor, database: Database, clock: MovableClock
) -> None:
    plain = await anna.makes(description=f"{MARKER} 1")
    await anna.changes(plain["id"], description=f"{MARKER} 2")
    await anna.changes(plain["id"], title="B", completed=True)
    await anna.http.put(f"{TASKS}/{plain['id']}", json={"description": f"{MARKER} 3"})
    await anna.http.delete(f"{TASKS}/{plain['id']}")
    first = await anna.makes(due_date="2027-03-01T09:00:00Z", recurrence_pattern="daily", description=MARKER)
    assert await processor.runs() >= 0
    await anna.http.patch(
        f"{TASKS}/{first['id']}", json={"description": f"{MARKER} 4", "completed": True}, params={"scope": "all"}
    )
    await processor.runs()
    async with release_on(database.url) as release:
        theirs = await release.create(anna.id, "Theirs", f"{MARKER} 5")
    await reconcile(database, clock.now())
    payloads = [row["payload"] for row in await database.fetch("SELECT payload FROM outbox")]
    assert len(payloads) > 8
    for payload in payloads:
        assert MARKER not in payload
        assert anna.email not in payload
        assert anna.token not in payload
    created = (await published_events(database, theirs))[0]
    assert isinstance(created, TaskCreated)
    assert (created.task.has_description, created.task.description) == (True, None)
    updated = (await published_events(database, plain["id"]))[1]
    assert isinstance(updated, TaskUpdated)
    assert json.loads(payloads[1])["data"]["changes"] == {"description": {"old": None, "new": "changed"}}


async def test_answers_have_the_description_and_no_word_of_snapshots(client: httpx.AsyncClient) -> None:
    made = (await client.post(TASKS, json={"title": "A", "description": MARKER})).json()
    assert made["description"] == MARKER
    assert "has_description" not in made
    (listed,) = (await client.get(TASKS)).json()
    assert "has_description" not in listed
