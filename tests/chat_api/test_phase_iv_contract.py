"""Phase IV's contract, in both phases: the answers it gave in production, and calls beside those."""

import base64
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from jose import jwt

from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from taskflow_ops.phase_iv.replay import RECORDED, recorded, replay
from tests.chat_api.people import TASKS, User
from tests.support.clock import MovableClock

ROOT = Path(__file__).parents[2]
NOBODYS = f"{TASKS}/00000000-0000-4000-8000-000000000000"


@pytest.fixture(params=["iv", "v"])
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return msgspec.structs.replace(settings, phase=request.param)


async def test_every_recorded_call(visitor: httpx.AsyncClient, settings: Settings, subtests: pytest.Subtests) -> None:
    for transcript in RECORDED:
        with subtests.test(transcript=transcript.stem):
            checks = await replay(visitor, transcript, phase=settings.phase)
            assert len(checks) > 30
            assert {check.name: check.problem for check in checks if check.problem} == {}


def listed_differences() -> set[str]:
    """The calls in docs/questions.md's table of what Phase V answers otherwise."""
    text = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
    table = text.split("## What does Phase V answer otherwise?")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))


@pytest.mark.parametrize("settings", ["v"], indirect=True)
async def test_what_phase_v_answers_otherwise_is_in_the_table(visitor: httpx.AsyncClient) -> None:
    marked = {line.case.name for path in RECORDED for line in recorded(path, phase="iv") if line.case.phase == "iv"}
    differing: set[str] = set()
    for transcript in RECORDED:
        differing |= {check.name for check in await replay(visitor, transcript, phase="iv") if check.problem}
    assert differing <= marked, "what differs is marked in the transcript"
    assert listed_differences() == marked


