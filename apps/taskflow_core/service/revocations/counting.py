"""What Phase IV would admit though it was revoked: it goes by a token's signature and end alone. Read by operators."""

from typing import Final

import msgspec

from taskflow_core.database.pool import Database

# Sessions, and tokens without one, that were ended before their time; accounts all of whose sessions were.
_COUNT: Final = """
SELECT count(*) FILTER (WHERE kind IN ('session', 'token')) AS sessions,
    count(*) FILTER (WHERE kind = 'user' AND issued_before IS NOT NULL) AS accounts,
    (SELECT count(*) FROM disabled_accounts) AS disabled
FROM revocations WHERE expires_at > now()
"""


class Revoked(msgspec.Struct, frozen=True, kw_only=True):
    """Of what is revoked now: sessions (and tokens without one), and accounts of which every token issued before a
    moment is. `disabled` accounts nobody may sign in to; Phase IV takes their tokens until they end."""

    sessions: int
    accounts: int
    disabled: int

    @property
    def nothing(self) -> bool:
        """Whether Phase IV would admit nobody whom we refuse."""
        return not (self.sessions or self.accounts or self.disabled)

    def __str__(self) -> str:
        parts = [
            (self.sessions, "session", "sessions"),
            (
                self.accounts,
                "account whose older tokens were all revoked",
                "accounts whose older tokens were all revoked",
            ),
            (self.disabled, "disabled account", "disabled accounts"),
        ]
        return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in parts if count) or "nothing"


async def count_revoked(database: Database) -> Revoked:
    """How much is revoked now."""
    row = await database.fetchrow(_COUNT)
    return msgspec.convert(dict(row or {}), Revoked)
