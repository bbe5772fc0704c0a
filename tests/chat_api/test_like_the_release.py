"""The same calls to TaskFlow and to the Phase IV release, drawn at random: status, code and the task's fields agree."""

import json
import random
from typing import Any

import httpx
import msgspec
import pytest

from taskflow_core.database.pool import Database
from taskflow_core.service.bodies import is_json
from taskflow_core.settings import Settings
from tests.chat_api.people import TASKS
from tests.support.phase_iv import release_on
from tests.support.shared_postgres import Databases

CALLS = 250
ACCOUNT = {"email": "me@example.com", "password": "correct horse"}

VALUES: list[Any] = [
    None, "", "   ", " x ", "x", "a" * 255, "a" * 256, "d" * 5000, "d" * 5001, 5, 0, 1, 2, 1.0, 0.0, 0.5, True, False,
    "yes", "no", "on", "OFF", "TRUE", " true", "t", "f", "1", "0", "2", [], {}, ["a"], {"a": 1}, "é", "\t\n",
    "\u2003x\u2003",
]  # fmt: skip
RAW = [b"", b"null", b"[]", b"5", b'"x"', b"{", b"{}", b"true", b'{"title":"a"}x', b"{'title':1}", b' {"title": "a"} ']
ADDRESSES: list[Any] = [
    "a@b.cc", "A@B.CC", "x", "", "a@b", "é@b.cc", "a b@c.dd", None, 5, "x@y.zz ", "a@b.c1", "q+1@b.cc", ".x@-y.zz",
]  # fmt: skip
PASSWORDS: list[Any] = ["correct horse", "short", None, "8" * 8, 5, "x" * 72, " " * 8]
TYPES = [None, "", "application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", "text/json",
    "application/vnd.x+json", "multipart/form-data; boundary=x", "APPLICATION/JSON"]  # fmt: skip
AUTHORIZATIONS = [
    "",
    "Bearer",
    "Bearer x",
    "Basic x",
    "bearer {token}",
    "{token}",
    "Bearer  {token}",
    "Bearer {token} x",
]
SAID: list[Any] = ["hello", "", None, 5, "x" * 10_000, "x" * 10_001, "   "]
CONVERSATIONS: list[Any] = [None, "", 5, "x" * 70, "00000000-0000-4000-8000-000000000000"]
UNKNOWN = [
    "/x",
    "/api/v1/x",
    "/api/v1/tasks/x/y",
    "/api/x/chat/y",
    "/api/v1/auth/x",
    "/api/v1/auth/me",
    "/api/v1/tasks",
]


@pytest.fixture(params=["iv", "v"])
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return msgspec.structs.replace(settings, phase=request.param, login_attempts_per_minute=1_000_000)


class Drawn:
    """One call, drawn from `dice`; {token}, {task} and {user} are those of whoever is asked."""

    def __init__(self, dice: random.Random, number: int) -> None:
        fields = {"title": dice.choice(VALUES), "description": dice.choice(VALUES), "completed": dice.choice(VALUES)}
        chosen = dice.sample(sorted(fields), dice.randint(1, 3))
        self.body = json.dumps({"title": "t"} | {name: fields[name] for name in chosen} | {"zz": 1}).encode()
        if dice.random() < 0.2:
            self.body = dice.choice(RAW)
        self.method, self.path = dice.choice(
            [("POST", TASKS)] * 3
            + [("PUT", f"{TASKS}/{{task}}")] * 4
            + [("DELETE", f"{TASKS}/nothing"), ("POST", "/api/v1/auth/logout"), ("GET", "/api/v1/auth/me")]
            + [("POST", f"/api/v1/auth/{name}") for name in ("signup", "login", "refresh")]
            + [("POST", "/api/{user}/chat"), (dice.choice(["GET", "POST", "PATCH", "PUT"]), dice.choice(UNKNOWN))]
        )
        if self.path.endswith(("signup", "login")):
            address = dice.choice(ADDRESSES)
            if isinstance(address, str) and dice.random() < 0.5:
                address = f"n{number}{address}"
            self.body = json.dumps({"email": address, "password": dice.choice(PASSWORDS)}).encode()
        elif self.path.endswith("refresh"):
            self.body = dice.choice([*RAW, b'{"refresh_token":5}', b'{"refresh_token":""}', b'{"refresh_token":"x"}'])
        elif self.path.endswith("chat"):
            self.body = json.dumps(
                {"message": dice.choice(SAID), "conversation_id": dice.choice(CONVERSATIONS)}
            ).encode()
        self.content_type = dice.choice(TYPES) if dice.random() < 0.3 else "application/json"
        self.authorization = dice.choice(AUTHORIZATIONS) if dice.random() < 0.3 else "Bearer {token}"

    @property
    def is_no_json_where_none_is_needed(self) -> bool:
        """The release reads it whatever its type; Phase V takes it as JSON alone, like every other body."""
        return self.path.endswith(("refresh", "logout")) and not is_json(self.content_type)

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.content_type!r} {self.authorization!r} {self.body[:120]!r}"


class Asked:
    """One of the two, with a user and a task of its own."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._values: dict[str, str] = {}

    async def begin(self) -> None:
        made = (await self._client.post("/api/v1/auth/signup", json=ACCOUNT)).json()
        self._values = {"token": made["token"], "user": made["user"]["id"]}
        headers = {"Authorization": f"Bearer {made['token']}"}
        self._values["task"] = (await self._client.post(TASKS, json={"title": "t"}, headers=headers)).json()["id"]

    async def answer(self, call: Drawn) -> tuple[int, Any]:
        """The status, and what of the answer is contract."""
        headers = {} if call.content_type is None else {"Content-Type": call.content_type}
        if call.authorization:
            headers["Authorization"] = call.authorization.format_map(self._values)
        self._client.cookies.clear()
        path = call.path.format_map(self._values)
        answer = await self._client.request(call.method, path, content=call.body, headers=headers)
        body: Any = answer.json() if answer.content else None
        if answer.status_code in (200, 201) and call.path.startswith(TASKS):
            return answer.status_code, {name: body[name] for name in ("title", "description", "completed")}
        if answer.status_code >= 400 and answer.status_code != 422:
            told: Any = body.get("detail", body)
            return answer.status_code, "a sentence" if isinstance(told, str) else told["code"]
        return answer.status_code, None


# Phase V has these besides.
ADDED = {("PATCH", TASKS), ("GET", TASKS)}


async def test_the_same_calls_get_the_same_answers(
    visitor: httpx.AsyncClient, database: Database, databases: Databases, settings: Settings
) -> None:
    dice = random.Random(20261128 + (settings.phase == "v"))
    name = databases.make(migrated=False)
    differences: list[str] = []
    async with release_on(databases.owner_url(name)) as release:
        ours, theirs = Asked(visitor), Asked(release.client)
        await ours.begin()
        await theirs.begin()
        for number in range(CALLS):
            call = Drawn(dice, number)
            if (call.method, call.path) in ADDED or (settings.phase == "v" and call.is_no_json_where_none_is_needed):
                continue
            expected, given = await theirs.answer(call), await ours.answer(call)
            if expected != given:
                differences.append(f"{call}: {given} instead of {expected}")
    databases.drop(name)
    assert not differences, "\n".join(differences)
