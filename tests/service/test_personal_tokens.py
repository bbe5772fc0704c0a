"""A personal token on a running platform: it opens a stream, and revoking it ends that within seconds."""

import time
from pathlib import Path

import httpx

from taskflow_core.settings import Settings
from tests.service.serving import serving

ACCOUNT = {"email": "anna@example.com", "password": "correct horse"}
STREAM = "/api/v1/notifications/stream"
TOKENS = "/api/v1/auth/tokens"


async def test_revoked_it_ends_its_streams(settings: Settings, tmp_path: Path) -> None:
    with serving(settings, tmp_path / "log") as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=30) as client:
            signed_in = (await client.post("/api/v1/auth/signup", json=ACCOUNT)).json()["token"]
            client.cookies.clear()
            owner = {"Authorization": f"Bearer {signed_in}"}
            body = {"password": ACCOUNT["password"], "name": "a script", "scopes": ["stream", "audit:read"]}
            made = (await client.post(TOKENS, json=body, headers=owner)).json()
            program = {"Authorization": f"Bearer {made['token']}"}
            assert (await client.get("/api/v1/audit/events", headers=program)).status_code == 200
            assert (await client.get("/api/v1/tasks", headers=program)).status_code == 403
            async with client.stream("GET", STREAM, headers=program) as stream:
                assert stream.status_code == 200
                assert stream.headers["connection"] == "close", "who kept it would ask again in vain"
                pieces = stream.aiter_text()
                await anext(pieces)
                assert (await client.delete(f"{TOKENS}/{made['id']}", headers=owner)).status_code == 204
                began = time.monotonic()
                told = "".join([piece async for piece in pieces])
                assert time.monotonic() - began < 20, "at once, where it was revoked"
            assert "signed_out" in told
            assert (await client.get("/api/v1/audit/events", headers=program)).status_code == 401
        served.stop()
        assert made["token"] not in served.written
