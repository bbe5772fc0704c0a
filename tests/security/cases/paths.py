"""Paths written in other ways: past the gate, out of the folder, or to what is not for everybody."""

from typing import Any

from tests.security.attack import NOBODY, Attack

_GATED = (
    "//internal/occurrences",
    "/internal//occurrences",
    "///internal/occurrences",
    "/internal/occurrences/",
    "/internal/occurrences/.",
    "/internal%2foccurrences",
    "/internal%2Foccurrences",
    "/%69nternal/occurrences",
    "/%2finternal/occurrences",
    "/./internal/occurrences",
    "/%2e/internal/occurrences",
    "/x/../internal/occurrences",
    "/x/%2e%2e/internal/occurrences",
    "/static/..%2finternal/occurrences",
    "/static/../internal/occurrences",
    "/docs/../internal/occurrences",
    "/api/v1/../../internal/occurrences",
    "/api/v1/%2e%2e/%2e%2e/internal/occurrences",
    "/internal/events",
    "//internal/events",
    "/internal/events/tasks",
    "/internal/docs",
    "/internal/docs/openapi.json",
    "//dapr/subscribe",
    "/dapr/config",
    "/v1.0/invoke/chat-api/method/internal/occurrences",
)
_NOWHERE = (
    "/INTERNAL/occurrences",
    "/Internal/occurrences",
    "/internal;x/occurrences",
    "/..;/internal/occurrences",
    "/x/..;/internal/occurrences",
    "/internal%00/occurrences",
    "/internal%20/occurrences",
    "/internal\\occurrences",
    "/%5cinternal/occurrences",
    "/%252e%252e/internal/occurrences",
    "/%u0069nternal/occurrences",
    "/internal%c0%afoccurrences",
)
_FILES = (
    "../app.py",
    "..%2fapp.py",
    "%2e%2e/app.py",
    "%2e%2e%2fapp.py",
    "..%5capp.py",
    "....//app.py",
    "..%252fapp.py",
    "../../../../etc/passwd",
    "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "..%c0%af..%c0%afetc/passwd",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "//etc/passwd",
    "file:///etc/passwd",
    "app.js%00.html",
    "app.js/x",
    "app.js.",
    "app.js::$DATA",
    "APP.JS",
    ".",
    "..",
    "",
    ".git/config",
    "index.html~",
    "x" * 300,
    "%",
    "%zz",
    "~root/.ssh/id_rsa",
    "C:%5cwindows%5cwin.ini",
)
_DOCUMENTS = (
    "/docs",
    "/docs/openapi.json",
    "/docs/start.js",
    "/api/v1/reminders/docs",
    "/api/v1/reminders/docs/openapi.json",
    "/api/v1/notifications/docs",
    "/api/v1/notifications/docs/openapi.json",
    "/api/v1/audit/docs",
    "/api/v1/audit/docs/openapi.json",
)


def _gate(path: str, status: int) -> Attack:
    return Attack(
        name=f"inside by {path}",
        method="POST",
        path=path,
        headers=(("dapr-api-token", "<api.token>"), ("dapr-caller-app-id", "recurring-task-processor")),
        body={"series_ids": ["<anna.series>"]},
        status=status,
    )


def _id(value: str, status: int = 404) -> Attack:
    return Attack(name=f"a task's id {value[:60]}", path=f"/api/v1/tasks/{value}", status=status)


def _nothing(name: str, path: str, status: int = 404, **more: Any) -> Attack:
    return Attack(name=name, path=path, status=status, **more)


