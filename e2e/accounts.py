"""What people do with their accounts: live in them, sign in and out, and leave for good."""

import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import httpx

from e2e import database
from e2e.load import PASSWORD, Person
from taskflow_ops.cluster import Cluster
from tests.support.table_search import tables_with
from tests.support.waiting import eventually

_CHATS: Final = "SELECT id FROM conversation WHERE user_id = $1 FOR UPDATE"
_TO_DO: Final = "SELECT count(*) FROM erasures WHERE user_id = $1"
_ERASED: Final = """
SELECT count(*) FROM erasures WHERE user_hash = sha256(convert_to($1, 'UTF8')) AND done_at IS NOT NULL
"""


async def live_in(person: Person) -> None:
    """A series, reminders, preferences, a conversation, an answer kept for a repeated request; a stream's ticket, a
    password mistyped, a sign-in that was ended again."""
    client = person.client
    due = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    series = {"title": "Every day", "due_date": due, "recurrence_pattern": "daily", "reminders": ["PT1H", "P1D"]}
    for answer in (
        await client.post("/api/v1/tasks", json=series, headers={"Idempotency-Key": uuid.uuid4().hex}),
        await client.put("/api/v1/me/preferences", json={"timezone": "Europe/Berlin", "notifications": "all"}),
        await client.post(f"/api/{person.id}/chat", json={"message": "add buy bread"}),
        await client.post("/api/v1/tasks", json={"title": "Once", "due_date": due, "reminders": ["PT1H"]}),
        await client.post("/api/v1/notifications/stream/ticket"),
    ):
        assert answer.is_success, answer.text
    assert await signs_in(person, password="mistyped, alas") == 401
    assert await signs_in(person, and_out=True) == 200


async def signs_in(person: Person, *, password: str = PASSWORD, and_out: bool = False) -> int:
    """How signing in is answered, on a connection of its own: the person's tokens stay what they are."""
    async with httpx.AsyncClient(base_url=person.client.base_url, timeout=15, trust_env=False) as client:
        answer = await client.post("/api/v1/auth/login", json={**person.account, "password": password})
        if and_out:
            headers = {"Authorization": f"Bearer {answer.json()['token']}"}
            ended = await client.post("/api/v1/auth/logout", json={"everywhere": False}, headers=headers)
            assert ended.is_success, ended.text
    return answer.status_code


async def leave(person: Person) -> None:
    """Deletes the account: closed from now on, and to be erased."""
    answer = await person.client.request("DELETE", "/api/v1/auth/account", json={"password": PASSWORD})
    assert answer.status_code == 202, answer.text


async def is_erased(connection: asyncpg.Connection, person: Person) -> None:
    """Waits until the erasure of an account is done; then nothing that she wrote is anywhere."""

    async def done() -> None:
        assert await connection.fetchval(_ERASED, person.id)

    await eventually(done, within=90, every=0.5)
    assert not await connection.fetchval("SELECT count(*) FROM users WHERE id = $1", person.id)
    for title in {title for title, _ in person.journal.tasks.values()}:
        assert await tables_with(connection, title) == set()


@asynccontextmanager
async def half_erased(cluster: Cluster, connection: asyncpg.Connection, person: Person) -> AsyncGenerator[None]:
    """While entered, the account of somebody who has left is closed and erased in part: her tasks are gone, her chats
    are not, since somebody holds their rows."""
    async with database.connected(cluster) as holder, holder.transaction():
        assert await holder.fetch(_CHATS, person.id)
        await leave(person)

        async def begun() -> None:
            assert not await connection.fetchval("SELECT count(*) FROM tasks WHERE user_id = $1", person.id)

        await eventually(begun, within=30, every=0.2)
        assert await connection.fetchval(_TO_DO, person.id)
        yield
