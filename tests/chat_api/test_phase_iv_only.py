"""TASKFLOW_PHASE=iv serves Phase IV's contract and nothing else, and writes Phase IV's columns and nothing else."""

import httpx
import msgspec
import pytest
from jose import jwt

from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from taskflow_db import runner
from taskflow_db.tables import PHASE_IV_TABLES, TABLES, table_name
from tests.chat_api.people import PREFERENCES, TASKS, User

PHASE_IV_FIELDS = {"id", "user_id", "title", "description", "completed", "created_at", "updated_at"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, phase="iv")


async def test_answers_have_phase_ivs_fields(client: httpx.AsyncClient) -> None:
    answer = await client.post(TASKS, json={"title": "A", "due_date": "2027-03-01", "reminders": ["1 day"]})
    assert answer.status_code == 201
    assert set(answer.json()) == PHASE_IV_FIELDS
    assert not {"etag", "link"} & set(answer.headers)
    listed = (await client.get(TASKS, params={"limit": 1, "completed": "true"})).json()
    assert [set(task) for task in listed] == [PHASE_IV_FIELDS], "a bare list, whatever is asked"


async def test_phase_vs_paths_are_unknown(client: httpx.AsyncClient, anna: User) -> None:
    task_id = (await client.post(TASKS, json={"title": "A"})).json()["id"]
    for method, path in (
        ("GET", f"{TASKS}/{task_id}"),
        ("PATCH", f"{TASKS}/{task_id}"),
        ("POST", f"{TASKS}/{task_id}/acknowledge"),
        ("GET", PREFERENCES),
        ("PUT", PREFERENCES),
        ("GET", "/api/v1/recurrence/preview"),
        ("GET", "/api/v1/tags"),
        ("POST", "/api/v1/chat"),
        ("POST", "/api/v1/parse"),
        ("POST", "/internal/occurrences"),
        ("GET", "/static/app.js"),
        ("GET", "/docs"),
        ("GET", "/docs/openapi.json"),
    ):
        answer = await client.request(method, path, json={} if method != "GET" else None)
        assert answer.status_code in (404, 405), (method, path)


async def test_no_page_for_browsers(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/", headers={"Accept": "text/html"})
    assert answer.headers["content-type"].startswith("application/json")


async def test_headers_of_phase_v_mean_nothing(client: httpx.AsyncClient, database: Database) -> None:
    made = [await client.post(TASKS, json={"title": "A"}, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert made[0].json()["id"] != made[1].json()["id"]
    url = f"{TASKS}/{made[0].json()['id']}"
    assert (await client.put(url, json={"title": "B"}, headers={"If-Match": '"x"'})).status_code == 200
    assert await database.fetchval("SELECT count(*) FROM tasks") == 2


async def test_nothing_of_phase_v_is_written(client: httpx.AsyncClient, anna: User, database: Database) -> None:
    task_id = (await client.post(TASKS, json={"title": "A", "due_date": "2027-03-01"})).json()["id"]
    await client.put(f"{TASKS}/{task_id}", json={"completed": True})
    await client.post(f"/api/{anna.id}/chat", json={"message": "add call mum"})
    await client.delete(f"{TASKS}/{task_id}")
    assert await database.fetchval("SELECT count(*) FROM tasks WHERE due_date IS NOT NULL") == 0
    for table in TABLES:
        if table not in PHASE_IV_TABLES and not table_name(table).startswith("audit_"):
            assert await database.fetchval(f"SELECT count(*) FROM {table_name(table)}") == 0, table_name(table)


async def test_sessions_are_tokens_of_which_nothing_is_kept(visitor: httpx.AsyncClient, owner_url: str) -> None:
    await runner.downgrade(owner_url)
    account = {"email": "a@example.com", "password": "correct horse", "refresh_token": True}
    signed_up = await visitor.post("/api/v1/auth/signup", json=account, headers={"Origin": "https://elsewhere.example"})
    assert (signed_up.status_code, set(signed_up.json())) == (201, {"user", "token", "message"})
    token, refresh = signed_up.json()["token"], signed_up.cookies["refresh_token"]
    for name in (token, refresh):
        assert not {"sid", "jti"} & set(jwt.get_unverified_claims(name))
    visitor.cookies.clear()
    for _ in range(3):
        answer = await visitor.post("/api/v1/auth/refresh", json={"refresh_token": refresh})
        assert (answer.status_code, set(answer.json())) == (200, {"token", "message"})
        visitor.cookies.clear()
    bearer = {"Authorization": f"Bearer {token}"}
    answer = await visitor.post("/api/v1/auth/logout", json={"everywhere": True}, headers=bearer)
    assert (answer.status_code, answer.json()["message"]) == (200, "Signed out")
    assert (await visitor.get("/api/v1/auth/me", headers=bearer)).status_code == 200


async def test_a_write_by_cookie_without_an_origin_is_phase_ivs(visitor: httpx.AsyncClient, anna: User) -> None:
    visitor.cookies.set("session", anna.token)
    assert (await visitor.post(TASKS, json={"title": "A"})).status_code == 201
    answer = await visitor.post(TASKS, json={"title": "A"}, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403, "what a browser says to come from another site is refused all the same"


async def test_it_works_on_phase_ivs_own_tables(owner_url: str, client: httpx.AsyncClient, anna: User) -> None:
    await runner.downgrade(owner_url)
    task_id = (await client.post(TASKS, json={"title": "A"})).json()["id"]
    assert (await client.put(f"{TASKS}/{task_id}", json={"title": "B"})).status_code == 200
    assert (await client.post(f"/api/{anna.id}/chat", json={"message": "show my tasks"})).status_code == 200
    assert (await client.delete(f"{TASKS}/{task_id}")).status_code == 204
