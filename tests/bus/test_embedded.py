"""The bus in one process keeps the contract."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from taskflow_core.events.topics import CHAT_API
from taskflow_core.service.composition import Service, ServiceFactory
from taskflow_core.service.host import Host
from taskflow_core.settings import Settings
from tests.bus.contract import BusContract, Consumer, Platform, Run, user
from tests.bus.serving import nothing_here, publishing_service

__all__ = ["user"]


@pytest.fixture
def run(settings: Settings) -> Run:
    """Everything in one host."""

    @asynccontextmanager
    async def running(*consumers: Consumer) -> AsyncGenerator[Platform]:
        factories: list[ServiceFactory] = [publishing_service(CHAT_API)]
        for consumer in consumers:
            service = Service(name=consumer.group, app=nothing_here, subscriptions=[consumer.subscription])
            factories.append(lambda _runtime, service=service: service)
        host = Host(settings, factories)
        async with host.running():
            await host.database.opened()
            assert host.transport is not None
            yield Platform(host.database, host.transport)

    return running


class TestEmbedded(BusContract):
    """See contract.py."""
