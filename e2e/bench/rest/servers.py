"""The two servers, on the same uvicorn: chat-api as `taskflow serve` runs it, and the minimal app."""

import os
import socket
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
from litestar import Litestar, Request, get, post

from e2e.bench.rest.statements import INSERT_EVENT, INSERT_TASK, LIST
from taskflow_core.service.composition import factories
from taskflow_core.service.host import Host
from taskflow_core.service.server import serve
from taskflow_core.settings import Settings, load
from taskflow_core.telemetry import logs


class NewTask(msgspec.Struct):
    """What a client sends."""

    title: str
    description: str | None = None


class Task(msgspec.Struct):
    """What it gets: as many fields as chat-api's."""

    id: str
    user_id: str
    title: str
    description: str | None
    completed: bool
    created_at: datetime
    updated_at: datetime
    version: int = 1
    due_date: datetime | None = None
    due_all_day: bool | None = None
    recurrence_pattern: str | None = None
    recurrence_end_date: str | None = None
    recurrence_timezone: str | None = None
    parent_recurring_task_id: str | None = None
    occurrence_date: str | None = None
    reminder_config: str | None = None


def serve_on(kind: str, port: int) -> None:
    """Serves `kind` (taskflow, minimal) on a port of this machine, with the settings in the environment."""
    logs.configure("ERROR")
    settings = load(os.environ)
    app: Any = Host(settings, factories(["chat-api"])) if kind == "taskflow" else _minimal(settings)
    with socket.create_server(("127.0.0.1", port)) as listening:
        serve(app, listening, keep_alive_seconds=settings.keep_alive_seconds, max_connections=settings.max_connections)


def _minimal(settings: Settings) -> Litestar:
    """Nobody signs in, nothing is checked beyond types, errors are the framework's."""
    encode = msgspec.json.Encoder().encode

    @asynccontextmanager
    async def pooled(app: Litestar) -> AsyncGenerator[None]:
        async with asyncpg.create_pool(
            settings.database_url, min_size=1, max_size=settings.database_pool_size, server_settings={"jit": "off"}
        ) as pool:
            app.state.pool = pool
            yield

    @post("/api/v1/tasks")
    async def create(data: NewTask, request: Request[Any, Any, Any]) -> Task:
        now = datetime.now(UTC)
        task = Task(
            id=str(uuid.uuid4()),
            user_id=request.headers["x-user"],
            title=data.title,
            description=data.description,
            completed=False,
            created_at=now,
            updated_at=now,
        )
        event_id = uuid.uuid4()
        event = {"id": str(event_id), "time": now, "type": "task.created", "subject": task.id, "data": task}
        async with request.app.state.pool.acquire() as connection, connection.transaction():
            await connection.execute(INSERT_TASK, task.id, task.user_id, task.title, task.description, now)
            await connection.execute(INSERT_EVENT, event_id, task.id, now, encode(event).decode())
        return task

    @get("/api/v1/tasks")
    async def listed(request: Request[Any, Any, Any]) -> list[Task]:
        async with request.app.state.pool.acquire() as connection:
            rows = await connection.fetch(LIST, request.headers["x-user"])
        return [Task(**row) for row in rows]

    return Litestar([create, listed], lifespan=[pooled], openapi_config=None, logging_config=None)
