"""The routes: own reminders only, pages, seen and snoozed."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from reminder_service.app import create_service
from taskflow_core.database.pool import Database
from taskflow_core.service.composition import Runtime
from taskflow_core.service.tokens import Tokens
from taskflow_core.settings import Settings
from tests.reminder_service.world import NOON, Replica, World, minutes
from tests.support.clock import MovableClock

URL = "/api/v1/reminders"


@pytest.fixture
async def client(
    world: World, database: Database, settings: Settings, clock: MovableClock
) -> AsyncGenerator[httpx.AsyncClient]:
    """Signed in as the world's user."""
    async with httpx.AsyncClient() as nobody:
        runtime = Runtime(settings=settings, database=database, clock=clock, chat_api=nobody)
        app: Any = create_service(runtime).app
        transport = httpx.ASGITransport(app=app)
        headers = {"Authorization": f"Bearer {_token(settings, clock, world.user_id)}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as made:
            yield made


def _token(settings: Settings, clock: MovableClock, user_id: str) -> str:
    return Tokens(settings.auth_secret, clock, access_seconds=10**9).issue(user_id, "someone@example.com")


@pytest.fixture
async def sent_id(world: World, replica: Replica, clock: MovableClock) -> str:
    """A reminder that was sent at 12:05 of a task due at 12:10; it is 12:06."""
    await replica.hear(await world.create(NOON + minutes(10), "PT5M"))
    clock.advance(minutes(5))
    await replica.fire()
    clock.advance(minutes(1))
    [event] = await world.sent()
    return event.reminder_id


async def _items(client: httpx.AsyncClient, status: str) -> list[dict[str, Any]]:
    answer = await client.get(URL, params={"status": status})
    assert answer.status_code == 200
    return answer.json()["items"]


async def test_sent_ones_wait_until_they_are_seen(client: httpx.AsyncClient, sent_id: str) -> None:
    [item] = await _items(client, "sent")
    assert item == {
        "id": sent_id,
        "task_id": item["task_id"],
        "title": "Water the plants",
        "offset": "PT5M",
        "due_date": "2026-11-25T12:10:00Z",
        "due_at": "2026-11-25T12:10:00Z",
        "scheduled_at": "2026-11-25T12:05:00Z",
        "snoozed_until": None,
        "fired_at": "2026-11-25T12:05:00Z",
        "acknowledged_at": None,
        "status": "sent",
    }
    assert (await client.get(URL)).json()["items"] == [item]
    for _ in range(2):
        answer = await client.post(f"{URL}/{sent_id}/acknowledge")
        assert answer.status_code == 200
        assert answer.json() == item | {"status": "acknowledged", "acknowledged_at": "2026-11-25T12:06:00Z"}
    assert await _items(client, "sent") == []


async def test_acknowledging_one_that_is_still_to_come_stops_it(
    client: httpx.AsyncClient, world: World, replica: Replica, clock: MovableClock
) -> None:
    created = await world.create(NOON + minutes(10), "PT5M", "PT1M")
    await replica.hear(created)
    soonest, later = await _items(client, "pending")
    assert [soonest["offset"], later["offset"]] == ["PT5M", "PT1M"]
    assert (await client.post(f"{URL}/{soonest['id']}/acknowledge")).json()["status"] == "acknowledged"
    await replica.hear(created)
    clock.advance(timedelta(hours=1))
    await replica.fire()
    assert [event.offset for event in await world.sent()] == ["PT1M"]


@pytest.mark.parametrize("body", [{"minutes": 30}, {"until": "2026-11-25T13:36:00+01:00"}])
async def test_a_snoozed_one_comes_again(
    client: httpx.AsyncClient, world: World, replica: Replica, clock: MovableClock, sent_id: str, body: dict[str, Any]
) -> None:
    answer = await client.post(f"{URL}/{sent_id}/snooze", json=body)
    assert answer.status_code == 200
    assert answer.json()["status"] == "pending"
    assert answer.json()["scheduled_at"] == answer.json()["snoozed_until"] == "2026-11-25T12:36:00Z"
    assert await _items(client, "sent") == []
    assert [item["id"] for item in await _items(client, "pending")] == [sent_id]
    await replica.reconciler.reconcile()
    clock.advance(minutes(29))
    await replica.fire()
    assert len(await world.sent()) == 1
    clock.advance(minutes(1))
    await replica.fire()
    first, again = await world.sent()
    assert again.reminder_type == "snoozed"
    assert (again.reminder_id, again.late) == (first.reminder_id, False)
    assert again.event_id != first.event_id
    assert again.scheduled_at == NOON + minutes(36)
    assert [item["id"] for item in await _items(client, "sent")] == [sent_id]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "minutes"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 10_081}, "minutes"),
        ({"minutes": 5, "until": "2026-11-25T13:00:00Z"}, "minutes"),
        ({"until": "2026-11-25T12:00:00Z"}, "until"),
        ({"until": "2028-11-25T12:00:00Z"}, "until"),
        ({"until": "2026-11-25T13:00:00"}, "until"),
        ({"until": "soon"}, "until"),
    ],
)
async def test_snoozing_needs_one_time_that_lies_ahead(
    client: httpx.AsyncClient, sent_id: str, body: dict[str, Any], field: str
) -> None:
    answer = await client.post(f"{URL}/{sent_id}/snooze", json=body)
    assert answer.status_code == 422
    assert [problem["loc"][-1] for problem in answer.json()["detail"]] == [field]
    assert [item["id"] for item in await _items(client, "sent")] == [sent_id]


