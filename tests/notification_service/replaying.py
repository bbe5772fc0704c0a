"""Readers that come back, and what happened while they were away."""

from collections.abc import Sequence
from typing import Any, Literal

from notification_service.endpoint import PATH
from taskflow_core.bus import outbox
from taskflow_core.database.pool import Database
from taskflow_core.events.model import Event
from tests.notification_service.rig import (
    Reader,
    Running,
)


async def back(running: Running, user_id: str, last_id: str, *, by_url: str | Literal[False] = False) -> Reader:
    if by_url:
        return await running.connect(user_id, path=f"{PATH}?{by_url}={last_id}")
    return await running.connect(user_id, headers=[f"Last-Event-ID: {last_id}"])


def ids(frames: Sequence[dict[str, Any]]) -> list[str]:
    return [frame["id"] for frame in frames]


async def publish(database: Database, *events: Event) -> None:
    """Put events into the outbox, as published just now."""
    async with database.transaction() as connection:
        await outbox.append(connection, "chat-api", events)
        await connection.execute("UPDATE outbox SET published_at = now(), publish_count = 1 WHERE published_at IS NULL")


async def prefer(database: Database, user_id: str, notifications: str) -> None:
    await database.execute(
        "INSERT INTO user_preferences (user_id, notifications) VALUES ($1, $2) "
        "ON CONFLICT (user_id) DO UPDATE SET notifications = excluded.notifications, updated_at = now()",
        user_id,
        notifications,
    )
