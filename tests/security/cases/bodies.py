"""Bodies: of other types than JSON, that say a thing twice, that are too much, and fields that are not for clients."""

import json
from typing import Any

from tests.security.attack import NOBODY, Attack
from tests.support.adversarial import VALUES

_TASK: dict[str, Any] = {"title": "x"}
_ROUTES = (
    ("POST", "/api/v1/tasks", _TASK),
    ("PATCH", "/api/v1/tasks/<mallory.task>", _TASK),
    ("PUT", "/api/v1/me/preferences", {"timezone": "UTC"}),
    ("POST", "/api/v1/chat", {"message": "list"}),
    ("POST", "/api/v1/parse", {"text": "call mum tomorrow"}),
    ("POST", "/api/v1/reminders/<mallory.reminder>/snooze", {"minutes": 5}),
)
_TYPES = (
    "text/plain",
    "text/plain;charset=application/json",
    "text/html",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/jsonp",
    "application/json5",
    "application/javascript",
    "x",
)


def _posted(name: str, body: bytes, status: int = 422, **more: Any) -> Attack:
    return Attack(name=f"task: {name}", method="POST", body=body, status=status, **more)


_STOLEN: dict[str, Any] = {
    "user_id": "<anna.id>",
    "owner": "<anna.id>",
    "actor_id": "<anna.id>",
    "id": "<anna.task>",
    "task_id": "<anna.task>",
    "version": 10**6,
    "created_at": "1970-01-01T00:00:00Z",
    "updated_at": "1970-01-01T00:00:00Z",
    "completed_at": "1970-01-01T00:00:00Z",
    "parent_recurring_task_id": "<anna.series>",
    "series_id": "<anna.series>",
    "reminder_config": [{"offset": "1 day"}],
    "reminder_status": "sent",
    "is_admin": True,
    "role": "admin",
    "admin": True,
    "permissions": ["*"],
    "__proto__": {"admin": True},
    "constructor": {"prototype": {"admin": True}},
    "__class__": "Admin",
    "_meta": {"user_id": "<anna.id>"},
    "has_description": True,
    "due_at": "1970-01-01T00:00:00Z",
    "rrule": "FREQ=DAILY",
    "tag_keys": ["x"],
}
_FRESH = ("user_id", "id", "version", "created_at", "updated_at", "parent_recurring_task_id", "reminder_status")


def _is_mallorys(answer: Any, names: Any) -> bool:
    task = json.loads(answer.body)
    return (
        task["user_id"] == names["mallory.id"]
        and task["id"] not in (names["anna.task"], names["anna.series"])
        and task["version"] < 1000
        and not task["created_at"].startswith("1970")
        and not task["updated_at"].startswith("1970")
        and task["parent_recurring_task_id"] != names["anna.series"]
        and not task["completed"]
    )


def _assigned(method: str, path: str, status: int) -> tuple[Attack, ...]:
    each = tuple(
        Attack(
            name=f"{method} with {field} of one's own choice",
            method=method,
            path=path,
            body={"title": "x", field: value},
            status=status,
            writes=True,
            check=_is_mallorys,
        )
        for field, value in _STOLEN.items()
    )
    return (
        *each,
        Attack(
            name=f"{method} with everything of one's own choice",
            method=method,
            path=path,
            body={"title": "x"} | _STOLEN,
            status=status,
            writes=True,
            check=_is_mallorys,
        ),
    )