async def test_what_has_lost_its_reason_is_neither_listed_nor_snoozed(
    client: httpx.AsyncClient, world: World, replica: Replica, sent_id: str
) -> None:
    await world.database.execute("UPDATE tasks SET completed = true")
    assert await _items(client, "sent") == []
    answer = await client.post(f"{URL}/{sent_id}/snooze", json={"minutes": 5})
    assert (answer.status_code, answer.json()["detail"]["code"]) == (409, "REMINDER_STATE")
    assert (await client.post(f"{URL}/{sent_id}/acknowledge")).status_code == 200
    await world.database.execute("UPDATE tasks SET completed = false")
    answer = await client.post(f"{URL}/{sent_id}/snooze", json={"minutes": 5})
    assert (answer.status_code, answer.json()["detail"]["code"]) == (409, "REMINDER_STATE")


async def test_a_cancelled_one_cannot_be_acknowledged(
    client: httpx.AsyncClient, world: World, replica: Replica
) -> None:
    created = await world.create(NOON + minutes(10), "PT5M")
    await replica.hear(created)
    await replica.hear(await world.complete(created.task))
    [row] = await world.rows()
    answer = await client.post(f"{URL}/{row['id']}/acknowledge")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (409, "REMINDER_STATE")


async def test_anothers_reminder_is_not_there(
    client: httpx.AsyncClient, world: World, settings: Settings, clock: MovableClock, sent_id: str
) -> None:
    client.headers["Authorization"] = f"Bearer {_token(settings, clock, await world.new_user())}"
    assert await _items(client, "sent") == []
    for id_ in (sent_id, "00000000-0000-0000-0000-000000000000", "not-an-id", "%00"):
        for verb, body in (("acknowledge", None), ("snooze", {"minutes": 5})):
            answer = await client.post(f"{URL}/{id_}/{verb}", json=body)
            assert (answer.status_code, answer.json()["detail"]["code"]) == (404, "REMINDER_NOT_FOUND")


async def test_nothing_without_a_token(client: httpx.AsyncClient, sent_id: str) -> None:
    del client.headers["Authorization"]
    assert (await client.get(URL)).status_code == 401
    assert (await client.post(f"{URL}/{sent_id}/acknowledge")).status_code == 401
    assert (await client.post(f"{URL}/{sent_id}/snooze", json={"minutes": 5})).status_code == 401


@pytest.mark.parametrize("status", ["pending", "sent"])
async def test_pages_follow_one_another_without_gap_or_repetition(
    client: httpx.AsyncClient, world: World, replica: Replica, clock: MovableClock, status: str
) -> None:
    await replica.hear(*await world.create_many([NOON + minutes(10 + n // 2) for n in range(7)], "PT5M"))
    if status == "sent":
        clock.advance(minutes(9))
        await replica.fire()
    items: list[dict[str, Any]] = []
    url: str | None = f"{URL}?status={status}&limit=3"
    pages = 0
    while url is not None:
        answer = await client.get(url)
        items += answer.json()["items"]
        pages += 1
        url = answer.links["next"]["url"] if "next" in answer.links else None
    assert pages == 3
    assert len({item["id"] for item in items}) == len(items) == 7
    times = [item["scheduled_at"] for item in items]
    assert times == sorted(times, reverse=status == "sent")


@pytest.mark.parametrize("query", ["status=lost", "limit=0", "limit=201", "limit=x", "cursor=x", "cursor=e30"])
async def test_a_list_that_makes_no_sense_is_refused(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"{URL}?{query}")).status_code == 422


async def test_a_cursor_belongs_to_its_list(client: httpx.AsyncClient, world: World, replica: Replica) -> None:
    await replica.hear(*await world.create_many([NOON + minutes(10)] * 2, "PT5M"))
    answer = await client.get(f"{URL}?status=pending&limit=1")
    url = answer.links["next"]["url"].replace("status=pending", "status=sent")
    assert (await client.get(url)).status_code == 422
