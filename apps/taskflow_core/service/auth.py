"""Signing in: finds a request's token, and guards routes that need one.

Guards are functions: what they need is in the app's state, as make_app puts it there.
"""

import hmac
from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from taskflow_core.domain.clock import Clock
from taskflow_core.service.errors import ApiError, AuthError
from taskflow_core.service.personal_tokens.form import PREFIX
from taskflow_core.service.personal_tokens.personal_tokens import PersonalTokens
from taskflow_core.service.personal_tokens.scopes import check_scopes
from taskflow_core.service.requests import header
from taskflow_core.service.revocations.revocations import Revocations
from taskflow_core.service.sites import Site
from taskflow_core.service.tokens import Identity, TokenError, Tokens
from taskflow_core.settings import Settings

SESSION_COOKIE: Final = "taskflow_session"
HOST_PREFIX: Final = "__Host-"
"""What a browser takes in a cookie's name only from the host itself, by https and for all its paths (RFC 6265bis)."""

API_TOKEN_HEADER: Final = "dapr-api-token"  # noqa: S105  # a header's name
CALLER_HEADER: Final = "dapr-caller-app-id"

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_COOKIES: Final = 20

CALLER: Final = "caller"
"""The key in an internal route's `opt` for the service that alone may call it."""

SignedInRequest = Request[Identity, Any, Any]
_AnyConnection = ASGIConnection[Any, Any, Any, Any]


class SignIn:
    """Says who sends a request.

    A token, an access token or a personal one, is read from `Authorization: Bearer`, else an access token from the
    session's cookie. A page of another site may not use
    that, and a change signed in by it has to say which page it comes from. As Phase IV any cookie that verifies will
    do, and only a change that says where it comes from is held to that.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        revocations: Revocations | None,
        personal_tokens: PersonalTokens | None = None,
    ) -> None:
        """Without `revocations` every token that verifies signs in, as in Phase IV; without `personal_tokens` no
        personal one does."""
        self._revocations = revocations
        self._personal_tokens = personal_tokens
        self.tokens = Tokens(settings.auth_secret, clock, access_seconds=settings.jwt_expiry_seconds)
        self._is_phase_iv = settings.phase == "iv"
        self._cookie = session_cookie(settings)
        self._phase_iv_cookies = settings.phase_iv_cookies
        self._site = Site(settings)

    async def admit(self, connection: _AnyConnection, query_token: str | None = None) -> Identity:
        """Who sends the request, unless their sign-in was revoked, or their account is disabled or gone.

        `query_token` is a token given in the URL, where a route allows that. Raises AuthError (401), ApiError (403;
        also for a personal token that is not for the route), or outages for a user or a personal token of which this
        process knows nothing yet.
        """
        token = _bearer(connection)
        if self._personal_tokens is None or token is None or not token.startswith(PREFIX):
            return await self.let_in(self.identify(connection, query_token))
        identity = await self.let_in(await self._personal_tokens.identify(token))
        check_scopes(identity, connection.scope)
        return identity

    def check_shown(self, connection: _AnyConnection) -> None:
        """Raise AuthError (401) or ApiError (403) unless a token is shown that may be one, revoked or not."""
        token = _bearer(connection)
        if self._personal_tokens is None or token is None or not self._personal_tokens.form.knows(token):
            self.identify(connection)

    async def let_in(self, identity: Identity) -> Identity:
        """A sign-in that holds, unless it was revoked, or its account is disabled or gone. Raises as `admit` does."""
        if self._revocations is not None:
            refused = self._revocations.refuses(identity)
            if refused is None:
                refused = await self._revocations.look(identity)
            if refused:
                raise over(identity, self._revocations)
        return identity

    def check_origin(self, connection: _AnyConnection, *, needed: bool) -> None:
        """Raise ApiError (403) for what a page of another site sends; where `needed` also for what no page does."""
        origin = header(connection.scope, b"origin")
        if origin is None and not needed:
            return
        host = connection.headers.get("host", "")
        if origin is None or not self._site.trusts(origin.decode("latin-1"), host):
            raise ApiError(
                "ORIGIN_MISMATCH",
                "What a cookie signs in must come from a page of this site; send an Authorization header instead.",
                error="Origin does not match",
            )

    def identify(self, connection: _AnyConnection, query_token: str | None = None) -> Identity:
        """Whose access token the request has, revoked or not. Raises AuthError (401) or ApiError (403)."""
        token = _bearer(connection)
        if token is not None:
            return self.verified(token)
        if query_token is not None:
            return self.verified(query_token)
        identity = self._from_cookies(connection)
        if identity is None:
            raise AuthError(
                "MISSING_AUTH_HEADER",
                "Authorization header with Bearer token is required",
                error="Authorization header required",
            )
        changes = str(dict(connection.scope).get("method", "GET")) not in _SAFE_METHODS
        if changes or not self._is_phase_iv:
            self.check_origin(connection, needed=changes and not self._is_phase_iv)
        return identity

    def verified(self, token: str) -> Identity:
        """Whose access token it is. Raises AuthError."""
        try:
            return self.tokens.verify(token)
        except TokenError as error:
            raise AuthError(error.code, "Token is invalid or expired", error="Invalid or expired token") from None

    def _from_cookies(self, connection: _AnyConnection) -> Identity | None:
        cookies = connection.cookies
        if self._is_phase_iv:
            return next(filter(None, map(self._identity, list(cookies.values())[:_MOST_COOKIES])), None)
        identity = self._identity(cookies.get(self._cookie))
        if identity is not None:
            return identity
        # Anybody who has a sub-domain can plant these: what they do not stand for is a session of ours.
        others = (self._identity(cookies.get(name)) for name in self._phase_iv_cookies)
        return next((other for other in others if other is not None and other.session_id is None), None)

    def _identity(self, token: str | None) -> Identity | None:
        try:
            return self.tokens.verify(token) if token else None
        except TokenError:
            return None


def over(identity: Identity, revocations: Revocations) -> AuthError:
    """The answer (401) to whoever shows a sign-in that is refused, and so was signed in once: what has ended."""
    closed = revocations.is_closed(identity.user_id)
    message = "This account is disabled or gone" if closed else "This sign-in has ended; log in again"
    params = {"reason": "account" if closed else "session"}
    return AuthError("INVALID_TOKEN", message, error="Invalid or expired token", params=params)


def _bearer(connection: _AnyConnection) -> str | None:
    """What the Authorization header has; None where there is none. Raises AuthError for a header of another form."""
    authorization = header(connection.scope, b"authorization")
    if authorization is None:
        return None
    scheme, _, token = authorization.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or len(token.split()) != 1:
        raise AuthError(
            "INVALID_AUTH_FORMAT",
            "Authorization header must be 'Bearer <token>'",
            error="Invalid authorization header format",
        )
    return token.strip()


def session_cookie(settings: Settings) -> str:
    """The name of the cookie that signs in: one that no other host can set, where browsers reach the site by https."""
    return HOST_PREFIX + SESSION_COOKIE if settings.by_https and settings.phase == "v" else SESSION_COOKIE


def sign_in_of(connection: _AnyConnection) -> SignIn:
    """What the connection's app signs in by."""
    return connection.app.state["sign_in"]


