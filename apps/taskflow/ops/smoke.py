"""The smoke test: the calls that a client of Phase IV makes, against a service that runs, as a throwaway user.

It holds in both phases: Phase V answers all of them as Phase IV did, with fields added. What stays behind is what
Phase IV's API cannot remove: the user, and the conversation of one message and its answer.
"""

import secrets
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final, Literal, cast

import httpx
import msgspec

Auth = Literal["none", "user", "garbage", "basic"]

_UNKNOWN: Final = "00000000-0000-4000-8000-000000000000"
_BEARER_REQUIRED: Final = {"error": str, "code": "MISSING_AUTH_HEADER", "message": str}
_INVALID: Final = {"detail": [{"loc": list, "msg": str, "type": str}]}
_USER: Final = {"id": str, "email": "{email}", "created_at": str}
_CREDENTIALS: Final = {"email": "{email}", "password": "{password}"}


def _refused(code: str) -> dict[str, Any]:
    return {"detail": {"error": str, "code": code, "message": str}}


def _task(**fields: Any) -> dict[str, Any]:
    return {
        "id": str, "title": str, "completed": False, "description": None, "created_at": str, "updated_at": str
    } | fields  # fmt: skip


class Call(msgspec.Struct, frozen=True):
    """One call and its answer. `{name}` in path, body and answer stands for what an earlier answer was kept as.

    `answer` says what must be there: a type stands for any value of it, a list for one of that length whose items
    match, an object for one with at least these fields.
    """

    name: str
    method: str
    path: str
    status: int
    answer: Any = None
    body: Any = None
    auth: Auth = "user"
    keep: Mapping[str, tuple[str, ...]] = {}


_SIGNED_UP: Final = {"user": _USER, "token": str, "message": str}
_TASKS: Final = "/api/v1/tasks"
_AUTH: Final = "/api/v1/auth"

CALLS: Final[tuple[Call, ...]] = (
    Call("health", "GET", "/health", 200, {"status": "healthy", "version": str, "environment": str}, auth="none"),
    Call("overview", "GET", "/", 200, {"name": str, "version": str, "status": str, "endpoints": dict}, auth="none"),
    Call(
        "sign up", "POST", f"{_AUTH}/signup", 201, _SIGNED_UP, _CREDENTIALS, "none",
        {"token": ("token",), "user": ("user", "id")},
    ),
    Call("sign up again", "POST", f"{_AUTH}/signup", 400, _refused("SIGNUP_ERROR"), _CREDENTIALS, "none"),
    Call("sign up with nothing", "POST", f"{_AUTH}/signup", 422, _INVALID, {}, "none"),
    Call("log in", "POST", f"{_AUTH}/login", 200, _SIGNED_UP, _CREDENTIALS, "none", {"token": ("token",)}),
    Call(
        "log in with a wrong password", "POST", f"{_AUTH}/login", 401, _refused("INVALID_CREDENTIALS"),
        _CREDENTIALS | {"password": "not {password}"}, "none",
    ),
    Call("me", "GET", f"{_AUTH}/me", 200, _USER),
    Call("me without a token", "GET", f"{_AUTH}/me", 401, _BEARER_REQUIRED, auth="none"),
    Call(
        "tasks with a forged token", "GET", _TASKS, 401, _BEARER_REQUIRED | {"code": "INVALID_TOKEN"}, auth="garbage"
    ),
    Call(
        "tasks with another scheme", "GET", _TASKS, 401, _BEARER_REQUIRED | {"code": "INVALID_AUTH_FORMAT"},
        auth="basic",
    ),
    Call("no tasks yet", "GET", _TASKS, 200, []),
    Call(
        "create", "POST", _TASKS, 201, _task(title="Smoke test", description="of {run}", user_id="{user}"),
        {"title": "  Smoke test  ", "description": "of {run}", "completed": True}, keep={"task": ("id",)},
    ),
    Call("create without a title", "POST", _TASKS, 422, _INVALID, {"description": "x"}),
    Call("list", "GET", _TASKS, 200, [_task(id="{task}", title="Smoke test", description="of {run}")]),
    Call(
        "rename", "PUT", f"{_TASKS}/{{task}}", 200, _task(title="Smoke", description="of {run}"), {"title": "Smoke"}
    ),
    Call(
        "complete", "PUT", f"{_TASKS}/{{task}}", 200, _task(title="Smoke", description="of {run}", completed=True),
        {"completed": True},
    ),
    Call("reopen", "PUT", f"{_TASKS}/{{task}}", 200, _task(description="of {run}"), {"completed": False}),
    Call("change nobody's", "PUT", f"{_TASKS}/{_UNKNOWN}", 404, _refused("TASK_UPDATE_ERROR"), {"title": "x"}),
    Call(
        "chat: list", "POST", "/api/{user}/chat", 200,
        {"conversation_id": str, "response": str, "tool_calls": ["list_tasks"], "status": str},
        {"message": "show my tasks"},
    ),
    Call("chat as somebody else", "POST", f"/api/{_UNKNOWN}/chat", 403, {"detail": str}, {"message": "show my tasks"}),
    Call("chat with nothing", "POST", "/api/{user}/chat", 422, _INVALID, {"message": ""}),
    Call("delete", "DELETE", f"{_TASKS}/{{task}}", 204),
    Call("delete again", "DELETE", f"{_TASKS}/{{task}}", 404, _refused("TASK_DELETION_ERROR")),
    Call("no tasks any more", "GET", _TASKS, 200, []),
    Call("refresh with nothing", "POST", f"{_AUTH}/refresh", 401, _refused("NO_REFRESH_TOKEN"), auth="none"),
    Call("log out", "POST", f"{_AUTH}/logout", 200, dict),
    Call("an unknown path", "GET", "/api/v1/nothing-here", 404, {"detail": str}, auth="none"),
    Call("a wrong method", "PATCH", f"{_AUTH}/login", 405, {"detail": str}, auth="none"),
)  # fmt: skip
"""In order: later ones need what earlier ones made."""


