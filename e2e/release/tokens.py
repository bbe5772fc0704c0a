"""The release's tokens: HS256 under one secret, in a header or in any cookie that verifies."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import jwt

from e2e.release.settings import ReleaseSettings

ALGORITHM: Final = "HS256"
Kind = Literal["access", "refresh"]


@dataclass(frozen=True)
class RefusedError(Exception):
    """Why a request is not signed in: the body of a 401."""

    code: str
    error: str
    message: str

    def body(self) -> dict[str, str]:
        """As the release puts it."""
        return {"error": self.error, "code": self.code, "message": self.message}


_MISSING: Final = RefusedError(
    "MISSING_AUTH_HEADER", "Authorization header required", "Authorization header with Bearer token is required"
)
_FORMAT: Final = RefusedError(
    "INVALID_AUTH_FORMAT", "Invalid authorization header format", "Authorization header must be 'Bearer <token>'"
)
_EXPIRED: Final = RefusedError("TOKEN_EXPIRED", "Token has expired", "Token has expired. Please log in again")
_SIGNATURE: Final = RefusedError("INVALID_SIGNATURE", "Invalid token signature", "Token signature is invalid")
_INVALID: Final = RefusedError("INVALID_TOKEN", "Invalid or expired token", "Token is invalid or expired")


def issue(settings: ReleaseSettings, user_id: str, email: str, kind: Kind = "access") -> str:
    """A token of a user, valid from now."""
    issued = int(time.time())
    lasts = settings.access_seconds if kind == "access" else settings.refresh_seconds
    claims = {"sub": user_id, "email": email, "iat": issued, "exp": issued + lasts, "type": kind}
    return jwt.encode(claims, settings.secret, algorithm=ALGORITHM)


def verify(settings: ReleaseSettings, token: str) -> dict[str, Any]:
    """The claims of a token. Raises jwt.PyJWTError."""
    return jwt.decode(token, settings.secret, algorithms=[ALGORITHM])


def user_of(claims: Mapping[str, Any]) -> str | None:
    """Whose token it is; older ones say `user_id` for `sub`."""
    user_id = claims.get("sub") or claims.get("user_id")
    return user_id if isinstance(user_id, str) else None


def signed_in(settings: ReleaseSettings, authorization: str | None, cookies: Mapping[str, str]) -> str:
    """The id of the user who asks. Raises RefusedError."""
    if authorization is None:
        for value in cookies.values():
            try:
                user_id = user_of(verify(settings, value))
            except jwt.PyJWTError:
                continue
            if user_id is not None:
                return user_id
        raise _MISSING
    words = authorization.split()
    if len(words) != 2 or words[0].lower() != "bearer":
        raise _FORMAT
    try:
        user_id = user_of(verify(settings, words[1]))
    except jwt.ExpiredSignatureError:
        raise _EXPIRED from None
    except jwt.InvalidSignatureError:
        raise _SIGNATURE from None
    except jwt.PyJWTError:
        raise _INVALID from None
    if user_id is None:
        raise _INVALID
    return user_id
