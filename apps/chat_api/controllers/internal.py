"""What the recurring-task-processor asks for: occurrences of series that are due. Not reachable from outside."""

import asyncio
from typing import Annotated, Any

import msgspec
import structlog
from litestar import Request, post
from litestar.params import JSONBody
from msgspec import Meta

from chat_api.answers import quotas_of
from chat_api.commands.actor import Actor
from chat_api.commands.occurrences import create_occurrences, series_failed
from chat_api.quotas import Quota
from taskflow_core.bus.delivery import reason_of
from taskflow_core.database.outages import HELD_UP, OUTAGES
from taskflow_core.domain.task import Task
from taskflow_core.events.topics import RECURRING_TASK_PROCESSOR
from taskflow_core.service.auth import CALLER, internal
from taskflow_core.service.composition import Runtime
from taskflow_core.service.litestar_app import FromRuntime

log = structlog.get_logger(__name__)

MOST_SECONDS = 5.0
"""How long series may take: one whose rows somebody else holds must not hold up the others."""


class TooSlowError(Exception):
    """It took too long, or somebody else holds its rows; nothing was made."""


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


@post(
    "/internal/occurrences",
    guards=[internal],
    opt={CALLER: RECURRING_TASK_PROCESSOR},
    status_code=200,
    include_in_schema=False,
)
async def occurrences(
    request: Request[Any, Any, Any], runtime: FromRuntime, data: JSONBody[DueSeries]
) -> MadeOccurrences:
    """Idempotent, since a slot is made once."""
    quota = quotas_of(request).tasks
    try:
        made = await _together(runtime, data.series_ids, quota)
    except OUTAGES:
        raise
    except Exception as error:
        # One of them is at fault; alone it fails alone.
        log.warning("series_failed_together", count=len(data.series_ids), reason=reason_of(error))
        return MadeOccurrences(items=[await _alone(runtime, series_id, quota) for series_id in data.series_ids])
    return MadeOccurrences(items=[_made(series_id, made) for series_id in data.series_ids])


async def _together(runtime: Runtime, series_ids: list[str], quota: Quota) -> dict[str, list[Task]]:
    actor = Actor.here(RECURRING_TASK_PROCESSOR)
    limit = asyncio.timeout(MOST_SECONDS)
    try:
        # A transaction of the database's own wakes the relay once it has committed.
        async with runtime.database.transaction() as connection, limit:
            return await create_occurrences(connection, series_ids, actor, runtime.clock.now(), quota)
    except HELD_UP as error:
        if isinstance(error, TimeoutError) and not limit.expired():
            raise  # no connection was free
        why = f"took longer than {MOST_SECONDS:g} s" if limit.expired() else reason_of(error)
        raise TooSlowError(why) from None


async def _alone(runtime: Runtime, series_id: str, quota: Quota) -> Made:
    try:
        return _made(series_id, await _together(runtime, [series_id], quota))
    except OUTAGES:
        raise
    except Exception as error:
        # A series that fails must not hold up the others; it waits, longer each time, and says why.
        log.exception("series_failed", series_id=series_id)
        await series_failed(runtime.database, series_id, reason_of(error))
        return Made(series_id=series_id, error=reason_of(error))


def _made(series_id: str, made: dict[str, list[Task]]) -> Made:
    return Made(series_id=series_id, task_ids=[task.id for task in made.get(series_id, [])])
