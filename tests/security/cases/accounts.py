"""One's own account: its password, and its sessions, asked for by somebody else, from elsewhere, or by guessing."""

from tests.security.attack import COOKIE, MALLORY, NOBODY, Attack

_PASSWORD = "/api/v1/auth/password"
_SESSIONS = "/api/v1/auth/sessions"
_NEW = {"current": "a guess of mine", "new": "five words of my own"}
_OTHER_SITE = (("origin", "https://evil.example"),)


def _bearer(name: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer <{name}>"),)


CASES: tuple[Attack, ...] = (
    *(
        Attack(
            name=f"password: {name}",
            method="POST",
            path=_PASSWORD,
            body={**_NEW, **said},
            status=403,
            code="WRONG_PASSWORD",
        )
        for name, said in {
            "a guess": {},
            "a blank guess": {"current": " "},
            "a long guess": {"current": "x" * 1000},
            "code as a guess": {"current": "' OR '1'='1"},
            "what is stored as a guess": {"current": "-"},
            "a NUL as a guess": {"current": "a\x00b"},
            "of a user named": {"user_id": "<anna.id>", "email": "<anna.email>"},
        }.items()
    ),
    *(
        Attack(name=f"password: {name}", method="POST", path=_PASSWORD, body={**_NEW, **said}, status=422)
        for name, said in {
            "no guess": {"current": None},
            "a list of guesses": {"current": ["a", "b"]},
            "an object as a guess": {"current": {"$ne": ""}},
            "true as a guess": {"current": True},
            "a guess beyond all": {"current": "x" * 1001},
            "a new one that is none": {"new": None},
            "a short new one": {"new": "x"},
        }.items()
    ),
    *(
        Attack(
            name=f"password: by {name}", method="POST", path=_PASSWORD, by=NOBODY, headers=shown, body=_NEW, status=401
        )
        for name, shown in {
            "nobody": (),
            "a refresh token": _bearer("mallory.refresh"),
            "a ticket": _bearer("mallory.ticket"),
            "a session's id": _bearer("mallory.session"),
        }.items()
    ),
    *(
        Attack(
            name=f"{method} {path} from another site",
            method=method,
            path=path,
            by=COOKIE,
            headers=_OTHER_SITE,
            body=_NEW if method == "POST" else None,
            status=403,
            code="ORIGIN_MISMATCH",
        )
        for method, path in (("POST", _PASSWORD), ("DELETE", f"{_SESSIONS}/<mallory.session>"))
    ),
    *(
        Attack(name=f"{method} {path} by another method", method=method, path=path, status=405)
        for method, path in (
            ("GET", _PASSWORD),
            ("PUT", _PASSWORD),
            ("DELETE", _SESSIONS),
            ("POST", _SESSIONS),
            ("GET", f"{_SESSIONS}/<mallory.session>"),
        )
    ),
    Attack(name="sessions for nobody", path=_SESSIONS, by=NOBODY, status=401, code="MISSING_AUTH_HEADER"),
    Attack(
        name="a session ended by nobody", method="DELETE", path=f"{_SESSIONS}/<anna.session>", by=NOBODY, status=401
    ),
    *(
        Attack(name=f"sessions with {query}", path=_SESSIONS, query=query, by=MALLORY, status=422)
        for query in (
            "user_id=<anna.id>",
            "limit=0",
            "limit=201",
            "limit=x",
            "cursor=x",
            "cursor=<mallory.tasks>",
            "cursor=<anna.events>",
        )
    ),
    *(
        Attack(name=f"a session {given[:20]}", method="DELETE", path=f"{_SESSIONS}/{given}", status=404)
        for given in ("x", "%27%20OR%201=1--", "<anna.id>", "<anna.task>", "<anna.session>x", "*", "all")
    ),
)
