"""All that an account has, and its end: asked for by somebody else, from elsewhere, or by guessing."""

from tests.security.attack import COOKIE, NOBODY, Attack

_ACCOUNT = "/api/v1/auth/account"
_EXPORT = f"{_ACCOUNT}/export"
_GUESS = {"password": "a guess of mine"}
_OTHER_SITE = (("origin", "https://evil.example"),)
_REFRESH = (("authorization", "Bearer <mallory.refresh>"),)

CASES: tuple[Attack, ...] = (
    Attack(name="export: by nobody", path=_EXPORT, by=NOBODY, status=401),
    Attack(name="export: by a refresh token", path=_EXPORT, by=NOBODY, headers=_REFRESH, status=401),
    Attack(name="export: from another site", path=_EXPORT, by=COOKIE, headers=_OTHER_SITE, status=403),
    Attack(name="export: of a user named", path=_EXPORT, query="user_id=<anna.id>", status=422),
    Attack(name="deletion: by nobody", method="DELETE", path=_ACCOUNT, by=NOBODY, body=_GUESS, status=401),
    Attack(
        name="deletion: by a refresh token",
        method="DELETE",
        path=_ACCOUNT,
        by=NOBODY,
        headers=_REFRESH,
        body=_GUESS,
        status=401,
    ),
    Attack(
        name="deletion: from another site",
        method="DELETE",
        path=_ACCOUNT,
        by=COOKIE,
        headers=_OTHER_SITE,
        body=_GUESS,
        status=403,
        code="ORIGIN_MISMATCH",
    ),
    *(
        Attack(
            name=f"deletion: {name}",
            method="DELETE",
            path=_ACCOUNT,
            body={**_GUESS, **said},
            status=403,
            code="WRONG_PASSWORD",
        )
        for name, said in {
            "a guess": {},
            "what is stored as a guess": {"password": "-"},
            "of a user named": {"user_id": "<anna.id>", "email": "<anna.email>"},
        }.items()
    ),
    *(
        Attack(name=f"deletion: {name}", method="DELETE", path=_ACCOUNT, body=said, status=422)
        for name, said in {
            "no password": {},
            "null as a password": {"password": None},
            "an object as a password": {"password": {"$ne": ""}},
            "a password beyond all": {"password": "x" * 1001},
        }.items()
    ),
)
