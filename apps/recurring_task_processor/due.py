"""Finds series of which something is due."""

from datetime import datetime
from typing import Final

from taskflow.database.pool import Database

# Series due at an instant and not put off, the longest due first.
_DUE: Final = """
SELECT series_id FROM task_series
WHERE ended_at IS NULL AND make_at <= $1 AND (retry_at IS NULL OR retry_at <= now()) AND NOT series_id = ANY($3)
ORDER BY make_at, series_id LIMIT $2
"""
# When the next series is due.
_NEXT: Final = "SELECT min(make_at) FROM task_series WHERE ended_at IS NULL AND make_at IS NOT NULL"


async def due_series(database: Database, now: datetime, limit: int, tried: list[str]) -> list[str]:
    """Ids of up to `limit` series due at `now`, without those `tried` already."""
    return [row["series_id"] for row in await database.fetch(_DUE, now, limit, tried)]


async def next_due(database: Database) -> datetime | None:
    """When the next series is due, if any is."""
    return await database.fetchval(_NEXT)
