"""Changing the password. Its hash stays where Phase IV has it, and in Phase IV's form."""

from typing import Final

import msgspec

from chat_api.account import links
from chat_api.accounts import Accounts, Entry, hold
from chat_api.security.telling import about
from chat_api.sessions.stored import StoredSessions
from chat_api.signing_in.client import Client
from chat_api.signing_in.passwords import check_new
from taskflow_core.domain.clock import Clock
from taskflow_core.events.account import PasswordChanged
from taskflow_core.service.tokens import Identity

_SET: Final = "UPDATE users SET hashed_password = $2, updated_at = $3::timestamptz WHERE id = $1"


class Passwords:
    """Changes passwords, and ends the sessions that were begun with the old one and the links that were mailed."""

    def __init__(self, clock: Clock, accounts: Accounts, sessions: StoredSessions) -> None:
        self._clock = clock
        self._accounts = accounts
        self._sessions = sessions

    async def change(self, identity: Identity, current: str, new: str, client: Client) -> Entry:
        """Set a new password for who shows the current one. Every session ends but the identity's own, and no link
        that was mailed before counts.

        Raises FieldError for a new one that is not taken, WrongPasswordError, TooManyAttemptsError, SignInBusyError,
        AccountGoneError.
        """
        await check_new(new, field="new")
        entry = await self._accounts.confirm(identity.user_id, current, client)
        hashed = await self._accounts.hash_new(new, entry.account.email, client)
        now, kept = self._clock.now(), identity.session_id
        changed = PasswordChanged(session_id=kept, **about(identity.user_id, now))
        async with self._sessions.ending_all(identity.user_id, "password", keep=kept, telling=[changed]) as connection:
            await hold(connection, entry)
            await connection.execute(_SET, identity.user_id, hashed, now)
            # Who knew the old one may have asked for another address, or reads the mail to this one.
            await links.withdraw(connection, identity.user_id)
        devices = await self._accounts.remember(identity.user_id, client)
        return msgspec.structs.replace(entry, password_hash=hashed, devices=devices)
