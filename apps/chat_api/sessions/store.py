"""What is stored of sessions. Each change is one statement, so that a crash leaves all of it or nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import msgspec

from taskflow_core.database.pool import Connection

REUSE_SECONDS: Final = 30.0
"""How long a refresh token that was used gets the same successor again: tabs that renew at once, a lost answer."""

_REUSE: Final = timedelta(seconds=REUSE_SECONDS)

# A session of $2 with its first refresh token; none for an account that is gone or disabled, or whose password is not
# the one that was shown ($8). The lock has a change of the password wait, or be waited for: it ends every session.
_BEGIN: Final = """
WITH account AS (
    SELECT id FROM users
    WHERE id = $2 AND hashed_password = $8 AND NOT EXISTS (SELECT FROM disabled_accounts WHERE user_id = users.id)
    FOR SHARE
), begun AS (
    INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at, device)
    SELECT $1, account.id, $3, $3, $4, $5 FROM account
    RETURNING id
)
INSERT INTO refresh_tokens (token_hash, session_id, expires_at) SELECT $6, id, $7 FROM begun RETURNING session_id
"""
# The successor of a refresh token that counts, in a session that goes on; of those used before it only what may still
# be asked for is kept. Of several at once one finds the token unused.
_ROTATE: Final = """
WITH account AS (
    SELECT id, email FROM users
    WHERE id = $1 AND NOT EXISTS (SELECT FROM disabled_accounts WHERE user_id = users.id)
), session AS (
    UPDATE sessions SET last_used_at = $4, expires_at = greatest(sessions.expires_at, $5) FROM account
    WHERE sessions.id = $2 AND sessions.user_id = account.id AND sessions.revoked_at IS NULL
    RETURNING sessions.id, account.email
), used AS (
    UPDATE refresh_tokens SET used_at = $4 FROM session
    WHERE token_hash = $3 AND session_id = session.id AND used_at IS NULL
    RETURNING session_id, session.email
), gone AS (
    DELETE FROM refresh_tokens USING session WHERE session_id = session.id AND used_at < $8 AND NOT adopted
)
INSERT INTO refresh_tokens (token_hash, session_id, expires_at) SELECT $6, session_id, $7 FROM used
RETURNING (SELECT email FROM used)
"""
# Waits for what else decides about a user's sessions.
_ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtextextended('sessions:' || $1::text, 0))"
# A session for a refresh token of Phase IV's, which is used by that; none if it was revoked, or used already.
_ADOPT: Final = """
WITH account AS (
    SELECT id, email FROM users
    WHERE id = $1 AND NOT EXISTS (SELECT FROM disabled_accounts WHERE user_id = users.id)
        AND NOT EXISTS (
            SELECT FROM revocations WHERE kind = 'token' AND subject = encode($3, 'hex')
            OR kind = 'user' AND subject = $1 AND extract(epoch FROM issued_before) > $9::float8
        )
), adopted AS (
    INSERT INTO refresh_tokens (token_hash, session_id, expires_at, used_at, adopted)
    SELECT $3, $2, $10, $4, true FROM account ON CONFLICT DO NOTHING RETURNING session_id
), begun AS (
    INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at, device)
    SELECT session_id, $1, $4, $4, $5, $8 FROM adopted
)
INSERT INTO refresh_tokens (token_hash, session_id, expires_at) SELECT $6, session_id, $7 FROM adopted
RETURNING (SELECT email FROM account)
"""
# Where a refresh token stands that is no longer, or not yet, the one that counts.
_STANDING: Final = """
SELECT session.id AS session_id, account.email, token.used_at, token.token_hash IS NOT NULL AS is_known,
    account.id IS NOT NULL AND session.revoked_at IS NULL AND NOT EXISTS (
        SELECT FROM disabled_accounts WHERE user_id = $1
    ) AS goes_on
