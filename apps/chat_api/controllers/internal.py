"""What the recurring-task-processor asks for: occurrences of series that are due. Not reachable from outside."""

import asyncio
from typing import Annotated, Any

import msgspec
import structlog
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta

from chat_api.commands.actor import Actor
from chat_api.commands.making import make_occurrences, series_failed
from taskflow.bus.delivery import reason_of
from taskflow.database.pool import OUTAGES, Database
from taskflow.domain.clock import Clock
from taskflow.domain.task import Task
from taskflow.events.topics import RECURRING_TASK_PROCESSOR

log = structlog.get_logger(__name__)

MOST_SECONDS = 5.0
"""How long series may take: one whose rows somebody else holds must not hold up the others."""


class TooSlowError(Exception):
    """It took too long; nothing was made."""


class DueSeries(msgspec.Struct, frozen=True, kw_only=True):
    """Series of which something may be due."""

    series_ids: Annotated[list[str], Meta(min_length=1, max_length=100)]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one series: the tasks that were made, or why it failed (it is tried again later)."""

    series_id: str
    task_ids: list[str] = []
    error: str | None = None


class MadeOccurrences(msgspec.Struct, frozen=True, kw_only=True):
    """One entry per series asked for, in order."""

    items: list[Made]


def make_occurrences_route(database: Database, clock: Clock, guard: Any) -> HTTPRouteHandler:
    """POST /internal/occurrences: idempotent, since a slot is made once."""

    @post("/internal/occurrences", guards=[guard], status_code=200, include_in_schema=False)
    async def occurrences(data: JSONBody[DueSeries]) -> MadeOccurrences:
        try:
            made = await together(data.series_ids)
        except OUTAGES:
            raise
        except Exception as error:
            # One of them is at fault; alone it fails alone.
            log.warning("series_failed_together", count=len(data.series_ids), reason=reason_of(error))
            return MadeOccurrences(items=[await alone(series_id) for series_id in data.series_ids])
        return MadeOccurrences(items=[_made(series_id, made) for series_id in data.series_ids])

    async def together(series_ids: list[str]) -> dict[str, list[Task]]:
        actor = Actor.here(RECURRING_TASK_PROCESSOR)
        async with database.acquire() as connection:
            try:
                async with asyncio.timeout(MOST_SECONDS), connection.transaction():
                    return await make_occurrences(connection, series_ids, actor, clock.now())
            except TimeoutError:
                raise TooSlowError(f"took longer than {MOST_SECONDS:g} s") from None

    async def alone(series_id: str) -> Made:
        try:
            return _made(series_id, await together([series_id]))
        except OUTAGES:
            raise
        except Exception as error:
            # A series that fails must not hold up the others; it waits, longer each time, and says why.
            log.exception("series_failed", series_id=series_id)
            await series_failed(database, series_id, reason_of(error))
            return Made(series_id=series_id, error=reason_of(error))

    return occurrences


def _made(series_id: str, made: dict[str, list[Task]]) -> Made:
    return Made(series_id=series_id, task_ids=[task.id for task in made.get(series_id, [])])
