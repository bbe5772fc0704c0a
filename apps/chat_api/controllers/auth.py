"""Signing up, in and out, as Phase IV does it, with a session cookie besides the token."""

from dataclasses import dataclass
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody

from chat_api.accounts import Accounts
from chat_api.payloads import Account, Acknowledgement, Credentials, NewAccount, Refreshed, RefreshRequest, SignedIn
from taskflow.service.auth import SESSION_COOKIE, SignIn
from taskflow.service.errors import ApiError, AuthError, ErrorAnswer
from taskflow.service.litestar_app import SECURITY
from taskflow.service.openapi import answers
from taskflow.service.tokens import REFRESH_SECONDS, TokenError
from taskflow.settings import Settings

REFRESH_COOKIE = "refresh_token"
_AUTH_PATH = "/api/v1/auth"

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, kw_only=True)
class AuthState:
    """What these routes work with."""

    accounts: Accounts
    sign_in: SignIn
    settings: Settings


def make_auth_controller(auth: AuthState, guard: Any) -> type[Controller]:
    """The routes under /api/v1/auth."""
    secure = (auth.settings.public_origin or "").startswith("https:")

    def cookies(user_id: str, email: str, token: str) -> list[Cookie]:
        refresh = auth.sign_in.tokens.issue(user_id, email, "refresh")
        return [
            _cookie(SESSION_COOKIE, token, "/", auth.settings.jwt_expiry_seconds, secure=secure),
            _cookie(REFRESH_COOKIE, refresh, _AUTH_PATH, REFRESH_SECONDS, secure=secure),
        ]

    def signed_in(account: Account, message: str, status: int) -> Response[SignedIn]:
        token = auth.sign_in.tokens.issue(account.id, account.email)
        return Response(
            SignedIn(user=account, token=token, message=message),
            status_code=status,
            cookies=cookies(account.id, account.email, token),
        )

    class AuthController(Controller):
        path = _AUTH_PATH
        tags = ("accounts",)

        @post("/signup", responses=answers(400, 413, 422, 503), summary="Sign up")
        async def sign_up(self, data: JSONBody[NewAccount]) -> Response[SignedIn]:
            account = await auth.accounts.sign_up(data.email, data.password)
            return signed_in(account, "User registered successfully", 201)

        @post("/login", status_code=200, responses=answers(413, 422, 429, 503, s401=ErrorAnswer), summary="Sign in")
        async def sign_in(self, data: JSONBody[Credentials], request: AnyRequest) -> Response[SignedIn]:
            address = request.client.host if request.client else ""
            account = await auth.accounts.sign_in(data.email, data.password, address)
            return signed_in(account, "Login successful", 200)

        @post("/logout", status_code=200, summary="Sign out: the cookies go")
        async def sign_out(self) -> Response[Acknowledgement]:
            return Response(
                Acknowledgement(message="Signed out", status="success"),
                cookies=[
                    _cookie(SESSION_COOKIE, "", "/", 0, secure=secure),
                    _cookie(REFRESH_COOKIE, "", _AUTH_PATH, 0, secure=secure),
                ],
            )

        @get("/me", guards=[guard], security=SECURITY, responses=answers(401, 503), summary="Who am I?")
        async def me(self, request: AnyRequest) -> Account:
            account = await auth.accounts.find(request.user.user_id)
            if account is None:
                raise AuthError("INVALID_TOKEN", "This account no longer exists", error="Invalid or expired token")
            return account

        @post(
            "/refresh", status_code=200, responses=answers(413, 422, 503, s401=ErrorAnswer), summary="Renew the token"
        )
        async def refresh(
            self, request: AnyRequest, data: JSONBody[RefreshRequest | None] = None
        ) -> Response[Refreshed]:
            given = (data.refresh_token if data else None) or request.cookies.get(REFRESH_COOKIE)
            if not given:
                raise ApiError("NO_REFRESH_TOKEN", "Refresh token required", error="No refresh token provided")
            try:
                identity = auth.sign_in.tokens.verify(given, "refresh")
            except TokenError:
                identity = None
            account = await auth.accounts.find(identity.user_id) if identity else None
            if account is None:
                raise ApiError(
                    "INVALID_REFRESH_TOKEN", "Refresh token is invalid or expired", error="Invalid refresh token"
                )
            token = auth.sign_in.tokens.issue(account.id, account.email)
            return Response(
                Refreshed(token=token, message="Token refreshed"), cookies=cookies(account.id, account.email, token)
            )

    return AuthController


def _cookie(key: str, value: str, path: str, seconds: int, *, secure: bool) -> Cookie:
    return Cookie(key=key, value=value, path=path, max_age=seconds, httponly=True, samesite="strict", secure=secure)
