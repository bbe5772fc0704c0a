"""Accounts: passwords, attempts, the session cookie, and whose pages may call."""

import asyncio
import threading
from datetime import timedelta
from http.cookies import SimpleCookie
from types import SimpleNamespace
from typing import Any

import bcrypt
import httpx
import msgspec
import pytest

from chat_api import accounts
from taskflow.database.pool import Database
from taskflow.settings import Settings
from tests.chat_api.people import TASKS, User
from tests.support.clock import MovableClock

SIGN_UP, LOGIN, ME = "/api/v1/auth/signup", "/api/v1/auth/login", "/api/v1/auth/me"
BOB = {"email": "bob@example.com", "password": "correct horse"}
ATTEMPTS = 3


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(
        settings,
        login_attempts_per_minute=ATTEMPTS,
        public_origin="https://tasks.example.com",
        cors_origins=("https://partner.example",),
    )


@pytest.fixture
async def bob(visitor: httpx.AsyncClient) -> httpx.AsyncClient:
    """A visitor who signed up, as a browser that holds the cookies of it."""
    visitor.base_url = "https://chat-api"  # where it keeps the cookies of an installation with https
    assert (await visitor.post(SIGN_UP, json=BOB)).status_code == 201
    return visitor


def cookies_set(answer: httpx.Response) -> dict[str, Any]:
    jar: SimpleCookie = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        jar.load(header)
    return dict(jar)


def test_hashing_costs_what_it_should(cheap_hashes: int) -> None:
    assert cheap_hashes == 12, "what Phase IV's hashes have; tests lower it for themselves only"


async def test_passwords_are_kept_as_bcrypt_hashes(bob: httpx.AsyncClient, database: Database) -> None:
    kept: str = await database.fetchval("SELECT hashed_password FROM users")
    assert kept.startswith("$2b$")
    assert bcrypt.checkpw(b"correct horse", kept.encode())


async def test_hashing_leaves_the_event_loop_free(visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []

    def watched(function: Any) -> Any:
        def call(*arguments: bytes) -> Any:
            threads.append(threading.current_thread().name)
            return function(*arguments)

        return call

    monkeypatch.setattr(bcrypt, "hashpw", watched(bcrypt.hashpw))
    monkeypatch.setattr(bcrypt, "checkpw", watched(bcrypt.checkpw))
    await visitor.post(SIGN_UP, json=BOB)
    await visitor.post(LOGIN, json=BOB)
    await visitor.post(LOGIN, json=BOB | {"email": "nobody@example.com"})
    assert len(threads) == 4, "an unknown address costs as much as a known one"
    assert all(name.startswith("bcrypt") for name in threads)


@pytest.mark.parametrize("prefix", [b"2a", b"2b"])
async def test_phase_ivs_hashes_hold(visitor: httpx.AsyncClient, database: Database, anna: User, prefix: bytes) -> None:
    password = "a long one, longer than the 72 bytes that bcrypt reads of it: " + "x" * 40
    hashed = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4, prefix))
    await database.execute("UPDATE users SET hashed_password = $1", hashed.decode())
    answer = await visitor.post(LOGIN, json={"email": anna.email, "password": password})
    assert answer.status_code == 200


async def test_what_is_no_hash_signs_nobody_in(visitor: httpx.AsyncClient, anna: User) -> None:
    answer = await visitor.post(LOGIN, json={"email": anna.email, "password": "-"})
    assert (answer.status_code, answer.json()["detail"]["code"]) == (401, "INVALID_CREDENTIALS")


@pytest.mark.parametrize("email", ["\x00@example.com", "x" * 300 + "@example.com", ""])
async def test_an_address_that_nobody_has(visitor: httpx.AsyncClient, email: str) -> None:
    answer = await visitor.post(LOGIN, json={"email": email, "password": "correct horse"})
    assert answer.status_code == 401
    answer = await visitor.post(SIGN_UP, json={"email": email, "password": "correct horse"})
    assert (answer.status_code, answer.json()["detail"]["code"]) == (400, "SIGNUP_ERROR")


