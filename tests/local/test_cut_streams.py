"""Streams that are cut and followed by others at any moment: whatever happened meanwhile, the next one tells it."""

import asyncio
import random
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_sse import aconnect_sse

from notification_service.endpoint import PATH
from tests.support.journal import Writer
from tests.support.platform_process import QUICK_PASSWORDS, platform

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROUNDS = 120
LONGEST_PAUSE = 0.04
"""Seconds in which an event goes from the database to the streams, and is noted on its whole way."""


async def test_the_stream_that_follows_a_change_at_any_moment_tells_it(open_directory: Path) -> None:
    with platform(open_directory / "home", program=QUICK_PASSWORDS) as running:
        async with aclosing(Writer(await asyncio.to_thread(lambda: running.url))) as writer:
            await writer.sign_up()
            headers = {"authorization": f"Bearer {writer.token}"}
            async with httpx.AsyncClient(base_url=running.url, headers=headers, timeout=20, trust_env=False) as client:
                for _ in range(ROUNDS):
                    task = (await client.post("/api/v1/tasks", json={"title": "Here and gone"})).json()["id"]
                    mark = await first_mark(client)
                    deleting = asyncio.create_task(client.delete(f"/api/v1/tasks/{task}"))
                    await asyncio.sleep(random.uniform(0, LONGEST_PAUSE))
                    await deletion_told(client, mark, task)
                    assert (await deleting).status_code == 204


async def first_mark(client: httpx.AsyncClient) -> str:
    """Where a stream stands when it begins."""
    async with aconnect_sse(client, "GET", PATH) as stream:
        async for message in stream.aiter_sse():
            if message.id:
                return message.id
    raise AssertionError("a stream begins with a mark")


async def deletion_told(client: httpx.AsyncClient, mark: str, task: str) -> None:
    """Waits until a stream that goes on from the mark tells that the task is gone."""
    told: list[dict[str, Any]] = []
    async with aconnect_sse(client, "GET", PATH, headers={"last-event-id": mark}) as stream:
        try:
            async with asyncio.timeout(10):
                async for message in stream.aiter_sse():
                    if message.data:
                        told.append(message.json())
                        if (told[-1]["type"], told[-1].get("task_id")) == ("task.deleted", task):
                            return
        except TimeoutError:
            pytest.fail(
                f"not told of {task}, but in the end of {[(one['type'], one.get('task_id')) for one in told[-3:]]}"
            )
