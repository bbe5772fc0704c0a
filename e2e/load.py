"""A client that never tries twice, using nothing but Phase IV's API, and its journal of what was answered.

Every request has to succeed: what a rollback breaks for a moment is a failure here.
"""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

PASSWORD: Final = "correct horse battery"
_TIMEOUT_SECONDS: Final = 15.0


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A request that did not succeed: when (seconds since the load began), what, and why."""

    at: float
    request: str
    reason: str


@dataclass
class Journal:
    """What was answered."""

    tasks: dict[str, tuple[str, bool]] = field(default_factory=dict[str, tuple[str, bool]])
    """Tasks that exist, by id: title, and whether completed."""
    made: set[str] = field(default_factory=set[str])
    deleted: set[str] = field(default_factory=set[str])
    requests: Counter[str] = field(default_factory=Counter[str])
    latencies: list[float] = field(default_factory=list[float])
    failures: list[Failure] = field(default_factory=list[Failure])


class Person:
    """A user and a client of hers, with connections that stay open as a browser's do."""

    def __init__(self, url: str) -> None:
        self.id = ""
        self.token = ""
        self.journal = Journal()
        self.email = f"{uuid.uuid4().hex}@example.com"
        self.client = httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_SECONDS, trust_env=False)
        self._began = time.monotonic()

    async def sign_up(self) -> "Person":
        """Makes the account."""
        answer = await self.client.post("/api/v1/auth/signup", json=self.account)
        assert answer.status_code == 201, answer.text
        self.id, self.token = answer.json()["user"]["id"], answer.json()["token"]
        self.client.cookies.clear()
        self.client.headers["Authorization"] = f"Bearer {self.token}"
        return self

    @property
    def account(self) -> dict[str, str]:
        """What she signs up and in with."""
        return {"email": self.email, "password": PASSWORD}

    async def aclose(self) -> None:
        """Closes the connections."""
        await self.client.aclose()

    async def create(self, title: str) -> str | None:
        """Makes a task and returns its id."""
        answer = await self._request("POST", "/api/v1/tasks", 201, {"title": title})
        if answer is None:
            return None
        task = answer.json()
        self.journal.tasks[task["id"]] = (task["title"], task["completed"])
        self.journal.made.add(task["id"])
        return task["id"]

    async def change(self, task: str, **fields: Any) -> None:
        """Edits a task, or completes it."""
        answer = await self._request("PUT", f"/api/v1/tasks/{task}", 200, fields)
        if answer is not None:
            self.journal.tasks[task] = (answer.json()["title"], answer.json()["completed"])

    async def delete(self, task: str) -> None:
        """Deletes a task."""
        if await self._request("DELETE", f"/api/v1/tasks/{task}", 204) is not None:
            del self.journal.tasks[task]
            self.journal.deleted.add(task)

    async def listed(self) -> dict[str, tuple[str, bool]] | None:
        """The tasks as the API lists them."""
        answer = await self._request("GET", "/api/v1/tasks", 200)
        if answer is None:
            return None
        return {task["id"]: (task["title"], task["completed"]) for task in answer.json()}

    async def use_once(self) -> None:
        """One request of those that people make."""
        tasks = list(self.journal.tasks)
        dice = random.random()
        if not tasks or dice < 0.3:
            await self.create(f"Load {uuid.uuid4().hex[:8]}")
        elif dice < 0.55:
            await self.change(random.choice(tasks), title=f"Edited {uuid.uuid4().hex[:8]}")
        elif dice < 0.7:
            await self.change(random.choice(tasks), completed=True)
        elif dice < 0.85:
            seen = await self.listed()
            if seen is not None and seen != self.journal.tasks:
                self._failed("GET /api/v1/tasks", "the list is not what was answered before")
        else:
            await self.delete(random.choice(tasks))

    async def _request(
        self, method: str, path: str, expected: int, body: dict[str, Any] | None = None
    ) -> httpx.Response | None:
        began = time.monotonic()
        name = f"{method} {path}"
        self.journal.requests[method] += 1
        try:
            answer = await self.client.request(method, path, json=body)
        except httpx.HTTPError as error:
            self._failed(name, repr(error))
            return None
        self.journal.latencies.append(time.monotonic() - began)
        if answer.status_code != expected:
            self._failed(name, f"{answer.status_code} {answer.text[:200]}")
            return None
        return answer

    def _failed(self, request: str, reason: str) -> None:
        self.journal.failures.append(Failure(at=time.monotonic() - self._began, request=request, reason=reason))


class Load:
    """People who use the platform until stop(): each makes a request, rests for `pause` seconds, and so on."""

    def __init__(self, people: Sequence[Person], *, pause: float = 0.15) -> None:
        self.people = people
        self._pause = pause
        self._stopping = asyncio.Event()
        self._using: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begins."""
        self._using = [asyncio.create_task(self._use(person)) for person in self.people]

    async def abandon(self) -> None:
        """Ends at once, whatever is under way."""
        for task in self._using:
            task.cancel()
        await asyncio.gather(*self._using, return_exceptions=True)

    async def stop(self) -> None:
        """Ends when every request under way has its answer. Raises what went wrong in the load itself."""
        self._stopping.set()
        await asyncio.gather(*self._using)

    @property
    def users(self) -> list[str]:
        """The ids of the people."""
        return [person.id for person in self.people]

    @property
    def tasks(self) -> dict[str, tuple[str, bool]]:
        """The tasks that exist by everybody's journal."""
        return {task: state for person in self.people for task, state in person.journal.tasks.items()}

    @property
    def failures(self) -> list[Failure]:
        """Everything that did not succeed."""
        return [failure for person in self.people for failure in person.journal.failures]

    def summary(self) -> str:
        """One line: how many requests, how long they took, how many failed."""
        latencies = sorted(latency for person in self.people for latency in person.journal.latencies)
        count = sum(sum(person.journal.requests.values()) for person in self.people)
        if not latencies:
            return f"{count} requests, none answered"
        median, late = latencies[len(latencies) // 2], latencies[int(len(latencies) * 0.99)]
        return (
            f"{count} requests, {len(self.failures)} failed; answered in {median * 1000:.0f} ms (p50), "
            f"{late * 1000:.0f} ms (p99), {latencies[-1] * 1000:.0f} ms (slowest)"
        )

    async def _use(self, person: Person) -> None:
        await asyncio.sleep(random.uniform(0, self._pause))
        while not self._stopping.is_set():
            await person.use_once()
            await asyncio.sleep(self._pause)
