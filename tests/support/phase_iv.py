"""The Phase IV release, as tests run it on a database (e2e/release), and its tables as the catalogue tells them."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final, Literal

import httpx
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from sqlmodel import Session

from e2e.release import tokens
from e2e.release.app import create_app
from e2e.release.settings import ReleaseSettings
from e2e.release.tables import Task
from taskflow_core.database.pool import Connection

TimestampType = Literal["timestamp without time zone", "timestamp with time zone"]
VARIANTS: Final[tuple[TimestampType, ...]] = ("timestamp without time zone", "timestamp with time zone")
"""What its builds, older and newer, made of every time."""

TABLES: Final = ("users", "tasks", "conversation", "message")

# Rows of its own columns, whatever others a table has.
_ROWS: Final = """
SELECT 'users' AS relation, id, row (id, email, hashed_password, created_at, updated_at)::text AS content FROM users
UNION ALL
SELECT 'tasks', id, row (id, user_id, title, description, completed, created_at, updated_at)::text FROM tasks
UNION ALL
SELECT 'conversation', id, row (id, user_id, created_at, updated_at)::text FROM conversation
UNION ALL
SELECT 'message', id, row (id, user_id, conversation_id, role, content, tool_calls, created_at)::text FROM message
"""
_CHECKSUM: Final = f"""
SELECT encode(sha256(convert_to(string_agg(relation || content, E'\\n' ORDER BY relation, id), 'UTF8')), 'hex')
FROM ({_ROWS}) AS everything
"""

# What the catalogue says of a table: columns in order, constraints, indexes, triggers.
_SHAPE: Final = """
SELECT 'column' AS kind, attname AS name,
    format('%s %s %s', format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)) AS definition
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = $1::regclass AND contype <> 'n'
UNION ALL SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = $1::regclass
UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger
    WHERE tgrelid = $1::regclass AND NOT tgisinternal
ORDER BY 1, 2
"""

Shape = dict[str, list[tuple[str, str, str]]]


async def shape(connection: Connection) -> Shape:
    """Its tables as they are now, by name: (kind, name, definition) of everything that is part of them."""
    return {table: [tuple(row) for row in await connection.fetch(_SHAPE, table)] for table in TABLES}


async def checksum(connection: Connection) -> str:
    """Over every row it can see."""
    return await connection.fetchval(_CHECKSUM)


class Release:
    """A running release, and the calls its clients make: each as the user whose task it is."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, settings: ReleaseSettings) -> None:
        self.client = client
        self._app = app
        self._settings = settings

    async def sign_up(self) -> str:
        """The id of a new user."""
        body = {"email": f"{uuid.uuid4()}@example.com", "password": "correct horse"}
        return (await self._call("POST", "/api/v1/auth/signup", 201, body=body))["user"]["id"]

    async def create(self, user_id: str, title: str = "Buy milk", description: str | None = None) -> str:
        """The id of a new task."""
        body = {"title": title, "description": description}
        return (await self._call("POST", "/api/v1/tasks", 201, user_id, body))["id"]

    async def rename(self, task_id: str, title: str) -> None:
        """Gives a task another title."""
        await self._change(task_id, title=title)

    async def complete(self, task_id: str, completed: bool = True) -> None:
        """Closes a task, or opens it again."""
        await self._change(task_id, completed=completed)

    async def delete(self, task_id: str) -> None:
        """Takes a task away."""
        await self._call("DELETE", f"/api/v1/tasks/{task_id}", 204, await self._owner(task_id))

    async def chat(self, user_id: str, message: str = "show my tasks") -> None:
        """A question and its answer, in a new conversation."""
        await self._call("POST", f"/api/{user_id}/chat", 200, user_id, {"message": message})

    async def _change(self, task_id: str, **fields: Any) -> None:
        await self._call("PUT", f"/api/v1/tasks/{task_id}", 200, await self._owner(task_id), fields)

    async def _owner(self, task_id: str) -> str:
        def read() -> str:
            with Session(self._app.state.engine) as session:
                task = session.get(Task, task_id)
                assert task is not None, "the release sees no such task"
                return task.user_id

        return await asyncio.to_thread(read)

    async def _call(
        self, method: str, path: str, status: int, user_id: str | None = None, body: dict[str, Any] | None = None
    ) -> Any:
        token = None if user_id is None else tokens.issue(self._settings, user_id, "somebody@example.com")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await self.client.request(method, path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


@asynccontextmanager
async def release_on(
    url: str,
    *,
    time: TimestampType = "timestamp without time zone",
    secret: str = "a-secret-for-tests-of-32-or-more-characters",
) -> AsyncGenerator[Release]:
    """The release on a database; it has made the tables that were missing. `secret` is that of tests/conftest.py."""
    settings = ReleaseSettings(
        database_url=url, secret=secret, bcrypt_rounds=4, aware_times=time == "timestamp with time zone"
    )
    app = create_app(settings)
    async with (
        LifespanManager(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://release") as client,
    ):
        yield Release(app, client, settings)


async def make_tables(url: str, time: TimestampType) -> None:
    """Its tables, as a first start of it makes them."""
    async with release_on(url, time=time):
        pass