async def signed_in(connection: _AnyConnection, _: BaseRouteHandler) -> None:
    """The guard of routes for signed-in users: afterwards `request.user` is an Identity. Raises as `admit` does."""
    connection.scope["user"] = await sign_in_of(connection).admit(connection)


async def from_no_other_site(connection: _AnyConnection, _: BaseRouteHandler) -> None:
    """The guard of routes that set cookies or take them away. Raises ApiError (403) for another site's page."""
    settings: Settings = connection.app.state["settings"]
    if settings.phase == "v":
        sign_in_of(connection).check_origin(connection, needed=False)


async def internal(connection: _AnyConnection, handler: BaseRouteHandler) -> None:
    """The guard of internal routes: they demand the API token, and the caller that their `opt` names.

    Raises ApiError: 401 without the token, 403 for another caller.
    """
    settings: Settings = connection.app.state["settings"]
    check_api_token(settings.api_token, connection.headers.get(API_TOKEN_HEADER))
    caller: str = handler.opt[CALLER]
    # A caller may send a name of its own beside the one that its sidecar gives: then nobody knows who asks.
    if connection.headers.getall(CALLER_HEADER, []) != [caller]:
        raise ApiError("CALLER_NOT_ALLOWED", f"Only {caller} may call this route", error="Not for this caller")


def check_api_token(expected: str | None, given: str | None) -> None:
    """Raise ApiError (401) unless `given` is the API token. Where none is configured, nothing is accepted."""
    if expected is None or given is None or not hmac.compare_digest(expected.encode(), given.encode()):
        raise ApiError("API_TOKEN_REQUIRED", "Send the API token in dapr-api-token", error="API token required")
