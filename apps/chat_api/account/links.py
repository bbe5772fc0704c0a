"""One-time links: invitations, and whatever else is done by who holds a link. Opaque, stored hashed, used once."""

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from chat_api.security.telling import OPERATOR, about, tell
from taskflow_core.database.pool import Connection, Database
from taskflow_core.events.account import EmailLinkMade, ResetLinkMade
from taskflow_core.opaque import new_secret, secret_hash

Kind = Literal["invitation", "reset", "email"]
Mailed = Literal[Kind, "changed"]
"""What waits in the same table to be mailed: links, and notices to an address that was an account's until then."""

LONGEST_LINK: Final = 100
"""Characters of what a client may give as one; ours have less than half of it."""

# A new one.
_MAKE: Final = """
INSERT INTO account_links (kind, link_hash, user_id, email, expires_at) VALUES ($1, $2, $3, $4, now() + $5)
RETURNING expires_at
"""
# One that counts: of its kind, in time.
_FIND: Final = "SELECT user_id, email FROM account_links WHERE link_hash = $1 AND kind = $2 AND expires_at > $3"
# The same, which is used by that.
_USE: Final = """
DELETE FROM account_links WHERE link_hash = $1 AND kind = $2 AND expires_at > $3 RETURNING user_id, email
"""


# One whose link is made when its mail is sent.
_ASK: Final = """
INSERT INTO account_links (kind, user_id, email, expires_at, mail_at) VALUES ($1, $2, $3, now() + $4, now())
"""
# Makes the link to an address that waits to be confirmed; its mail is not sent any more.
_HAND_OUT: Final = """
UPDATE account_links SET link_hash = $2, mail_at = NULL, expires_at = now() + $3
WHERE kind = 'email' AND user_id = $1 AND expires_at > now() RETURNING email, expires_at, now() AS now
"""
# What of an account's was mailed, or is to be. No notice: who took an account over must not be able to stop it.
_WITHDRAW: Final = "DELETE FROM account_links WHERE user_id = $1 AND kind <> 'changed'"
# A notice that is to be mailed, without a link.
_NOTIFY: Final = """
INSERT INTO account_links (kind, user_id, email, expires_at, mail_at) VALUES ('changed', $1, $2, now() + $3, now())
"""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A link that was just made, which nobody else knows, and when its time is over."""

    link: str
    expires_at: datetime


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a link is for: an account, an address, either or neither."""

    user_id: str | None
    email: str | None


def address_of(origin: str | None, kind: Kind, link: str) -> str:
    """Where the page takes a link: in the fragment, which browsers send to nobody."""
    return f"{origin or ''}/#/{kind}/{link}"


async def make(
    executor: Database | Connection,
    kind: Kind,
    lasts: timedelta,
    *,
    user_id: str | None = None,
    email: str | None = None,
) -> Made:
    """A new link. Raises outages, as all of these do."""
    link = new_secret()
    expires_at = await executor.fetchval(_MAKE, kind, secret_hash(link), user_id, email, lasts)
    return Made(link=link, expires_at=expires_at)


async def ask_for_mail(
    executor: Database | Connection, kind: Kind, lasts: timedelta, *, user_id: str | None = None, email: str
) -> None:
    """Have a link be made and mailed, by the job that does so; tried for as long as `lasts`."""
    await executor.execute(_ASK, kind, user_id, email, lasts)


async def notify(connection: Connection, user_id: str, email: str, lasts: timedelta) -> None:
    """Have the address that was a user's until now be told so, by the job that mails; tried for as long as `lasts`."""
    await connection.execute(_NOTIFY, user_id, email, lasts)


async def make_reset(database: Database, user_id: str, lasts: timedelta) -> Made:
    """A new link for an operator who asks for one in somebody's place; the trail tells that."""
    async with database.transaction() as connection:
        made = await make(connection, "reset", lasts, user_id=user_id)
        now: datetime = await connection.fetchval("SELECT now()")
        await tell(connection, ResetLinkMade(**about(user_id, now, OPERATOR)))
    return made


async def hand_out(database: Database, user_id: str, lasts: timedelta) -> tuple[str, Made] | None:
    """The address that a user wants to have, and the link that confirms it, for an operator; the trail tells that.

    None where they asked for none.
    """
    link = new_secret()
    async with database.transaction() as connection:
        row = await connection.fetchrow(_HAND_OUT, user_id, secret_hash(link), lasts)
        if row is None:
            return None
        await tell(connection, EmailLinkMade(**about(user_id, row["now"], OPERATOR)))
    return row["email"], Made(link=link, expires_at=row["expires_at"])


async def withdraw(connection: Connection, user_id: str) -> None:
    """Have no link of a user's count any more."""
    await connection.execute(_WITHDRAW, user_id)


async def find(executor: Database | Connection, kind: Kind, link: str | None, now: datetime) -> Holder | None:
    """Whom a link is for that counts; None for one that does not."""
    return await _ask(executor, _FIND, kind, link, now)


async def use(executor: Database | Connection, kind: Kind, link: str | None, now: datetime) -> Holder | None:
    """The same, and it counts no more once the transaction has committed."""
    return await _ask(executor, _USE, kind, link, now)


async def _ask(
    executor: Database | Connection, statement: str, kind: Kind, link: str | None, now: datetime
) -> Holder | None:
    if not link or len(link) > LONGEST_LINK:
        return None
    row = await executor.fetchrow(statement, secret_hash(link), kind, now)
    return None if row is None else Holder(user_id=row["user_id"], email=row["email"])
