"""Another e-mail address: asked for with the password, and the account's once who reads its mail has confirmed it."""

from datetime import timedelta
from typing import Final

import asyncpg

from chat_api.account import links
from chat_api.account.mailing import KEPT_TRYING
from chat_api.accounts import Accounts, hold, is_taken, new_address
from chat_api.security.telling import about, tell
from chat_api.signing_in.client import Client
from chat_api.signing_in.gate import SharedGate
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.domain.errors import EmailTakenError, FieldError, InvalidLinkError
from taskflow_core.events.account import EmailChanged

WITHOUT_MAIL: Final = timedelta(days=7)
"""How long an administrator has to give out the link where no mail is sent."""

# A new address of an account that nobody has disabled; the one before.
_SET: Final = """
WITH before AS (SELECT id, email FROM users WHERE id = $1 FOR UPDATE)
UPDATE users SET email = $2, updated_at = $3::timestamptz FROM before
WHERE users.id = before.id AND NOT EXISTS (SELECT FROM disabled_accounts WHERE user_id = $1) RETURNING before.email
"""
# What was asked for before.
_FORGET: Final = "DELETE FROM account_links WHERE kind = 'email' AND user_id = $1"


class Addresses:
    """Changes addresses. `mails`: whether this installation sends any."""

    def __init__(self, database: Database, clock: Clock, gate: SharedGate, accounts: Accounts, *, mails: bool) -> None:
        self.mails = mails
        self._database = database
        self._clock = clock
        self._gate = gate
        self._accounts = accounts

    async def ask(self, user_id: str, password: str, email: str, client: Client) -> None:
        """Have a link be mailed to another address for who shows the password. One that was asked for before counts no
        more.

        Raises FieldError for what is no address, EmailTakenError, TooManyMailsError, WrongPasswordError,
        TooManyAttemptsError, SignInBusyError, AccountGoneError.
        """
        address = new_address(email)
        if address is None:
            raise FieldError("email", "is no e-mail address", "NOT_AN_ADDRESS")
        entry = await self._accounts.confirm(user_id, password, client)
        await self._gate.charge_mail(address, client)  # before it is looked up: so nobody can look up many
        if await is_taken(self._database, address, besides=user_id):
            raise EmailTakenError
        lasts = KEPT_TRYING if self.mails else WITHOUT_MAIL
        async with self._database.transaction() as connection:
            await hold(connection, entry)
            await connection.execute(_FORGET, user_id)
            await links.ask_for_mail(connection, "email", lasts, user_id=user_id, email=address)

    async def complete(self, link: str) -> None:
        """Give an account the address that a link was sent to. The old one is told so by mail, where there is any;
        what was mailed to it counts no more.

        Raises InvalidLinkError, EmailTakenError where somebody else has it by now.
        """
        now = self._clock.now()
        try:
            async with self._database.transaction() as connection:
                holder = await links.find(connection, "email", link, now)
                if holder is None or holder.user_id is None or holder.email is None:
                    raise InvalidLinkError
                if await is_taken(connection, holder.email, besides=holder.user_id):
                    raise EmailTakenError
                before: str | None = await connection.fetchval(_SET, holder.user_id, holder.email, now)
                # The account is locked before its links, as by all who change both.
                if before is None or await links.use(connection, "email", link, now) is None:
                    raise InvalidLinkError
                await links.withdraw(connection, holder.user_id)
                if self.mails:
                    await links.notify(connection, holder.user_id, before, KEPT_TRYING)
                await tell(connection, EmailChanged(**about(holder.user_id, now)))
        except asyncpg.UniqueViolationError:
            raise EmailTakenError from None