FROM (SELECT 1) AS one
LEFT JOIN refresh_tokens AS token ON token.token_hash = $2
JOIN sessions AS session ON session.id = coalesce(token.session_id, $3) AND session.user_id = $1
LEFT JOIN users AS account ON account.id = $1
"""
# Of a session that has just ended: what began it, and whether it went on until then. Nothing of what is no session.
_OF_SESSION: Final = """
    (SELECT device FROM ended WHERE id = subject AND kind = 'session') AS device,
    coalesce((SELECT went_on FROM ended WHERE id = subject AND kind = 'session'), false) AS went_on
"""
# Ends sessions and single tokens, at the earliest time that was ever said of them.
_END: Final = f"""
WITH given AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::timestamptz[]) AS given (kind, subject, expires_at)
), ended AS (
    UPDATE sessions SET revoked_at = coalesce(revoked_at, $5) FROM given
    WHERE given.kind = 'session' AND sessions.id = given.subject AND sessions.user_id = $1
    RETURNING sessions.id, sessions.expires_at, sessions.device, sessions.revoked_at = $5 AS went_on
)
INSERT INTO revocations AS known (kind, subject, user_id, effective_at, expires_at)
SELECT given.kind, given.subject, $1, $6, greatest(given.expires_at, ended.expires_at)
FROM given LEFT JOIN ended ON given.kind = 'session' AND ended.id = given.subject
ON CONFLICT (kind, subject) DO UPDATE SET xid = excluded.xid,
    effective_at = CASE WHEN known.effective_at IS NOT NULL AND excluded.effective_at IS NOT NULL
        THEN least(known.effective_at, excluded.effective_at) END,
    expires_at = greatest(known.expires_at, excluded.expires_at)
RETURNING kind, subject, expires_at, {_OF_SESSION}
"""  # noqa: S608  # _OF_SESSION is a constant
# Ends a session that goes on, if it is the user's.
_END_ONE: Final = f"""
WITH ended AS (
    UPDATE sessions SET revoked_at = $3 WHERE id = $2 AND user_id = $1 AND revoked_at IS NULL AND expires_at > $3
    RETURNING id, expires_at, device, true AS went_on
)
INSERT INTO revocations AS known (kind, subject, user_id, expires_at) SELECT 'session', id, $1, expires_at FROM ended
ON CONFLICT (kind, subject) DO UPDATE SET xid = excluded.xid, effective_at = NULL,
    expires_at = greatest(known.expires_at, excluded.expires_at)
RETURNING kind, subject, expires_at, {_OF_SESSION}
"""  # noqa: S608  # _OF_SESSION is a constant
# Ends all sessions of a user but one ($4), and refuses what tokens without one were issued until now.
_END_ALL: Final = f"""
WITH ended AS (
    UPDATE sessions SET revoked_at = coalesce(revoked_at, $2)
    WHERE user_id = $1 AND expires_at > $2 AND id IS DISTINCT FROM $4
    RETURNING id, expires_at, device, revoked_at = $2 AS went_on
)
INSERT INTO revocations AS known (kind, subject, user_id, issued_before, expires_at)
SELECT 'session', id, $1, NULL, expires_at FROM ended
UNION ALL SELECT 'user', $1, $1, $2, $3
ON CONFLICT (kind, subject) DO UPDATE SET xid = excluded.xid, effective_at = NULL,
    issued_before = greatest(known.issued_before, excluded.issued_before),
    expires_at = greatest(known.expires_at, excluded.expires_at)
RETURNING kind, subject, expires_at, {_OF_SESSION}
"""  # noqa: S608  # _OF_SESSION is a constant


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session to be: its id, how long it may last without being used, and what it was begun with."""

    id: str
    expires_at: datetime
    device: str | None


class NewRefreshToken(msgspec.Struct, frozen=True, kw_only=True):
    """A refresh token to be stored."""

    hash: bytes
    expires_at: datetime


