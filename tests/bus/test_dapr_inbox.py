"""What a sidecar's delivery is answered, and what is kept among the dead letters, on a real database."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

import httpx
import pytest

from taskflow_core.bus.dapr.bulk import Entry
from taskflow_core.bus.dapr.inbox import Inbox
from taskflow_core.bus.dapr.routes import EventRoutes
from taskflow_core.bus.dead_letters import letters
from taskflow_core.bus.port import SUCCESS, Outcome, Subscription
from taskflow_core.database.pool import Database
from taskflow_core.events.envelope import encode, wrap
from taskflow_core.events.model import Event
from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API, TASK_TOPICS, topic_of
from tests.bus.making import created

TOKEN = "t" * 32


class Service:
    """A handler that a test decides, behind the routes its sidecar would call."""

    def __init__(self, database: Database, *, broadcast: bool = False) -> None:
        self.answer: Callable[[Event], Outcome] = lambda _: SUCCESS
        self.batches: list[list[str]] = []
        subscription = Subscription(group=AUDIT_LOGGER, topics=TASK_TOPICS, handler=self._handle, broadcast=broadcast)
        routes = EventRoutes(Inbox(database, [subscription]), TOKEN)
        transport = httpx.ASGITransport(app=routes)  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
        self.sidecar = httpx.AsyncClient(
            transport=transport, base_url="http://service", headers={"dapr-api-token": TOKEN}
        )

    async def _handle(self, events: Sequence[Event]) -> Sequence[Outcome]:
        self.batches.append([event.event_id for event in events])
        return [self.answer(event) for event in events]

    async def deliver(self, *events: Event | dict[str, Any]) -> list[str]:
        """The statuses a sidecar gets for these, in order."""
        entries = [{"entryId": str(i), "event": _cloud_event(event)} for i, event in enumerate(events)]
        topic = next((topic_of(event) for event in events if not isinstance(event, dict)), TASK_TOPICS[0])
        return await self.post("/internal/events", topic, entries)

    async def deliver_dead(self, *payloads: bytes) -> list[str]:
        """The same for the dead-letter topic."""
        entries = [{"entryId": str(i), "event": base64.b64encode(one).decode()} for i, one in enumerate(payloads)]
        return await self.post("/internal/events/dead-letters", "taskflow.dead-letter.audit-logger", entries)

    async def post(self, path: str, topic: str, entries: list[dict[str, Any]]) -> list[str]:
        """The statuses for a delivery in the sidecar's own words."""
        answer = await self.sidecar.post(path, json={"topic": topic, "entries": entries, "id": ""})
        assert answer.status_code == 200, answer.text
        statuses = {one["entryId"]: one["status"] for one in answer.json()["statuses"]}
        return [statuses[entry["entryId"]] for entry in entries]


def _cloud_event(event: Event | dict[str, Any]) -> dict[str, Any]:
    return event if isinstance(event, dict) else json.loads(payload(event))


def payload(event: Event) -> bytes:
    """An event in its envelope."""
    return encode(wrap(event, CHAT_API))


@pytest.fixture
async def service(database: Database) -> AsyncGenerator[Service]:
    made = Service(database)
    async with made.sidecar:
        yield made


async def test_each_entry_has_its_own_answer(service: Service) -> None:
    good, bad = created(), created()
    service.answer = lambda event: SUCCESS if event.event_id == good.event_id else Outcome.retry("no")
    assert await service.deliver(good, bad) == ["SUCCESS", "RETRY"]
    assert service.batches == [[good.event_id, bad.event_id]]


async def test_what_the_handler_drops_is_kept_with_its_reason_and_answered_as_done(
    service: Service, database: Database
) -> None:
    bad = created()
    service.answer = lambda _: Outcome.drop("of no use")
    assert await service.deliver(bad) == ["SUCCESS"]
    [letter] = await letters(database, group=AUDIT_LOGGER)
    assert (str(letter.event_id), letter.reason, letter.topic) == (bad.event_id, "of no use", "taskflow.tasks.created")
    assert json.loads(letter.payload) == _cloud_event(bad)


async def test_what_does_not_decode_is_kept_with_its_reason_and_its_neighbours_are_handled(
    service: Service, database: Database
) -> None:
    good, alien = created(), {"id": "not a uuid", "type": "alien", "specversion": "1.0"}
    assert await service.deliver(alien, good) == ["SUCCESS", "SUCCESS"]
    assert service.batches == [[good.event_id]]
    assert await service.deliver(alien) == ["SUCCESS"]
    [letter] = await letters(database, group=AUDIT_LOGGER)
    assert "missing required field" in letter.reason


async def test_a_dead_letter_has_the_reason_of_the_attempts_before_it(service: Service, database: Database) -> None:
    bad = created()
    service.answer = lambda _: Outcome.retry("the moon is full")
    for _ in range(3):
        assert await service.deliver(bad) == ["RETRY"]
    assert await service.deliver_dead(payload(bad)) == ["SUCCESS"]
    [letter] = await letters(database, group=AUDIT_LOGGER)
    assert (letter.reason, letter.attempts, letter.task_id) == ("the moon is full", 3, bad.task_id)
    assert len(service.batches) == 3, "not tried a fourth time"


