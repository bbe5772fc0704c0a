"""Accounts: passwords, attempts, the session cookie, and whose pages may call."""

import asyncio
import threading
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import bcrypt
import httpx
import msgspec
import pytest

from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from tests.chat_api.people import TASKS, User
from tests.support.clock import MovableClock

SIGN_UP, LOGIN, ME = "/api/v1/auth/signup", "/api/v1/auth/login", "/api/v1/auth/me"
REFRESH, LOGOUT = "/api/v1/auth/refresh", "/api/v1/auth/logout"
ORIGIN = {"Origin": "https://tasks.example.com"}
COOKIE = "__Host-taskflow_session"
BOB = {"email": "bob@example.com", "password": "correct horse"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(
        settings,
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
    answer = await visitor.post(LOGIN, json={"email": anna.email, "password": "--------"})
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


async def test_the_session_cookie(visitor: httpx.AsyncClient) -> None:
    await visitor.post(SIGN_UP, json=BOB)
    visitor.cookies.clear()
    answer = await visitor.post(LOGIN, json=BOB)
    session = cookies_set(answer)[COOKIE]
    assert session.value == answer.json()["token"]
    assert (session["httponly"], session["samesite"], session["path"]) == (True, "strict", "/")
    assert session["secure"], "people reach this installation by https"
    assert not session["domain"], "else a browser takes no cookie of such a name"
    assert session["max-age"] == "86400"
    refresh = cookies_set(answer)["refresh_token"]
    assert (refresh["httponly"], refresh["samesite"], refresh["path"]) == (True, "strict", "/api/v1/auth")


async def test_signing_out_takes_the_cookies_away(bob: httpx.AsyncClient) -> None:
    gone = cookies_set(await bob.post("/api/v1/auth/logout", headers=ORIGIN))
    assert {name: (cookie.value, cookie["max-age"]) for name, cookie in gone.items()} == {
        COOKIE: ("", "0"),
        "taskflow_session": ("", "0"),
        "refresh_token": ("", "0"),
    }


async def with_cookie(
    client: httpx.AsyncClient, token: str, origin: str | None, method: str = "POST", *, cookie: str = COOKIE
) -> int:
    headers = {"Cookie": f"{cookie}={token}"} | ({} if origin is None else {"Origin": origin})
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
    ("http://chat-api", 403),
    ("https://chat-api", 403),
    ("http://chat-api:81", 403),
]


async def test_a_write_by_cookie_needs_a_matching_origin(
    visitor: httpx.AsyncClient, anna: User, subtests: pytest.Subtests
) -> None:
    for origin, status in ORIGINS:
        with subtests.test(origin=origin, status=status):
            assert await with_cookie(visitor, anna.token, origin) == status
            reading = 200 if origin is None or status == 201 else 403
            assert await with_cookie(visitor, anna.token, origin, "GET") == reading, "reading needs none"


async def test_what_sets_cookies_answers_no_other_site(
    visitor: httpx.AsyncClient, bob: httpx.AsyncClient, anna: User, subtests: pytest.Subtests
) -> None:
    bearer = {"Authorization": f"Bearer {anna.token}"}
    tried: dict[str, dict[str, Any]] = {
        SIGN_UP: {"json": BOB | {"email": "c@example.com"}},
        LOGIN: {"json": BOB},
        REFRESH: {"json": {"refresh_token": bob.cookies["refresh_token"]}},
        LOGOUT: {"headers": bearer},
    }
    bob.cookies.clear()
    for origin, status in ORIGINS:
        for path, how in tried.items():
            with subtests.test(origin=origin, path=path):
                said = {} if origin is None else {"Origin": origin}
                answer = await visitor.post(path, **how | {"headers": how.get("headers", {}) | said})
                if origin is not None and status == 403:
                    assert (answer.status_code, answer.json()["detail"]["code"]) == (403, "ORIGIN_MISMATCH")
                    assert "set-cookie" not in answer.headers
                else:
                    assert answer.status_code != 403, "no browser sent it, or one of ours"
                visitor.cookies.clear()


async def test_renewing_by_cookie_needs_a_page_of_this_site(bob: httpx.AsyncClient) -> None:
    answer = await bob.post(REFRESH)
    assert (answer.status_code, answer.json()["detail"]["code"]) == (403, "ORIGIN_MISMATCH")
    assert "set-cookie" not in answer.headers
    assert (await bob.post(REFRESH, headers=ORIGIN)).status_code == 200


async def test_cookies_that_a_sub_domain_can_plant_sign_nobody_in(
    visitor: httpx.AsyncClient, bob: httpx.AsyncClient, anna: User
) -> None:
    ours = bob.cookies[COOKIE]
    bob.cookies.clear()
    for token in (ours, anna.token):
        for name in ("taskflow_session", "session", "token", "__Host-taskflow_Session", "__Secure-taskflow_session"):
            assert await with_cookie(visitor, token, ORIGIN["Origin"], cookie=name) == 401
    assert await with_cookie(visitor, ours, ORIGIN["Origin"]) == 201


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
    assert {name.strip() for name in exposed.split(",")} == {"Link", "ETag", "Retry-After", "TaskFlow-Ignored"}

    for answer in (
        await visitor.options(TASKS, headers=preflight | {"Origin": "https://evil.example"}),
        await anna.http.get(TASKS, headers={"Origin": "https://evil.example"}),
    ):
        assert "access-control-allow-origin" not in answer.headers


class TestPhaseIVsCookies:
    """Where an installation names the cookies that its own pages, made for Phase IV, keep tokens in."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, phase_iv_cookies=("auth_token",))

    async def test_they_sign_in_with_what_phase_iv_issued(
        self, visitor: httpx.AsyncClient, bob: httpx.AsyncClient, anna: User
    ) -> None:
        ours = bob.cookies[COOKIE]
        bob.cookies.clear()
        assert await with_cookie(visitor, anna.token, ORIGIN["Origin"], cookie="auth_token") == 201
        assert await with_cookie(visitor, anna.token, None, cookie="auth_token") == 403
        assert await with_cookie(visitor, anna.token, ORIGIN["Origin"], cookie="another") == 401
        assert await with_cookie(visitor, ours, ORIGIN["Origin"], cookie="auth_token") == 401


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
        assert await with_cookie(visitor, anna.token, "https://partner.example", cookie="taskflow_session") == 403
        assert await with_cookie(visitor, anna.token, "http://chat-api", cookie="taskflow_session") == 201

    async def test_without_https_cookies_work_all_the_same(self, visitor: httpx.AsyncClient) -> None:
        answer = await visitor.post(SIGN_UP, json=BOB)
        assert not cookies_set(answer)["taskflow_session"]["secure"]


async def test_a_user_who_is_gone(visitor: httpx.AsyncClient, anna: User, database: Database) -> None:
    await database.execute("DELETE FROM users WHERE id = $1", anna.id)
    answer = await anna.http.get(ME)
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")
    answer = await anna.http.post(TASKS, json={"title": "A"})
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")


async def test_a_user_who_is_gone_renews_nothing(bob: httpx.AsyncClient, database: Database) -> None:
    await database.execute("DELETE FROM users")
    answer = await bob.post(REFRESH, headers=ORIGIN)
    assert (answer.status_code, answer.json()["detail"]["code"]) == (401, "INVALID_REFRESH_TOKEN")


async def test_tokens_end(bob: httpx.AsyncClient, clock: MovableClock) -> None:
    clock.advance(timedelta(hours=23))
    assert (await bob.get(ME)).status_code == 200
    clock.advance(timedelta(hours=2))
    answer = await bob.get(ME)
    assert answer.status_code == 401
    token = (await bob.post(REFRESH, headers=ORIGIN)).json()["token"]
    answer = await bob.get(ME, headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["email"] == BOB["email"]
    clock.advance(timedelta(days=8))
    assert (await bob.post(REFRESH, headers=ORIGIN)).status_code == 401


async def test_an_idempotency_key_means_nothing_here(visitor: httpx.AsyncClient, database: Database) -> None:
    headers = {"Idempotency-Key": "k"}
    assert (await visitor.post(SIGN_UP, json=BOB, headers=headers)).status_code == 201
    assert (await visitor.post(SIGN_UP, json=BOB, headers=headers)).status_code == 400
    assert (await visitor.post(LOGIN, json=BOB, headers=headers)).status_code == 200
    assert await database.fetchval("SELECT count(*) FROM idempotency_keys") == 0, "no password's answer is kept"