CASES: tuple[Attack, ...] = (
    *_assigned("POST", "/api/v1/tasks", 201),
    *_assigned("PATCH", "/api/v1/tasks/<mallory.task>", 200),
    *_assigned("PUT", "/api/v1/tasks/<mallory.task>", 200),
    Attack(
        name="preferences of another",
        method="PUT",
        path="/api/v1/me/preferences",
        body={"timezone": "UTC", "notifications": "all", "user_id": "<anna.id>"},
        status=200,
        writes=True,
    ),
    Attack(
        name="talk as another, by a field",
        method="POST",
        path="/api/v1/chat",
        body={"message": "list my tasks", "user_id": "<anna.id>"},
        status=200,
        writes=True,
    ),
    Attack(
        name="a reminder of another, by a field",
        method="POST",
        path="/api/v1/reminders/<mallory.reminder>/snooze",
        body={"minutes": 5, "id": "<anna.reminder>", "user_id": "<anna.id>"},
        status=200,
        writes=True,
        check=lambda answer, names: json.loads(answer.body)["id"] == names["mallory.reminder"],
    ),
    Attack(
        name="a completed task from the start",
        method="POST",
        body={"title": "x", "completed": True},
        status=201,
        writes=True,
        check=lambda answer, _: json.loads(answer.body)["completed"] is False,
    ),
    *(
        Attack(
            name=f"{method} {path} as {kind}",
            method=method,
            path=path,
            headers=(("content-type", kind),),
            body=body,
            status=422,
        )
        for kind in _TYPES
        for method, path, body in _ROUTES
    ),
    *(
        Attack(
            name=f"{path} as a form",
            method="POST",
            path=path,
            by=NOBODY,
            headers=(("content-type", "application/x-www-form-urlencoded"),),
            body=b"email=a%40example.com&password=long+enough",
            status=422,
        )
        for path in ("/api/v1/auth/login", "/api/v1/auth/signup")
    ),
    *(_posted(f"title is {name}", b'{"title": %b}' % value) for name, value in VALUES.items()),
    _posted("nothing", b""),
    _posted("a blank", b" "),
    _posted("null", b"null"),
    _posted("a list", b"[]"),
    _posted("a list with one", b'[{"title": "x"}]'),
    _posted("a text", b'"x"'),
    _posted("a number", b"1"),
    _posted("true", b"true"),
    _posted("an empty object", b"{}"),
    _posted("cut", b'{"title": "x"'),
    _posted("two objects", b'{"title": "x"}{"title": "y"}'),
    _posted("an object and a line", b'{"title": "x"}\n{"title": "y"}'),
    _posted("a comment", b'{"title": "x"} // y'),
    _posted("single quotes", b"{'title': 'x'}"),
    _posted("no quotes", b"{title: x}"),
    _posted("a trailing comma", b'{"title": "x",}'),
    _posted("a byte order mark", b'\xef\xbb\xbf{"title": "x"}'),
    _posted("a prefix against hijacking", b')]}\',\n{"title": "x"}'),
    _posted("UTF-16", '{"title": "x"}'.encode("utf-16")),
    _posted("UTF-7", b'{"title": "+ADw-script+AD4-", "x": \xff}'),
    _posted("1e999", b'{"title": 1e999}'),
    _posted("a huge number", b'{"title": ' + b"9" * 5_000 + b"}"),
    _posted("Infinity", b'{"title": Infinity}'),
    _posted("a title of NUL", b'{"title": "a\\u0000b"}'),
    _posted("a title of half a character", b'{"title": "\\ud800"}'),
    _posted("a title that is long", json.dumps({"title": "x" * 256}).encode()),
    _posted("a title of blanks", b'{"title": "   "}', status=400, code="TASK_CREATION_ERROR"),
    _posted("a title that is a list", b'{"title": ["x"]}'),
    _posted("a title that is an object", b'{"title": {"$gt": ""}}'),
    _posted("a description that is long", json.dumps({"title": "x", "description": "x" * 5_001}).encode()),
    _posted(
        "many reminders", json.dumps({"title": "x", "due_date": "2050-01-01", "reminders": ["1 day"] * 51}).encode()
    ),
    _posted("a body that is large", b'{"title": "' + b"x" * 200_000 + b'"}', status=413, code="BODY_TOO_LARGE"),
    _posted(
        "many fields", json.dumps({"title": "x"} | {f"f{n}": n for n in range(5_000)}).encode(), status=201, writes=True
    ),
    _posted("deep", b'{"title": "x", "a": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
    _posted("the title twice", b'{"title": "x", "title": "y"}', status=201, writes=True),
    _posted("the title twice, once as a list", b'{"title": "x", "title": ["y"]}'),
)
