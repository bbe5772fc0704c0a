"""Cursors, keys and parameters that were not given to who sends them, or not for this."""

import base64
import json
from typing import Any

from tests.security.attack import NOBODY, Attack

_STREAM = "/api/v1/notifications/stream"


def _cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()


_CURSORS = {
    "no base64": "!!!",
    "not padded right": "A",
    "no JSON": base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    "an object": base64.urlsafe_b64encode(b'{"of": "x"}').decode(),
    "a list too short": _cursor("x"),
    "a list too long": _cursor("x", None, "y", "z"),
    "another list": _cursor("tasks of everybody", None, "y"),
    "no time": _cursor("x", "never", "y"),
    "the end of the calendar": _cursor("x", "9999-12-31T23:59:59-23:59", "y"),
    "its start": _cursor("x", "0001-01-01T00:00:00+23:59", "y"),
    "SQL": _cursor("x", "2026-01-01T00:00:00Z", "' OR '1'='1"),
    "a number for an id": _cursor("x", None, 1),
    "nested": base64.urlsafe_b64encode(b"[" * 300).decode(),
    "long": "A" * 1_001,
    "empty": "",
    "blank": "%20",
    "a NUL": "%00",
    "no text": "%ff",
}


def _keyed(name: str, method: str, path: str, status: int, key: str = "key-of-anna", **more: Any) -> Attack:
    headers = (("idempotency-key", key),)
    return Attack(name=f"key: {name}", method=method, path=path, status=status, headers=headers, **more)


