"""Requests that another site has a browser send: by cookie, with an Origin that is not this site's."""

from tests.security.attack import COOKIE, NOBODY, Attack

_FOREIGN = (
    "null",
    "http://evil.example",
    "https://127.0.0.1:8000.evil.example",
    "http://127.0.0.1",
    "http://127.0.0.1:80",
    "http://127.0.0.1:8001",
    "http://127.0.0.1:80000",
    "http://127.0.0.1:8000/",
    "http://127.0.0.1:8000/x",
    "http://127.0.0.1:8000.",
    "http://127.0.0.1.:8000",
    "http://127.0.0.1:8000@evil.example",
    "http://user@127.0.0.1:8000",
    "http://user:password@127.0.0.1:8000",
    "http://evil.example/127.0.0.1:8000",
    "http://evil.example#127.0.0.1:8000",
    "http://evil.example?127.0.0.1:8000",
    "http://evil127.0.0.1:8000",
    "http://sub.127.0.0.1:8000",
    "http://127.0.0.2:8000",
    "http://[::1]:8000",
    "http://localhost:8000",
    "http://2130706433:8000",
    "http://0x7f.1:8000",
    "http://127.1:8000",
    "http://１２７.0.0.1:8000",
    "//127.0.0.1:8000",
    "127.0.0.1:8000",
    "ws://127.0.0.1:8000",
    "ftp://127.0.0.1:8000",
    "file://",
    "chrome-extension://x",
    "about:blank",
    "javascript:alert(1)",
    "http://127.0.0.1:8000 http://evil.example",
    "http://evil.example http://127.0.0.1:8000",
    "http://127.0.0.1:8000,http://evil.example",
    "http://127.0.0.1:8000;",
    "http://127.0.0.1:8000%00",
    "http://127.0.0.1:8000\\evil.example",
    "*",
    "",
    " ",
    "undefined",
    "x" * 5_000,
)
_WRITES = (
    ("POST", "/api/v1/tasks", {"title": "x"}),
    ("PATCH", "/api/v1/tasks/<mallory.task>", {"title": "x"}),
    ("PUT", "/api/v1/tasks/<mallory.task>", {"title": "x"}),
    ("DELETE", "/api/v1/tasks/<mallory.task>", None),
    ("POST", "/api/v1/tasks/<mallory.task>/acknowledge", None),
    ("PUT", "/api/v1/me/preferences", {"timezone": "UTC"}),
    ("POST", "/api/v1/chat", {"message": "add x"}),
    ("POST", "/api/<mallory.id>/chat", {"message": "add x"}),
    ("POST", "/api/v1/reminders/<mallory.reminder>/acknowledge", None),
    ("POST", "/api/v1/reminders/<mallory.reminder>/snooze", {"minutes": 5}),
    ("POST", "/api/v1/auth/logout", None),
)

CASES: tuple[Attack, ...] = (
    *(
        Attack(
            name=f"a write from {origin[:60]!r}",
            method="POST",
            by=COOKIE,
            headers=(("origin", origin),),
            body={"title": "x"},
            status=403,
            code="ORIGIN_MISMATCH",
        )
        for origin in _FOREIGN
    ),
    *(
        Attack(
            name=f"{method} {path} from another site",
            method=method,
            path=path,
            by=COOKIE,
            headers=(("origin", "https://evil.example"),),
            body=body,
            status=403,
            code="ORIGIN_MISMATCH",
        )
        for method, path, body in _WRITES
    ),
    *(
        Attack(
            name=f"{method} {path} from nowhere",
            method=method,
            path=path,
            by=NOBODY,
            headers=(("cookie", "taskflow_session=<mallory.token>"), ("content-type", "application/json")),
            body=body,
            status=403,
            code="ORIGIN_MISMATCH",
        )
        for method, path, body in _WRITES
    ),
    Attack(
        name="a referer in the origin's place",
        method="POST",
        by=NOBODY,
        headers=(("cookie", "taskflow_session=<mallory.token>"), ("referer", "http://127.0.0.1:8000/")),
        body={"title": "x"},
        status=403,
    ),
    Attack(
        name="a form of another site",
        method="POST",
        by=COOKIE,
        headers=(("origin", "https://evil.example"), ("content-type", "text/plain")),
        body=b'{"title": "x", "y": "="}',
        status=403,
    ),
    Attack(
        name="a host that is the origin's",
        method="POST",
        by=COOKIE,
        headers=(("host", "evil.example"), ("origin", "http://127.0.0.1:8000")),
        body={"title": "x"},
        status=403,
    ),
    *(
        Attack(name=f"a host that is {host!r}", headers=(("host", host),), status=400)
        for host in ("a:b", "a@b", "[::1", "x:99999", "a b", "user:p@127.0.0.1:8000")
    ),
    Attack(
        name="a forwarded host in a link",
        query="limit=1",
        headers=(("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example")),
        status=200,
        check=lambda answer, _: "evil" not in str(answer.headers),
    ),
    Attack(
        name="a host in a link",
        query="limit=1",
        headers=(("host", "evil.example"),),
        status=200,
        check=lambda answer, _: "evil" not in str(answer.headers),
    ),
    Attack(
        name="a host in where to go",
        path="/redoc",
        by=NOBODY,
        headers=(("host", "evil.example"),),
        status=302,
        check=lambda answer, _: answer.headers["location"] == "/docs",
    ),
    *(
        Attack(
            name=f"a preflight from {origin} for {method} {path}",
            method="OPTIONS",
            path=path,
            by=NOBODY,
            headers=(("origin", origin), ("access-control-request-method", method)),
            status=status,
            check=lambda answer, _: not any(name.startswith("access-control-allow") for name in answer.headers),
        )
        for origin in ("https://evil.example", "null")
        for method, path, status in (
            ("POST", "/api/v1/tasks", 401),
            ("DELETE", "/api/v1/tasks/<anna.task>", 401),
            ("POST", "/api/v1/auth/login", 204),
            ("GET", "/api/v1/notifications/stream", 204),
            ("PUT", "/api/v1/me/preferences", 401),
            ("POST", "/internal/occurrences", 404),
        )
    ),
)
