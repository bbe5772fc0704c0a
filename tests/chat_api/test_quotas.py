"""How much one user may have: exactly near the end of a quota, together with other replicas but for a little."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from chat_api.app import create_service
from chat_api.quotas import Quota
from taskflow_core.database.pool import Database
from taskflow_core.domain.errors import TooManyTasksError
from taskflow_core.service.composition import Runtime
from taskflow_core.settings import Settings
from tests.chat_api.occurring import MONDAY, Processor
from tests.chat_api.people import PREFERENCES, TASKS, User
from tests.support.clock import MovableClock

MOST = 5
FILL = """
INSERT INTO tasks (id, user_id, title, completed, created_at, updated_at)
SELECT $1 || n, $1, 'Water', false, now(), now() FROM generate_series(1, $2::integer) AS n
"""
COUNT = "SELECT count(*) FROM tasks WHERE user_id = $1"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, tasks_per_user=MOST, kept_answers_per_user=MOST)


@pytest.fixture
async def replica(
    settings: Settings, database: Database, clock: MovableClock, anna: User
) -> AsyncGenerator[httpx.AsyncClient]:
    """Anna's way to another chat-api on the same database."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(501))) as unused:
        made = create_service(Runtime(settings=settings, database=database, clock=clock, chat_api=unused))
        transport = httpx.ASGITransport(app=made.app)  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
        headers = {"Authorization": f"Bearer {anna.token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://chat-api", headers=headers) as client:
            yield client


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["detail"]["code"]


async def makes(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post(TASKS, json={"title": "Water"} | fields)


async def test_one_task_too_many(anna: User, bert: User) -> None:
    made = [await makes(anna.http) for _ in range(MOST)]
    assert [answer.status_code for answer in made] == [201] * MOST
    refused = await makes(anna.http)
    assert code(refused) == (409, "TOO_MANY_TASKS")
    assert "delete some" in refused.json()["detail"]["message"]
    assert (await makes(bert.http)).status_code == 201, "each has their own"
    task = made[0].json()["id"]
    assert (await anna.http.patch(f"{TASKS}/{task}", json={"completed": True})).status_code == 200
    assert (await anna.http.delete(f"{TASKS}/{task}")).status_code == 204
    assert (await makes(anna.http)).status_code == 201
    assert (await makes(anna.http)).status_code == 409


async def test_those_that_come_together(anna: User, replica: httpx.AsyncClient, database: Database) -> None:
    """On two replicas: nobody slips through between the counting and the making."""
    answers = await asyncio.gather(*(makes(client) for client in (anna.http, replica) * 10))
    assert sorted(answer.status_code for answer in answers) == [201] * MOST + [409] * (20 - MOST)
    assert await database.fetchval(COUNT, anna.id) == MOST


async def test_what_phase_iv_made_counts(anna: User, database: Database) -> None:
    await database.execute(FILL, anna.id, MOST)
    assert code(await makes(anna.http)) == (409, "TOO_MANY_TASKS")


async def test_the_chat_counts_and_says_so(anna: User, database: Database) -> None:
    said = [await anna.http.post("/api/v1/chat", json={"message": "add buy milk"}) for _ in range(MOST + 2)]
    assert [answer.status_code for answer in said] == [200] * (MOST + 2)
    assert "as many tasks as one may have, 5" in said[-1].json()["response"]
    assert said[-1].json()["tool_calls"] == []
    assert await database.fetchval(COUNT, anna.id) == MOST


async def test_a_series_waits_for_room(anna: User, bert: User, processor: Processor) -> None:
    """And holds up nobody else's; what it missed is made once there is room again."""
    daily = {"due_date": "2027-03-01T09:00:00Z", "recurrence_pattern": "daily", "catch_up": "all"}
    first = await anna.makes(title="Water", **daily)
    await bert.makes(title="Water", **daily)
    for _ in range(MOST - 1):
        assert (await makes(anna.http)).status_code == 201
    processor.clock.freeze(MONDAY + timedelta(hours=2))
    answer = await processor.asks([first["id"]])
    assert answer.json()["items"] == [{"series_id": first["id"], "task_ids": [], "error": None}]
    waits = "SELECT retry_at > now() AND attempts = 1 AND last_error LIKE 'You have as many tasks%' FROM task_series"
    assert await processor.database.fetchval(f"{waits} WHERE series_id = $1", first["id"])
    assert await processor.database.fetchval(COUNT, anna.id) == MOST
    spare = [task["id"] for task in (await anna.http.get(TASKS)).json() if task["id"] != first["id"]]
    assert (await anna.http.delete(f"{TASKS}/{spare[0]}")).status_code == 204
    assert await processor.runs() == 2, "hers and his"
    assert await processor.database.fetchval("SELECT count(*) FROM task_series WHERE retry_at IS NOT NULL") == 0


async def test_one_answer_kept_too_many(anna: User, bert: User, database: Database) -> None:
    async def sets(user: User, key: str) -> httpx.Response:
        return await user.http.put(PREFERENCES, json={"timezone": "UTC"}, headers={"Idempotency-Key": key})

    for number in range(MOST):
        assert (await sets(anna, f"k{number}")).status_code == 200
    refused = await sets(anna, "another")
    assert code(refused) == (429, "TOO_MANY_KEPT_ANSWERS")
    assert (await sets(anna, "k0")).status_code == 200, "what is kept is kept"
    assert (await sets(bert, "another")).status_code == 200
    assert (await anna.http.put(PREFERENCES, json={"timezone": "UTC"})).status_code == 200, "it can do without"
    await database.execute("UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = 'k0'")
    assert (await sets(anna, "another")).status_code == 200


class Counted:
    """A connection on which somebody has `used` of something; counts how often it is asked."""

    def __init__(self, used: int = 0) -> None:
        self.used = used
        self.asked = 0

    async def execute(self, *_: Any) -> str:
        return "SELECT 1"

    async def fetchval(self, *_: Any) -> int:
        self.asked += 1
        return self.used


async def test_hardly_anything_is_counted() -> None:
    """A count gives an allowance of a fiftieth of the quota, less as it fills."""
    quota, connection = Quota("things", 1_000, "", TooManyTasksError), Counted()
    database: Any = connection
    for _ in range(84):
        await quota.take(database, "anna")
    assert connection.asked == 4, "one for every 21"
    connection.used, connection.asked = 990, 0
    for _ in range(10):
        await quota.take(database, "bert")
        connection.used += 1
    assert connection.asked == 10, "near its end each time"
    with pytest.raises(TooManyTasksError):
        await quota.take(database, "bert")
