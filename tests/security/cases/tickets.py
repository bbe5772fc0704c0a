"""Tickets for streams: in other places than theirs, of others, made up, and used by whoever read the URL."""

from tests.security.attack import COOKIE, NOBODY, Attack

_STREAM = "/api/v1/notifications/stream"
_ISSUE = f"{_STREAM}/ticket"
_SITE = ("origin", "http://127.0.0.1:8000")


def _used(name: str, query: str, **headers: str) -> Attack:
    """A ticket that Anna's reader has used already, and what else somebody sends with it."""
    sent = tuple((header.replace("_", "-"), value) for header, value in headers.items())
    return Attack(
        name=f"used ticket: {name}",
        path=_STREAM,
        query=query,
        by=NOBODY,
        headers=sent,
        status=401,
        code="INVALID_TICKET",
    )


CASES: tuple[Attack, ...] = (
    Attack(name="a ticket for nobody", method="POST", path=_ISSUE, by=NOBODY, status=401, code="MISSING_AUTH_HEADER"),
    Attack(
        name="a ticket from another site",
        method="POST",
        path=_ISSUE,
        by=COOKIE,
        headers=(("origin", "null"),),
        status=403,
    ),
    Attack(
        name="a ticket from no site",
        method="POST",
        path=_ISSUE,
        by=NOBODY,
        headers=(("cookie", "taskflow_session=<mallory.token>"),),
        status=403,
    ),
    Attack(
        name="a ticket for a ticket", method="POST", path=_ISSUE, query="ticket=<anna.ticket>", by=NOBODY, status=401
    ),
    Attack(
        name="a ticket for a token in the URL",
        method="POST",
        path=_ISSUE,
        query="token=<mallory.token>",
        by=NOBODY,
        status=401,
    ),
    Attack(
        name="a ticket for a refresh token",
        method="POST",
        path=_ISSUE,
        by=NOBODY,
        headers=(("authorization", "Bearer <mallory.refresh>"),),
        status=401,
    ),
    *(
        Attack(name=f"a ticket by {method}", method=method, path=_ISSUE, status=405)
        for method in ("GET", "PUT", "DELETE", "HEAD")
    ),
    *(
        Attack(
            name=f"a ticket as a bearer at {path}",
            path=path,
            by=NOBODY,
            headers=(("authorization", "Bearer <anna.ticket>"),),
            status=401,
        )
        for path in ("/api/v1/tasks", "/api/v1/auth/me", "/api/v1/audit/events", "/api/v1/reminders", _STREAM)
    ),
    *(
        Attack(
            name=f"a ticket as the cookie {name}",
            by=NOBODY,
            headers=(("cookie", f"{name}=<anna.ticket>"), _SITE),
            status=401,
        )
        for name in ("taskflow_session", "ticket", "refresh_token")
    ),
    Attack(
        name="a ticket to renew by",
        method="POST",
        path="/api/v1/auth/refresh",
        by=NOBODY,
        body={"refresh_token": "<anna.ticket>"},
        status=401,
    ),
    Attack(name="a ticket as a token", path=_STREAM, query="token=<anna.ticket>", by=NOBODY, status=401),
    Attack(name="a ticket on another route", query="ticket=<anna.ticket>", by=NOBODY, status=401),
    Attack(
        name="a token as a ticket",
        path=_STREAM,
        query="ticket=<mallory.token>",
        by=NOBODY,
        status=401,
        code="INVALID_TICKET",
    ),
    *(
        Attack(
            name=f"a made-up ticket {ticket[:50]}",
            path=_STREAM,
            query=f"ticket={ticket}",
            by=NOBODY,
            status=401,
            code="INVALID_TICKET",
        )
        for ticket in (
            "",
            "x",
            "x" * 43,
            "x" * 9_000,
            "%00",
            "%ff",
            "'%20OR%201=1--",
            "<anna.ticket>x",
            "x<anna.ticket>",
            "null",
            "*",
        )
    ),
    Attack(name="a made-up ticket beside a good cookie", path=_STREAM, query="ticket=x", by=COOKIE, status=401),
    Attack(
        name="a good ticket beside a bad header",
        path=_STREAM,
        query="ticket=<anna.ticket>",
        by=NOBODY,
        headers=(("authorization", "Bearer x"),),
        status=401,
    ),
    _used("again", "ticket=<anna.used>"),
    _used("again, twice", "ticket=<anna.used>&ticket=<anna.used>"),
    _used("with a position in the URL", "ticket=<anna.used>&last_event_id=since-0"),
    _used("with a mark", "ticket=<anna.used>", last_event_id="since-0"),
    _used("with a mark and a key", "ticket=<anna.used>", last_event_id="since-0-" + "0" * 32),
    _used("with a mark of the future", "ticket=<anna.used>", last_event_id="since-9999999999999999"),
    _used("with an id", "ticket=<anna.used>", last_event_id="00000000-0000-0000-0000-000000000000"),
    _used("with her task's id", "ticket=<anna.used>", last_event_id="<anna.task>"),
    _used("with a blank id", "ticket=<anna.used>", last_event_id=" "),
    _used("with her cookie's name", "ticket=<anna.used>", cookie="taskflow_session=x"),
)