class Check(msgspec.Struct, frozen=True):
    """How one call went: `problem` is empty when it was answered as Phase IV answers."""

    name: str
    problem: str
    seconds: float


class SmokeReport(msgspec.Struct, frozen=True):
    """How all calls went, and the e-mail address of the user who stays."""

    checks: list[Check]
    user: str

    @property
    def ok(self) -> bool:
        """Whether every call was answered as Phase IV answers."""
        return not self.problems

    @property
    def problems(self) -> list[str]:
        """What was answered otherwise, a line each."""
        return [f"{check.name}: {check.problem}" for check in self.checks if check.problem]

    @property
    def seconds(self) -> float:
        """How long all calls took."""
        return sum(check.seconds for check in self.checks)


async def smoke(client: httpx.AsyncClient) -> SmokeReport:
    """Make every call through `client`, which names the base address. Nothing is tried twice.

    A call that needs what an earlier one did not give is a problem too. Raises nothing of httpx: that is an answer.
    """
    run = uuid.uuid4().hex
    known = {"run": run, "email": f"smoke-{run}@example.com", "password": secrets.token_urlsafe(18)}
    checks: list[Check] = []
    try:
        for call in CALLS:
            began = time.perf_counter()
            problem = await _make(client, call, known)
            checks.append(Check(call.name, problem, time.perf_counter() - began))
    finally:
        await _remove_tasks(client, known)
    return SmokeReport(checks, known["email"])


async def _make(client: httpx.AsyncClient, call: Call, known: dict[str, str]) -> str:
    try:
        path, body, expected = (_filled(part, known) for part in (call.path, call.body, call.answer))
        headers = _headers(call.auth, known)
    except KeyError as missing:
        return f"not tried: no earlier answer gave the {missing.args[0]}"
    client.cookies.clear()  # a cookie of the login would sign in the calls that must not be
    try:
        answer = await client.request(call.method, path, json=body, headers=headers)
    except httpx.HTTPError as error:
        return f"no answer: {str(error) or type(error).__name__}"
    if answer.status_code != call.status:
        return f"status {answer.status_code} instead of {call.status}: {answer.text[:200]}"
    if call.answer is None:
        return ""
    try:
        given: Any = answer.json()
    except ValueError:
        return f"no JSON: {answer.text[:200]}"
    for name, steps in call.keep.items():
        value = given
        for step in steps:
            value = cast(dict[str, Any], value).get(step) if isinstance(value, dict) else None
        if isinstance(value, str):
            known[name] = value
    return _difference(expected, given, "answer")


def _headers(auth: Auth, known: Mapping[str, str]) -> dict[str, str]:
    accept = {"Accept": "application/json"}
    match auth:
        case "none":
            return accept
        case "user":
            return accept | {"Authorization": f"Bearer {known['token']}"}
        case "garbage":
            return accept | {"Authorization": "Bearer not.a.token"}
        case "basic":
            return accept | {"Authorization": "Basic bm9ib2R5Om5vdGhpbmc="}


def _filled(part: Any, known: Mapping[str, str]) -> Any:
    """`part` with names in braces replaced. Raises KeyError for one that is not known."""
    if isinstance(part, str):
        return part.format_map(known)
    if isinstance(part, dict):
        return {key: _filled(value, known) for key, value in cast(dict[str, Any], part).items()}
    if isinstance(part, list):
        return [_filled(value, known) for value in cast(list[Any], part)]
    return part


def _difference(expected: Any, given: Any, where: str) -> str:
    """The first thing in `given` that is not as expected, or nothing."""
    if isinstance(expected, type):
        return "" if isinstance(given, expected) else f"{where} is {given!r:.100}, no {expected.__name__}"
    if isinstance(expected, dict):
        if not isinstance(given, dict):
            return f"{where} is {given!r:.100}, no object"
        members = cast(dict[str, Any], given)
        for key, value in cast(dict[str, Any], expected).items():
            if key not in members:
                return f"{where} has no {key}"
            if found := _difference(value, members[key], f"{where}.{key}"):
                return found
        return ""
    if isinstance(expected, list):
        wanted, items = cast(list[Any], expected), cast(list[Any], given)
        if not isinstance(given, list) or len(items) != len(wanted):
            return f"{where} is {items!r:.100}, no list of {len(wanted)}"
        for position, value in enumerate(wanted):
            if found := _difference(value, items[position], f"{where}[{position}]"):
                return found
        return ""
    return "" if expected == given else f"{where} is {given!r:.100} instead of {expected!r}"


async def _remove_tasks(client: httpx.AsyncClient, known: Mapping[str, str]) -> None:
    """What a failed run left: the tasks of its user."""
    if "token" not in known:
        return
    headers = _headers("user", known)
    try:
        answer = await client.get(_TASKS, headers=headers)
        tasks: list[dict[str, Any]] = answer.json() if answer.is_success else []
        for task in tasks:
            await client.delete(f"{_TASKS}/{task['id']}", headers=headers)
    except (httpx.HTTPError, ValueError):
        return  # the service is away: the report says so already
