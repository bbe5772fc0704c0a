"""With real sidecars and a real Kafka: nothing private lies in Kafka, and a series goes on by service invocation."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from e2e.rig.programs import Programs
from taskflow_core.events.topics import TASK_TOPICS
from taskflow_core.settings import Settings
from tests.rig.world import running_rig, world
from tests.support.connections import connected
from tests.support.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


async def test_no_description_address_or_token_lies_in_kafka(
    rig_programs: Programs, tmp_path: Path, settings: Settings
) -> None:
    marker = f"marker-{uuid.uuid4().hex}"
    async with running_rig(rig_programs, tmp_path, settings) as rig, world(rig, settings) as here:
        headers = {"Authorization": f"Bearer {here.writer.token}"}
        async with httpx.AsyncClient(base_url=here.writer.url, headers=headers, timeout=20) as client:
            email: str = (await client.get("/api/v1/auth/me")).json()["email"]
            body = {
                "title": "Described",
                "description": marker,
                "due_date": "2031-03-01T09:00:00Z",
                "recurrence_pattern": "daily",
                "recurrence_mode": "after_completion",
            }
            task: dict[str, Any] = (await client.post("/api/v1/tasks", json=body)).json()
            url = f"/api/v1/tasks/{task['id']}"
            for change in ({"description": f"{marker} again"}, {"completed": True}):
                assert (await client.patch(url, json=change)).status_code == 200

            async def following() -> list[str]:
                tasks = (await client.get("/api/v1/tasks")).json()
                return [one["id"] for one in tasks if one["parent_recurring_task_id"] == task["id"]]

            async def made() -> bool:
                return bool(await following())

            # The processor asks chat-api through both their sidecars.
            await eventually(made, within=60)
            (occurrence,) = await following()
            assert (await client.get(f"/api/v1/tasks/{occurrence}")).json()["description"] == marker

        async def recorded() -> bool:
            async with connected(settings.owner_url) as connection:
                return await connection.fetchval("SELECT count(*) FROM outbox") == 0

        await eventually(recorded, within=60)
        lines = [line for topic in TASK_TOPICS for line in await asyncio.to_thread(rig.kafka.messages, topic)]
        assert [line for line in lines if task["id"] in line], "Kafka has them"
        for private in (marker, email, here.writer.token):
            assert not [line for line in lines if private in line]
