"""A user who changes tasks whatever happens to the platform, and keeps a journal of what was acknowledged.

A request without an answer is sent again, under the same Idempotency-Key, until there is one. So in the end the journal
says exactly what must have happened: each change once, with its version, and how every task looks.
"""

import asyncio
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx

from taskflow_core.domain.task import Task

PASSWORD = "A-long-Passw0rd!"
RETRY_SECONDS = 0.2
COME_AGAIN = {409, 429, 500, 502, 503, 504}
FIELDS = [name for name in Task.__struct_fields__ if name != "has_description"]
"""What events and answers both tell of a task; answers tell more, of which some changes without a version."""

Change = tuple[str, int, str]
"""A task, its version after the change, and the type of the event."""


@dataclass
class Journal:
    """What was acknowledged: every change, and the tasks that then exist as they were last answered."""

    changes: list[Change] = field(default_factory=list[Change])
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    unanswered: int = 0
    """Requests that had to be sent again."""
    slowest: float = 0.0
    """Seconds until a request had its answer, at most."""


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """A task of an answer or a frame, as far as both tell of it."""
    return {name: answer[name] for name in FIELDS}


class Writer:
    """Makes, edits, completes and deletes tasks at `url`, one request at a time."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.user = ""
        self.token = ""
        self.journal = Journal()
        self._client = httpx.AsyncClient(timeout=20)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def sign_up(self) -> None:
        """Gives the journal's keeper an account."""
        account = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD}
        answer = await self._client.post(f"{self.url}/api/v1/auth/signup", json=account)
        assert answer.status_code == 201, answer.text
        self.user, self.token = answer.json()["user"]["id"], answer.json()["token"]
        self._client.cookies.clear()
        self._client.headers["authorization"] = f"Bearer {self.token}"

    async def write(self, seconds: float, *, pause: float = 0.02) -> None:
        """Changes for `seconds`; returns when the last one is acknowledged."""
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, stop.set)
        await self.write_until(stop, pause=pause)

    async def write_until(self, stop: asyncio.Event, *, pause: float = 0.02) -> None:
        """The same until `stop` is set."""
        while not stop.is_set():
            await self.write_once()
            await asyncio.sleep(pause)

    async def write_once(self) -> None:
        """One change."""
        tasks = self.journal.tasks
        what = random.random()
        if not tasks or what < 0.45:
            due = datetime.now(UTC) + timedelta(days=1)
            await self._request("POST", "/api/v1/tasks", {"title": "Water", "due_date": due.isoformat()})
            return
        task = random.choice(list(tasks))
        url = f"/api/v1/tasks/{task}"
        if what < 0.8:
            await self._request("PATCH", url, {"title": f"Water {uuid.uuid4().hex[:6]}"})
        elif what < 0.9:
            await self._request("PATCH", url, {"completed": not tasks[task]["completed"]})
        else:
            await self._request("DELETE", url)
            gone = tasks.pop(task)
            self.journal.changes.append((task, gone["version"] + 1, "task.deleted"))

    async def remind_soon(self, count: int, seconds: float = 8) -> list[str]:
        """Makes tasks with a reminder in some seconds; returns their ids."""
        made: list[str] = []
        for _ in range(count):
            due = datetime.now(UTC) + timedelta(seconds=60 + seconds)
            body = {"title": "Call", "due_date": due.isoformat(), "reminders": ["PT1M"]}
            answer = await self._request("POST", "/api/v1/tasks", body)
            made.append(answer.json()["id"])
        return made

    async def listed(self) -> dict[str, dict[str, Any]]:
        """The tasks as the API lists them, by id."""
        return {task["id"]: told(task) for task in (await self._request("GET", "/api/v1/tasks")).json()}

    async def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """The answer, however long it takes; a task in it is noted."""
        began = time.monotonic()
        headers = {"idempotency-key": uuid.uuid4().hex}
        while True:
            try:
                answer = await self._client.request(method, f"{self.url}{path}", json=body, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in COME_AGAIN:
                break
            self.journal.unanswered += 1
            await asyncio.sleep(RETRY_SECONDS)
        self.journal.slowest = max(self.journal.slowest, time.monotonic() - began)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        if method in {"POST", "PATCH"}:
            self._note(told(answer.json()), "task.created" if method == "POST" else "task.updated")
        return answer

    def _note(self, now: dict[str, Any], kind: str) -> None:
        before = self.journal.tasks.get(now["id"])
        assert before is None or now["version"] == before["version"] + 1, "one change, one version"
        completed = before is not None and now["completed"] and not before["completed"]
        self.journal.changes.append((now["id"], now["version"], "task.completed" if completed else kind))
        self.journal.tasks[now["id"]] = now


async def reckon(connection: asyncpg.Connection, writer: Writer) -> None:
    """What the journal says is so: every change in the audit trail, each once and nothing else; every task as last
    answered; each reminder that came due sent once. The events have to be through.
    """
    rows = await connection.fetch(
        "SELECT task_id, version, type, event_id FROM task_events WHERE user_id = $1 AND task_id IS NOT NULL",
        writer.user,
    )
    changes = Counter((row["task_id"], row["version"], row["type"]) for row in rows if "reminder" not in row["type"])
    assert len({row["event_id"] for row in rows}) == len(rows)
    assert changes == Counter(writer.journal.changes)
    assert await writer.listed() == writer.journal.tasks
    reminders = await connection.fetch(
        "SELECT r.status, (SELECT count(*) FROM task_events e WHERE e.task_id = r.task_id"
        " AND e.type = 'task.reminder.triggered') AS sent"
        " FROM reminder_schedule r WHERE r.user_id = $1 AND r.fire_at < now() - interval '1 second'"
        " AND r.status <> 'cancelled'",
        writer.user,
    )
    assert [(row["status"], row["sent"]) for row in reminders if (row["status"], row["sent"]) != ("sent", 1)] == []
