"""Tells what happened to an account: a row of the outbox in the transaction of the change, or none at all."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from chat_api.commands.actor import Actor
from taskflow_core.bus import outbox
from taskflow_core.database.pool import Connection
from taskflow_core.events.account import AccountEvent
from taskflow_core.events.topics import CHAT_API

OPERATOR: Final = "operator"
"""The actor of what is done by command."""

# Accounts among these that are there and not being erased; locked, so that none is closed before the transaction ends.
_OPEN: Final = """
SELECT id FROM users
WHERE id = ANY($1) AND NOT EXISTS (SELECT FROM erasures WHERE user_id = users.id AND done_at IS NULL)
ORDER BY id FOR SHARE
"""


def about(user_id: str, at: datetime, actor_id: str | None = None) -> dict[str, Any]:
    """What each event of an account says, under a new id; the user did it themselves unless somebody else is named."""
    actor = Actor.here(actor_id or user_id)
    return {
        "event_id": str(uuid.uuid4()),
        "timestamp": at,
        "user_id": user_id,
        "actor_id": actor.id,
        "correlation_id": actor.correlation_id,
    }


async def tell(connection: Connection, *events: AccountEvent) -> None:
    """Tell of changes within their transaction; last, when all else is done."""
    await outbox.append(connection, CHAT_API, events)


async def tell_of_open(connection: Connection, events: Sequence[AccountEvent]) -> int:
    """Tell what changed no row, within a transaction: of accounts that are open only, so that nothing comes after an
    account's last event. How many were told."""
    rows = await connection.fetch(_OPEN, sorted({event.user_id for event in events}))
    still = {row["id"] for row in rows}
    told = [event for event in events if event.user_id in still]
    await tell(connection, *told)
    return len(told)
