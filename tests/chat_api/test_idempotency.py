"""Idempotency-Key: the same request again gets the same answer, and nothing is done twice."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import httpx
import pytest

from chat_api.answers import EXPIRE
from taskflow_core.database.pool import Database
from tests.chat_api.people import PREFERENCES, TASKS, User
from tests.chat_api.published import published_kinds
from tests.support.connections import connected
from tests.support.waiting import eventually

KEY = {"Idempotency-Key": "3f1c"}


@pytest.fixture
async def elsewhere(owner_url: str) -> AsyncGenerator[asyncpg.Connection]:
    """A connection of somebody else's, who can hold things up."""
    async with connected(owner_url) as connection:
        yield connection


async def make(user: User, title: str = "A", **headers: str) -> httpx.Response:
    return await user.http.post(TASKS, json={"title": title}, headers=KEY | headers)


def same(one: httpx.Response, other: httpx.Response) -> bool:
    """Whether two answers are one: status, body and headers of the answer itself."""
    names = ("content-type", "etag")
    return (one.status_code, one.content, *(one.headers.get(n) for n in names)) == (
        other.status_code, other.content, *(other.headers.get(n) for n in names)
    )  # fmt: skip


async def test_made_once(anna: User, database: Database) -> None:
    first, second = await make(anna), await make(anna)
    assert first.status_code == 201
    assert same(first, second)
    assert await database.fetchval("SELECT count(*) FROM tasks") == 1
    assert await published_kinds(database) == [("task.created", 1)]


async def test_the_first_answer_is_given_whatever_happened_since(anna: User) -> None:
    first = await make(anna)
    await anna.changes(first.json()["id"], title="B")
    assert same(await make(anna), first)
    await anna.http.delete(f"{TASKS}/{first.json()['id']}")
    assert same(await make(anna), first)


async def test_each_route_that_writes(anna: User, database: Database) -> None:
    task = await anna.makes(due_date="2027-03-01", reminders=["1 day"])
    url = f"{TASKS}/{task['id']}"
    calls: list[tuple[str, str, Any]] = [
        ("PATCH", url, {"completed": True}),
        ("PUT", url, {"title": "B"}),
        ("POST", f"{url}/acknowledge", None),
        ("PUT", PREFERENCES, {"timezone": "Europe/Berlin"}),
        ("POST", "/api/v1/chat", {"message": "add call mum"}),
        ("POST", f"/api/{anna.id}/chat", {"message": "add call dad"}),
        ("DELETE", url, None),
    ]
    for method, path, body in calls:
        answers = [await anna.http.request(method, path, json=body, headers=KEY) for _ in range(2)]
        assert answers[0].status_code in (200, 204), answers[0].text
        assert same(*answers), f"{method} {path}"
    assert [title["title"] for title in await database.fetch("SELECT title FROM tasks ORDER BY title")] == [
        "call dad",
        "call mum",
    ]


async def test_another_request_with_the_key_is_refused(anna: User, database: Database) -> None:
    await make(anna)
    for answer in (await make(anna, "B"), await anna.http.post(f"{TASKS}?x=1", json={"title": "A"}, headers=KEY)):
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert await database.fetchval("SELECT count(*) FROM tasks") == 1


async def test_if_match_is_part_of_the_request(anna: User) -> None:
    task = await anna.makes()
    url = f"{TASKS}/{task['id']}"
    first = await anna.http.patch(url, json={"title": "B"}, headers=KEY | {"If-Match": "*"})
    assert first.status_code == 200
    answer = await anna.http.patch(url, json={"title": "B"}, headers=KEY)
    assert answer.status_code == 422


async def test_a_key_is_of_one_user_and_one_route(anna: User, bert: User, database: Database) -> None:
    mine, theirs = await make(anna), await make(bert)
    assert mine.json()["id"] != theirs.json()["id"]
    answer = await anna.http.patch(f"{TASKS}/{mine.json()['id']}", json={"title": "A"}, headers=KEY)
    assert answer.status_code == 200
    answer = await anna.http.delete(f"{TASKS}/{mine.json()['id']}", headers=KEY)
    assert answer.status_code == 204
    assert await database.fetchval("SELECT count(*) FROM idempotency_keys") == 4


async def test_while_the_first_is_running(anna: User, elsewhere: asyncpg.Connection) -> None:
    task = await anna.makes()
    url = f"{TASKS}/{task['id']}"

    async def complete() -> httpx.Response:
        return await anna.http.patch(url, json={"completed": True}, headers=KEY)

    async def runs() -> None:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')"
        assert await elsewhere.fetchval(waiting) > 0

    async with elsewhere.transaction():
        await elsewhere.execute("SELECT FROM tasks WHERE id = $1 FOR UPDATE", task["id"])
        first = asyncio.create_task(complete())
        await eventually(runs)
        refused = await complete()
        assert (refused.status_code, refused.json()["detail"]["code"]) == (409, "IDEMPOTENCY_KEY_IN_USE")
        assert int(refused.headers["retry-after"]) > 0
    assert (await first).status_code == 200
    assert same(await complete(), await first)


async def test_many_at_once_make_one(anna: User, database: Database) -> None:
    answers = await asyncio.gather(*(make(anna) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert await database.fetchval("SELECT count(*) FROM tasks") == 1


@pytest.mark.parametrize(
    ("body", "status"), [({"title": "  "}, 400), ({"title": "A", "reminders": ["1 day"]}, 422), ({}, 422)]
)
async def test_what_failed_can_be_tried_again_with_the_key(
    anna: User, database: Database, body: dict[str, Any], status: int
) -> None:
    refused = await anna.http.post(TASKS, json=body, headers=KEY)
    assert refused.status_code == status
    assert await database.fetchval("SELECT count(*) FROM idempotency_keys") == 0, "nothing was done, nothing is kept"
    assert (await make(anna)).status_code == 201


async def test_answer_and_change_are_one_transaction(anna: User, elsewhere: asyncpg.Connection) -> None:
    """Where the answer cannot be kept the task is not made either: the client may ask again."""
    await elsewhere.execute("ALTER TABLE idempotency_keys ADD CONSTRAINT full_up CHECK (status < 200) NOT VALID")
    assert (await make(anna)).status_code == 500
    assert await elsewhere.fetchval("SELECT count(*) FROM tasks") == 0
    assert await elsewhere.fetchval("SELECT count(*) FROM outbox") == 0
    await elsewhere.execute("ALTER TABLE idempotency_keys DROP CONSTRAINT full_up")
    assert (await make(anna)).status_code == 201


async def test_a_day_later_the_key_is_a_new_one(anna: User, database: Database) -> None:
    first = await make(anna)
    age = "UPDATE idempotency_keys SET created_at = now() - $1::text::interval"
    await database.execute(age, "23 hours 59 minutes")
    assert same(await make(anna), first)
    await database.execute(age, "24 hours 1 minute")
    again = await make(anna, "B")
    assert again.status_code == 201
    assert again.json()["id"] != first.json()["id"]
    assert same(await make(anna, "B"), again)

    await database.execute(age, "24 hours 1 minute")
    await database.execute(EXPIRE)
    assert await database.fetchval("SELECT count(*) FROM idempotency_keys") == 0


NO_KEYS: list[str] = ["", "x" * 256, "a\tb", "\x7f"]


async def test_what_is_no_key(client: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    for key in NO_KEYS:
        with subtests.test(key=key):
            answer = await client.post(TASKS, json={"title": "A"}, headers={"Idempotency-Key": key})
            assert answer.status_code == 422
            assert answer.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]
