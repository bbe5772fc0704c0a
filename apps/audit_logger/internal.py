"""What chat-api asks for: the events of one user, for the export of their account. Not reachable from outside."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, post
from litestar.params import JSONBody
from msgspec import Meta

from audit_logger.controllers import FromAudit
from audit_logger.encryption.keys import Keys
from audit_logger.trail.queries import COLUMNS, AuditItem, instant, items
from taskflow_core.database.pool import Database
from taskflow_core.events.topics import CHAT_API
from taskflow_core.service.auth import CALLER, internal

PAGE: Final = 500

# Some of a user's events, the oldest first, after a place among them: what was recorded until a moment.
_NEXT: Final = f"""
SELECT {COLUMNS} FROM task_events
WHERE user_id = $1 AND recorded_at <= $2 AND occurred_at >= $3 AND (occurred_at, event_id) > ($3, $4)
ORDER BY occurred_at, event_id LIMIT $5
"""  # noqa: S608  # COLUMNS is a constant
_FIRST: Final = datetime.fromisoformat("0001-01-01T00:00:00+00:00"), uuid.UUID(int=0)


class Place(msgspec.Struct, frozen=True):
    """After which event to go on."""

    at: Annotated[datetime, Meta(tz=True)]
    id: uuid.UUID


class TrailOf(msgspec.Struct, frozen=True, kw_only=True):
    """Whose events, recorded until when, after which one, and how many at most."""

    user_id: Annotated[str, Meta(min_length=1, max_length=255)]
    until: Annotated[datetime, Meta(tz=True)]
    after: Place | None = None
    limit: Annotated[int, Meta(ge=1, le=PAGE)] = PAGE


class TrailPage(msgspec.Struct, frozen=True, kw_only=True):
    """Events, and where to go on; null at the end."""

    items: list[AuditItem]
    next: Place | None


async def events_of(
    database: Database, keys: Keys, user_id: str, until: datetime, after: Place | None = None, limit: int = PAGE
) -> TrailPage:
    """Some of a user's events as they are shown to the user. Raises outages."""
    at, event_id = _FIRST if after is None else (after.at, after.id)
    rows = await database.fetch(_NEXT, user_id, until, at, event_id, limit)
    last = rows[-1] if len(rows) == limit else None
    place = None if last is None else Place(last["occurred_at"], last["event_id"])
    return TrailPage(items=await items(keys, rows), next=place)


@post("/internal/trail", guards=[internal], opt={CALLER: CHAT_API}, status_code=200, include_in_schema=False)
async def trail(audit: FromAudit, data: JSONBody[TrailOf]) -> Response[Any]:
    """What the user themselves would be shown."""
    until, after = instant("until", data.until, where="body"), data.after
    if after is not None:
        after = Place(instant("after", after.at, where="body"), after.id)
    page = await events_of(audit.database, audit.keys, data.user_id, until, after, data.limit)
    return Response(msgspec.json.encode(page), media_type="application/json")
