"""Headers and cookies that say two things at once, or something else to us than to what stands before us."""

from tests.security.attack import NOBODY, Attack

_SITE = ("origin", "http://127.0.0.1:8000")
_BAD = "not-a-token"
_OWN = b"taskflow_session=<mallory.token>"


def _authorization(name: str, *values: str | bytes, status: int = 401, code: str | None = None) -> Attack:
    headers = tuple(("authorization", value) for value in values)
    return Attack(name=f"authorization: {name}", by=NOBODY, headers=headers, status=status, code=code)


def _cookie(name: str, *values: str | bytes, status: int = 401, code: str | None = "MISSING_AUTH_HEADER") -> Attack:
    headers = (*(("cookie", value) for value in values), _SITE)
    return Attack(name=f"cookie: {name}", by=NOBODY, headers=headers, status=status, code=code)


CASES: tuple[Attack, ...] = (
    _authorization("nothing", "", code="INVALID_AUTH_FORMAT"),
    _authorization("no scheme", "<mallory.token>", code="INVALID_AUTH_FORMAT"),
    _authorization("no token", "Bearer", code="INVALID_AUTH_FORMAT"),
    _authorization("blanks", "Bearer    ", code="INVALID_AUTH_FORMAT"),
    _authorization("Basic", "Basic <mallory.token>", code="INVALID_AUTH_FORMAT"),
    _authorization("Token", "Token <mallory.token>", code="INVALID_AUTH_FORMAT"),
    _authorization("Digest", 'Digest username="x"', code="INVALID_AUTH_FORMAT"),
    _authorization("two tokens", "Bearer <mallory.token> <anna.token>", code="INVALID_AUTH_FORMAT"),
    _authorization("a comma", "Bearer <mallory.token>, Bearer <anna.token>", code="INVALID_AUTH_FORMAT"),
    _authorization("a comma without a blank", "Bearer <mallory.token>,<anna.token>"),
    _authorization("the scheme twice", "Bearer Bearer <mallory.token>", code="INVALID_AUTH_FORMAT"),
    _authorization("a tab for the blank", "Bearer\t<mallory.token>", code="INVALID_AUTH_FORMAT"),
    _authorization("a colon", "Bearer: <mallory.token>", code="INVALID_AUTH_FORMAT"),
    _authorization("quotes", 'Bearer "<mallory.token>"'),
    _authorization("an equals sign", "Bearer token=<mallory.token>"),
    _authorization("a NUL behind it", b"Bearer x\x00"),
    _authorization("a wide blank", "Bearer\u00a0<mallory.token>", code="INVALID_AUTH_FORMAT"),
    _authorization("bytes", b"Bearer \xff\xfe\x00"),
    _authorization("a bad one, then a good one", f"Bearer {_BAD}", "Bearer <mallory.token>"),
    _authorization("a bad scheme, then a good one", "Basic x", "Bearer <mallory.token>", code="INVALID_AUTH_FORMAT"),
    _authorization("long", "Bearer " + "x" * 9_000),
    Attack(
        name="a bad header, a good cookie",
        by=NOBODY,
        headers=(("authorization", f"Bearer {_BAD}"), ("cookie", "taskflow_session=<mallory.token>"), _SITE),
        status=401,
    ),
    Attack(
        name="a bad header, a good token in the query",
        path="/api/v1/notifications/stream",
        query="token=<mallory.token>",
        by=NOBODY,
        headers=(("authorization", f"Bearer {_BAD}"),),
        status=401,
    ),
    Attack(
        name="a bad token in the query, a good cookie",
        path="/api/v1/notifications/stream",
        query="token=x",
        by=NOBODY,
        headers=(("cookie", "taskflow_session=<mallory.token>"), _SITE),
        status=401,
    ),
    Attack(name="a token in the query of another route", query="token=<mallory.token>", by=NOBODY, status=401),
    Attack(name="a token as access_token", query="access_token=<mallory.token>", by=NOBODY, status=401),
    Attack(
        name="a token in the body",
        method="POST",
        by=NOBODY,
        body={"title": "x", "token": "<mallory.token>"},
        status=401,
    ),
    *(
        Attack(name=f"a token as {name}", by=NOBODY, headers=((name, "<mallory.token>"),), status=401)
        for name in (
            "x-auth-token",
            "x-access-token",
            "x-forwarded-authorization",
            "proxy-authorization",
            "x-authorization",
            "authentication",
            "x-api-key",
        )
    ),
    *(
        Attack(name=f"named by {name}", by=NOBODY, headers=((name, "<anna.id>"),), status=401)
        for name in ("x-user-id", "x-forwarded-user", "remote-user", "x-remote-user", "x-email", "x-auth-user")
    ),
    Attack(
        name="inside, by the caller's header",
        by=NOBODY,
        headers=(("dapr-caller-app-id", "recurring-task-processor"),),
        status=401,
    ),
    _cookie("empty", "taskflow_session="),
    _cookie("the refresh token's name with an access token's kind of refresh", "refresh_token=<mallory.refresh>"),
    _cookie("a look-alike with a hyphen", "taskflow-session=x.y.z"),
    _cookie("quotes around half", 'taskflow_session="<mallory.token>'),
    *(
        _cookie(f"a name that begins with {blank!r}, which a browser takes for another", blank + _OWN)
        for blank in (b"\xa0", b"\x85", b"\x1f", b"\x0b", b"\xc2\xa0", b"\xe2\x80\x80")
    ),
    _cookie("a name that ends with a blank of another kind", _OWN.replace(b"=", b"\xa0=")),
    _cookie("a comma within", "taskflow_session=x,<mallory.token>"),
    _cookie("a line break within", b"taskflow_session=x\r\nAuthorization: Bearer x"),
    _cookie("percent-encoded", "taskflow_session=%65yJ"),
    _cookie("bytes", b"taskflow_session=\xff\xfe"),
    _cookie("many of them", "; ".join(f"c{number}=x" for number in range(500))),
    _cookie("long", "taskflow_session=" + "x" * 20_000),
    _cookie("deep in octal", 'taskflow_session="' + "\\101" * 2_000 + '"'),
    Attack(
        name="another method by a header",
        by=NOBODY,
        method="POST",
        path="/api/v1/tasks/<anna.task>",
        headers=(("x-http-method-override", "DELETE"),),
        status=401,
    ),
    *(
        Attack(
            name=f"{name} deletes nothing",
            path="/api/v1/tasks/<mallory.task>",
            headers=((name, "DELETE"),),
            status=200,
        )
        for name in ("x-http-method-override", "x-http-method", "x-method-override")
    ),
    Attack(name="_method in the query", path="/api/v1/tasks/<mallory.task>", query="_method=DELETE", status=422),
    Attack(
        name="_method in the body",
        method="POST",
        path="/api/v1/tasks/<mallory.task>",
        body={"_method": "DELETE"},
        status=405,
    ),
    *(
        Attack(name=f"the method {method} at {path}", method=method, path=path, status=405)
        for method in ("TRACE", "CONNECT", "PROPFIND", "FOO", "get", "PURGE")
        for path in ("/api/v1/tasks", "/api/v1/tasks/<mallory.task>")
    ),
    Attack(
        name="another path by x-original-url",
        path="/health",
        by=NOBODY,
        headers=(("x-original-url", "/internal/occurrences"),),
        status=200,
    ),
    Attack(
        name="another path by x-rewrite-url",
        path="/health",
        by=NOBODY,
        headers=(("x-rewrite-url", "/internal/occurrences"),),
        status=200,
    ),
    Attack(
        name="a correlation id with a line break",
        headers=(("x-correlation-id", b"x\r\nset-cookie: a=b"),),
        status=200,
        check=lambda answer, _: "\n" not in answer.headers["x-correlation-id"],
    ),
    Attack(
        name="a correlation id that is long",
        headers=(("x-correlation-id", "x" * 5_000),),
        status=200,
        check=lambda answer, _: len(answer.headers["x-correlation-id"]) <= 64,
    ),
    Attack(name="a trace parent that is none", headers=(("traceparent", "00-" + "f" * 500),), status=200),
    Attack(name="a trace state that is huge", headers=(("tracestate", "a=b," * 4_000),), status=200),
    Attack(name="a range", headers=(("range", "bytes=0-1,0-1,0-1"),), status=200),
    Attack(
        name="many ranges of a file",
        path="/static/app.js",
        by=NOBODY,
        headers=(("range", "bytes=" + "0-," * 1_000),),
        status=200,
    ),
    Attack(
        name="a body that is said to be packed",
        method="POST",
        body={"title": "x"},
        headers=(("content-encoding", "gzip"),),
        status=201,
        writes=True,
    ),
)
