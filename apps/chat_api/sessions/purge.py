"""Lets go what is stored of sessions, tokens and links that are over."""

from typing import Final

from taskflow_core.database.clock import clocks_agree
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock

# Each a batch of rows that count for nothing any more: not a revocation before the last token it is about has expired,
# and a day later still, since a token's time goes by the clock of whoever looks at it.
_STATEMENTS: Final = (
    """
    DELETE FROM refresh_tokens WHERE token_hash IN (
        SELECT token_hash FROM refresh_tokens WHERE expires_at < now() - interval '1 day' LIMIT 1000
    )
    """,
    """
    DELETE FROM sessions WHERE id IN (
        SELECT id FROM sessions WHERE expires_at < now() - interval '1 day' LIMIT 1000
    )
    """,
    """
    DELETE FROM revocations WHERE (kind, subject) IN (
        SELECT kind, subject FROM revocations WHERE expires_at < now() - interval '1 day' LIMIT 1000
    )
    """,
    """
    DELETE FROM personal_tokens WHERE id IN (
        SELECT id FROM personal_tokens WHERE expires_at < now() - interval '1 day' LIMIT 1000
    )
    """,
    """
    DELETE FROM account_links WHERE id IN (
        SELECT id FROM account_links WHERE expires_at < now() - interval '1 day' LIMIT 1000
    )
    """,
    """
    DELETE FROM disabled_accounts WHERE NOT EXISTS (SELECT FROM users WHERE id = user_id)
    """,
)


async def purge(database: Database, clock: Clock) -> None:
    """Delete it, a batch at a time; nothing while this machine's clock and the database's differ. Raises outages."""
    async with database.acquire() as connection:
        if not await clocks_agree(connection, clock):
            return
    for statement in _STATEMENTS:
        while await database.execute(statement) == "DELETE 1000":
            pass
