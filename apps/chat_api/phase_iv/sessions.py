"""Signing in as Phase IV does it: tokens, of which nobody keeps anything."""

from collections.abc import Sequence

from chat_api.accounts import Account, Accounts, Entry
from chat_api.sessions.port import SignedTokens
from taskflow_core.service.tokens import Identity, TokenError, Tokens


class PhaseIVSessions:
    """Sessions that end when their tokens do."""

    def __init__(self, accounts: Accounts, tokens: Tokens) -> None:
        self._accounts = accounts
        self._tokens = tokens

    async def begin(self, entry: Entry, device: str | None) -> SignedTokens:
        """As the port says."""
        return self._signed(entry.account)

    async def renew(self, refresh_token: str, device: str | None) -> SignedTokens | None:
        """As the port says; the refresh token goes on."""
        try:
            identity = self._tokens.verify(refresh_token, "refresh")
        except TokenError:
            return None
        account = await self._accounts.find(identity.user_id)
        return None if account is None else self._signed(account)

    def shown(self, refresh_token: str | None) -> None:
        """As the port says."""

    async def end(self, shown: Sequence[Identity], *, in_a_moment: bool) -> None:
        """Nothing ends but the cookies."""

    async def end_all(self, user_id: str) -> None:
        """Nothing ends but the cookies."""

    def _signed(self, account: Account) -> SignedTokens:
        return SignedTokens(
            access=self._tokens.issue(account.id, account.email),
            refresh=self._tokens.issue(account.id, account.email, "refresh"),
        )