async def test_two_who_sign_up_at_once_with_one_address(visitor: httpx.AsyncClient, database: Database) -> None:
    both = await asyncio.gather(visitor.post(SIGN_UP, json=BOB), visitor.post(SIGN_UP, json=BOB))
    assert sorted(answer.status_code for answer in both) == [201, 400]
    assert await database.fetchval("SELECT count(*) FROM users") == 1


async def fails(client: httpx.AsyncClient, email: str = BOB["email"]) -> httpx.Response:
    return await client.post(LOGIN, json={"email": email, "password": "wrong horse"})


async def test_attempts_are_limited(bob: httpx.AsyncClient) -> None:
    assert [(await fails(bob)).status_code for _ in range(ATTEMPTS)] == [401] * ATTEMPTS
    refused = await bob.post(LOGIN, json=BOB)
    assert (refused.status_code, refused.json()["detail"]["code"]) == (429, "TOO_MANY_ATTEMPTS")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert (await fails(bob, "another@example.com")).status_code == 401, "others are not held up"


async def test_attempts_that_come_together_are_limited_too(bob: httpx.AsyncClient) -> None:
    rightful = await asyncio.gather(*(bob.post(LOGIN, json=BOB) for _ in range(ATTEMPTS * 2)))
    assert {answer.status_code for answer in rightful} == {200}, "who knows the password is not held up"
    answers = await asyncio.gather(*(fails(bob) for _ in range(ATTEMPTS * 4)))
    assert sorted(answer.status_code for answer in answers) == [401] * ATTEMPTS + [429] * ATTEMPTS * 3


async def test_a_success_forgets_the_failures(bob: httpx.AsyncClient) -> None:
    for _ in range(3):
        for _ in range(ATTEMPTS - 1):
            await fails(bob)
        assert (await bob.post(LOGIN, json=BOB)).status_code == 200


