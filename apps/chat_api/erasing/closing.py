"""Closing an account that is to be erased: one transaction, after which nobody is let in and its address is free."""

from typing import Final

from chat_api.accounts import Accounts, hold
from chat_api.security.telling import about
from chat_api.sessions.disabling import hash_of_nothing
from chat_api.sessions.stored import StoredSessions
from chat_api.signing_in.client import Client
from taskflow_core.database.pool import Connection
from taskflow_core.events.account import AccountEvent, Deleted
from taskflow_core.service.tokens import Identity
from taskflow_core.user_hash import user_hash

# The account without its address, under one that nobody can have taken before, and with a password that nobody knows.
_CLOSE: Final = """
WITH before AS (SELECT id, email FROM users WHERE id = $1 FOR UPDATE)
UPDATE users SET email = 'erased.' || gen_random_uuid() || '@erased.invalid', hashed_password = $2
FROM before WHERE users.id = before.id RETURNING before.email
"""
# Refused by its id as well; there is no password that could be put back.
_PARK: Final = """
INSERT INTO disabled_accounts (user_id, parked_hash, placeholder, disabled_at) VALUES ($1, $2, $2, now())
ON CONFLICT (user_id) DO UPDATE SET parked_hash = excluded.parked_hash, placeholder = excluded.placeholder
"""
_NOW: Final = "SELECT now()"
# What was mailed, or is to be, to the account or its address.
_FORGET_LINKS: Final = """
DELETE FROM account_links WHERE kind <> 'changed' AND (user_id = $1 OR user_id IS NULL AND lower(email) = lower($2))
"""
# But for notices to an address that was the account's: who took it over must not be able to stop them by deleting it.
_LEAVE_NOTICES: Final = "UPDATE account_links SET user_id = NULL WHERE user_id = $1 AND kind = 'changed'"
_NO_REMINDERS: Final = """
UPDATE reminder_schedule SET status = 'cancelled', updated_at = now() WHERE user_id = $1 AND status = 'pending'
"""
# The work to do; once more where a restored backup has an account again that was erased.
_ASK: Final = """
INSERT INTO erasures (user_hash, user_id) VALUES ($2, $1)
ON CONFLICT (user_hash) DO UPDATE SET user_id = excluded.user_id, done_at = NULL, attempts = 0, retry_at = NULL,
    last_error = NULL
"""


class Deletion:
    """Deletes accounts for their owners."""

    def __init__(self, accounts: Accounts, sessions: StoredSessions) -> None:
        self._accounts = accounts
        self._sessions = sessions

    async def delete(self, identity: Identity, password: str, client: Client) -> None:
        """Close the account of who shows its password; every session has ended, and the rest is the job's.

        Raises WrongPasswordError, TooManyAttemptsError, SignInBusyError, AccountGoneError, outages.
        """
        entry = await self._accounts.confirm(identity.user_id, password, client)
        placeholder = await hash_of_nothing()
        telling: list[AccountEvent] = []
        async with self._sessions.ending_all(identity.user_id, "deleted", telling=telling) as connection:
            await hold(connection, entry)
            await close(connection, identity.user_id, placeholder)
            telling.append(Deleted(**about(identity.user_id, await connection.fetchval(_NOW))))


async def close(connection: Connection, user_id: str, placeholder: str) -> bool:
    """Close the account and ask for its erasure, in a transaction that also ends its sessions; False if it is gone."""
    email: str | None = await connection.fetchval(_CLOSE, user_id, placeholder)
    if email is None:
        return False
    await connection.execute(_PARK, user_id, placeholder)
    await connection.execute(_FORGET_LINKS, user_id, email)
    await connection.execute(_LEAVE_NOTICES, user_id)
    await connection.execute(_NO_REMINDERS, user_id)
    await connection.execute(_ASK, user_id, user_hash(user_id))
    return True
