"""Signing up, in and out, as Phase IV does it, with cookies besides the token, and with sessions that end."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import JSONBody, SkipValidation

from chat_api.accounts import Account, Accounts, Entry
from chat_api.controllers.cookies import AUTH_PATH, REFRESH_COOKIE, Cookies
from chat_api.controllers.devices import Clients
from chat_api.payloads import Acknowledgement, Credentials, NewAccount, Refreshed, SignedIn
from chat_api.sessions.device import device_of
from chat_api.sessions.port import Sessions
from taskflow_core.decoding import JsonDecoder, UndecodableError
from taskflow_core.service.auth import SignedInRequest, SignIn, from_no_other_site, signed_in
from taskflow_core.service.bodies import OPTIONAL_BODY
from taskflow_core.service.errors import ApiError, AuthError, ErrorAnswer
from taskflow_core.service.ignored import PHASE_IV
from taskflow_core.service.incoming import LARGEST_BODY
from taskflow_core.service.litestar_app import SECURITY
from taskflow_core.service.openapi import answers
from taskflow_core.service.problems import invalid
from taskflow_core.service.requests import header
from taskflow_core.service.tokens import Identity

_decode_object = JsonDecoder(dict[str, Any], largest=LARGEST_BODY)

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, kw_only=True)
class Auth:
    """What these routes work with."""

    accounts: Accounts
    sessions: Sessions
    sign_in: SignIn
    cookies: Cookies
    is_phase_iv: bool
    clients: Clients = field(default_factory=Clients)

    async def begin(
        self, request: AnyRequest, entry: Entry, asked: Credentials, message: str, status: int
    ) -> Response[SignedIn]:
        """The answer to a user who has signed up or in."""
        tokens = await self.sessions.begin(entry, device_of(request))
        body = SignedIn(user=entry.account, token=tokens.access, message=message)
        if asked.refresh_token is True and not self.is_phase_iv:
            body = msgspec.structs.replace(body, refresh_token=tokens.refresh)
        return Response(body, status_code=status, cookies=self.cookies.signed_in(tokens, entry.devices))

    async def leaving(self, request: AnyRequest, *, everywhere: bool) -> list[Identity]:
        """What somebody who signs out shows: a token, a refresh token in the cookie, or both.

        The refresh token alone will do, but not to end all sessions: the browser lets go of the session's cookie when
        the access token has expired. Raises as `admit` does.
        """
        given = self.sessions.shown(request.cookies.get(REFRESH_COOKIE))
        try:
            identity = await self.sign_in.admit(request)
        except AuthError:
            if given is None or everywhere or header(request.scope, b"authorization") is not None:
                raise
            self.sign_in.check_origin(request, needed=True)
            return [given]
        return [identity] if given is None or given.user_id != identity.user_id else [identity, given]


FromAuth = NamedDependency[SkipValidation[Auth]]


@dataclass
class _RefreshOperation(Operation):
    """The body that the route reads by itself, for the OpenAPI document."""

    def __post_init__(self) -> None:
        token = Schema(type=[OpenAPIType.STRING, OpenAPIType.NULL], description="Without one the cookie is used")
        self.request_body = _optional_body({"refresh_token": token})


@dataclass
class _SignOutOperation(Operation):
    """The same of signing out."""

    def __post_init__(self) -> None:
        everywhere = Schema(type=OpenAPIType.BOOLEAN, description="End all sessions of the account")
        self.request_body = _optional_body({"everywhere": everywhere})


def _optional_body(properties: dict[str, Schema]) -> RequestBody:
    body = Schema(type=OpenAPIType.OBJECT, properties=dict(properties))
    return RequestBody(content={"application/json": OpenAPIMediaType(schema=body)}, required=False)


class AuthController(Controller):
    path = AUTH_PATH
    opt = PHASE_IV
    tags = ("accounts",)

    @post(
        "/signup",
        guards=[from_no_other_site],
        responses=answers(400, 403, 413, 422, 429, 503),
        summary="Sign up",
    )
    async def sign_up(self, request: AnyRequest, auth: FromAuth, data: JSONBody[NewAccount]) -> Response[SignedIn]:
        invitation = data.invitation if isinstance(data.invitation, str) else None
        entry = await auth.accounts.sign_up(data.email, data.password, auth.clients.of(request), invitation)
        return await auth.begin(request, entry, data, "User registered successfully", 201)

    @post(
        "/login",
        status_code=200,
        guards=[from_no_other_site],
        responses=answers(403, 413, 422, 429, 503, s401=ErrorAnswer),
        summary="Sign in",
    )
    async def sign_in(self, request: AnyRequest, auth: FromAuth, data: JSONBody[Credentials]) -> Response[SignedIn]:
        entry = await auth.accounts.sign_in(data.email, data.password, auth.clients.of(request))
        return await auth.begin(request, entry, data, "Login successful", 200)

    @post(
        "/logout",
        status_code=200,
        guards=[from_no_other_site],
        security=SECURITY,
        opt=PHASE_IV | OPTIONAL_BODY,
        operation_class=_SignOutOperation,
        responses=answers(401, 403, 413, 422, 503),
        summary="Sign out: the session ends, or all of the account's, and the cookies go",
    )
    async def sign_out(self, request: AnyRequest, auth: FromAuth) -> Response[Acknowledgement]:
        everywhere = None if auth.is_phase_iv else _everywhere_in(await request.body())
        leaving = await auth.leaving(request, everywhere=everywhere is True)
        message = "Signed out"
        if everywhere:
            await auth.sessions.end_all(leaving[0].user_id)
            message = "Signed out everywhere"
        else:
            # Of Phase IV's clients, where nothing ended, some go on sending the token that they signed out with.
            as_phase_iv = everywhere is None and len(leaving) == 1 and header(request.scope, b"authorization")
            await auth.sessions.end(leaving, in_a_moment=bool(as_phase_iv))
        return Response(Acknowledgement(message=message, status="success"), cookies=auth.cookies.signed_out())

    @get("/me", guards=[signed_in], security=SECURITY, responses=answers(401, 403, 503), summary="Who am I?")
    async def me(self, request: SignedInRequest, auth: FromAuth) -> Account:
        account = await auth.accounts.find(request.user.user_id)
        if account is None:
            message = "This account no longer exists"
            params = {"reason": "account"}
            raise AuthError("INVALID_TOKEN", message, error="Invalid or expired token", params=params)
        return account

    @post(
        "/refresh",
        status_code=200,
        opt=PHASE_IV | OPTIONAL_BODY,
        guards=[from_no_other_site],
        operation_class=_RefreshOperation,
        responses=answers(403, 413, 422, 503, s401=ErrorAnswer),
        summary="Renew the tokens",
    )
    async def refresh(self, request: AnyRequest, auth: FromAuth) -> Response[Refreshed]:
        in_body = _token_in(await request.body())
        given = in_body or request.cookies.get(REFRESH_COOKIE)
        if not given:
            raise ApiError("NO_REFRESH_TOKEN", "Refresh token required", error="No refresh token provided")
        if not in_body and not auth.is_phase_iv:
            auth.sign_in.check_origin(request, needed=True)
        tokens = await auth.sessions.renew(given, device_of(request))
        if tokens is None:
            raise ApiError(
                "INVALID_REFRESH_TOKEN",
                "Refresh token is invalid or has expired",
                error="Invalid or expired refresh token",
            )
        body = Refreshed(token=tokens.access, message="Token refreshed")
        if in_body and not auth.is_phase_iv:
            body = msgspec.structs.replace(body, refresh_token=tokens.refresh)
        return Response(body, cookies=auth.cookies.signed_in(tokens))


def _token_in(body: bytes) -> str | None:
    """The refresh token in a body."""
    given = _members(body).get("refresh_token")
    return None if given is None else str(given)


def _everywhere_in(body: bytes) -> bool | None:
    """What a body says of `everywhere`; None for nothing. Raises InvalidError for what is neither true nor false."""
    given = _members(body).get("everywhere")
    if given is None or isinstance(given, bool):
        return given
    raise invalid("everywhere", "is true or false")


def _members(body: bytes) -> dict[str, Any]:
    """The members of a body's object; what is no JSON, or no object, has none (Phase IV's rule)."""
    try:
        return _decode_object(body)
    except UndecodableError:
        return {}