async def test_a_minute_later_there_are_new_attempts(bob: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(accounts, "time", SimpleNamespace(monotonic=lambda: now))
    for _ in range(ATTEMPTS):
        await fails(bob)
    now += 59
    assert (await bob.post(LOGIN, json=BOB)).status_code == 429
    now += 2
    assert (await bob.post(LOGIN, json=BOB)).status_code == 200


def test_failures_are_remembered_in_bounded_memory() -> None:
    failed = accounts.FailedAttempts(2)
    for n in range(12_000):
        failed.add(("address", str(n)))
    assert len(vars(failed)["_times"]) == 10_000


async def test_the_session_cookie(visitor: httpx.AsyncClient) -> None:
    await visitor.post(SIGN_UP, json=BOB)
    visitor.cookies.clear()
    answer = await visitor.post(LOGIN, json=BOB)
    session = cookies_set(answer)["taskflow_session"]
    assert session.value == answer.json()["token"]
    assert (session["httponly"], session["samesite"], session["path"]) == (True, "strict", "/")
    assert session["secure"], "people reach this installation by https"
    assert session["max-age"] == "86400"
    refresh = cookies_set(answer)["refresh_token"]
    assert (refresh["httponly"], refresh["samesite"], refresh["path"]) == (True, "strict", "/api/v1/auth")


async def test_signing_out_takes_the_cookies_away(bob: httpx.AsyncClient) -> None:
    gone = cookies_set(await bob.post("/api/v1/auth/logout"))
    assert {name: (cookie.value, cookie["max-age"]) for name, cookie in gone.items()} == {
        "taskflow_session": ("", "0"),
        "refresh_token": ("", "0"),
    }


async def with_cookie(client: httpx.AsyncClient, token: str, origin: str | None, method: str = "POST") -> int:
    headers = {"Cookie": f"taskflow_session={token}"} | ({} if origin is None else {"Origin": origin})
    body = {"title": "A"} if method == "POST" else None
    answer = await client.request(method, TASKS, json=body, headers=headers)
    if answer.status_code == 403:
        assert answer.json()["detail"]["code"] == "ORIGIN_MISMATCH"
    return answer.status_code


ORIGINS: list[tuple[str | None, int]] = [
    (None, 403),
    ("null", 403),
    ("https://evil.example", 403),
    ("https://tasks.example.com.evil.example", 403),
    ("http://tasks.example.com", 403),
    ("https://tasks.example.com", 201),
    ("https://partner.example", 201),
    ("http://chat-api", 201),
    ("https://chat-api", 201),
    ("http://chat-api:81", 403),
]


async def test_a_write_by_cookie_needs_a_matching_origin(
    visitor: httpx.AsyncClient, anna: User, subtests: pytest.Subtests
) -> None:
    for origin, status in ORIGINS:
        with subtests.test(origin=origin, status=status):
            assert await with_cookie(visitor, anna.token, origin) == status
            assert await with_cookie(visitor, anna.token, origin, "GET") == 200, "reading needs none"


async def test_a_write_by_header_needs_no_origin(anna: User) -> None:
    answer = await anna.http.post(TASKS, json={"title": "A"}, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 201


async def test_whose_pages_may_call(visitor: httpx.AsyncClient, anna: User) -> None:
    preflight = {
        "Origin": "https://partner.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization, idempotency-key, if-match",
    }
    answer = await visitor.options(TASKS, headers=preflight)
    assert answer.headers["access-control-allow-origin"] == "https://partner.example"
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key", "if-match"))
    answer = await anna.http.get(TASKS, headers={"Origin": "https://partner.example"})
    assert answer.headers["access-control-allow-origin"] == "https://partner.example"
    exposed = answer.headers["access-control-expose-headers"]
    assert {name.strip() for name in exposed.split(",")} == {"Link", "ETag", "Retry-After"}

    for answer in (
        await visitor.options(TASKS, headers=preflight | {"Origin": "https://evil.example"}),
        await anna.http.get(TASKS, headers={"Origin": "https://evil.example"}),
    ):
        assert "access-control-allow-origin" not in answer.headers


class TestByDefault:
    """As installed: no origin is configured."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, cors_origins=(), public_origin=None)

    async def test_nobody_elses_pages_may_call(self, visitor: httpx.AsyncClient, anna: User) -> None:
        headers = {"Origin": "https://partner.example"}
        answer = await anna.http.get(TASKS, headers=headers)
        assert not [name for name in answer.headers if name.startswith("access-control")]
        answer = await visitor.options(TASKS, headers=headers | {"Access-Control-Request-Method": "POST"})
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert await with_cookie(visitor, anna.token, "https://partner.example") == 403
        assert await with_cookie(visitor, anna.token, "http://chat-api") == 201

    async def test_without_https_cookies_work_all_the_same(self, visitor: httpx.AsyncClient) -> None:
        answer = await visitor.post(SIGN_UP, json=BOB)
        assert not cookies_set(answer)["taskflow_session"]["secure"]


async def test_a_user_who_is_gone(visitor: httpx.AsyncClient, anna: User, database: Database) -> None:
    await database.execute("DELETE FROM users WHERE id = $1", anna.id)
    answer = await anna.http.get(ME)
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")
    answer = await anna.http.post(TASKS, json={"title": "A"})
    assert (answer.status_code, answer.json()["detail"]["code"]) == (400, "TASK_CREATION_ERROR")


async def test_a_user_who_is_gone_renews_nothing(bob: httpx.AsyncClient, database: Database) -> None:
    await database.execute("DELETE FROM users")
    answer = await bob.post("/api/v1/auth/refresh")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (401, "INVALID_REFRESH_TOKEN")


async def test_tokens_end(bob: httpx.AsyncClient, clock: MovableClock) -> None:
    clock.advance(timedelta(hours=23))
    assert (await bob.get(ME)).status_code == 200
    clock.advance(timedelta(hours=2))
    answer = await bob.get(ME)
    assert answer.status_code == 401
    token = (await bob.post("/api/v1/auth/refresh")).json()["token"]
    answer = await bob.get(ME, headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["email"] == BOB["email"]
    clock.advance(timedelta(days=8))
    assert (await bob.post("/api/v1/auth/refresh")).status_code == 401


async def test_an_idempotency_key_means_nothing_here(visitor: httpx.AsyncClient, database: Database) -> None:
    headers = {"Idempotency-Key": "k"}
    assert (await visitor.post(SIGN_UP, json=BOB, headers=headers)).status_code == 201
    assert (await visitor.post(SIGN_UP, json=BOB, headers=headers)).status_code == 400
    assert (await visitor.post(LOGIN, json=BOB, headers=headers)).status_code == 200
    assert await database.fetchval("SELECT count(*) FROM idempotency_keys") == 0, "no password's answer is kept"