async def test_a_dead_letter_that_no_attempt_here_explains_is_tried_once_more(
    service: Service, database: Database
) -> None:
    unlucky, bad = created(), created()
    service.answer = lambda event: SUCCESS if event.event_id == unlucky.event_id else Outcome.retry("no")
    assert await service.deliver_dead(payload(unlucky), payload(bad)) == ["SUCCESS", "SUCCESS"]
    [letter] = await letters(database, group=AUDIT_LOGGER)
    assert (str(letter.event_id), letter.reason) == (bad.event_id, "no")


async def test_a_dead_letter_that_ended_the_process_when_it_was_tried_is_not_tried_again(
    service: Service, database: Database
) -> None:
    deadly = created()
    at_work = asyncio.Event()

    async def hang(_: Sequence[Event]) -> Sequence[Outcome]:
        at_work.set()
        await asyncio.Event().wait()
        return []

    doomed = Inbox(database, [Subscription(group=AUDIT_LOGGER, topics=TASK_TOPICS, handler=hang)])
    trying = asyncio.create_task(doomed.dead_letters([Entry("0", payload(deadly))]))
    await at_work.wait()
    # As far as the database can tell the process ends here.
    assert await service.deliver_dead(payload(deadly)) == ["SUCCESS"]
    assert service.batches == []
    [letter] = await letters(database, group=AUDIT_LOGGER)
    assert "gave no answer" in letter.reason
    trying.cancel()
    await asyncio.gather(trying, return_exceptions=True)


async def test_bytes_that_are_no_json_are_kept(service: Service, database: Database) -> None:
    assert await service.deliver_dead(b"\xff\x00 no json", b"\xff\x00 no json") == ["SUCCESS", "SUCCESS"]
    [letter] = await letters(database, group=AUDIT_LOGGER)
    assert letter.topic == "unknown"


async def test_an_outage_keeps_the_batch_waiting_and_costs_no_attempt(service: Service, database: Database) -> None:
    event, away = created(), 2

    def answer(_: Event) -> Outcome:
        nonlocal away
        if away:
            away -= 1
            raise ConnectionRefusedError("the database is away")
        return SUCCESS

    service.answer = answer
    assert await service.deliver(event) == ["SUCCESS"]
    assert len(service.batches) == 3
    assert await letters(database) == []


async def test_a_batch_is_given_up_when_the_sidecar_hangs_up(service: Service) -> None:
    at_work = asyncio.Event()

    def answer(_: Event) -> Outcome:
        at_work.set()
        raise ConnectionRefusedError("away for good")

    service.answer = answer
    request = asyncio.create_task(service.deliver(created()))
    await at_work.wait()
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)


@pytest.mark.parametrize("token", [None, "", "x" * 32])
async def test_only_the_sidecar_may_deliver(service: Service, token: str | None) -> None:
    headers = {} if token is None else {"dapr-api-token": token}
    del service.sidecar.headers["dapr-api-token"]
    for path in ("/internal/events", "/internal/events/dead-letters", "/dapr/subscribe"):
        answer = await service.sidecar.post(path, json={"topic": "t", "entries": []}, headers=headers)
        assert answer.status_code == 401


@pytest.mark.parametrize("caller", ["audit-logger", "chat-api", ""])
async def test_nobody_may_deliver_by_invocation(service: Service, caller: str) -> None:
    """An event route is called by the service's own sidecar, which names no caller, and by nobody through it."""
    for path in ("/internal/events", "/internal/events/dead-letters", "/dapr/subscribe"):
        answer = await service.sidecar.post(path, content=b"{}", headers={"dapr-caller-app-id": caller})
        assert answer.status_code == 403


async def test_without_a_token_of_its_own_a_service_takes_no_event(database: Database) -> None:
    routes = EventRoutes(Inbox(database, []), None)
    transport = httpx.ASGITransport(app=routes)  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as anyone:
        assert (await anyone.post("/internal/events", headers={"dapr-api-token": ""})).status_code == 401


async def test_subscriptions_are_not_asked_of_the_service(service: Service) -> None:
    answer = await service.sidecar.get("/dapr/subscribe")
    assert (answer.status_code, answer.json()) == (200, [])


async def test_nothing_of_a_broadcast_is_kept(database: Database) -> None:
    service = Service(database, broadcast=True)
    service.answer = lambda _: Outcome.drop("no")
    async with service.sidecar:
        assert await service.deliver(created(), {"id": "alien"}) == ["SUCCESS", "SUCCESS"]
    assert await letters(database) == []


async def test_a_topic_that_came_later_than_this_release_is_kept_and_harms_no_other(
    service: Service, database: Database
) -> None:
    later = json.loads(payload(created())) | {"type": "later.happened"}
    later["data"] = {"event_id": later["id"], "event_type": "later.happened"}
    entries = [{"entryId": "0", "event": later}]
    assert await service.post("/internal/events", "taskflow.later", entries) == ["RETRY"]
    assert await service.deliver(created()) == ["SUCCESS"], "its own topics go on"
    # After three tries the sidecar brings it as a dead letter: then it waits here for a release that knows it.
    assert await service.deliver_dead(json.dumps(later).encode()) == ["SUCCESS"]
    [letter] = await letters(database)
    assert (str(letter.event_id), letter.consumer_group) == (later["id"], AUDIT_LOGGER)
    assert json.loads(letter.payload) == later
