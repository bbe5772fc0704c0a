"""Making personal tokens, listing them, ending them."""

import uuid
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import msgspec

from chat_api.accounts import Accounts, hold
from chat_api.security.telling import about, tell
from chat_api.signing_in.client import Client
from taskflow_core.database.pool import Connection, Database
from taskflow_core.domain.clock import Clock
from taskflow_core.domain.errors import FieldError, TooManyTokensError
from taskflow_core.events.account import TokenMade, TokensRevoked
from taskflow_core.opaque import secret_hash
from taskflow_core.service.cursors import text_position
from taskflow_core.service.pages import Page, page_of
from taskflow_core.service.personal_tokens.form import Form
from taskflow_core.service.personal_tokens.scopes import Scope
from taskflow_core.service.revocations.revocations import Revocations

MOST_TOKENS: Final = 50
"""Tokens of one user that count."""

_LIST: Final = "tokens"
# Waits for others that make one for the same user, who are counted then.
_ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtextextended('personal tokens:' || $1::text, 0))"
_COUNT: Final = "SELECT count(*) FROM personal_tokens WHERE user_id = $1 AND expires_at > $2"
_MAKE: Final = """
INSERT INTO personal_tokens (id, user_id, name, token_hash, scopes, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
# A user's tokens that count, the newest first, after a position.
_PAGE: Final = """
SELECT id, name, scopes, created_at, expires_at, last_used_at FROM personal_tokens
WHERE user_id = $1 AND expires_at > $2 AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4))
ORDER BY created_at DESC, id DESC LIMIT $5
"""
# Ends one of a user's tokens, or all ($2 is null); every process refuses it as long as it would have counted.
_REVOKE: Final = """
WITH gone AS (
    DELETE FROM personal_tokens WHERE user_id = $1 AND ($2::text IS NULL OR id = $2)
    RETURNING name, token_hash, expires_at
)
INSERT INTO revocations (kind, subject, user_id, expires_at)
SELECT 'personal', encode(token_hash, 'hex'), $1, expires_at FROM gone
RETURNING subject, expires_at,
    (SELECT name FROM gone WHERE encode(token_hash, 'hex') = subject) AS name
"""


class TokenView(msgspec.Struct, frozen=True, kw_only=True):
    """A personal token, without the token. `last_used_at` is exact to some seconds."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class UserTokens:
    """What users do with their tokens."""

    def __init__(
        self, database: Database, clock: Clock, accounts: Accounts, revocations: Revocations | None, secret: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._accounts = accounts
        self._revocations = revocations
        self._form = Form(secret)

    async def make(
        self, user_id: str, password: str, name: str, scopes: list[Scope], lasts: timedelta, client: Client
    ) -> tuple[str, TokenView]:
        """A new token, which nothing here knows afterwards, for who shows the password.

        Raises FieldError for a name that cannot be read, TooManyTokensError, WrongPasswordError, TooManyAttemptsError,
        SignInBusyError, AccountGoneError.
        """
        if not name.strip() or not name.isprintable():
            raise FieldError("name", "is not printable, or blank", "BLANK")
        entry = await self._accounts.confirm(user_id, password, client)
        token, now = self._form.new(), self._clock.now()
        made = TokenView(
            id=uuid.uuid4().hex,
            name=name,
            scopes=sorted(set(scopes)),
            created_at=now,
            expires_at=now + lasts,
            last_used_at=None,
        )
        async with self._database.transaction() as connection:
            await hold(connection, entry)
            await connection.execute(_ONE_AT_A_TIME, user_id)
            if await connection.fetchval(_COUNT, user_id, now) >= MOST_TOKENS:
                raise TooManyTokensError(MOST_TOKENS)
            values = made.id, user_id, name, secret_hash(token), ",".join(made.scopes), now, made.expires_at
            await connection.execute(_MAKE, *values)
            given = {"token_id": made.id, "name": name, "scopes": [*made.scopes], "expires_at": made.expires_at}
            await tell(connection, TokenMade(**given, **about(user_id, now)))
        return token, made

    async def page(self, user_id: str, limit: int, cursor: str | None) -> Page[TokenView]:
        """Those that count, the newest first. Raises InvalidError for a cursor that is none."""
        position = None if cursor is None else text_position(cursor, _LIST)
        after = (None, None) if position is None else (position.at, position.id)
        rows = await self._database.fetch(_PAGE, user_id, self._clock.now(), *after, limit + 1)
        page = page_of(rows, limit, _LIST, at="created_at", id="id")
        return Page(items=[_view(row) for row in page.items], cursor=page.cursor)

    async def revoke(self, user_id: str, token_id: str) -> bool:
        """End a token at once, everywhere. False where the user has no such token."""
        if "\x00" in token_id:
            return False
        async with self._database.transaction() as connection:
            ended = await revoke_one(connection, user_id, token_id, self._clock.now())
        self.have_ended(user_id, ended)
        return bool(ended)

    def have_ended(self, user_id: str, ended: list[asyncpg.Record]) -> None:
        """Refuse here at once what a transaction that has committed revoked."""
        if self._revocations is not None and ended:
            self._revocations.learn(user_id, {row["subject"]: row["expires_at"] for row in ended})


async def revoke_one(
    connection: Connection, user_id: str, token_id: str, at: datetime, *, actor_id: str | None = None
) -> list[asyncpg.Record]:
    """End one of a user's tokens and tell of it, in a transaction; `have_ended` is told after it."""
    ended = await connection.fetch(_REVOKE, user_id, token_id)
    given = about(user_id, at, actor_id)
    events = [
        TokensRevoked(reason="signed_out", count=1, token_id=token_id, name=row["name"], **given) for row in ended
    ]
    await tell(connection, *events)
    return ended


async def revoke_all(connection: Connection, user_id: str) -> list[asyncpg.Record]:
    """End all tokens of a user, in a transaction; `have_ended` is told after it."""
    return await connection.fetch(_REVOKE, user_id, None)


def _view(row: asyncpg.Record) -> TokenView:
    return msgspec.convert({**dict(row), "scopes": row["scopes"].split(",")}, TokenView)
