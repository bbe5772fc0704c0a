"""What the release is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_SHORTEST_SECRET: Final = 32


@dataclass(frozen=True, kw_only=True)
class ReleaseSettings:
    """`database_url` is a postgresql:// URL; times are seconds; `bcrypt_rounds` is bcrypt's cost (tests lower it).

    `aware_times`: whether the tables it makes have times with a zone, as its newer builds do.
    """

    database_url: str
    secret: str
    environment: str = "production"
    access_seconds: int = 24 * 3600
    refresh_seconds: int = 7 * 24 * 3600
    bcrypt_rounds: int = 12
    aware_times: bool = False

    def __post_init__(self) -> None:
        if len(self.secret) < _SHORTEST_SECRET:
            raise ValueError(f"BETTER_AUTH_SECRET must be at least {_SHORTEST_SECRET} characters long")


def from_environment(environ: Mapping[str, str] = os.environ) -> ReleaseSettings:
    """The settings. Raises KeyError for a missing variable and ValueError for a short secret."""
    return ReleaseSettings(
        database_url=environ["DATABASE_URL"],
        secret=environ["BETTER_AUTH_SECRET"],
        environment=environ.get("ENVIRONMENT", "production"),
        access_seconds=int(environ.get("JWT_EXPIRY", "86400")),
        bcrypt_rounds=int(environ.get("BCRYPT_ROUNDS", "12")),
        aware_times=environ.get("AWARE_TIMES", "") == "1",
    )
