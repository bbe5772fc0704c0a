"""The sessions of a user that go on, as the user sees them."""

from datetime import datetime
from typing import Final

import msgspec

from taskflow_core.database.pool import Database
from taskflow_core.service.cursors import text_position
from taskflow_core.service.pages import Page, page_of
from taskflow_core.service.tokens import Identity

_LIST: Final = "sessions"
# A user's sessions that go on, the newest first, after a position.
_PAGE: Final = """
SELECT id, device, created_at, last_used_at, expires_at FROM sessions
WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
    AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4))
ORDER BY created_at DESC, id DESC LIMIT $5
"""


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """A session that goes on.

    `device` is the User-Agent of the program that began it; `last_used_at` when its tokens were last renewed, and
    `expires_at` when it ends unless they are again. `current` is the one that the request is signed in by.
    """

    id: str
    device: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool


async def sessions_of(
    database: Database, identity: Identity, now: datetime, limit: int, cursor: str | None
) -> Page[SessionView]:
    """A page of a user's sessions, the newest first. Raises InvalidError for a cursor that is none."""
    position = None if cursor is None else text_position(cursor, _LIST)
    after = (None, None) if position is None else (position.at, position.id)
    rows = await database.fetch(_PAGE, identity.user_id, now, *after, limit + 1)
    page = page_of(rows, limit, _LIST, at="created_at", id="id")
    items = [SessionView(**dict(row), current=row["id"] == identity.session_id) for row in page.items]
    return Page(items=items, cursor=page.cursor)
