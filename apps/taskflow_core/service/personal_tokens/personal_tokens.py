"""Personal tokens as every service takes them: looked up once, then known; revoked as sessions are."""

from collections import OrderedDict
from datetime import datetime
from typing import Final, Literal, TypeVar

from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.opaque import secret_hash
from taskflow_core.periodic import every
from taskflow_core.service.errors import AuthError
from taskflow_core.service.personal_tokens.form import Form
from taskflow_core.service.tokens import Identity

T = TypeVar("T")

_MOST_KNOWN: Final = 4096
_UNKNOWN_SECONDS: Final = 60.0
"""How long a token that is none, or none any more, is refused without asking again."""

_NOTE_SECONDS: Final = 10.0

# A token that counts, or has.
_FIND: Final = "SELECT user_id, scopes, created_at, expires_at FROM personal_tokens WHERE token_hash = $1"
# When tokens were used last; in one order, so that two processes never wait for one another.
_NOTE: Final = """
WITH used AS (
    SELECT token.id, seen.at FROM unnest($1::bytea[], $2::timestamptz[]) AS seen (hash, at)
    JOIN personal_tokens AS token ON token.token_hash = seen.hash
    ORDER BY token.id FOR UPDATE OF token
)
UPDATE personal_tokens AS token SET last_used_at = greatest(token.last_used_at, used.at)
FROM used WHERE token.id = used.id
"""


class PersonalTokens:
    """Those of all users, for all services of a process.

    A token never changes, so what is known of one stays true until it ends; that it was revoked is for Revocations to
    know, which hears of it within two seconds.
    """

    def __init__(self, database: Database, clock: Clock, secret: str) -> None:
        self.form = Form(secret)
        self._database = database
        self._clock = clock
        self._known: OrderedDict[bytes, Identity] = OrderedDict()
        self._unknown: OrderedDict[bytes, datetime] = OrderedDict()
        self._used: dict[bytes, datetime] = {}

    async def identify(self, token: str) -> Identity:
        """Whose token it is, revoked or not. One query for a token that was not shown lately. Raises AuthError (401)
        and outages."""
        if not self.form.knows(token):
            raise _refused("INVALID_TOKEN")
        hashed, now = secret_hash(token), self._clock.now()
        identity = self._known.get(hashed)
        if identity is None:
            identity = await self._look_up(hashed, now)
        else:
            self._known.move_to_end(hashed)
        if identity.expires_at <= now:
            raise _refused("TOKEN_EXPIRED")
        self._used[hashed] = now
        return identity

    async def run(self) -> None:
        """Note when tokens were used, for ever, until cancelled."""
        await self._database.opened()
        await every(_NOTE_SECONDS, self.note, name="personal tokens")

    async def note(self) -> None:
        """Write down when tokens were last used. Raises outages; then it is written the next time."""
        used = dict(self._used)
        if not used:
            return
        await self._database.execute(_NOTE, list(used), list(used.values()))
        for hashed, at in used.items():
            if self._used.get(hashed) == at:
                del self._used[hashed]

    async def _look_up(self, hashed: bytes, now: datetime) -> Identity:
        asked = self._unknown.get(hashed)
        if asked is not None and (now - asked).total_seconds() < _UNKNOWN_SECONDS:
            raise _refused("INVALID_TOKEN")
        row = await self._database.fetchrow(_FIND, hashed)
        if row is None:
            _keep(self._unknown, hashed, now)
            raise _refused("INVALID_TOKEN")
        identity = Identity(
            user_id=row["user_id"],
            email=None,
            expires_at=row["expires_at"],
            issued_at=row["created_at"].timestamp(),
            session_id=None,
            key=hashed.hex(),
            scopes=frozenset(row["scopes"].split(",")),
        )
        _keep(self._known, hashed, identity)
        return identity


def _keep(kept: OrderedDict[bytes, T], key: bytes, value: T) -> None:
    kept[key] = value
    if len(kept) > _MOST_KNOWN:
        kept.popitem(last=False)


def _refused(code: Literal["INVALID_TOKEN", "TOKEN_EXPIRED"]) -> AuthError:
    return AuthError(code, "Token is invalid or expired", error="Invalid or expired token")