CASES: tuple[Attack, ...] = (
    *(_gate(path, 404) for path in (*_GATED, *_NOWHERE)),
    *(
        Attack(name=f"documents of what is inside, {path}", path=path, status=404)
        for path in ("/internal/docs", "/internal/docs/openapi.json", "/internal/docs/x", "//internal/docs")
    ),
    *(
        Attack(name=f"file {folder}/{name[:60]}", path=f"{folder}/{name}", by=NOBODY, status=404)
        for folder in ("/static", "/docs/assets")
        for name in _FILES
    ),
    _id("%00"),
    _id("%ff"),
    _id("%2e%2e"),
    _id("..%2f<anna.task>"),
    _id("<anna.task>%00"),
    _id("<anna.task>%20"),
    _id("%20<anna.task>"),
    _id("<anna.task>;x"),
    _id("<anna.task>.json"),
    _id("<anna.task>/"),
    _id("<anna.task>%2f"),
    _id("*"),
    _id("%25"),
    _id("' OR '1'='1"),
    _id("1%20OR%201=1"),
    _id("x" * 256, 422),
    _id("null"),
    _id("undefined"),
    _id("0"),
    _id("-1"),
    _id("%f0%9f%98%80"),
    _nothing("tasks in capitals", "/API/V1/TASKS"),
    _nothing("tasks of version 2", "/api/v2/tasks"),
    _nothing("users", "/api/v1/users"),
    _nothing("a user", "/api/v1/users/<anna.id>"),
    _nothing("administration", "/admin"),
    _nothing("the environment", "/.env"),
    _nothing("git", "/.git/config"),
    _nothing("a server's status", "/server-status"),
    _nothing("an actuator", "/actuator/env"),
    _nothing("a debugger", "/debug/pprof"),
    _nothing("an unknown path for nobody", "/api/v1/nothing", 401, by=NOBODY, code="MISSING_AUTH_HEADER"),
    _nothing("an absolute form", "http://evil.example/api/v1/tasks"),
    _nothing("the asterisk", "*"),
    *(
        Attack(name=f"nobody at {path}", path=path, by=NOBODY, status=401, code="MISSING_AUTH_HEADER")
        for path in (
            "/api/v1/tasks",
            "//api/v1/tasks",
            "/api//v1/tasks",
            "/api/v1/tasks/",
            "/api/v1/tasks/<anna.task>",
            "/api/v1/auth/me",
            "/api/v1/auth/me/",
            "/api/v1/me/preferences",
            "/api/v1/recurrence/preview",
            "/api/v1/reminders",
            "/api/v1/reminders/",
            "/api/v1/audit/events",
            "/api/v1/audit/tasks/<anna.task>",
            "/api/v1/notifications/stream",
            "//api/v1/notifications/stream",
        )
    ),
    *(
        Attack(name=f"nobody, {method} {path}", method=method, path=path, by=NOBODY, body=body, status=401)
        for method, path, body in (
            ("POST", "/api/v1/tasks", {"title": "x"}),
            ("PUT", "/api/v1/tasks/<anna.task>", {"title": "x"}),
            ("PATCH", "/api/v1/tasks/<anna.task>", {"title": "x"}),
            ("DELETE", "/api/v1/tasks/<anna.task>", None),
            ("POST", "/api/v1/tasks/<anna.task>/acknowledge", None),
            ("PUT", "/api/v1/me/preferences", {"timezone": "UTC"}),
            ("POST", "/api/v1/chat", {"message": "list"}),
            ("POST", "/api/<anna.id>/chat", {"message": "list"}),
            ("POST", "/api/v1/reminders/<anna.reminder>/acknowledge", None),
            ("POST", "/api/v1/reminders/<anna.reminder>/snooze", {"minutes": 5}),
            ("POST", "/api/v1/auth/logout", None),
            ("POST", "/api/v1/auth/refresh", None),
        )
    ),
    *(
        Attack(name=f"write at {path}", method="POST", path=path, by=NOBODY, status=405)
        for path in ("/", "/health", "/docs", "/redoc")
    ),
    *(
        Attack(name=f"documents by {path}", path=path, by=NOBODY, status=404)
        for path in (
            "/docs/../app.py",
            "/docs/openapi.json/x",
            "/docs/x",
            "/docs/%2e%2e",
            "/docs/x/y",
            "/docs/<script>",
        )
    ),
    Attack(name="the page for nobody", path="/", by=NOBODY, headers=(("accept", "text/html<script>"),), status=200),
    Attack(name="the page's older name", path="/redoc", by=NOBODY, query="to=https://evil.example", status=302),
    Attack(
        name="documents with another host", path="/docs", by=NOBODY, headers=(("x-forwarded-host", "evil"),), status=200
    ),
    *(
        Attack(name=f"a parameter at {path}", path=path, by=NOBODY, query="url=https://evil.example/x.json", status=422)
        for path in _DOCUMENTS
    ),
    *(
        Attack(name=f"documents by {path}", path=path, by=NOBODY, status=status)
        for path, status in (
            ("/api/v1/reminders/docs/x", 404),
            ("/api/v1/notifications/docs/x", 404),
            ("/api/v1/audit/docs/x", 404),
        )
    ),
)
