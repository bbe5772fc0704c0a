"""Tokens: signed and verified in one place, in Phase IV's form, by one algorithm."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jose import jws, jwt

from taskflow_core.service.tokens import REFRESH_SECONDS, TokenError, Tokens, successor_id, token_hash
from tests.support.clock import MovableClock
from tests.support.tokens import written_otherwise

SECRET = "a secret that only this installation knows"
NOW = datetime(2027, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> MovableClock:
    clock = MovableClock()
    clock.freeze(NOW)
    return clock


@pytest.fixture
def tokens(clock: MovableClock) -> Tokens:
    return Tokens(SECRET, clock, access_seconds=3600)


def signed(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    return jwt.encode({"exp": int(NOW.timestamp()) + 60, **claims}, secret, algorithm=algorithm)


def part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def refused(tokens: Tokens, token: str) -> str:
    with pytest.raises(TokenError) as error:
        tokens.verify(token)
    return error.value.code


def test_what_is_issued_is_accepted(tokens: Tokens) -> None:
    token = tokens.issue("anna", "anna@example.com")
    for _ in range(2):  # the second time from memory
        identity = tokens.verify(token)
        assert (identity.user_id, identity.email) == ("anna", "anna@example.com")
        assert identity.expires_at == NOW + timedelta(hours=1)
    claims = jwt.get_unverified_claims(token)
    assert claims == {
        "sub": "anna",
        "email": "anna@example.com",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 3600,
        "type": "access",
    }
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}


def test_phase_ivs_older_tokens(tokens: Tokens) -> None:
    assert tokens.verify(signed(user_id="anna")).user_id == "anna"
    assert tokens.verify(signed(sub="anna")).email is None


def test_a_token_ends_also_where_it_is_remembered(tokens: Tokens, clock: MovableClock) -> None:
    token = tokens.issue("anna", "anna@example.com")
    tokens.verify(token)
    clock.advance(timedelta(minutes=59, seconds=59))
    tokens.verify(token)
    clock.advance(timedelta(seconds=1))
    assert refused(tokens, token) == "TOKEN_EXPIRED"
    assert refused(Tokens(SECRET, clock, access_seconds=3600), token) == "TOKEN_EXPIRED"


def test_each_kind_is_good_for_its_own(tokens: Tokens, clock: MovableClock) -> None:
    access, refresh = tokens.issue("anna", "e"), tokens.issue("anna", "e", "refresh")
    assert refused(tokens, refresh) == "INVALID_TOKEN"
    tokens.verify(access)
    with pytest.raises(TokenError, match="INVALID_TOKEN"):
        tokens.verify(access, "refresh")
    clock.advance(timedelta(seconds=REFRESH_SECONDS - 1))
    assert tokens.verify(refresh, "refresh").user_id == "anna"
    assert refused(tokens, refresh) == "INVALID_TOKEN"


def test_another_secret(tokens: Tokens) -> None:
    assert refused(tokens, signed("another secret, as long as this one is", sub="anna")) == "INVALID_SIGNATURE"
    token = tokens.issue("anna", "e")
    head, _, signature = token.split(".")
    forged = f"{head}.{part({'sub': 'bert', 'exp': 9999999999, 'type': 'access'})}.{signature}"
    assert refused(tokens, forged) == "INVALID_SIGNATURE"


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_with_the_right_secret(tokens: Tokens, algorithm: str) -> None:
    assert refused(tokens, signed(algorithm=algorithm, sub="anna")) == "INVALID_TOKEN"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "RS256", "HS256 ", "", None, 256])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_an_algorithm_of_the_callers_choice(tokens: Tokens, algorithm: Any, signature: str) -> None:
    claims = {"sub": "anna", "exp": 9999999999, "type": "access"}
    token = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}.{signature}"
    assert refused(tokens, token) in ("INVALID_TOKEN", "INVALID_SIGNATURE")


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"user_id": ["anna"]},
        {"sub": "anna", "exp": None},
        {"sub": "anna", "exp": "soon"},
        {"sub": "anna", "exp": True},
        {"sub": "anna", "exp": 1e300},
        {"sub": "anna", "exp": float("inf")},
        {"sub": "anna", "exp": -(10**20)},
        {"sub": "anna", "iat": "then"},
        {"sub": "anna", "jti": 7},
        {"sub": "anna", "at_hash": "of another"},
        {"sub": "anna", "nbf": "now"},
        {"sub": "anna", "nbf": None},
        {"sub": "anna", "nbf": int(NOW.timestamp()) + 30},
        {"sub": "anna", "type": "refresh"},
        {"sub": "anna", "type": None},
        {"sub": "anna", "type": "ACCESS"},
    ],
)
def test_claims_that_are_missing_or_none(tokens: Tokens, claims: dict[str, Any]) -> None:
    assert refused(tokens, signed(**claims)) == "INVALID_TOKEN"


def test_claims_from_before_now(tokens: Tokens) -> None:
    assert tokens.verify(signed(sub="anna", nbf=int(NOW.timestamp()) - 30)).user_id == "anna"


@pytest.mark.parametrize("content", ["null", "[]", '"anna"', "{", '{"sub": NaN}', "\xff", '{"sub": "\xff"}'])
def test_signed_but_no_claims(tokens: Tokens, content: str) -> None:
    assert refused(tokens, jws.sign(content.encode("latin-1"), SECRET, algorithm="HS256")) == "INVALID_TOKEN"


def test_without_an_end(tokens: Tokens) -> None:
    assert refused(tokens, jwt.encode({"sub": "anna"}, SECRET, algorithm="HS256")) == "INVALID_TOKEN"


@pytest.mark.parametrize("token", ["", ".", "..", "a.b", "a.b.c", "a.b.c.d", "é.ü.ß", "\x00", "e30.e30.", "x" * 9000])
def test_what_is_no_token(tokens: Tokens, token: str) -> None:
    assert refused(tokens, token) in ("INVALID_TOKEN", "INVALID_SIGNATURE")


def test_memory_is_bounded(tokens: Tokens) -> None:
    for n in range(4100):
        tokens.verify(tokens.issue(str(n), "e"))
    assert len(vars(tokens)["_known"]) == 4096


def test_however_a_token_is_written_it_is_revoked_by_one_key(tokens: Tokens) -> None:
    token = tokens.issue("anna", "anna@example.com")
    others = written_otherwise(token)
    assert len(others) >= 6
    assert {tokens.verify(other).key for other in others} == {tokens.verify(token).key}
    later = tokens.issue("anna", "anna@example.com", at=NOW + timedelta(seconds=1))
    assert tokens.verify(later).key != tokens.verify(token).key
    assert {token_hash(other) for other in others} == {token_hash(token)}
    assert {successor_id(other) for other in others} == {successor_id(token)}
