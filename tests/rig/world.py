"""The whole platform on a rig for one test, a user who keeps a journal of what was acknowledged, and the reckoning."""

import asyncio
import os
import random
import uuid
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from taskflow.local.rig.programs import Programs
from taskflow.local.rig.rig import Rig
from taskflow.settings import Settings
from tests.support.waiting import eventually

READY_SECONDS = 90.0
SETTLE_SECONDS = 150.0


@dataclass
class Journal:
    """What was acknowledged: (task, version, type of event); and the tasks that then exist."""

    changes: list[tuple[str, int, str]] = field(default_factory=list[tuple[str, int, str]])
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    uncertain: set[str] = field(default_factory=set[str])
    """Tasks of which a request had no answer: it may have been done or not."""
    refused: int = 0
    slowest: float = 0.0


class World:
    """A running rig with its database."""

    def __init__(self, rig: Rig, settings: Settings) -> None:
        self.rig = rig
        self.settings = settings
        self.user = ""
        self.journal = Journal()
        self.client = httpx.AsyncClient(timeout=20)

    @property
    def chat_api(self) -> str:
        return self.rig.instance("chat-api").url

    async def sign_up(self) -> None:
        """Gives the journal's keeper an account."""
        account = {"email": f"{uuid.uuid4().hex}@example.com", "password": "A-long-Passw0rd!"}
        answer = await self.client.post(f"{self.chat_api}/api/v1/auth/signup", json=account)
        assert answer.status_code == 201, answer.text
        self.user = answer.json()["user"]["id"]
        self.client.cookies.clear()
        self.client.headers["authorization"] = f"Bearer {answer.json()['token']}"

    async def ready(self) -> None:
        """Returns once every service says so, and Kafka has given every group its partitions."""

        async def all_ready() -> None:
            for instance in self.rig.instances:
                try:
                    answer = await self.client.get(f"{instance.url}/health/ready", timeout=3)
                except httpx.TransportError as error:
                    raise AssertionError(f"{instance.pod}: {error!r}\n{instance.process.tail()}") from error
                assert answer.status_code == 200, f"{instance.pod}: {answer.text}"

        await eventually(all_ready, within=READY_SECONDS, every=0.3)

    async def write(self, seconds: float, *, pause: float = 0.02) -> None:
        """Makes, edits, completes and deletes tasks for `seconds`, one request at a time, and keeps the journal."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            await self.write_once()
            await asyncio.sleep(pause)

    async def write_once(self) -> None:
        """One change."""
        known = [task for task in self.journal.tasks if task not in self.journal.uncertain]
        what = random.random()
        if not known or what < 0.5:
            due = datetime.now(UTC) + timedelta(days=1)
            await self._request("POST", "/api/v1/tasks", {"title": "Water", "due_date": due.isoformat()})
        else:
            task = random.choice(known)
            url = f"/api/v1/tasks/{task}"
            if what < 0.8:
                await self._request("PATCH", url, {"title": f"Water {uuid.uuid4().hex[:6]}"}, task)
            elif what < 0.9 and not self.journal.tasks[task]["completed"]:
                await self._request("PATCH", url, {"completed": True}, task)
            else:
                await self._request("DELETE", url, None, task)

    async def remind_soon(self, count: int, seconds: float = 8) -> list[str]:
        """Makes tasks with a reminder in some seconds; returns their ids."""
        made: list[str] = []
        for _ in range(count):
            due = datetime.now(UTC) + timedelta(seconds=60 + seconds)
            body = {"title": "Call", "due_date": due.isoformat(), "reminders": ["PT1M"]}
            answer = await self._request("POST", "/api/v1/tasks", body)
            assert answer is not None
            made.append(answer.json()["id"])
        return made

    async def _request(
        self, method: str, path: str, body: dict[str, Any] | None, task: str | None = None
    ) -> httpx.Response | None:
        began = asyncio.get_running_loop().time()
        try:
            answer = await self.client.request(method, f"{self.chat_api}{path}", json=body)
        except httpx.TransportError:
            self.journal.refused += 1
            if task is not None:
                self.journal.uncertain.add(task)
            return None
        self.journal.slowest = max(self.journal.slowest, asyncio.get_running_loop().time() - began)
        if answer.status_code >= 500:
            self.journal.refused += 1
            if task is not None:
                self.journal.uncertain.add(task)
            return None
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        if method == "DELETE":
            assert task is not None
            gone = self.journal.tasks.pop(task)
            self.journal.changes.append((task, gone["version"] + 1, "task.deleted"))
            return answer
        now = answer.json()
        before = self.journal.tasks.get(now["id"])
        if before is None or now["version"] > before["version"]:
            kind = "task.created" if method == "POST" else "task.updated"
            completed = before is not None and now["completed"] and not before["completed"]
            self.journal.changes.append((now["id"], now["version"], "task.completed" if completed else kind))
        self.journal.tasks[now["id"]] = now
        return answer

    async def reckon(self, *, dead_letters: int = 0) -> None:
        """Every acknowledged change is in the audit trail once, nothing waits or was given up, every task is as last
        acknowledged, and each reminder due was sent once.
        """
        async with _connection(self.settings) as connection:
            await eventually(lambda: self._settled(connection), within=SETTLE_SECONDS, every=0.5)
            rows = await connection.fetch(
                "SELECT task_id, version, type, count(*) AS times, count(DISTINCT event_id) AS events"
                " FROM task_events WHERE user_id = $1 GROUP BY 1, 2, 3",
                self.user,
            )
            trail = {(row["task_id"], row["version"], row["type"]): row["times"] for row in rows}
            changed = {key: times for key, times in trail.items() if key[2] != "task.reminder.triggered"}
            assert {key: times for key, times in changed.items() if times != 1} == {}, "once each"
            assert set(self.journal.changes) <= set(changed), "every acknowledged change"
            unacknowledged = set(changed) - set(self.journal.changes)
            assert len(unacknowledged) <= self.journal.refused, unacknowledged
            per_task = Counter(task for task, _, _ in changed)
            for task, now in self.journal.tasks.items():
                if task in self.journal.uncertain:
                    continue
                versions = sorted(version for one, version, _ in changed if one == task)
                assert versions == list(range(1, per_task[task] + 1)), f"versions of {task} without a gap"
                assert versions[-1] == now["version"]
            reminders = await connection.fetch(
                "SELECT r.status, (SELECT count(*) FROM task_events e WHERE e.task_id = r.task_id"
                " AND e.type = 'task.reminder.triggered') AS sent"
                " FROM reminder_schedule r WHERE r.user_id = $1 AND r.fire_at < now() - interval '1 second'"
                " AND r.status <> 'cancelled'",
                self.user,
            )
            assert [
                (row["status"], row["sent"]) for row in reminders if (row["status"], row["sent"]) != ("sent", 1)
            ] == []
            assert await connection.fetchval("SELECT count(*) FROM dead_letters") == dead_letters

    async def published(self) -> int:
        """Events that a broker has taken and the audit trail lacks."""
        async with _connection(self.settings) as connection:
            return await connection.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL")

    async def _settled(self, connection: asyncpg.Connection) -> None:
        waiting = await connection.fetchval("SELECT count(*) FROM outbox")
        assert waiting == 0, f"{waiting} events still wait in the outbox"


@asynccontextmanager
async def world(programs: Programs, home: Path, settings: Settings, **environment: str) -> AsyncGenerator[World]:
    """A rig with all five services, ready."""
    told = {
        **{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
        "TASKFLOW_DATABASE_URL": settings.database_url,
        "BETTER_AUTH_SECRET": settings.auth_secret,
        "TASKFLOW_DATABASE_POOL_SIZE": "5",
        "TASKFLOW_REPUBLISH_AFTER_SECONDS": "15",
        **environment,
    }
    rig = Rig(programs, home, told)
    async with rig.running():
        made = World(rig, settings)
        async with made.client:
            await made.ready()
            await made.sign_up()
            yield made


@asynccontextmanager
async def _connection(settings: Settings) -> AsyncGenerator[asyncpg.Connection]:
    connection = await asyncpg.connect(settings.migration_database_url or settings.database_url)
    try:
        yield connection
    finally:
        await connection.close()
