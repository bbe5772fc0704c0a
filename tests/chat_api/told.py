"""What the outbox holds: the events that chat-api told, in order."""

from taskflow.database.pool import Database
from taskflow.events.envelope import decode
from taskflow.events.model import Event

_TOLD = "SELECT payload FROM outbox WHERE $1::text IS NULL OR task_id = $1 ORDER BY seq"


async def told(database: Database, task_id: str | None = None) -> list[Event]:
    """Events of a task, or of all tasks, oldest first."""
    return [decode(row["payload"]).data for row in await database.fetch(_TOLD, task_id)]


async def kinds_told(database: Database, task_id: str | None = None) -> list[tuple[str, int]]:
    """The same as (event type, version)."""
    return [(event.event_type, event.version) for event in await told(database, task_id)]
