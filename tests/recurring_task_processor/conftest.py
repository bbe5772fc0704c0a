"""A processor whose runs a test begins, on a database with series that are due, and chat-api behind it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime

import httpx
import msgspec
import pytest
from litestar.types import Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from recurring_task_processor.chat_api import Occurrences
from recurring_task_processor.processor import Processor
from taskflow_core.database.pool import Database
from taskflow_core.service.answer_headers import AnswerHeaders
from taskflow_core.service.auth import API_TOKEN_HEADER
from taskflow_core.service.composition import Runtime
from taskflow_core.service.requests import observed
from taskflow_core.settings import Settings
from tests.support.clock import MovableClock

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)

# Daily series of one user, begun this morning, the next occurrence due since.
_FILL = """
WITH person AS (
    INSERT INTO users (id, email, hashed_password, created_at, updated_at)
    VALUES ('anna', 'anna@example.com', '-', now(), now()) ON CONFLICT DO NOTHING
), begun AS (
    INSERT INTO tasks (id, user_id, title, completed, created_at, updated_at, due_date, due_all_day, recurrence_pattern,
        recurrence_timezone, occurrence_date)
    SELECT 'task-' || n, 'anna', 'Water the plants', false, now(), now(), $2::timestamptz, false, 'daily', 'UTC',
        ($2::timestamptz AT TIME ZONE 'UTC')::date
    FROM generate_series(1, $1::integer) AS n RETURNING id, user_id, title, due_date, occurrence_date
), used AS (
    INSERT INTO series_slots (series_id, occurrence_date, task_id) SELECT id, occurrence_date, id FROM begun
)
INSERT INTO task_series (series_id, user_id, title, pattern, timezone, start_local, all_day, last_slot, next_slot,
    next_due, make_at)
SELECT id, user_id, title, 'daily', 'UTC', due_date AT TIME ZONE 'UTC', false, occurrence_date, occurrence_date + 1,
    due_date + interval '1 day', due_date
FROM begun
"""

MakeDue = Callable[[int], Awaitable[None]]


class Asked:
    """How many series each request to chat-api named, and their correlation ids."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.correlation_ids: list[str] = []

    async def record(self, request: httpx.Request) -> None:
        self.sizes.append(len(msgspec.json.decode(request.content)["series_ids"]))
        self.correlation_ids.append(request.headers["x-correlation-id"])


@pytest.fixture
def make_due(database: Database, clock: MovableClock) -> MakeDue:
    """make_due(count): that many series of which one occurrence is due."""
    clock.freeze(NOON)

    async def make(count: int) -> None:
        await database.execute(_FILL, count, NOON.replace(hour=9))

    return make


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
async def processor(
    settings: Settings, database: Database, clock: MovableClock, asked: Asked
) -> AsyncGenerator[Processor]:
    """A processor that asks a chat-api in this process."""
    from chat_api.app import create_service

    async with httpx.AsyncClient() as unused:
        service = create_service(Runtime(settings=settings, database=database, clock=clock, chat_api=unused))

        async def another_process(scope: Scope, receive: Receive, send: Send) -> None:
            # What it knows of the run, it knows from the request.
            with bound_contextvars(correlation_id=None):
                await observed(service.app, service.name, AnswerHeaders(https=False), scope, receive, send)

        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(another_process),  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
            base_url="http://chat-api",
            headers={API_TOKEN_HEADER: settings.api_token or ""},
            event_hooks={"request": [asked.record]},
        ) as client:
            yield Processor(database, clock, Occurrences(client))
