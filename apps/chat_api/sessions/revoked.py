"""What is told of sessions that have ended: of one by itself, or of all at once."""

from collections.abc import Sequence
from datetime import datetime

from chat_api.security.telling import about, tell
from chat_api.sessions.store import Ended
from taskflow_core.database.pool import Connection
from taskflow_core.events.account import RevokedBy, SessionsRevoked


async def tell_each(
    connection: Connection,
    user_id: str,
    why: RevokedBy,
    ended: Sequence[Ended],
    at: datetime,
    *,
    actor_id: str | None = None,
) -> None:
    """Tell of each session among `ended` that went on until now, within the transaction that ended it."""
    events = [
        SessionsRevoked(reason=why, count=1, session_id=one.subject, device=one.device, **about(user_id, at, actor_id))
        for one in ended
        if one.went_on
    ]
    await tell(connection, *events)


def all_revoked(
    user_id: str,
    why: RevokedBy,
    ended: Sequence[Ended],
    at: datetime,
    *,
    kept: str | None = None,
    actor_id: str | None = None,
) -> list[SessionsRevoked]:
    """The event of all sessions that ended at once; none where none went on, unless somebody asked for just that."""
    count = sum(one.went_on for one in ended)
    if not count and why != "everywhere":
        return []
    return [SessionsRevoked(reason=why, count=count, kept=kept, **about(user_id, at, actor_id))]
