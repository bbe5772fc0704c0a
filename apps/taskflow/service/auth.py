"""Signing in: finds a request's token, and guards routes that need one."""

import hmac
from typing import Any, Final, Self

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from taskflow.domain.clock import Clock
from taskflow.service.errors import ApiError, AuthError
from taskflow.service.requests import header
from taskflow.service.tokens import Identity, TokenError, Tokens
from taskflow.settings import Settings

SESSION_COOKIE: Final = "taskflow_session"
API_TOKEN_HEADER: Final = "dapr-api-token"  # noqa: S105  # a header's name
CALLER_HEADER: Final = "dapr-caller-app-id"

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_COOKIES: Final = 20
_AnyConnection = ASGIConnection[Any, Any, Any, Any]


class SignIn:
    """The guard of routes for signed-in users: afterwards `request.user` is an Identity.

    A token is read from `Authorization: Bearer`, else from any cookie that verifies (Phase IV's rule). A write signed
    in by cookie needs an Origin that matches: the public origin, the request's own host, or a configured CORS origin.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.tokens = Tokens(settings.auth_secret, clock, access_seconds=settings.jwt_expiry_seconds)
        self._origin_needed = settings.phase == "v"
        self._origins = frozenset(settings.cors_origins) | ({settings.public_origin} - {None})

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        """Itself: Litestar copies routes with their guards, and there is one memory of tokens and one clock."""
        return self

    def __call__(self, connection: _AnyConnection, _handler: BaseRouteHandler | None = None) -> None:
        """Sign the request in. Raises AuthError (401) or ApiError (403)."""
        connection.scope["user"] = self.identify(connection)

    def identify(self, connection: _AnyConnection, query_token: str | None = None) -> Identity:
        """Who sends the request; `query_token` is one given in the URL, where a route allows that."""
        authorization = header(connection.scope, b"authorization")
        if authorization is not None:
            scheme, _, token = authorization.decode("latin-1").partition(" ")
            if scheme.lower() != "bearer" or not token.strip():
                raise AuthError(
                    "INVALID_AUTH_FORMAT",
                    "Authorization header must be 'Bearer <token>'",
                    error="Invalid authorization header format",
                )
            return self.verified(token.strip())
        if query_token is not None:
            return self.verified(query_token)
        identity = self._from_cookies(connection)
        if identity is None:
            raise AuthError(
                "MISSING_AUTH_HEADER",
                "Authorization header with Bearer token is required",
                error="Authorization header required",
            )
        if str(dict(connection.scope).get("method", "GET")) not in _SAFE_METHODS:
            self._same_origin(connection)
        return identity

    def verified(self, token: str) -> Identity:
        """Whose access token it is. Raises AuthError."""
        try:
            return self.tokens.verify(token)
        except TokenError as error:
            raise AuthError(error.code, "Token is invalid or expired", error="Invalid or expired token") from None

    def _from_cookies(self, connection: _AnyConnection) -> Identity | None:
        for value in list(connection.cookies.values())[:_MOST_COOKIES]:
            try:
                return self.tokens.verify(value)
            except TokenError:
                continue
        return None

    def _same_origin(self, connection: _AnyConnection) -> None:
        origin = connection.headers.get("origin")
        if origin is None and not self._origin_needed:
            return
        own = {f"{scheme}://{connection.headers.get('host', '')}" for scheme in ("http", "https")}
        if origin is None or (origin not in self._origins and origin not in own):
            raise ApiError(
                "ORIGIN_MISMATCH",
                "A change signed in by cookie must come from this site; send an Authorization header instead.",
                error="Origin does not match",
            )


class ApiTokenGuard:
    """The guard of internal routes: they demand the API token, and some a certain caller."""

    def __init__(self, settings: Settings, *, caller: str | None = None) -> None:
        self._token = settings.api_token
        self._caller = caller

    def __call__(self, connection: _AnyConnection, _handler: BaseRouteHandler | None = None) -> None:
        """Raises ApiError: 401 without the token, 403 for another caller."""
        check_api_token(self._token, connection.headers.get(API_TOKEN_HEADER))
        if self._caller is not None and connection.headers.get(CALLER_HEADER) != self._caller:
            raise ApiError(
                "CALLER_NOT_ALLOWED", f"Only {self._caller} may call this route", error="Not for this caller"
            )


def check_api_token(expected: str | None, given: str | None) -> None:
    """Raise ApiError (401) unless `given` is the API token. Where none is configured, nothing is accepted."""
    if expected is None or given is None or not hmac.compare_digest(expected.encode(), given.encode()):
        raise ApiError("API_TOKEN_REQUIRED", "Send the API token in dapr-api-token", error="API token required")
