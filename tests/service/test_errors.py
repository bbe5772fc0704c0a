"""Errors: every code documented and used, one shape for each kind, and nothing told that is nobody's business."""

import ast
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import asyncpg
import httpx
import msgspec
import pytest
from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from taskflow_core.database.pool import DatabaseUnavailableError
from taskflow_core.domain.errors import (
    DomainError,
    FieldError,
    TaskNotFoundError,
    TooManyAttemptsError,
    TooManyTasksError,
)
from taskflow_core.domain.field_codes import FIELD_CODES
from taskflow_core.events.topics import CHAT_API
from taskflow_core.service.errors import (
    CODES,
    DOMAIN_ERRORS,
    ApiError,
    AuthError,
    FieldProblem,
    InvalidError,
    invalid,
)
from taskflow_core.service.litestar_app import make_app
from taskflow_core.settings import Settings

ROOT = Path(__file__).parents[2]
_CODE = re.compile(r"[A-Z]+(_[A-Z]+)+|STOPPING")


class Body(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=5)]
    sizes: Annotated[list[int], msgspec.Meta(max_length=3)] = []


RAISED: dict[str, Exception] = {
    "api": ApiError("TASK_NOT_FOUND", "Look elsewhere.", error="Task not found", headers={"X-Extra": "1"}),
    "api-status": ApiError("TASK_UPDATE_ERROR", "Title cannot be empty", status=400),
    "auth": AuthError("TOKEN_EXPIRED", "Sign in.", error="Expired"),
    "invalid": invalid("due", "is no date", where="query"),
    "many": InvalidError([FieldProblem(loc=["body", n], msg="no", type="value_error") for n in ("first", "second")]),
    "domain": TaskNotFoundError(),
    "domain-later": TooManyAttemptsError(7),
    "field": FieldError("due_date", "is no date"),
    "field-coded": FieldError("tags", "is no date", "TOO_MANY", most=20),
    "quota": TooManyTasksError(10_000),
    "outage": DatabaseUnavailableError("the database has not answered yet"),
    "outage-asyncpg": asyncpg.TooManyConnectionsError("sorry, too many clients already: secret"),
    "outage-time": TimeoutError(),
    "outage-deadlock": asyncpg.DeadlockDetectedError("deadlock detected: secret"),
    "outage-full": asyncpg.DiskFullError("could not extend file: secret"),
    "bug": ZeroDivisionError("secret"),
    "sql": asyncpg.UniqueViolationError("secret"),
}


@get("/raise/{which:str}")
async def raising(which: FromPath[str]) -> None:
    raise RAISED[which]


@post("/body")
async def body(data: JSONBody[Body]) -> Body:
    return data


@get("/query")
async def query(limit: Annotated[int, QueryParameter(ge=1, le=5)]) -> dict[str, int]:
    return {"limit": limit}


@asynccontextmanager
async def in_phase(phase: Literal["iv", "v"]) -> AsyncGenerator[httpx.AsyncClient]:
    settings = Settings(database_url="postgresql://nowhere", auth_secret="s" * 32, bus="embedded", phase=phase)
    app: Any = make_app(CHAT_API, settings, [raising, body, query])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://service") as made:
        yield made


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with in_phase("v") as made:
        yield made


def problem(where: str, field: str, code: str) -> dict[str, Any]:
    return {"loc": [where, field], "msg": "is no date", "type": "value_error", "code": code}


