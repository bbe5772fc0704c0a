"""The platform in both phases; what its log says afterwards is part of each test."""

import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import msgspec
import pytest
from structlog.testing import capture_logs

from taskflow_core.events.topics import ALL_SERVICES
from taskflow_core.service.composition import factories
from taskflow_core.service.host import Host
from taskflow_core.service.tokens import Tokens
from taskflow_core.settings import Settings
from tests.chat_api.people import add_user
from tests.service.asking import ask
from tests.service.edges.whole import Headers, Platform
from tests.support.clock import MovableClock


@pytest.fixture(params=["v", "iv"])
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return msgspec.structs.replace(settings, phase=request.param, login_attempts_per_minute=1_000_000)


@pytest.fixture
async def platform(settings: Settings, clock: MovableClock, cheap_hashes: int) -> AsyncGenerator[Platform]:
    """The platform; afterwards nothing in its log is a fault, and it goes on."""
    host = Host(settings, factories(ALL_SERVICES if settings.phase == "v" else ("chat-api",)), clock=clock)
    async with host.running():
        await host.database.opened()
        user_id, email = await add_user(host.database, datetime.now(UTC))
        tokens = Tokens(settings.auth_secret, clock, access_seconds=86_400)

        def signed_in() -> Headers:
            return [
                (b"host", b"127.0.0.1:8000"),
                (b"authorization", f"Bearer {tokens.issue(user_id, email)}".encode()),
                (b"content-type", b"application/json"),
                (b"dapr-api-token", (settings.api_token or "").encode()),
            ]

        headers = signed_in()
        made = await ask(host, "POST", "/api/v1/tasks", headers=headers, body=b'{"title": "A"}')
        assert made.status == 201, made
        with capture_logs() as lines:
            yield Platform(host, headers, json.loads(made.body)["id"])
            # What was tried may have signed out, which ends the token within a minute.
            again = await ask(host, "POST", "/api/v1/tasks", headers=signed_in(), body=b'{"title": "A"}')
            assert again.status == 201, again
        faults = [line for line in lines if "exc_info" in line or line["log_level"] in {"error", "critical"}]
        assert not faults, faults
