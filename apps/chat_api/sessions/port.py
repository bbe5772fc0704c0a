"""What the routes of signing in and out ask of sessions, in either phase."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from chat_api.accounts import Entry
from taskflow_core.service.tokens import Identity


class SignedTokens(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who is signed in holds."""

    access: str
    refresh: str


class Sessions(Protocol):
    """Begins sessions, goes on with them and ends them. Each method raises outages."""

    async def begin(self, entry: Entry, device: str | None) -> SignedTokens:
        """A session of somebody who has shown who they are. Raises WrongCredentialsError for an account that may not
        be signed in to, or not with that password any more."""
        ...

    async def renew(self, refresh_token: str, device: str | None) -> SignedTokens | None:
        """New tokens for a refresh token, or None for one that is not accepted."""
        ...

    def shown(self, refresh_token: str | None) -> Identity | None:
        """Whose refresh token it is, whether or not it was used or revoked; None for one that is none, or where nothing
        is kept of any."""
        ...

    async def end(self, shown: Sequence[Identity], *, in_a_moment: bool) -> None:
        """End what was shown by one user: sessions, and tokens without one; at once, or within a minute."""
        ...

    async def end_all(self, user_id: str) -> None:
        """End all of a user's sessions, and refuse every token that was issued until now."""
        ...