CASES: tuple[Attack, ...] = (
    *(
        Attack(name=f"cursor {name} at {path}", path=path, query=f"limit=1&cursor={cursor}", status=422)
        for name, cursor in _CURSORS.items()
        for path in ("/api/v1/tasks", "/api/v1/audit/events", "/api/v1/reminders")
    ),
    Attack(name="cursor of tasks for events", path="/api/v1/audit/events", query="cursor=<mallory.tasks>", status=422),
    Attack(name="cursor of events for tasks", query="cursor=<mallory.events>", status=422),
    Attack(name="cursor for another order", query="limit=1&sort=due&cursor=<mallory.tasks>", status=422),
    Attack(name="cursor for another search", query="limit=1&q=x&cursor=<mallory.tasks>", status=422),
    _keyed("of another user", "POST", "/api/v1/tasks", 201, body={"title": "The same"}, writes=True),
    _keyed("with another request", "POST", "/api/v1/tasks", 422, body={"title": "another"}),
    _keyed("on another route", "POST", "/api/v1/chat", 200, body={"message": "list"}, writes=True),
    _keyed("on another's task", "DELETE", "/api/v1/tasks/<anna.task>", 404),
    _keyed("on another's series", "DELETE", "/api/v1/tasks/<anna.series>", 404),
    _keyed("as another user", "POST", "/api/<anna.id>/chat", 403, body={"message": "list"}),
    _keyed("without a token", "POST", "/api/v1/tasks", 401, body={"title": "The same"}, by=NOBODY),
    *(
        _keyed(
            f"that is {key[:20]!r}",
            "POST",
            "/api/v1/tasks",
            422,
            body={"title": "x"},
            key=key,
        )
        for key in ("", "x" * 256, "a\tb", b"\xff\x00".decode("latin-1"), "a\x00b")
    ),
    *(
        Attack(name=f"a limit of {limit}", query=f"limit={limit}", status=422)
        for limit in ("0", "-1", "201", "1e3", "99999999999999999999", "NaN", "1.5", "0x10", "", "1;2")
    ),
    Attack(name="a limit twice", query="limit=1&limit=201", status=422),
    Attack(name="a limit as a list", query="limit[]=1", status=200),
    Attack(
        name="a parameter nobody knows, on a route of ours", path="/api/v1/reminders", query="admin=true", status=422
    ),
    Attack(name="a query that is no text", query=b"q=%ff", status=422),
    Attack(name="a query of bytes", query=b"q=\xff", status=422),
    Attack(name="a query of many", query="&".join(f"a{n}=b" for n in range(2_000)), status=422),
    Attack(name="a search that is long", query="q=" + "x" * 201, status=422),
    Attack(name="a search for NUL", query="q=a%00b", status=422),
    *(
        Attack(name=f"a preview of {query[:50]}", path="/api/v1/recurrence/preview", query=query, status=422)
        for query in (
            "",
            "pattern=",
            "pattern=RRULE:FREQ=SECONDLY",
            "pattern=RRULE:FREQ=DAILY;INTERVAL=0",
            "pattern=RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "pattern=daily&count=100000",
            "pattern=daily&count=-1",
            "pattern=daily&start=0001-01-01T00:00:00%2B23:59",
            "pattern=daily&timezone=../etc/passwd",
            "pattern=" + "x" * 501,
        )
    ),
    *(
        Attack(name=f"stream: {name}", path=_STREAM, query=query, headers=headers, status=status)
        for name, query, headers, status in (
            ("a last id of SQL", "last_event_id=%27%20OR%201=1--", (), 200),
            ("a last id that is long", "last_event_id=" + "x" * 9_000, (), 200),
            ("a last id of NUL", "last_event_id=%00", (), 200),
            ("a last id with a line break", "last_event_id=x%0d%0adata:%20x", (), 200),
            ("a last id from the end of time", "last_event_id=since-9999999999999999", (), 200),
            ("a last id from before time", "last_event_id=since-0", (), 200),
            ("a last id in a header of bytes", "", (("last-event-id", b"\xff\x00"),), 200),
            ("two last ids", "last_event_id=a&last_event_id=b", (("last-event-id", "c"),), 200),
            ("a parameter that nobody knows", "user=<anna.id>", (), 422),
            ("a bad token beside a good header", "token=x", (), 200),
        )
    ),
    *(
        Attack(name=f"stream by {method}", path=_STREAM, method=method, status=405)
        for method in ("POST", "PUT", "DELETE", "HEAD")
    ),
    Attack(name="stream for nobody with an empty token", path=_STREAM, query="token=", by=NOBODY, status=401),
    Attack(
        name="stream for nobody with a token twice",
        path=_STREAM,
        query="token=x&token=<mallory.token>",
        by=NOBODY,
        status=401,
    ),
    *(
        Attack(
            name=f"refresh with {body!r}"[:70],
            method="POST",
            path="/api/v1/auth/refresh",
            by=NOBODY,
            body=body,
            status=401,
        )
        for body in (
            {},
            {"refresh_token": None},
            {"refresh_token": ""},
            {"refresh_token": 1},
            {"refresh_token": ["<mallory.refresh>"]},
            {"refresh_token": {"token": "<mallory.refresh>"}},
            {"token": "<mallory.refresh>"},
            {"refreshToken": "<mallory.refresh>"},
            ["<mallory.refresh>"],
            "<mallory.refresh>",
        )
    ),
    *(
        Attack(
            name=f"refresh by {name}: {value[:20]}",
            method="POST",
            path="/api/v1/auth/refresh",
            by=NOBODY,
            headers=((name, value), ("origin", "http://127.0.0.1:8000")),
            status=401,
        )
        for name, value in (
            ("authorization", "Bearer <mallory.refresh>"),
            ("cookie", "refresh_token=<mallory.token>"),
            ("cookie", "taskflow_session=<mallory.refresh>"),
            ("x-refresh-token", "<mallory.refresh>"),
        )
    ),
    Attack(
        name="refresh by a query",
        method="POST",
        path="/api/v1/auth/refresh",
        query="refresh_token=<mallory.refresh>",
        by=NOBODY,
        status=401,
    ),
    Attack(name="refresh by GET", path="/api/v1/auth/refresh", by=NOBODY, status=405),
    Attack(
        name="sign in by GET", path="/api/v1/auth/login", query="email=<anna.email>&password=x", by=NOBODY, status=405
    ),
    Attack(name="sign out by GET", path="/api/v1/auth/logout", status=405),
    Attack(
        name="sign out with a refresh token",
        method="POST",
        path="/api/v1/auth/logout",
        by=NOBODY,
        headers=(("authorization", "Bearer <mallory.refresh>"),),
        status=401,
    ),
    *(
        Attack(
            name=f"sign in with {body!r}"[:70],
            method="POST",
            path="/api/v1/auth/login",
            by=NOBODY,
            body=body,
            status=422,
        )
        for body in (
            {},
            {"email": "<anna.email>"},
            {"password": "long enough"},
            {"email": None, "password": "long enough"},
            {"email": ["<anna.email>"], "password": "long enough"},
            {"email": {"$gt": ""}, "password": "long enough"},
            {"email": "<anna.email>", "password": {"$gt": ""}},
            {"email": "<anna.email>", "password": True},
            {"email": "<anna.email>", "password": "x" * 1_001},
            {"email": "<anna.email>", "password": "short"},
        )
    ),
    Attack(
        name="sign in with a wrong password",
        method="POST",
        path="/api/v1/auth/login",
        by=NOBODY,
        body={"email": "<anna.email>", "password": "long enough"},
        status=401,
        code="INVALID_CREDENTIALS",
    ),
    Attack(
        name="sign in with what is stored",
        method="POST",
        path="/api/v1/auth/login",
        by=NOBODY,
        body={"email": "<anna.email>", "password": "--------"},
        status=401,
        code="INVALID_CREDENTIALS",
    ),
    Attack(
        name="sign up with an id",
        method="POST",
        path="/api/v1/auth/signup",
        by=NOBODY,
        body={"email": "<anna.email>", "password": "long enough", "id": "<anna.id>"},
        status=400,
    ),
)
