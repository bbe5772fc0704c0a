"""Erasures as operators see them: asked for without a password, listed, and done again after a backup was restored."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import msgspec

from chat_api.erasing.closing import close
from chat_api.security.telling import OPERATOR, about, tell
from chat_api.sessions import store
from chat_api.sessions.disabling import hash_of_nothing
from chat_api.sessions.revoked import all_revoked
from taskflow_core.database.pool import Database
from taskflow_core.events.account import Deleted
from taskflow_core.user_hash import user_hash

_NOW: Final = "SELECT now()"
_LIST: Final = "SELECT encode(user_hash, 'hex') AS mark, asked_at, done_at, last_error FROM erasures ORDER BY asked_at"
# Accounts after an id.
_ACCOUNTS: Final = "SELECT id FROM users WHERE id > $1 ORDER BY id LIMIT 10000"


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """An account that was, or is being, erased; `mark` is the SHA-256 of its id in hexadecimal digits."""

    mark: str
    asked_at: datetime
    done_at: datetime | None = None
    last_error: str | None = None


async def erasures(database: Database) -> list[Erasure]:
    """All that there ever were, the oldest first. Raises outages."""
    return [msgspec.convert(dict(row), Erasure) for row in await database.fetch(_LIST)]


async def delete(database: Database, user_id: str, *, lasts: timedelta) -> bool:
    """Close an account and have it erased; whether it was there. `lasts` is how long a token may still be valid."""
    placeholder = await hash_of_nothing()
    async with database.transaction() as connection:
        now: datetime = await connection.fetchval(_NOW)
        ended = await store.end_all(connection, user_id, now, now + lasts)
        closed = await close(connection, user_id, placeholder)
        if closed:
            deleted = Deleted(**about(user_id, now, OPERATOR))
            await tell(connection, deleted, *all_revoked(user_id, "deleted", ended, now, actor_id=OPERATOR))
        return closed


async def apply(database: Database, marks: Collection[str], *, lasts: timedelta) -> int:
    """Have the accounts with these marks erased again; how many of them there are. May be repeated. Raises outages."""
    wanted = {mark.lower() for mark in marks}
    after, again = "", 0
    while rows := await database.fetch(_ACCOUNTS, after):
        for row in rows:
            if user_hash(row["id"]).hex() in wanted:
                again += await delete(database, row["id"], lasts=lasts)
        after = rows[-1]["id"]
    return again
