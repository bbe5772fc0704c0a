"""What processes write: JSON lines with a service and a correlation id, and never a token or a password."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import httpx
import pytest

from taskflow.settings import Settings
from tests.support.waiting import eventually

TASKS = "/api/v1/tasks"
PASSWORD = "correct-horse-battery-staple"


class Serving:
    """The services in a process of their own, with what they wrote so far."""

    def __init__(self, process: asyncio.subprocess.Process, client: httpx.AsyncClient) -> None:
        self.client = client
        self.written = b""
        self._process = process

    async def follow(self) -> None:
        assert self._process.stderr is not None
        while line := await self._process.stderr.readline():
            self.written += line

    async def stop(self) -> None:
        self._process.terminate()
        await self._process.wait()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.written.splitlines()]


@pytest.fixture
async def serving(settings: Settings) -> AsyncGenerator[Serving]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TASKFLOW_", "DAPR_"))}
    environment |= {
        "TASKFLOW_DATABASE_URL": settings.database_url,
        "BETTER_AUTH_SECRET": settings.auth_secret,
        "TASKFLOW_API_TOKEN": settings.api_token or "",
        "TASKFLOW_BUS": "embedded",
        "TASKFLOW_PORT": "0",
        "TASKFLOW_LOG_LEVEL": "DEBUG",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.service.serving_process",
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    port = int(await asyncio.wait_for(process.stdout.readline(), timeout=60))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        made = Serving(process, client)
        following = asyncio.create_task(made.follow())
        yield made
        if process.returncode is None:
            process.kill()
        await process.wait()
        await following


async def test_no_token_and_no_password_is_ever_written(serving: Serving, owner_url: str, settings: Settings) -> None:
    client = serving.client
    secrets = {PASSWORD, settings.auth_secret, settings.api_token, "wrong-" + PASSWORD}

    async def ready() -> bool:
        return (await client.get("/health/ready")).status_code == 200

    await eventually(ready, within=60)
    account = {"email": "anna@example.com", "password": PASSWORD}
    await client.post("/api/v1/auth/signup", json=account)
    token: str = (await client.post("/api/v1/auth/login", json=account)).json()["token"]
    await client.post("/api/v1/auth/signup", json=account)
    secrets |= {token, *(cookie.value for cookie in client.cookies.jar)}
    await client.post("/api/v1/auth/login", json=account | {"password": "wrong-" + PASSWORD})
    await client.post("/api/v1/auth/login", content=f'{{"email": "x", "password": "{PASSWORD}"')
    headers = {"Authorization": f"Bearer {token}"}
    await client.post(TASKS, json={"title": "A"}, headers=headers)
    await client.get(f"/api/v1/notifications/nothing?token={token}")
    await client.get(f"{TASKS}?token={token}&limit=x", headers={"Authorization": f"Basic {token}"})
    await client.post("/internal/occurrences", headers={"dapr-api-token": settings.api_token or ""})
    async with client.stream("GET", "/api/v1/notifications/stream", params={"token": token}) as stream:
        assert stream.status_code == 200
        await anext(stream.aiter_bytes())

    # Even where something breaks, and tells all it knows about that.
    owner = await asyncpg.connect(owner_url)
    await owner.execute("ALTER TABLE users RENAME COLUMN hashed_password TO gone")
    answer = await client.post("/api/v1/auth/login", json=account, headers={"X-Correlation-ID": "broken.1"})
    assert answer.status_code == 500
    await owner.execute("ALTER TABLE users RENAME COLUMN gone TO hashed_password")
    await owner.close()
    await serving.stop()

    for secret in secrets:
        assert secret is not None
        assert secret.encode() not in serving.written
    assert b"Traceback" in serving.written, "and yet it says where it broke"
    broken = [line for line in serving.lines if line.get("correlation_id") == "broken.1"]
    assert {line["event"] for line in broken} >= {"request_failed"}
    assert {line["service"] for line in broken} == {"chat-api"}
    assert all({"event", "level", "timestamp"} <= set(line) for line in serving.lines), "each line is a JSON object"