def codes_in(source: str) -> Iterator[str]:
    """Texts in a program that look like codes, docstrings left out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
            yield node.value


def test_the_documentation_has_every_code() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8").split("\n## Errors\n")[1]
    whys = re.findall(r"^\| `(\w+)` \| ([^|]+) \|$", text, re.MULTILINE)
    assert dict(whys) == FIELD_CODES
    documented = re.findall(r"^\| `(\w+)` \| (\d+) \| (.+) \|$", text, re.MULTILINE)
    assert [(code, int(status), meaning) for code, status, meaning in documented] == [
        (code, status, meaning) for code, (status, meaning) in CODES.items()
    ]


def test_every_code_is_one_that_an_answer_can_have() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "apps").rglob("*.py")}
    tables = [ROOT / "apps" / "taskflow_core" / "service" / name for name in ("codes.py", "errors.py")]
    used = {code for path, source in sources.items() if path not in tables for code in codes_in(source)}
    used |= {refusal.code for refusal in DOMAIN_ERRORS.values()}
    handled = {"SERVICE_UNAVAILABLE", "INTERNAL_ERROR", "BODY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"}
    assert set(CODES) - used == handled, "codes that errors.py itself gives, and no dead ones"


def test_every_code_of_a_value_is_given_somewhere() -> None:
    table = ROOT / "apps" / "taskflow_core" / "domain" / "field_codes.py"
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "apps").rglob("*.py") if path != table]
    constants = [
        node.value for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)
    ]
    assert set(FIELD_CODES) - {value for value in constants if isinstance(value, str)} == set()


def test_every_domain_error_has_its_answer() -> None:
    assert set(DOMAIN_ERRORS) == set(DomainError.__subclasses__())


@pytest.mark.parametrize(
    ("which", "status", "answer"),
    [
        (
            "domain",
            404,
            {
                "detail": {
                    "error": "Task not found",
                    "code": "TASK_NOT_FOUND",
                    "message": "There is no such task among yours.",
                }
            },
        ),
        ("api", 404, {"detail": {"error": "Task not found", "code": "TASK_NOT_FOUND", "message": "Look elsewhere."}}),
        (
            "api-status",
            400,
            {
                "detail": {
                    "error": "Title cannot be empty",
                    "code": "TASK_UPDATE_ERROR",
                    "message": "Title cannot be empty",
                }
            },
        ),
        ("auth", 401, {"error": "Expired", "code": "TOKEN_EXPIRED", "message": "Sign in."}),
        ("invalid", 422, {"detail": [problem("query", "due", "INVALID_VALUE")]}),
        ("field", 422, {"detail": [problem("body", "due_date", "INVALID_VALUE")]}),
        ("field-coded", 422, {"detail": [problem("body", "tags", "TOO_MANY") | {"params": {"most": 20}}]}),
    ],
)
async def test_the_shape_of_each_kind(
    client: httpx.AsyncClient, which: str, status: int, answer: dict[str, Any]
) -> None:
    given = await client.get(f"/raise/{which}")
    assert (given.status_code, given.json()) == (status, answer)
    assert given.headers["content-type"] == "application/json"


async def test_what_a_quota_is_stands_beside_its_words(client: httpx.AsyncClient) -> None:
    detail = (await client.get("/raise/quota")).json()["detail"]
    assert (detail["code"], detail["params"]) == ("TOO_MANY_TASKS", {"most": 10_000})


async def test_phase_iv_says_what_it_always_did() -> None:
    async with in_phase("iv") as client:
        quota = (await client.get("/raise/quota")).json()["detail"]
        assert set(quota) == {"error", "code", "message"}
        for answer in (await client.get("/raise/field-coded"), await client.post("/body", json={"name": ""})):
            assert [set(item) for item in answer.json()["detail"]] == [{"loc", "msg", "type"}]


async def test_headers_and_several_problems(client: httpx.AsyncClient) -> None:
    assert (await client.get("/raise/api")).headers["x-extra"] == "1"
    assert (await client.get("/raise/domain-later")).headers["retry-after"] == "7"
    problems = (await client.get("/raise/many")).json()["detail"]
    assert [problem["loc"] for problem in problems] == [["body", "first"], ["body", "second"]]


@pytest.mark.parametrize("which", [name for name in RAISED if name.startswith("outage")])
async def test_a_dependency_that_is_away(client: httpx.AsyncClient, which: str) -> None:
    answer = await client.get(f"/raise/{which}")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) > 0
    assert "secret" not in answer.text


@pytest.mark.parametrize("which", ["bug", "sql"])
async def test_what_nobody_foresaw(client: httpx.AsyncClient, which: str) -> None:
    answer = await client.get(f"/raise/{which}")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (500, "INTERNAL_ERROR")
    assert "secret" not in answer.text
    assert "Error" not in answer.json()["detail"]["message"]


@pytest.mark.parametrize(
    ("sent", "loc", "kind", "code"),
    [
        (b"{}", ["body", "name"], "missing", "MISSING"),
        (b'{"name": ""}', ["body", "name"], "string_too_short", "TOO_SHORT"),
        (b'{"name": "toolong"}', ["body", "name"], "string_too_long", "TOO_LONG"),
        (b'{"name": 1}', ["body", "name"], "type_error", "INVALID_VALUE"),
        (b'{"name": "a", "sizes": [1, "b"]}', ["body", "sizes", "1"], "type_error", "INVALID_VALUE"),
        (b'{"name": "a", "sizes": [1, 2, 3, 4]}', ["body", "sizes"], "string_too_long", "TOO_MANY"),
        (b"[]", ["body"], "type_error", "INVALID_VALUE"),
        (b"", ["body"], "missing", "MISSING"),
        (b"{", ["body"], "json_invalid", "MALFORMED"),
        (b"\xff", ["body"], "json_invalid", "MALFORMED"),
    ],
)
async def test_a_body_that_does_not_validate(
    client: httpx.AsyncClient, sent: bytes, loc: list[str], kind: str, code: str
) -> None:
    answer = await client.post("/body", content=sent, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    (found,) = answer.json()["detail"]
    assert (found["loc"], found["type"], found["code"]) == (loc, kind, code)
    assert found["msg"]
    bounds = {"TOO_SHORT": {"least": 1}, "TOO_LONG": {"most": 5}, "TOO_MANY": {"most": 3}}
    assert found.get("params", {}) == bounds.get(code, {})


@pytest.mark.parametrize("parameters", [{}, {"limit": "0"}, {"limit": "6"}, {"limit": "x"}, {"limit": ""}])
async def test_a_parameter_that_does_not_validate(client: httpx.AsyncClient, parameters: dict[str, str]) -> None:
    answer = await client.get("/query", params=parameters)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "limit"]


async def test_unknown_paths_and_methods(client: httpx.AsyncClient) -> None:
    assert (await client.get("/nothing")).json() == {"detail": "Not Found"}
    answer = await client.delete("/body")
    assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed"})
    assert "POST" in answer.headers["allow"]


async def test_a_body_that_is_too_large(client: httpx.AsyncClient) -> None:
    answer = await client.post("/body", json={"name": "a", "ballast": "x" * 140_000})
    assert (answer.status_code, answer.json()["detail"]["code"]) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_a_body_of_another_type(client: httpx.AsyncClient, content_type: str) -> None:
    answer = await client.post("/body", content=b"name=a", headers={"Content-Type": content_type})
    assert answer.status_code in (415, 422), answer.text
