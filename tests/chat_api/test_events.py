"""What every change leaves besides itself, in one transaction: the task's shadow and its events in the outbox."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import msgspec
import pytest
from litestar.types import Receive, Scope, Send

from chat_api.commands.reconcile import reconcile
from taskflow_core.database.pool import Database
from taskflow_core.domain.task import Task
from taskflow_core.events.model import Change, ReminderTriggered, TaskCompleted, TaskCreated, TaskDeleted, TaskUpdated
from taskflow_core.service.answer_headers import AnswerHeaders
from taskflow_core.service.composition import Service
from taskflow_core.service.requests import observed
from tests.chat_api.people import TASKS, User
from tests.chat_api.published import published_events, published_kinds
from tests.support.clock import MovableClock
from tests.support.connections import connected
from tests.support.phase_iv import release_on

NOON = datetime(2027, 3, 10, 12, 0, tzinfo=UTC)
_SHADOW = "SELECT user_id, version, title, description, completed FROM task_shadow WHERE task_id = $1"


@pytest.fixture(autouse=True)
def _noon(clock: MovableClock) -> None:
    clock.freeze(NOON)


def as_answered(task: Task, answer: dict[str, Any]) -> bool:
    """Whether a task in an event is the one of an answer, leaving out what answers add: the description's text too."""
    fields = msgspec.to_builtins(task)
    described = fields.pop("has_description")
    answered = {field: answer[field] for field in fields} | {"description": None}
    return fields == answered and described == (answer["description"] is not None)


async def shadow(database: Database, task_id: str) -> tuple[Any, ...] | None:
    row = await database.fetchrow(_SHADOW, task_id)
    return None if row is None else tuple(row)


async def test_making_one(anna: User, database: Database) -> None:
    task = await anna.makes("A", description="d", due_date="2027-03-12", reminders=["1 day"])
    (event,) = await published_events(database, task["id"])
    assert isinstance(event, TaskCreated)
    assert (event.version, event.user_id, event.actor_id, event.timestamp) == (1, anna.id, anna.id, NOON)
    assert as_answered(event.task, task)
    assert await shadow(database, task["id"]) == (anna.id, 1, "A", "d", False)
    row = await database.fetchrow("SELECT producer, topic, task_id, occurred_at FROM outbox")
    assert row is not None
    assert tuple(row) == ("chat-api", "taskflow.tasks.created", task["id"], NOON)


async def test_an_edit_tells_what_was_and_what_is(anna: User, database: Database, clock: MovableClock) -> None:
    task = await anna.makes("A", due_date="2027-03-12", reminders=["1 day"])
    clock.advance(timedelta(minutes=1))
    after = await anna.changes(task["id"], title="B", description=None, reminders=None)
    event = (await published_events(database, task["id"]))[-1]
    assert isinstance(event, TaskUpdated)
    assert event.changes == {"title": Change("A", "B"), "reminders": Change(["P1D"], [])}
    assert as_answered(event.task, after)
    assert event.timestamp == NOON + timedelta(minutes=1)
    assert await shadow(database, task["id"]) == (anna.id, 2, "B", None, False)


async def test_completing_and_reopening(anna: User, database: Database) -> None:
    task = await anna.makes()
    done = await anna.changes(task["id"], completed=True)
    event = (await published_events(database, task["id"]))[-1]
    assert isinstance(event, TaskCompleted)
    assert event.completed_at == NOON
    assert as_answered(event.task, done)
    await anna.changes(task["id"], completed=True)
    await anna.changes(task["id"], completed=False)
    event = (await published_events(database, task["id"]))[-1]
    assert isinstance(event, TaskUpdated)
    assert event.changes == {"completed": Change(True, False)}
    assert await published_kinds(database, task["id"]) == [
        ("task.created", 1),
        ("task.completed", 2),
        ("task.updated", 3),
    ]


async def test_an_edit_and_a_completion_in_one_request_are_two(anna: User, database: Database) -> None:
    task = await anna.makes("A")
    after = await anna.changes(task["id"], title="B", completed=True)
    edited, completed = (await published_events(database, task["id"]))[1:]
    assert isinstance(edited, TaskUpdated)
    assert isinstance(completed, TaskCompleted)
    assert edited.changes == {"title": Change("A", "B")}
    assert (edited.version, edited.task.completed) == (2, False)
    assert (completed.version, completed.task.completed) == (3, True)
    assert after["version"] == 3


async def test_deleting(anna: User, database: Database) -> None:
    task = await anna.makes()
    await anna.http.delete(f"{TASKS}/{task['id']}")
    event = (await published_events(database, task["id"]))[-1]
    assert isinstance(event, TaskDeleted)
    assert (event.version, event.deleted_at, event.user_id) == (2, NOON, anna.id)
    assert await shadow(database, task["id"]) is None


