"""What the recurring-task-processor asks for: occurrences of series that are due. Not reachable from outside."""

from typing import Annotated, Any

import msgspec
import structlog
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta

from chat_api.commands.actor import Actor
from chat_api.commands.series import make_occurrences, series_failed
from taskflow.database.pool import OUTAGES, Database
from taskflow.domain.clock import Clock
from taskflow.events.topics import RECURRING_TASK_PROCESSOR

log = structlog.get_logger(__name__)


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
        return MadeOccurrences(items=[await one(series_id) for series_id in data.series_ids])

    async def one(series_id: str) -> Made:
        actor = Actor.here(RECURRING_TASK_PROCESSOR)
        try:
            async with database.transaction() as connection:
                made = await make_occurrences(connection, series_id, actor, clock.now())
        except OUTAGES:
            raise
        except Exception as error:
            # A series that fails must not hold up the others; it waits, longer each time, and says why.
            log.exception("series_failed", series_id=series_id)
            reason = f"{type(error).__name__}: {error}"[:500]
            await series_failed(database, series_id, reason)
            return Made(series_id=series_id, error=reason)
        return Made(series_id=series_id, task_ids=[task.id for task in made])

    return occurrences
