"""A whole platform: an account is deleted, and what its services do in the background erases it."""

from pathlib import Path

import httpx

from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from tests.chat_api.erasing.conftest import ACCOUNT, MARKER, found_in
from tests.chat_api.sessions.conftest import AUTH, BOB
from tests.service.serving import serving
from tests.support.waiting import eventually


async def test_a_life_from_sign_up_to_erasure(
    settings: Settings, database: Database, owner_url: str, tmp_path: Path
) -> None:
    with serving(settings, tmp_path / "log") as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=30) as client:
            signed_up = (await client.post(f"{AUTH}/signup", json=BOB)).json()
            client.cookies.clear()
            client.headers["Authorization"] = f"Bearer {signed_up['token']}"
            body = {"title": MARKER, "due_date": "2030-01-01T09:00:00Z", "reminders": ["1 hour"]}
            assert (await client.post("/api/v1/tasks", json=body)).status_code == 201
            answer = await client.request("DELETE", ACCOUNT, json={"password": BOB["password"]})
            assert answer.status_code == 202
            assert (await client.get(f"{AUTH}/me")).status_code == 401

            async def done() -> None:
                assert await database.fetchval("SELECT count(*) FROM erasures WHERE done_at IS NOT NULL")

            await eventually(done, within=60)
            assert await found_in(owner_url, MARKER, BOB["email"]) == set()
            assert await found_in(owner_url, signed_up["user"]["id"]) == {"revocations"}
        assert MARKER not in served.written