async def test_what_is_refused_tells_nothing(anna: User, bert: User, database: Database) -> None:
    task = await anna.makes()
    await anna.http.patch(f"{TASKS}/{task['id']}", json={"reminders": ["1 day"]})
    await anna.http.patch(f"{TASKS}/{task['id']}", json={"title": "B"}, headers={"If-Match": '"x"'})
    await bert.http.delete(f"{TASKS}/{task['id']}")
    await bert.http.post(TASKS, json={"title": " "})
    assert await published_kinds(database) == [("task.created", 1)]


async def test_reading_tells_nothing(anna: User, database: Database) -> None:
    task = await anna.makes()
    await anna.sees(task["id"])
    await anna.http.get(TASKS, params={"limit": 5})
    await anna.http.post(f"{TASKS}/{task['id']}/acknowledge")
    assert await published_kinds(database) == [("task.created", 1)]


async def test_no_event_no_change(anna: User, database: Database, owner_url: str) -> None:
    """Where an event cannot be written nothing is: a change nobody hears of would be worse than a refusal."""
    task = await anna.makes("A")
    async with connected(owner_url) as owner:
        await owner.execute("ALTER TABLE outbox ADD CONSTRAINT closed CHECK (false) NOT VALID")
        url = f"{TASKS}/{task['id']}"
        for method, path, body in (
            ("POST", TASKS, {"title": "B"}),
            ("PATCH", url, {"title": "B"}),
            ("PUT", url, {"completed": True}),
            ("DELETE", url, None),
        ):
            answer = await anna.http.request(method, path, json=body)
            assert (answer.status_code, answer.json()["detail"]["code"]) == (500, "INTERNAL_ERROR")
    assert (await anna.http.get(TASKS)).json() == [task]
    assert await shadow(database, task["id"]) == (anna.id, 1, "A", None, False)


async def test_changes_that_come_together_have_versions_in_a_row(anna: User, database: Database) -> None:
    task = await anna.makes("0")
    await asyncio.gather(*(anna.changes(task["id"], title=str(n)) for n in range(1, 9)))
    events = await published_events(database, task["id"])
    assert [event.version for event in events] == list(range(1, 10)), "in the outbox in the order they happened"
    titles = [event.task.title for event in events if isinstance(event, TaskCreated | TaskUpdated)]
    changes = [event.changes["title"] for event in events if isinstance(event, TaskUpdated)]
    assert [(change.old, change.new) for change in changes] == list(pairwise(titles))
    assert (await anna.sees(task["id"]))["title"] == titles[-1]


async def test_users_phase_iv_and_reconciliation_at_once(anna: User, database: Database, clock: MovableClock) -> None:
    """Whoever comes first publishes what is missing: no version is missing or comes twice, the last one is the task."""
    fields = {"due_date": "2027-03-12T09:00:00Z", "recurrence_pattern": "daily"}
    task_ids = [(await anna.makes(**fields))["id"] for _ in range(3)]

    async with release_on(database.url) as release:
        for turn in range(6):
            await asyncio.gather(
                *(anna.changes(task_id, title=f"Turn {turn}", completed=turn % 2 == 0) for task_id in task_ids),
                *(anna.changes(task_id, recurrence_pattern=f"custom:{turn + 2}d") for task_id in task_ids),
                *(release.rename(task_id, f"Elsewhere {turn}") for task_id in task_ids),
                reconcile(database, clock.now()),
            )
    await reconcile(database, clock.now())
    for task_id in task_ids:
        events = await published_events(database, task_id)
        assert [event.version for event in events] == list(range(1, len(events) + 1))
        last, seen = events[-1], await anna.sees(task_id)
        assert not isinstance(last, TaskDeleted | ReminderTriggered)
        assert (last.version, last.task.title, last.task.completed) == (
            seen["version"], seen["title"], seen["completed"]
        )  # fmt: skip


async def test_events_are_tied_to_the_request_they_come_from(anna: User, service: Service, database: Database) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await observed(service.app, service.name, AnswerHeaders(https=False), scope, receive, send)

    transport = httpx.ASGITransport(app=app)  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
    headers = {"Authorization": f"Bearer {anna.token}", "X-Correlation-ID": "order-66"}
    async with httpx.AsyncClient(transport=transport, base_url="http://chat-api", headers=headers) as client:
        await client.post(TASKS, json={"title": "A"})
    await anna.makes("B")
    first, second = await published_events(database)
    assert first.correlation_id == "order-66"
    assert second.correlation_id not in ("", "order-66")


async def test_no_address_or_token_is_told(anna: User, database: Database) -> None:
    task = await anna.makes()
    await anna.changes(task["id"], title="B", completed=True)
    await anna.http.delete(f"{TASKS}/{task['id']}")
    payloads = " ".join(row["payload"] for row in await database.fetch("SELECT payload FROM outbox"))
    assert anna.email not in payloads
    assert anna.token not in payloads
    assert "@" not in payloads
