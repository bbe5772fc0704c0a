"""A client of the stream that comes back whenever it is cut off, and knows its user's tasks from what it is told."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx
from httpx_sse import ServerSentEvent, SSEError, aconnect_sse

from tests.support.journal import told

COME_BACK_SECONDS = 0.2
DEAD_SECONDS = 15.0
"""Without a sign of life for so long a client takes its connection for dead; the platform's heartbeats are told to be
more frequent."""


class Follower:
    """Follows the stream at `stream_url` and reads lists at `url`, with a user's token.

    `tasks` is what it would show. As the interface says: older versions are dropped, a `batch` and a `reset` are read
    anew, a null task is gone, and it resumes from the last id it saw.
    """

    def __init__(self, url: str, token: str, *, stream_url: str | None = None) -> None:
        self.tasks: dict[str, dict[str, Any]] = {}
        self.reminded: dict[str, str] = {}
        """The task of each reminder it was told of, by the event's id."""
        self.connections = 0
        self._url = url
        self._stream = f"{stream_url or url}/api/v1/notifications/stream"
        self._versions: dict[str, int] = {}
        self._last: str | None = None
        self._stale = True
        timeout = httpx.Timeout(DEAD_SECONDS)
        self._client = httpx.AsyncClient(timeout=timeout, headers={"authorization": f"Bearer {token}"})

    @asynccontextmanager
    async def following(self) -> AsyncGenerator[Self]:
        """Follows while entered, from when it is connected first."""
        connected = asyncio.Event()
        task = asyncio.create_task(self._follow(connected))
        try:
            await asyncio.wait_for(connected.wait(), DEAD_SECONDS)
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._client.aclose()

    def assert_sees(self, tasks: dict[str, dict[str, Any]]) -> None:
        """What it would show is `tasks`; else AssertionError with the versions that differ."""
        differ = {
            task: (_version(self.tasks, task), _version(tasks, task)) for task in self.tasks.keys() | tasks.keys()
        }
        differ = {task: (seen, wanted) for task, (seen, wanted) in differ.items() if seen != wanted}
        assert not differ, f"versions seen and wanted: {differ}; {self.connections} connections"
        unlike = {task: (self.tasks[task], tasks[task]) for task in tasks if self.tasks[task] != tasks[task]}
        assert not unlike, f"tasks seen and wanted: {unlike}"

    async def _follow(self, connected: asyncio.Event) -> None:
        while True:
            with contextlib.suppress(httpx.TransportError, httpx.HTTPStatusError, SSEError):
                await self._connect(connected)
            await asyncio.sleep(COME_BACK_SECONDS)

    async def _connect(self, connected: asyncio.Event) -> None:
        headers = {} if self._last is None else {"last-event-id": self._last}
        async with aconnect_sse(self._client, "GET", self._stream, headers=headers) as stream:
            stream.response.raise_for_status()
            self.connections += 1
            if self._stale:
                await self._read_all()
            connected.set()
            async for message in stream.aiter_sse():
                await self._take(message)

    async def _take(self, message: ServerSentEvent) -> None:
        if message.id:
            self._last = message.id
        if not message.data:
            return
        frame = message.json()
        match frame["type"]:
            case "reset":
                self._stale = True
                await self._read_all()
            case "batch":
                for task in frame["task_ids"]:
                    await self._read(task)
            case "task.reminder.triggered":
                self.reminded[frame["id"]] = frame["task_id"]
            case "expiring":
                pass
            case _:
                self._know(frame["task_id"], frame["version"], frame["task"])

    def _know(self, task_id: str, version: int, task: dict[str, Any] | None) -> None:
        version = max(version, task["version"] if task else 0)
        if version < self._versions.get(task_id, 0):
            return
        self._versions[task_id] = version
        if task is None:
            self.tasks.pop(task_id, None)
        else:
            self.tasks[task_id] = told(task)

    async def _read_all(self) -> None:
        answer = (await self._client.get(f"{self._url}/api/v1/tasks")).raise_for_status()
        there = {task["id"]: task for task in answer.json()}
        for task_id in self.tasks.keys() - there.keys():
            del self.tasks[task_id]
        for task_id, task in there.items():
            self._know(task_id, task["version"], task)
        self._stale = False

    async def _read(self, task_id: str) -> None:
        answer = await self._client.get(f"{self._url}/api/v1/tasks/{task_id}")
        if answer.status_code == 404:
            self.tasks.pop(task_id, None)
        else:
            task = answer.raise_for_status().json()
            self._know(task_id, task["version"], task)


def _version(tasks: dict[str, dict[str, Any]], task_id: str) -> int | None:
    return tasks[task_id]["version"] if task_id in tasks else None
