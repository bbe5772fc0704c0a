"""An account's sign-ins as an operator sees and ends them: its sessions, and its personal tokens."""

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from chat_api.account.tokens import revoke_all, revoke_one
from chat_api.security.telling import OPERATOR, about, tell
from chat_api.sessions import store
from chat_api.sessions.revoked import all_revoked, tell_each
from taskflow_core.database.pool import Database
from taskflow_core.events.account import TokensRevoked

# What an account is signed in by, the newest first; a token of Phase IV's that was never renewed is no row.
_LIST: Final = """
SELECT id, 'session' AS kind, device AS name, created_at, last_used_at, expires_at FROM sessions
WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now()
UNION ALL
SELECT id, 'token', name || ' (' || scopes || ')', created_at, last_used_at, expires_at FROM personal_tokens
WHERE user_id = $1 AND expires_at > now()
ORDER BY created_at DESC, id
"""
_NOW: Final = "SELECT now()"


class SignedInBy(msgspec.Struct, frozen=True, kw_only=True):
    """A session, named by the program that began it, or a personal token, by its name and scopes."""

    id: str
    kind: Literal["session", "token"]
    name: str | None
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime


async def signed_in_by(database: Database, user_id: str) -> list[SignedInBy]:
    """All that count, the newest first. Raises outages, as all of these do."""
    return [msgspec.convert(dict(row), SignedInBy) for row in await database.fetch(_LIST, user_id)]


async def end_one(database: Database, user_id: str, key: str) -> bool:
    """End the session or the personal token with an id, everywhere. False where the account has none such."""
    async with database.transaction() as connection:
        now: datetime = await connection.fetchval(_NOW)
        ended = await store.end_one(connection, user_id, key, now)
        await tell_each(connection, user_id, "signed_out", ended, now, actor_id=OPERATOR)
        revoked = await revoke_one(connection, user_id, key, now, actor_id=OPERATOR)
    return bool(ended or revoked)


async def end_all(database: Database, user_id: str, *, lasts: timedelta) -> tuple[int, int]:
    """End everything that an account is signed in by; how many sessions and how many personal tokens that were.

    `lasts` is how long a token may be valid that was issued until now.
    """
    async with database.transaction() as connection:
        now: datetime = await connection.fetchval(_NOW)
        ended = await store.end_all(connection, user_id, now, now + lasts)
        revoked = await revoke_all(connection, user_id)
        given = about(user_id, now, OPERATOR)
        tokens = [TokensRevoked(reason="everywhere", count=len(revoked), **given)] if revoked else []
        await tell(connection, *all_revoked(user_id, "everywhere", ended, now, actor_id=OPERATOR), *tokens)
    return sum(one.went_on for one in ended), len(revoked)
