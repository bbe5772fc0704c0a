"""A new password for who lost theirs: asked for by address, set by who holds the link that was mailed there."""

from datetime import datetime
from typing import Final

from chat_api.account import links
from chat_api.account.mailing import KEPT_TRYING
from chat_api.account.tokens import UserTokens, revoke_all
from chat_api.accounts import Accounts, new_address
from chat_api.security.telling import about
from chat_api.sessions.stored import StoredSessions
from chat_api.signing_in.client import Client
from chat_api.signing_in.gate import SharedGate
from chat_api.signing_in.passwords import check_new
from taskflow_core.database.pool import Connection, Database
from taskflow_core.domain.clock import Clock
from taskflow_core.domain.errors import FieldError, InvalidLinkError, NoMailError
from taskflow_core.events.account import AccountEvent, PasswordReset, TokensRevoked

# A new password of an account that nobody has disabled.
_SET: Final = """
UPDATE users SET hashed_password = $2, updated_at = $3::timestamptz
WHERE id = $1 AND NOT EXISTS (SELECT FROM disabled_accounts WHERE user_id = $1) RETURNING id
"""


class Resetting:
    """Asks for links, and sets passwords by them. `mails`: whether this installation sends any."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        gate: SharedGate,
        accounts: Accounts,
        sessions: StoredSessions,
        tokens: UserTokens,
        *,
        mails: bool,
    ) -> None:
        self._database = database
        self._clock = clock
        self._gate = gate
        self._accounts = accounts
        self._sessions = sessions
        self._tokens = tokens
        self._mails = mails

    async def ask(self, email: str, client: Client) -> None:
        """Have a link be mailed to the address if an account has it. Whether one has is looked at later, by the job:
        so it shows neither in the answer nor in the time that it takes.

        Raises FieldError for what is no address, NoMailError, TooManyMailsError.
        """
        if not self._mails:
            raise NoMailError
        if new_address(email) is None:
            raise FieldError("email", "is no e-mail address", "NOT_AN_ADDRESS")
        await self._gate.charge_mail(email, client)
        await links.ask_for_mail(self._database, "reset", KEPT_TRYING, email=email)

    async def complete(self, link: str, password: str, client: Client) -> None:
        """Set the password of the account that a link is for. It, and whatever else was mailed to that account, counts
        no more, and every session ends.

        Raises FieldError for a password that is not taken, InvalidLinkError, SignInBusyError.
        """
        await check_new(password)
        holder = await links.find(self._database, "reset", link, self._clock.now())
        if holder is None or holder.user_id is None:
            raise InvalidLinkError
        user_id = holder.user_id
        hashed = await self._accounts.hash_new(password, user_id, client)
        now = self._clock.now()
        telling: list[AccountEvent] = [PasswordReset(**about(user_id, now))]
        async with self._sessions.ending_all(user_id, "reset", telling=telling) as connection:
            await self._set(connection, user_id, link, hashed, now)
            ended = await revoke_all(connection, user_id)
            if ended:
                telling.append(TokensRevoked(reason="reset", count=len(ended), **about(user_id, now)))
        self._tokens.have_ended(user_id, ended)

    async def _set(self, connection: Connection, user_id: str, link: str, hashed: str, now: datetime) -> None:
        # The account is locked before its links, as by all who change both. The link may have been used meanwhile.
        changed = await connection.fetchval(_SET, user_id, hashed, now) is not None
        if not changed or await links.use(connection, "reset", link, now) is None:
            raise InvalidLinkError
        await links.withdraw(connection, user_id)
