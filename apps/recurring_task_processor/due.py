"""Finds series of which something is due."""

from datetime import datetime
from typing import Final

from taskflow_core.database.pool import Database

# Series due at an instant and not put off, the longest due first.
_DUE: Final = """
SELECT series_id FROM task_series
WHERE ended_at IS NULL AND make_at <= $1 AND (retry_at IS NULL OR retry_at <= now()) AND NOT series_id = ANY($3)
ORDER BY make_at, series_id LIMIT $2
"""
# When the next series is due, or one that failed is to be tried again. Both look at few rows, by the index of make_at:
# what has failed is due already.
_NEXT: Final = """
SELECT least(
    (SELECT min(make_at) FROM task_series WHERE ended_at IS NULL AND make_at IS NOT NULL AND retry_at IS NULL),
    (SELECT min(retry_at) FROM task_series WHERE ended_at IS NULL AND make_at <= $1 AND retry_at IS NOT NULL)
)
"""


async def due_series(database: Database, now: datetime, limit: int, tried: list[str]) -> list[str]:
    """Ids of up to `limit` series due at `now`, without those `tried` already."""
    return [row["series_id"] for row in await database.fetch(_DUE, now, limit, tried)]


async def next_due(database: Database, now: datetime) -> datetime | None:
    """When the next series is due, or is tried again, if any is."""
    return await database.fetchval(_NEXT, now)
