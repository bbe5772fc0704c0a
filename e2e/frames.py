"""A user's stream, every frame kept; comes back from the last one seen when it is cut off."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx
from httpx_sse import SSEError, aconnect_sse

COME_BACK_SECONDS = 0.3
_SILENCE_SECONDS = 75.0


class Frames:
    """What one user's stream told: `frames` in order."""

    def __init__(self, url: str, token: str) -> None:
        self.frames: list[dict[str, Any]] = []
        self.times: list[float] = []
        """When each frame came, as time.monotonic() has it."""
        self.connections = 0
        self.connected = asyncio.Event()
        self._last: str | None = None
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.AsyncClient(
            base_url=url, headers=headers, timeout=httpx.Timeout(15, read=_SILENCE_SECONDS), trust_env=False
        )

    def knows_of(self, events: Iterable[Mapping[str, Any]]) -> bool:
        """Whether each task was told of as its last event has it: by a frame, a batch that names it, or a reset.

        Not every event has a frame: topics keep no order between one another, and a version that comes after a newer
        one is dropped.
        """
        if self.of_type("reset"):
            return True
        batched = {task for frame in self.of_type("batch") for task in frame["task_ids"]}
        seen: dict[str, int] = {}
        for frame in self.frames:
            if "version" in frame:
                seen[frame["task_id"]] = max(frame["version"], seen.get(frame["task_id"], 0))
        return all(event["task_id"] in batched or seen.get(event["task_id"], 0) >= event["version"] for event in events)

    @property
    def event_ids(self) -> set[str]:
        """The events told of."""
        return {frame["id"] for frame in self.frames if "id" in frame}

    @property
    def told_twice(self) -> set[str]:
        """Events about a version of a task that another event had told of already.

        The same event may come twice after a reconnection (docs/notifications.md): its id says so, and does no harm.
        """
        first: dict[tuple[str, int, str], str] = {}
        changes = [frame for frame in self.frames if frame["type"].startswith("task.") and "id" in frame]
        sent = [frame for frame in changes if frame["type"] != "task.reminder.triggered"]
        return {
            frame["id"]
            for frame in sent
            if first.setdefault((frame["task_id"], frame["version"], frame["type"]), frame["id"]) != frame["id"]
        }

    def of_type(self, kind: str, task: str | None = None) -> list[dict[str, Any]]:
        """The frames of one type, about one task if named."""
        return [frame for frame in self.frames if frame["type"] == kind and (task is None or frame["task_id"] == task)]

    @asynccontextmanager
    async def following(self) -> AsyncGenerator[Self]:
        """Follows while entered, from when it is connected first."""
        task = asyncio.create_task(self._follow())
        try:
            await asyncio.wait_for(self.connected.wait(), 30)
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._client.aclose()

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(httpx.TransportError, httpx.HTTPStatusError, SSEError):
                await self._connect()
            self.connected.clear()
            await asyncio.sleep(COME_BACK_SECONDS)

    async def _connect(self) -> None:
        headers = {} if self._last is None else {"Last-Event-ID": self._last}
        async with aconnect_sse(self._client, "GET", "/api/v1/notifications/stream", headers=headers) as stream:
            stream.response.raise_for_status()
            self.connections += 1
            self.connected.set()
            async for message in stream.aiter_sse():
                self._last = message.id or self._last
                if message.data:
                    frame = message.json()
                    self.frames.append(frame)
                    self.times.append(time.monotonic())