async def test_the_overview_for_programs(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert {"name", "version", "status", "endpoints"} <= set(answer.json())


async def test_created_with_what_it_knows_and_nothing_else(client: httpx.AsyncClient, anna: User) -> None:
    body = {"title": " A ", "completed": True, "user_id": "x", "id": "x", "created_at": "2000-01-01", "other": "x"}
    answer = await client.post(TASKS, json=body)
    assert answer.status_code == 201
    task = answer.json()
    assert (task["title"], task["completed"], task["user_id"], task["description"]) == ("A", False, anna.id, None)
    assert task["id"] != "x"
    assert task["created_at"] == task["updated_at"]
    assert not task["created_at"].startswith("2000")


BODIES: list[tuple[Any, int]] = [
    ({"title": "a" * 255}, 201),
    ({"title": "a" * 256}, 422),
    ({"title": "a", "description": "d" * 5000}, 201),
    ({"title": "a", "description": "d" * 5001}, 422),
    ({"title": "a", "description": None}, 201),
    ({"title": "a", "description": ""}, 201),
    ({"title": None}, 422),
    ({"title": 5}, 422),
    ({"title": ["a"]}, 422),
    ({"title": "a\x00b"}, 422),
    ([], 422),
    ("text", 422),
    ({}, 422),
]


async def test_what_validates(client: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    for body, status in BODIES:
        with subtests.test(body=body, status=status):
            answer = await client.post(TASKS, json=body)
            assert answer.status_code == status, answer.text
            if status == 422:
                assert all({"loc", "msg", "type"} <= set(item) for item in answer.json()["detail"])


NO_JSON: list[bytes] = [b"", b"{", b"{'title': 'a'}", b"\xff\xfe", b'{"title": "\\ud800"}']


async def test_a_body_that_is_no_json(client: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    for content in NO_JSON:
        with subtests.test(content=content):
            answer = await client.post(TASKS, content=content, headers={"Content-Type": "application/json"})
            assert answer.status_code == 422, answer.text
            assert {"loc", "msg", "type"} <= set(answer.json()["detail"][0])


async def test_a_title_of_blanks(client: httpx.AsyncClient, anna: User) -> None:
    answer = await client.post(TASKS, json={"title": "   "})
    assert (answer.status_code, answer.json()["detail"]["code"]) == (400, "TASK_CREATION_ERROR")
    task_id = (await client.post(TASKS, json={"title": "A"})).json()["id"]
    answer = await client.put(f"{TASKS}/{task_id}", json={"title": " \t "})
    assert (answer.status_code, answer.json()["detail"]["code"]) == (400, "TASK_UPDATE_ERROR")


async def test_put_keeps_what_is_null_or_missing(client: httpx.AsyncClient) -> None:
    task = (await client.post(TASKS, json={"title": "A", "description": "d"})).json()
    url = f"{TASKS}/{task['id']}"
    for body in ({}, {"title": None, "description": None, "completed": None}):
        answer = await client.put(url, json=body)
        assert answer.status_code == 200
        assert {**answer.json(), "updated_at": ""} == {**task, "updated_at": ""}
    answer = (await client.put(url, json={"description": "e", "id": "x", "user_id": "x"})).json()
    assert (answer["title"], answer["description"], answer["id"]) == ("A", "e", task["id"])
    answer = (await client.put(url, json={"completed": True, "title": " B "})).json()
    assert (answer["title"], answer["description"], answer["completed"]) == ("B", "e", True)
    wrong: list[Any] = [{"title": ""}, {"title": "a" * 256}, {"completed": "perhaps"}, {"description": 1}, []]
    for body in wrong:
        assert (await client.put(url, json=body)).status_code == 422


async def test_lists_are_newest_first(client: httpx.AsyncClient, clock: MovableClock) -> None:
    for title in "ABC":
        await client.post(TASKS, json={"title": title})
        clock.advance(timedelta(seconds=1))
    assert [task["title"] for task in (await client.get(TASKS)).json()] == ["C", "B", "A"]


async def test_another_users_task_is_one_that_does_not_exist(client: httpx.AsyncClient, bert: User) -> None:
    theirs = f"{TASKS}/{(await client.post(TASKS, json={'title': 'A'})).json()['id']}"
    for method, body in (("PUT", {"title": "x"}), ("DELETE", None)):
        foreign = await bert.http.request(method, theirs, json=body)
        unknown = await bert.http.request(method, NOBODYS, json=body)
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.json() == unknown.json()
    assert (await bert.http.get(TASKS)).json() == []
    assert len((await client.get(TASKS)).json()) == 1


IDS: list[str] = ["x", "%00", "a" * 300, "%F0%9F%90%99", "..%2F"]


async def test_an_id_that_nobody_gave(client: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    for task_id in IDS:
        with subtests.test(task_id=task_id):
            for method, body in (("PUT", {"title": "x"}), ("DELETE", None)):
                assert (await client.request(method, f"{TASKS}/{task_id}", json=body)).status_code in (404, 422)


async def test_a_deleted_task_is_gone(client: httpx.AsyncClient, database: Database) -> None:
    task_id = (await client.post(TASKS, json={"title": "A"})).json()["id"]
    answer = await client.delete(f"{TASKS}/{task_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert await database.fetchval("SELECT count(*) FROM tasks") == 0


UNKNOWN: list[tuple[str, str, int, int]] = [
    ("GET", "/api/v1/nothing", 401, 404),
    ("GET", "/nothing", 401, 404),
    ("PATCH", "/api/v1/tasks", 401, 405),
    ("POST", "/api/v1/auth/me", 401, 405),
    ("PATCH", "/api/v1/auth/login", 405, 405),
    ("DELETE", "/health", 405, 405),
]


async def test_unknown_paths_and_methods(
    visitor: httpx.AsyncClient, client: httpx.AsyncClient, subtests: pytest.Subtests
) -> None:
    for method, path, without_token, status in UNKNOWN:
        with subtests.test(method=method, path=path, status=status):
            answer = await visitor.request(method, path)
            assert answer.status_code == without_token
            if without_token == 401:
                assert answer.json()["code"] == "MISSING_AUTH_HEADER"
                assert answer.headers["www-authenticate"] == "Bearer"
            answer = await client.request(method, path)
            assert answer.status_code == status
            assert list(answer.json()) == ["detail"]
            assert isinstance(answer.json()["detail"], str)


async def test_the_chat_of_somebody_else(client: httpx.AsyncClient, anna: User, bert: User) -> None:
    answer = await client.post(f"/api/{bert.id}/chat", json={"message": "show my tasks"})
    assert answer.status_code == 403
    assert isinstance(answer.json()["detail"], str)
    answer = await client.post(f"/api/{anna.id}/chat", json={"message": "x" * 10_000})
    assert answer.status_code == 200
    assert {"conversation_id", "response", "tool_calls", "status"} <= set(answer.json())
    assert (await client.post(f"/api/{anna.id}/chat", json={"message": "x" * 10_001})).status_code == 422


async def test_the_longest_texts_however_they_are_escaped(client: httpx.AsyncClient, anna: User) -> None:
    message = b'"' + rb"\ud83c\udf31" * 10_000 + b'"'
    headers = {"Content-Type": "application/json"}
    answer = await client.post(f"/api/{anna.id}/chat", content=b'{"message": ' + message + b"}", headers=headers)
    assert answer.status_code == 200
    answer = await client.post(TASKS, json={"title": "🌱" * 255, "description": "🌱" * 5000})
    assert (answer.status_code, answer.json()["description"]) == (201, "🌱" * 5000)


def signed(settings: Settings, clock: MovableClock, *, secret: str | None = None, **claims: Any) -> str:
    now = int(clock.now().timestamp())
    return jwt.encode({"iat": now, "exp": now + 60, **claims}, secret or settings.auth_secret, algorithm="HS256")


async def test_tokens_as_older_releases_made_them(
    visitor: httpx.AsyncClient, settings: Settings, clock: MovableClock, anna: User
) -> None:
    token = signed(settings, clock, user_id=anna.id)
    answer = await visitor.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["id"] == anna.id


async def test_a_token_in_a_cookie(visitor: httpx.AsyncClient, anna: User, settings: Settings) -> None:
    name = "whatever" if settings.phase == "iv" else "taskflow_session"
    visitor.cookies.set("theme", "dark")
    visitor.cookies.set(name, anna.token)
    assert (await visitor.get("/api/v1/auth/me")).json()["email"] == anna.email
    visitor.cookies.set(name, "not.a.jwt")
    answer = await visitor.get("/api/v1/auth/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "MISSING_AUTH_HEADER")


async def test_tokens_that_are_refused(
    visitor: httpx.AsyncClient, settings: Settings, clock: MovableClock, anna: User
) -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    unsigned = f"{header}.{signed(settings, clock, sub=anna.id).split('.')[1]}."
    past = int(clock.now().timestamp()) - 1
    refused = {
        "Bearer": "INVALID_AUTH_FORMAT",
        "Bearer ": "INVALID_AUTH_FORMAT",
        "Token abc": "INVALID_AUTH_FORMAT",
        f"Bearer {signed(settings, clock, sub=anna.id, exp=past)}": "TOKEN_EXPIRED",
        f"Bearer {signed(settings, clock, sub=anna.id, secret='b' * 32)}": "INVALID_SIGNATURE",
        f"Bearer {signed(settings, clock, sub=anna.id, type='refresh')}": "INVALID_TOKEN",
        f"Bearer {signed(settings, clock)}": "INVALID_TOKEN",
        f"Bearer {unsigned}": "INVALID_TOKEN",
    }
    for header, code in refused.items():
        answer = await visitor.get(TASKS, headers={"Authorization": header})
        assert (answer.status_code, answer.json().get("code")) == (401, code), header
        assert set(answer.json()) == {"error", "code", "message"}


async def test_signing_up_needs_eight_characters_and_an_address(visitor: httpx.AsyncClient) -> None:
    url = "/api/v1/auth/signup"
    for email, password, status in (
        ("a@example.com", "1234567", 422),
        ("a@example.com", "nohorse8", 201),
        ("b@example.com", None, 422),
        ("b@example", "nohorse8", 400),
        ("b @example.com", "nohorse8", 400),
        ("", "nohorse8", 400),
        (None, "nohorse8", 422),
    ):
        answer = await visitor.post(url, json={"email": email, "password": password})
        assert answer.status_code == status, (email, password, answer.text)


async def test_a_token_is_renewed(visitor: httpx.AsyncClient, settings: Settings) -> None:
    body = {"email": "a@example.com", "password": "correct horse"}
    signed_up = await visitor.post("/api/v1/auth/signup", json=body)
    refresh_token = visitor.cookies["refresh_token"]
    origin = {} if settings.phase == "iv" else {"Origin": "http://chat-api"}
    by_cookie = await visitor.post("/api/v1/auth/refresh", headers=origin)
    assert (by_cookie.status_code, set(by_cookie.json())) == (200, {"token", "message"})

    visitor.cookies.clear()
    for token, code in ((refresh_token, None), ("x", "INVALID_REFRESH_TOKEN"), (None, "NO_REFRESH_TOKEN")):
        answer = await visitor.post("/api/v1/auth/refresh", json={"refresh_token": token})
        assert answer.status_code == (401 if code else 200)
        assert answer.json().get("detail", {}).get("code") == code
        visitor.cookies.clear()
    access = {"refresh_token": signed_up.json()["token"]}
    answer = await visitor.post("/api/v1/auth/refresh", json=access)
    assert answer.json()["detail"]["code"] == "INVALID_REFRESH_TOKEN", "an access token renews nothing"
