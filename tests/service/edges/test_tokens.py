"""A token that is none is 401, wherever it is sent and whatever it is made of."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from jose import jws

from taskflow_core.settings import Settings
from tests.service.asking import ask
from tests.service.edges.whole import Platform, encoded
from tests.support.adversarial import DEEP, VALUES


def tokens(secret: str) -> Iterable[tuple[str, str]]:
    """Tokens that nobody should be let in by: those that hold no claims, and those whose claims are none."""
    right = jws.sign({"sub": "x", "exp": 4_000_000_000}, secret, algorithm="HS256")
    head, claims, signature = right.split(".")
    for name, value in VALUES.items():
        payload = b'{"sub":"x","exp":4000000000,"nobody":%b}' % value
        yield f"claims with {name}", jws.sign(payload, secret, algorithm="HS256")
        for header in (b'{"alg":"HS256","nobody":%b}', b'{"alg":%b}', b"{%b:1}"):
            yield f"a header with {name}", ".".join((encoded(header % value), claims, signature))
    for name, payload in {
        "a header of brackets": DEEP,
        "a header of open brackets": b"[" * 5_000,
        "a header that is a list": b"[]",
        "a header that is no JSON": b"\xff",
        "a header with a long number": b'{"alg":' + b"9" * 5_000 + b"}",
    }.items():
        yield name, ".".join((encoded(payload), claims, signature))
    wrong: list[dict[str, Any]] = [
        *({"sub": value} for value in ("a\x00b", "", "x" * 5_000, 1, ["x"], {"a": 1}, None)),
        *({"exp": value} for value in (1e308, -1e308, 10**30, "x", None, 253402300800, True, -62135596801)),
        *({"sid": value} for value in ("", 1, ["x"], "x" * 256, "a\x00b")),
        {"nbf": 1e308},
        {"type": []},
    ]
    for changes in wrong:
        claims_of = {"sub": "x", "exp": 4_000_000_000} | changes
        yield f"claims {changes}"[:60], jws.sign(claims_of, secret, algorithm="HS256")
    yield from (("nothing", "x"), ("dots", ".."), ("no ASCII", "é.ü.ß"), ("long", "x" * 9_000), ("cut", right[:-2]))
    yield "no padding", f"{head}.{claims}."


async def test_claims_of_any_size_do_no_harm(platform: Platform, settings: Settings) -> None:
    for claims in (
        {"iat": 1e308},
        {"iat": -1e308},
        {"iat": 0, "jti": "x" * 4_000},
        {"sid": "x" * 255},
        {"sid": "é'%_"},
    ):
        for kind in ("access", "refresh"):
            token = jws.sign(
                {"sub": "nobody", "exp": 4_000_000_000, "type": kind, **claims}, settings.auth_secret, algorithm="HS256"
            )
            for route in platform.routes:
                if str(route) == "POST /api/v1/auth/refresh":
                    answer = await platform.ask(route, body=json.dumps({"refresh_token": token}).encode())
                    assert answer.status == 401, (claims, answer)
                elif str(route) in {"GET /api/v1/auth/me", "POST /api/v1/auth/logout"}:
                    answer = await platform.ask(route, headers=[(b"authorization", f"Bearer {token}".encode())])
                    assert answer.status in {200, 401}, (claims, answer)


async def test_a_token_that_is_none_is_401(platform: Platform, settings: Settings) -> None:
    others = [pair for pair in platform.headers if pair[0] != b"authorization"]
    [me] = [route for route in platform.routes if str(route) == "GET /api/v1/auth/me"]
    refresh = [route for route in platform.routes if str(route) == "POST /api/v1/auth/refresh"]
    for name, token in tokens(settings.auth_secret):
        sent = token.encode("latin-1")
        for headers in ([(b"authorization", b"Bearer " + sent)], [(b"cookie", b"taskflow_session=" + sent)]):
            answer = await platform.ask(me, headers=[*others, *headers])
            assert answer.status == 401, (name, answer)
        answer = await platform.ask(refresh[0], body=json.dumps({"refresh_token": token}).encode())
        assert answer.status == 401, (name, answer)
        if settings.phase == "v":
            answer = await ask(
                platform.host,
                "GET",
                "/api/v1/notifications/stream",
                headers=others,
                query=b"token=" + quote(token).encode(),
            )
            assert answer.status == 401, (name, answer)
