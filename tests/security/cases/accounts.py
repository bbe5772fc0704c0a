"""One's own account (password, address, sessions, tokens, links), asked for by others, from elsewhere, by guessing."""

from tests.security.attack import COOKIE, MALLORY, NOBODY, Attack

_PASSWORD = "/api/v1/auth/password"
_SESSIONS = "/api/v1/auth/sessions"
_EMAIL = "/api/v1/auth/email"
_TOKENS = "/api/v1/auth/tokens"
_RESET = "/api/v1/auth/reset"
_GUESS = {"password": "a guess of mine"}
_ADDRESS = {**_GUESS, "email": "mine@example.com"}
_TOKEN = {**_GUESS, "name": "mine", "scopes": ["audit:read"]}
_LINK = {"link": "x" * 43, "password": "five words of my own"}
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
    *(
        Attack(name=f"address: {name}", method="POST", path=_EMAIL, body={**_ADDRESS, **said}, status=status)
        for name, said, status in (
            ("a guess", {}, 403),
            ("code as a guess", {"password": "' OR '1'='1"}, 403),
            ("Anna's, by a guess", {"email": "<anna.email>"}, 403),
            ("of a user named", {"user_id": "<anna.id>"}, 403),
            ("no guess", {"password": None}, 422),
            ("a list of guesses", {"password": ["a", "b"]}, 422),
            ("of several", {"email": "mine@example.com,<anna.email>"}, 422),
            ("with a header", {"email": "mine@example.com\nBcc: x@example.com"}, 422),
            ("none", {"email": ""}, 422),
        )
    ),
    *(
        Attack(name=f"personal token: {name}", method="POST", path=_TOKENS, body={**_TOKEN, **said}, status=status)
        for name, said, status in (
            ("a guess", {}, 403),
            ("code as a guess", {"password": "' OR '1'='1"}, 403),
            ("of a user named", {"user_id": "<anna.id>"}, 403),
            ("no guess", {"password": None}, 422),
            ("a scope of nobody's", {"scopes": ["admin"]}, 422),
            ("no scope", {"scopes": None}, 422),
            ("for ever", {"expires_in_days": 100_000}, 422),
            ("of before", {"expires_in_days": -1}, 422),
            ("a name with a NUL", {"name": "a\x00b"}, 422),
        )
    ),
    *(
        Attack(name=f"{path}: {name}", method="POST", path=path, by=NOBODY, body={**_LINK, **said}, status=status)
        for path in (f"{_RESET}/complete", f"{_EMAIL}/complete")
        for name, said, status in (
            ("a guess", {}, 404),
            ("code as a guess", {"link": "' OR '1'='1"}, 404),
            ("a NUL", {"link": "a\x00b"}, 404),
            ("a ticket", {"link": "<anna.ticket>"}, 404),
            ("a session", {"link": "<anna.session>"}, 404),
            ("nothing", {"link": ""}, 404),
            ("none", {"link": None}, 422),
            ("an object", {"link": {"$ne": ""}}, 422),
            ("a long one", {"link": "x" * 101}, 422),
        )
    ),
    *(
        Attack(name=f"a link for {name}", method="POST", path=_RESET, by=NOBODY, body={"email": given}, status=status)
        for name, given, status in (
            ("Anna", "<anna.email>", 409),
            ("nobody", "nobody@example.com", 409),
            ("several", ["<anna.email>", "mine@example.com"], 422),
            ("none", None, 422),
        )
    ),
    *(
        Attack(name=f"{method} {path} by nobody", method=method, path=path, by=NOBODY, body=body, status=401)
        for method, path, body in (
            ("POST", _EMAIL, _ADDRESS),
            ("POST", _TOKENS, _TOKEN),
            ("GET", _TOKENS, None),
            ("DELETE", f"{_TOKENS}/<anna.personal>", None),
        )
    ),
    *(
        Attack(
            name=f"{method} {path} from elsewhere",
            method=method,
            path=path,
            by=COOKIE,
            headers=_OTHER_SITE,
            body=body,
            status=403,
            code="ORIGIN_MISMATCH",
        )
        for method, path, body in (
            ("POST", _EMAIL, _ADDRESS),
            ("POST", _TOKENS, _TOKEN),
            ("DELETE", f"{_TOKENS}/<mallory.personal>", None),
        )
    ),
    *(
        Attack(name=f"{method} {path} with a method of none", method=method, path=path, status=405)
        for method, path in (
            ("GET", _EMAIL),
            ("DELETE", _TOKENS),
            ("GET", f"{_TOKENS}/<mallory.personal>"),
            ("GET", _RESET),
            ("GET", f"{_RESET}/complete"),
            ("PUT", f"{_EMAIL}/complete"),
        )
    ),
    *(
        Attack(name=f"personal tokens with {query}", path=_TOKENS, query=query, status=422)
        for query in ("user_id=<anna.id>", "limit=0", "limit=201", "cursor=x", "cursor=<anna.events>")
    ),
    *(
        Attack(name=f"a personal token {given[:20]}", method="DELETE", path=f"{_TOKENS}/{given}", status=404)
        for given in ("x", "%27%20OR%201=1--", "<anna.id>", "%00", "*")
    ),
    *(
        Attack(
            name=f"signed in by {given[:12]}", by=NOBODY, headers=(("authorization", f"Bearer {given}"),), status=401
        )
        for given in ("tfp_", "tfp_" + "A" * 44, "tfp_<anna.personal>", "tfp_<anna.token>", "TFP_" + "B" * 44)
    ),
)
