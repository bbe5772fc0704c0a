"""Series are due by the database's clock, whatever the clock of the machine shows."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest

import chat_api.app
import recurring_task_processor.app
from taskflow_core.database.pool import Database
from taskflow_core.service.host import Host
from taskflow_core.service.tokens import Tokens
from taskflow_core.settings import Settings
from tests.support.clock import MovableClock
from tests.support.waiting import eventually

TASKS = "/api/v1/tasks"


@pytest.mark.parametrize("off", [timedelta(days=3), timedelta(days=-3)], ids=str)
async def test_a_machine_whose_clock_is_off_makes_occurrences_at_their_time_and_takes_tokens_as_they_are(
    settings: Settings, database: Database, off: timedelta
) -> None:
    machine = MovableClock()
    machine.advance(off)
    await database.execute(
        "INSERT INTO users (id, email, hashed_password, created_at, updated_at)"
        " VALUES ('anna', 'anna@example.com', '-', now(), now())"
    )
    factories = [chat_api.app.create_service, recurring_task_processor.app.create_service]
    host = Host(msgspec.structs.replace(settings, recurrence_interval_seconds=1), factories, machine=machine)
    # Good for an hour by the right time.
    token = Tokens(settings.auth_secret, MovableClock(), access_seconds=3600).issue("anna", "anna@example.com")
    transport = httpx.ASGITransport(app=host)  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
    headers = {"Authorization": f"Bearer {token}"}
    async with host.running(), httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as anna:
        await asyncio.wait_for(host.database.opened(), timeout=10)
        now = datetime.now(UTC)
        dues = {"soon": now + timedelta(seconds=2), "tomorrow": now + timedelta(days=1)}
        for title, due in dues.items():
            body = {"title": title, "due_date": due.isoformat(), "recurrence_pattern": "daily"}
            answer = await anna.post(TASKS, json=body)
            assert answer.status_code == 201, answer.text
            assert abs(datetime.fromisoformat(answer.json()["created_at"]) - now) < timedelta(minutes=1)

        async def made() -> list[str]:
            items = (await anna.get(TASKS, params={"sort": "due"})).json()["items"]
            assert len(items) > len(dues)
            return sorted(item["title"] for item in items)

        assert await eventually(made) == ["soon", "soon", "tomorrow"]
