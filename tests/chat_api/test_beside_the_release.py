"""TaskFlow and the Phase IV release on one database: one after the other, and both at once."""

import asyncio
import random
from collections import defaultdict
from datetime import timedelta
from typing import Any

import httpx
from jose import jwt

from chat_api.commands.reconcile import Reconciled, reconcile
from taskflow_core.database.pool import Database
from taskflow_core.events.model import Event, ReminderTriggered, TaskDeleted
from tests.chat_api.people import TASKS, User
from tests.chat_api.published import published_events
from tests.support.clock import MovableClock
from tests.support.phase_iv import Release, release_on

ME, SIGN_UP = "/api/v1/auth/me", "/api/v1/auth/signup"
ACCOUNT = {"email": "both@example.com", "password": "correct horse"}
PHASE_IV_FIELDS = ("id", "title", "description", "completed")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_token_of_either_is_accepted_by_the_other(visitor: httpx.AsyncClient, database: Database) -> None:
    async with release_on(database.url) as release:
        for number, (maker, other) in enumerate(((visitor, release.client), (release.client, visitor))):
            answer = await maker.post(SIGN_UP, json=ACCOUNT | {"email": f"{number}@example.com"})
            token, refresh = answer.json()["token"], answer.cookies["refresh_token"]
            assert (await other.get(ME, headers=bearer(token))).json()["id"] == answer.json()["user"]["id"]
            maker.cookies.clear()
            renewed = await other.post("/api/v1/auth/refresh", json={"refresh_token": refresh})
            assert renewed.status_code == 200
            other.cookies.clear()
            assert (await maker.get(ME, headers=bearer(renewed.json()["token"]))).status_code == 200


async def test_what_ended_here_the_release_cannot_know(
    visitor: httpx.AsyncClient, database: Database, clock: MovableClock
) -> None:
    """Of a session nothing but its tokens is known to it; what else there is of one it takes for nothing."""
    clock.advance(timedelta(seconds=-5))
    answer = await visitor.post(SIGN_UP, json=ACCOUNT | {"refresh_token": True})
    token, refresh = answer.json()["token"], answer.json()["refresh_token"]
    ended = await visitor.post("/api/v1/auth/logout", json={"everywhere": True}, headers=bearer(token))
    assert ended.status_code == 200
    assert (await visitor.get(ME, headers=bearer(token))).status_code == 401
    stored = await database.fetchrow("SELECT * FROM sessions, refresh_tokens, revocations")
    assert stored is not None
    opaque = [value.hex() if isinstance(value, bytes) else str(value) for value in stored.values()]
    opaque += [answer.cookies["taskflow_device"], jwt.get_unverified_claims(refresh)["jti"]]
    async with release_on(database.url) as release:
        assert (await release.client.get(ME, headers=bearer(token))).status_code == 200
        for value in opaque:
            assert (await release.client.get(ME, headers=bearer(value))).status_code == 401
            release.client.cookies.set("refresh_token", value)
            assert (await release.client.get(ME)).status_code == 401
            assert (await release.client.post("/api/v1/auth/refresh")).status_code == 401
            release.client.cookies.clear()
        renewed = await release.client.post("/api/v1/auth/refresh", json={"refresh_token": refresh})
        assert renewed.status_code == 200
    visitor.cookies.clear()
    again = bearer(renewed.json()["token"])
    assert (await visitor.get(ME, headers=again)).status_code == 200, "issued since, as far as anybody can tell"


async def test_each_sees_what_the_other_wrote(anna: User, database: Database) -> None:
    async with release_on(database.url) as release:
        here = await anna.makes("Made here", description=" padded ", due_date="2027-03-01", recurrence_pattern="daily")
        there = await release.create(anna.id, "Made there", " padded ")
        await release.rename(here["id"], "Renamed there")
        await anna.changes(there, completed=True)
        lists = [(await client.get(TASKS, headers=bearer(anna.token))).json() for client in (anna.http, release.client)]
    seen, theirs = [[{field: task[field] for field in PHASE_IV_FIELDS} for task in tasks] for tasks in lists]
    assert seen == theirs
    assert {task["title"] for task in seen} == {"Renamed there", "Made there"}


class Client:
    """Somebody who uses one of the two, or both in turn, and keeps a journal of what was answered."""

    def __init__(self, user: User, release: Release, seed: int) -> None:
        self._clients = (user.http, release.client)
        self._headers = bearer(user.token)
        self._random = random.Random(seed)
        self.tasks: dict[str, tuple[str, bool]] = {}

    async def use(self, times: int) -> None:
        for turn in range(times):
            await self._once(turn)

    async def _once(self, turn: int) -> None:
        act = self._random.choice(["make", "make", "rename", "complete", "reopen", "delete"])
        if act == "make" or not self.tasks:
            task = await self._call("POST", TASKS, 201, {"title": f"Made {turn}"})
            self.tasks[task["id"]] = (task["title"], task["completed"])
            return
        id_ = self._random.choice(sorted(self.tasks))
        if act == "delete":
            await self._call("DELETE", f"{TASKS}/{id_}", 204)
            del self.tasks[id_]
            return
        body = {"title": f"Renamed {turn}"} if act == "rename" else {"completed": act == "complete"}
        task = await self._call("PUT", f"{TASKS}/{id_}", 200, body)
        self.tasks[id_] = (task["title"], task["completed"])

    async def _call(self, method: str, path: str, status: int, body: dict[str, Any] | None = None) -> Any:
        client = self._random.choice(self._clients)
        answer = await client.request(method, path, json=body, headers=self._headers)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


async def test_both_at_once_lose_nothing_and_each_change_is_told_once(
    anna: User, bert: User, database: Database, clock: MovableClock
) -> None:
    async with release_on(database.url) as release:
        clients = [Client(user, release, seed) for seed, user in enumerate((anna, anna, bert, bert))]

        async def reconciles() -> None:
            while True:
                await reconcile(database, clock.now())
                await asyncio.sleep(0.05)

        reconciling = asyncio.create_task(reconciles())
        await asyncio.gather(*(client.use(40) for client in clients))
        reconciling.cancel()
        await asyncio.gather(reconciling, return_exceptions=True)
    await reconcile(database, clock.now())
    assert await reconcile(database, clock.now()) == Reconciled(0, 0)

    rows = await database.fetch("SELECT id, title, completed FROM tasks")
    expected = {id_: state for client in clients for id_, state in client.tasks.items()}
    assert {row["id"]: (row["title"], row["completed"]) for row in rows} == expected
    by_task: defaultdict[str, list[Event]] = defaultdict(list)
    for event in await published_events(database):
        by_task[event.task_id].append(event)
    for id_, events in by_task.items():
        assert [event.version for event in events] == list(range(1, len(events) + 1)), "each version once, in order"
        last = events[-1]
        assert isinstance(last, TaskDeleted) == (id_ not in expected)
        if not isinstance(last, TaskDeleted) and id_ in expected:
            assert not isinstance(last, ReminderTriggered)
            task = last.task
            assert (task.title, task.completed) == expected[id_]
    assert set(expected) <= set(by_task)
