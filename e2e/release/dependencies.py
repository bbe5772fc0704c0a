"""What routes are given: a session on the database, the settings, and who asks."""

from collections.abc import Generator
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request
from sqlmodel import Session

from e2e.release.settings import ReleaseSettings


def _settings(request: Request) -> ReleaseSettings:
    return cast(ReleaseSettings, request.app.state.settings)


def _session(request: Request) -> Generator[Session]:
    with Session(request.app.state.engine) as opened:
        yield opened


def _caller(request: Request) -> str:
    return cast(str, request.state.user_id)


Settings = Annotated[ReleaseSettings, Depends(_settings)]
Opened = Annotated[Session, Depends(_session)]
Caller = Annotated[str, Depends(_caller)]
"""The id of the user whose token came, as the middleware found it."""


def refused(status: int, code: str, error: str, message: str | None = None) -> HTTPException:
    """A refusal by a rule, as the release puts it."""
    return HTTPException(status, {"error": error, "code": code, "message": message or error})
