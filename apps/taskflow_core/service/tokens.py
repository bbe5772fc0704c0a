"""Users' tokens: the one place that signs and verifies JWTs, in Phase IV's form.

HS256 only; `exp` and one of `sub`, `user_id` are required; a refresh token is not an access token.
"""

import hashlib
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
from jose import jws, jwt
from jose.backends.native import HMACKey
from jose.exceptions import JWSError

from taskflow_core.decoding import JsonDecoder
from taskflow_core.domain.clock import Clock

_ALGORITHM: Final = "HS256"
_REMEMBERED: Final = 4096
_LONGEST: Final = 8192
_LONGEST_ID: Final = 255

REFRESH_SECONDS: Final = 7 * 86_400
"""How long a refresh token is valid."""

TokenKind = Literal["access", "refresh"]


class TokenError(Exception):
    """A token that is not accepted; `code` is Phase IV's."""

    def __init__(self, code: Literal["INVALID_TOKEN", "TOKEN_EXPIRED", "INVALID_SIGNATURE"]) -> None:
        super().__init__(code)
        self.code = code


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a request comes from, and until when that holds (aware, UTC).

    `session_id` is the session that the token belongs to; a token of Phase IV's has none. `key` is what it is revoked
    by: the session's id, or the token's own hash. `issued_at` is in seconds since 1970. `scopes` are all that a
    personal token may do; None for somebody who is signed in.
    """

    user_id: str
    email: str | None
    expires_at: datetime
    issued_at: float
    session_id: str | None
    key: str
    scopes: frozenset[str] | None = None


class _Claims(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is looked at of a token (RFC 7519): times in seconds; each claim that is there has to be of its type.

    `at_hash` ties an ID token to an access token: one that has it is not itself an access token.
    """

    exp: float
    sub: str | None = None
    user_id: Any = None
    email: Any = None
    type: Any = "access"
    nbf: float = 0
    iat: float = 0
    jti: str = ""
    sid: str | None = None
    at_hash: msgspec.UnsetType = msgspec.UNSET


_decode_claims: Final = JsonDecoder(_Claims, largest=_LONGEST)


def token_hash(token: str) -> bytes:
    """What is stored of a token, and what one without a session is revoked by: SHA-256 of what its signature is over.

    Not of the signature: its last character has bits that count for nothing, and decoders pass over characters that are
    not of their alphabet, so that one token can be written in several ways, all of which verify.
    """
    signed, _, _ = token.rpartition(".")
    return hashlib.sha256(signed.encode("utf-8", "surrogatepass")).digest()


def successor_id(token: str) -> str:
    """The id of the refresh token that follows another: the same for the same token, however it is written."""
    return hashlib.sha256(b"successor of " + token_hash(token)).hexdigest()[:32]


class Tokens:
    """Signs and verifies with one secret. Tokens verified lately are remembered until they expire."""

    def __init__(self, secret: str, clock: Clock, *, access_seconds: int) -> None:
        # Made once: from the text, jose would make one for every token, after trying the text as JSON.
        self._key = HMACKey(secret, _ALGORITHM)
        self._clock = clock
        self._access_seconds = access_seconds
        self._known: OrderedDict[str, Identity] = OrderedDict()

    def issue(
        self,
        user_id: str,
        email: str,
        kind: TokenKind = "access",
        session_id: str | None = None,
        *,
        at: datetime | None = None,
        jti: str | None = None,
    ) -> str:
        """A token for a user, the same for the same arguments. Without a session it is as Phase IV makes it."""
        now = int((at or self._clock.now()).timestamp())
        lifetime = self._access_seconds if kind == "access" else REFRESH_SECONDS
        claims = {"sub": user_id, "email": email, "iat": now, "exp": now + lifetime, "type": kind}
        if session_id is not None:
            claims["sid"] = session_id
        if jti is not None:
            claims["jti"] = jti
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def verify(self, token: str, kind: TokenKind = "access") -> Identity:
        """Whose token it is. Raises TokenError for one that is forged, malformed, expired, or of the other kind."""
        remembered = self._known.get(token)
        if remembered is not None and kind == "access":
            if remembered.expires_at <= self._clock.now():
                raise TokenError("TOKEN_EXPIRED")
            return remembered
        identity = self._verify(token, kind)
        if kind == "access":
            self._known[token] = identity
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return identity

    def _verify(self, token: str, kind: TokenKind) -> Identity:
        if len(token) > _LONGEST:
            raise TokenError("INVALID_TOKEN")
        now = self._clock.now()
        claims = self._claims(token)
        user_id = claims.sub or claims.user_id
        # Tokens older than the claim `type` are access tokens.
        if not isinstance(user_id, str) or len(user_id) > _LONGEST_ID or "\x00" in user_id:
            raise TokenError("INVALID_TOKEN")
        if claims.sid is not None and not 0 < len(claims.sid) <= _LONGEST_ID:
            raise TokenError("INVALID_TOKEN")
        if claims.type != kind or claims.nbf > now.timestamp():
            raise TokenError("INVALID_TOKEN")
        try:
            expires_at = datetime.fromtimestamp(claims.exp, UTC)
        except (OverflowError, OSError, ValueError):
            raise TokenError("INVALID_TOKEN") from None
        if expires_at <= now:
            raise TokenError("TOKEN_EXPIRED")
        email = claims.email if isinstance(claims.email, str) else None
        return Identity(
            user_id=user_id,
            email=email,
            expires_at=expires_at,
            issued_at=claims.iat,
            session_id=claims.sid,
            key=claims.sid or token_hash(token).hex(),
        )

    def _claims(self, token: str) -> _Claims:
        """What a token says, its signature verified; whether it still holds is for the caller to see.

        By the library's half for signatures alone: its half for claims knows one clock only, and takes twice as long.
        """
        try:
            return _decode_claims(jws.verify(token, self._key, [_ALGORITHM]))
        except JWSError as error:
            forged = "Signature verification failed" in str(error)
            raise TokenError("INVALID_SIGNATURE" if forged else "INVALID_TOKEN") from None
        except (ValueError, TypeError, RecursionError):
            # What the claims are not, and what the library makes of a header that is none, nested ones included.
            raise TokenError("INVALID_TOKEN") from None
