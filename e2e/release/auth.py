"""Signing up and in."""

import json
import re
from typing import Any, Final, cast

import bcrypt
import jwt
from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from e2e.release import tokens
from e2e.release.bodies import Credentials, GivenUser, SignedIn
from e2e.release.dependencies import Caller, Opened, Settings, refused
from e2e.release.settings import ReleaseSettings
from e2e.release.tables import User

router = APIRouter(prefix="/api/v1/auth")

_EMAIL: Final = re.compile(r"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}")
_BCRYPT_BYTES: Final = 72


def _secret(password: str) -> bytes:
    return password.encode()[:_BCRYPT_BYTES]


def _taken() -> HTTPException:
    return refused(400, "SIGNUP_ERROR", "Email already registered")


def _give(user: User, settings: ReleaseSettings, response: Response, message: str) -> SignedIn:
    refresh = tokens.issue(settings, user.id, user.email, "refresh")
    response.set_cookie("refresh_token", refresh, max_age=settings.refresh_seconds, httponly=True, samesite="lax")
    token = tokens.issue(settings, user.id, user.email)
    return SignedIn(user=GivenUser.model_validate(user), token=token, message=message)


@router.post("/signup", status_code=201)
def sign_up(body: Credentials, opened: Opened, settings: Settings, response: Response) -> SignedIn:
    """A new account."""
    email = body.email.lower()
    if not _EMAIL.fullmatch(body.email):
        raise refused(400, "SIGNUP_ERROR", "Invalid email format")
    if opened.exec(select(User).where(User.email == email)).first() is not None:
        raise _taken()
    hashed = bcrypt.hashpw(_secret(body.password), bcrypt.gensalt(settings.bcrypt_rounds))
    user = User(email=email, hashed_password=hashed.decode())
    opened.add(user)
    try:
        opened.commit()
    except IntegrityError:
        raise _taken() from None
    return _give(user, settings, response, "User registered successfully")


@router.post("/login")
def log_in(body: Credentials, opened: Opened, settings: Settings, response: Response) -> SignedIn:
    """A token for an account."""
    user = opened.exec(select(User).where(User.email == body.email.lower())).first()
    if user is None or not bcrypt.checkpw(_secret(body.password), user.hashed_password.encode()):
        raise refused(401, "INVALID_CREDENTIALS", "Invalid email or password", "Email or password is incorrect")
    return _give(user, settings, response, "Login successful")


@router.post("/logout")
def log_out(response: Response) -> dict[str, str]:
    """Takes the cookie back; tokens go on until they end."""
    response.delete_cookie("refresh_token")
    return {"message": "Logged out", "status": "success"}


@router.get("/me")
def me(caller: Caller, opened: Opened) -> GivenUser:
    """Who asks."""
    user = opened.get(User, caller)
    if user is None:
        raise refused(401, "INVALID_TOKEN", "Invalid or expired token", "Token is invalid or expired")
    return GivenUser.model_validate(user)


@router.post("/refresh")
async def refresh(request: Request, settings: Settings) -> dict[str, str]:
    """A new access token for a refresh token, from the body or the cookie."""
    try:
        sent: Any = json.loads(await request.body())
    except ValueError:
        sent = None
    shown = cast(dict[str, Any], sent).get("refresh_token") if isinstance(sent, dict) else None
    token = shown or request.cookies.get("refresh_token")
    if not token:
        raise refused(401, "NO_REFRESH_TOKEN", "No refresh token provided", "Refresh token required")
    try:
        claims = tokens.verify(settings, str(token))
    except jwt.PyJWTError:
        claims = {}
    user_id = tokens.user_of(claims)
    if claims.get("type") != "refresh" or user_id is None:
        error, message = "Invalid or expired refresh token", "Refresh token is invalid or has expired"
        raise refused(401, "INVALID_REFRESH_TOKEN", error, message)
    issued = tokens.issue(settings, user_id, str(claims.get("email", "")))
    return {"token": issued, "message": "Token refreshed successfully"}
