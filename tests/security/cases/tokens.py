"""Forged, altered, stale and foreign tokens, in each place that a token may come in."""

from tests.security.attack import NOBODY, Attack
from tests.security.forging import forged

_HERE = ("http://127.0.0.1:8000",)
_NAMES = tuple(forged("s", "u", "e"))
_STREAM = "/api/v1/notifications/stream"


def _as_bearer(name: str) -> Attack:
    return Attack(
        name=f"{name} as a bearer",
        path="/api/v1/auth/me",
        by=NOBODY,
        headers=(("authorization", f"Bearer <{name}>"),),
        status=401,
    )


def _as_cookie(name: str) -> Attack:
    return Attack(
        name=f"{name} as the session's cookie",
        by=NOBODY,
        headers=(("cookie", f"taskflow_session=<{name}>"), ("origin", *_HERE)),
        status=401,
        code="MISSING_AUTH_HEADER",
    )


def _to_renew(name: str) -> Attack:
    return Attack(
        name=f"{name} to renew by",
        method="POST",
        path="/api/v1/auth/refresh",
        by=NOBODY,
        body={"refresh_token": f"<{name}>"},
        status=401,
        code="INVALID_REFRESH_TOKEN",
    )


def _for_a_stream(name: str) -> Attack:
    return Attack(name=f"{name} for a stream", path=_STREAM, query=f"token=<{name}>", by=NOBODY, status=401)


_ELSEWHERE = ("forged.alg_none", "forged.another_secret", "forged.expired", "forged.a_refresh_token")
CASES: tuple[Attack, ...] = (
    *map(_as_bearer, _NAMES),
    *map(_as_cookie, _NAMES),
    *(_to_renew(name) for name in _NAMES if name != "forged.a_refresh_token"),
    *map(_for_a_stream, _NAMES),
    *(
        Attack(
            name=f"{name} at {path}", path=path, by=NOBODY, headers=(("authorization", f"Bearer <{name}>"),), status=401
        )
        for name in _ELSEWHERE
        for path in ("/api/v1/tasks", "/api/v1/reminders", "/api/v1/audit/events", "/api/v1/me/preferences", _STREAM)
    ),
    *(
        Attack(
            name=f"{name} to write at {path}",
            method=method,
            path=path,
            by=NOBODY,
            headers=(("authorization", f"Bearer <{name}>"),),
            body=body,
            status=401,
        )
        for name in _ELSEWHERE
        for method, path, body in (
            ("POST", "/api/v1/tasks", {"title": "x"}),
            ("POST", "/api/v1/chat", {"message": "list"}),
            ("POST", "/api/v1/auth/logout", None),
            ("DELETE", "/api/v1/tasks/<anna.task>", None),
        )
    ),
    Attack(
        name="an access token to renew by",
        method="POST",
        path="/api/v1/auth/refresh",
        by=NOBODY,
        body={"refresh_token": "<mallory.token>"},
        status=401,
        code="INVALID_REFRESH_TOKEN",
    ),
    Attack(
        name="a refresh token as a bearer",
        by=NOBODY,
        headers=(("authorization", "Bearer <mallory.refresh>"),),
        status=401,
        code="INVALID_TOKEN",
    ),
    Attack(
        name="a refresh token as the session's cookie",
        by=NOBODY,
        headers=(("cookie", "taskflow_session=<mallory.refresh>"),),
        status=401,
    ),
    Attack(name="a refresh token for a stream", path=_STREAM, query="token=<mallory.refresh>", by=NOBODY, status=401),
)
