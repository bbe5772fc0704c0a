"""The world that the attacks are made on; what its log says afterwards is part of each test."""

from collections.abc import AsyncGenerator

import msgspec
import pytest
from structlog.testing import capture_logs

from taskflow_core.events.topics import ALL_SERVICES
from taskflow_core.service.composition import factories
from taskflow_core.service.host import Host
from taskflow_core.service.tokens import Tokens
from taskflow_core.settings import Settings
from tests.security.forging import forged
from tests.security.world import SECRET, World
from tests.support.clock import MovableClock


@pytest.fixture
async def world(settings: Settings, clock: MovableClock, cheap_hashes: int) -> AsyncGenerator[World]:
    """Anna, Mallory and the whole platform; afterwards nothing in its log is a fault, or a secret."""
    settings = msgspec.structs.replace(
        settings,
        login_attempts_per_minute=1_000_000,
        address_login_attempts_per_minute=1_000_000,
        all_login_attempts_per_minute=1_000_000,
        address_sign_ups_per_hour=1_000_000,
    )
    host = Host(settings, factories(ALL_SERVICES), clock=clock)
    made = World(host, Tokens(settings.auth_secret, clock, access_seconds=86_400))
    async with host.running():
        await host.database.opened()
        await made.settle()
        made.names |= forged(settings.auth_secret, made.names["anna.id"], made.names["anna.email"])
        made.names["api.token"] = settings.api_token or ""
        with capture_logs() as lines:
            yield made
    faults = [line for line in lines if "exc_info" in line or line["log_level"] in {"error", "critical"}]
    assert not faults, faults
    written = str(lines)
    secrets = [
        settings.auth_secret,
        settings.api_token,
        SECRET,
        *(made.names[f"anna.{name}"] for name in ("token", "email")),
    ]
    assert not [secret for secret in secrets if secret and secret in written]
