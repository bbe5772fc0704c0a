"""What processes write: JSON lines with a service and a correlation id, and never a token or a password."""

from pathlib import Path

import asyncpg
import httpx

from taskflow.settings import Settings
from tests.service.serving import Serving, serving

TASKS = "/api/v1/tasks"
PASSWORD = "correct-horse-battery-staple"


async def test_no_token_and_no_password_is_ever_written(settings: Settings, owner_url: str, tmp_path: Path) -> None:
    with serving(settings, tmp_path / "log", TASKFLOW_LOG_LEVEL="DEBUG") as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=30) as client:
            secrets = await _used(client, settings, owner_url)
        served.stop()
        _check(served, secrets)


async def _used(client: httpx.AsyncClient, settings: Settings, owner_url: str) -> set[str]:
    """Does all that takes a secret, well and badly; returns the secrets."""
    secrets: set[str] = {PASSWORD, settings.auth_secret, settings.api_token or "", "wrong-" + PASSWORD}
    account = {"email": "anna@example.com", "password": PASSWORD}
    await client.post("/api/v1/auth/signup", json=account)
    token: str = (await client.post("/api/v1/auth/login", json=account)).json()["token"]
    await client.post("/api/v1/auth/signup", json=account)
    secrets |= {token, *(cookie.value or token for cookie in client.cookies.jar)}
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
    return secrets


def _check(served: Serving, secrets: set[str]) -> None:
    written = served.written
    for secret in secrets:
        assert secret not in written
    assert "Traceback" in written, "and yet it says where it broke"
    broken = [line for line in served.lines if line.get("correlation_id") == "broken.1"]
    assert {line["event"] for line in broken} >= {"request_failed"}
    assert {line["service"] for line in broken} == {"chat-api"}
    assert all({"event", "level", "timestamp"} <= set(line) for line in served.lines), "each line is a JSON object"
