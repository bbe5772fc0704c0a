"""Disabling an account, and enabling it again.

While it is disabled a hash of nothing that anybody knows stands where the password's was: so Phase IV refuses it as
well, with its own answer for a wrong password. Both are one transaction, and may be repeated at any time.
"""

import asyncio
import secrets
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import bcrypt
import msgspec

from chat_api.accounts import account_of
from chat_api.security.telling import OPERATOR, about, tell
from chat_api.sessions import store
from chat_api.sessions.revoked import all_revoked
from taskflow_core.database.pool import Database
from taskflow_core.events.account import Disabled, Enabled

_NOW: Final = "SELECT now()"
# The password's hash, and what was put in its place when the account was disabled before.
_HASHES: Final = """
SELECT hashed_password AS present, placeholder FROM users LEFT JOIN disabled_accounts ON user_id = id
WHERE id = $1 FOR UPDATE OF users
"""
_PARK: Final = """
INSERT INTO disabled_accounts (user_id, parked_hash, placeholder, disabled_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (user_id) DO UPDATE SET parked_hash = excluded.parked_hash, placeholder = excluded.placeholder
"""
_REPLACE: Final = "UPDATE users SET hashed_password = $2 WHERE id = $1 AND hashed_password = $3"
# One that is being erased stays closed.
_UNPARK: Final = """
DELETE FROM disabled_accounts WHERE user_id = $1 AND NOT EXISTS (SELECT FROM erasures WHERE user_id = $1)
RETURNING parked_hash, placeholder
"""
# Has every process look at the account.
_LOOK: Final = """
INSERT INTO revocations AS known (kind, subject, user_id, expires_at) VALUES ('user', $1, $1, $2)
ON CONFLICT (kind, subject) DO UPDATE SET xid = excluded.xid,
    expires_at = greatest(known.expires_at, excluded.expires_at)
"""


_IS_DISABLED: Final = "SELECT EXISTS (SELECT FROM disabled_accounts WHERE user_id = $1)"


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What was done: to which account, whether it was as asked for before, and how many sessions ended."""

    user_id: str
    email: str
    already: bool
    sessions: int = 0


async def is_disabled(database: Database, user_id: str) -> bool:
    """Whether nobody may sign in to an account. Raises outages."""
    return await database.fetchval(_IS_DISABLED, user_id)


async def disable(database: Database, email: str, *, lasts: timedelta, rounds: int = 12) -> Done | None:
    """Close an account and end its sessions, or None where the address means none, or several.

    `lasts` is how long a token may be valid that was issued until now. Raises outages.
    """
    row = await account_of(database, email)
    if row is None:
        return None
    placeholder = await hash_of_nothing(rounds)
    async with database.transaction() as connection:
        now: datetime = await connection.fetchval(_NOW)
        ended = await store.end_all(connection, row["id"], now, now + lasts)
        hashes = await connection.fetchrow(_HASHES, row["id"])
        if hashes is None:
            return None  # gone meanwhile
        already = hashes["placeholder"] == hashes["present"]
        if not already:
            await connection.execute(_PARK, row["id"], hashes["present"], placeholder, now)
            await connection.execute(_REPLACE, row["id"], placeholder, hashes["present"])
            disabled = Disabled(**about(row["id"], now, OPERATOR))
            await tell(connection, disabled, *all_revoked(row["id"], "disabled", ended, now, actor_id=OPERATOR))
    sessions = sum(one.kind == "session" for one in ended)
    return Done(user_id=row["id"], email=row["email"], already=already, sessions=sessions)


async def hash_of_nothing(rounds: int = 12) -> str:
    """A hash, in Phase IV's form, of a password that nobody knows."""
    unknown = secrets.token_urlsafe(32).encode()
    return (await asyncio.to_thread(bcrypt.hashpw, unknown, bcrypt.gensalt(rounds))).decode()


async def enable(database: Database, email: str, *, lasts: timedelta) -> Done | None:
    """Open an account again, with the password it had unless that was changed meanwhile; its sessions have ended.

    None where the address means none, or several. Raises outages.
    """
    row = await account_of(database, email)
    if row is None:
        return None
    async with database.transaction() as connection:
        await store.one_at_a_time(connection, row["id"])
        now: datetime = await connection.fetchval(_NOW)
        parked: asyncpg.Record | None = await connection.fetchrow(_UNPARK, row["id"])
        if parked is not None:
            await connection.execute(_REPLACE, row["id"], parked["parked_hash"], parked["placeholder"])
            await connection.execute(_LOOK, row["id"], now + lasts)
            await tell(connection, Enabled(**about(row["id"], now, OPERATOR)))
    return Done(user_id=row["id"], email=row["email"], already=parked is None)