class UsedToken(msgspec.Struct, frozen=True, kw_only=True):
    """Where a refresh token stands: its session, the account's address, when it was used; whether the session goes on.

    A token that is not known any more was used long ago. One that is and was not used counts.
    """

    session_id: str
    email: str | None
    used_at: datetime | None
    is_known: bool
    goes_on: bool


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """What has just been revoked: a session, a token or, for all of a user's, the user.

    Of a session `device` is what began it, and `went_on` whether it did until then.
    """

    kind: str
    subject: str
    expires_at: datetime
    device: str | None = None
    went_on: bool = False


async def one_at_a_time(connection: Connection, user_id: str) -> None:
    """Wait for, and until the transaction ends hold up, what else decides about all of a user's sessions."""
    await connection.execute(_ONE_AT_A_TIME, user_id)


async def begin(
    connection: Connection,
    user_id: str,
    password_hash: str,
    session: NewSession,
    token: NewRefreshToken,
    now: datetime,
) -> bool:
    """Begin a session for who has shown a password, by its stored hash. False for an account that is gone or disabled,
    or has another password by now. Raises outages, as all of these do."""
    expires, device = session.expires_at, session.device
    row = await connection.fetchval(
        _BEGIN, session.id, user_id, now, expires, device, token.hash, token.expires_at, password_hash
    )
    return row is not None


async def rotate(
    connection: Connection, user_id: str, session: NewSession, used: bytes, successor: NewRefreshToken, now: datetime
) -> str | None:
    """Put a successor in the place of the token that counts. The account's address, or None if it does not count."""
    return await connection.fetchval(
        _ROTATE, user_id, session.id, used, now, session.expires_at, successor.hash, successor.expires_at, now - _REUSE
    )


async def adopt(
    connection: Connection,
    user_id: str,
    session: NewSession,
    used: NewRefreshToken,
    successor: NewRefreshToken,
    *,
    issued_at: float,
    now: datetime,
) -> str | None:
    """Begin a session with a refresh token of Phase IV's. The account's address, or None where there is no such token
    to adopt. Runs in a transaction of its own: nobody may be ending all of the user's sessions meanwhile."""
    await one_at_a_time(connection, user_id)
    return await connection.fetchval(
        _ADOPT,
        user_id,
        session.id,
        used.hash,
        now,
        session.expires_at,
        successor.hash,
        successor.expires_at,
        session.device,
        issued_at,
        used.expires_at,
    )


async def standing(connection: Connection, user_id: str, token: bytes, session_id: str | None) -> UsedToken | None:
    """Where a refresh token of a session stands, or None where there is no such session."""
    row = await connection.fetchrow(_STANDING, user_id, token, session_id)
    return None if row is None else msgspec.convert(dict(row), UsedToken)


async def end(
    connection: Connection, user_id: str, given: Sequence[Ended], now: datetime, effective_at: datetime | None
) -> list[Ended]:
    """End sessions of a user, and tokens without one, at once or from `effective_at` on."""
    kinds, subjects = [one.kind for one in given], [one.subject for one in given]
    expiries = [one.expires_at for one in given]
    return _ended(await connection.fetch(_END, user_id, kinds, subjects, expiries, now, effective_at))


async def end_one(connection: Connection, user_id: str, session_id: str, now: datetime) -> list[Ended]:
    """End a session of a user at once; none where it is somebody else's, or has ended."""
    return _ended(await connection.fetch(_END_ONE, user_id, session_id, now))


async def end_all(
    connection: Connection, user_id: str, now: datetime, expires_at: datetime, *, keep: str | None = None
) -> list[Ended]:
    """End all sessions of a user but `keep`, and what tokens without one were issued before `now`, none of which lasts
    longer than until `expires_at`. Runs in a transaction."""
    await one_at_a_time(connection, user_id)
    return _ended(await connection.fetch(_END_ALL, user_id, now, expires_at, keep))


def _ended(rows: Sequence[asyncpg.Record]) -> list[Ended]:
    return [msgspec.convert(dict(row), Ended) for row in rows]
