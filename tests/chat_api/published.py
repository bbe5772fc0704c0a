"""What the outbox holds: the events that chat-api publishes, in order."""

from taskflow_core.database.pool import Database
from taskflow_core.events.account import AccountEvent
from taskflow_core.events.envelope import decode
from taskflow_core.events.model import Event

_PUBLISHED = "SELECT payload FROM outbox WHERE $1::text IS NULL OR task_id = $1 ORDER BY seq"


async def published_events(database: Database, task_id: str | None = None) -> list[Event]:
    """Events of a task, or of all tasks, oldest first."""
    events = [decode(row["payload"]).data for row in await database.fetch(_PUBLISHED, task_id)]
    return [event for event in events if isinstance(event, Event)]


async def published_kinds(database: Database, task_id: str | None = None) -> list[tuple[str, int]]:
    """The same as (event type, version)."""
    return [(event.event_type, event.version) for event in await published_events(database, task_id)]


async def security_events(database: Database, user_id: str | None = None) -> list[AccountEvent]:
    """Security events of an account, or of all, oldest first."""
    events = [decode(row["payload"]).data for row in await database.fetch(_PUBLISHED, user_id)]
    return [event for event in events if not isinstance(event, Event)]
