"""The bus of sidecars and Kafka keeps the contract: a process's worth of service per sidecar, as in production."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import pytest
import uvicorn

from e2e.rig import ports
from taskflow_core.events.topics import CHAT_API
from taskflow_core.service.composition import Service, ServiceFactory
from taskflow_core.service.host import Host
from taskflow_core.settings import Settings
from tests.bus.contract import BusContract, Consumer, Platform, Run, user
from tests.bus.serving import nothing_here, publishing_service
from tests.rig.conftest import API_TOKEN, APP_TOKEN, StartSidecar

__all__ = ["user"]


@pytest.fixture
def run(settings: Settings, start_sidecar: StartSidecar) -> Run:
    """A host and a sidecar for chat-api and for each consumer."""

    @asynccontextmanager
    async def served(factory: ServiceFactory, app_id: str) -> AsyncGenerator[Host]:
        port = ports.free(1)[0]
        sidecar = start_sidecar(app_id, port)
        host = Host(
            msgspec.structs.replace(
                settings,
                bus="dapr",
                api_token=APP_TOKEN,
                sidecar_token=API_TOKEN,
                dapr_http_port=sidecar.http_port,
                database_pool_size=4,
            ),
            [factory],
        )
        config = uvicorn.Config(host, host="127.0.0.1", port=port, log_config=None, lifespan="off", interface="asgi3")
        server = uvicorn.Server(config)
        async with host.running():
            await host.database.opened()
            serving = asyncio.create_task(server.serve())
            try:
                yield host
            finally:
                server.should_exit = True
                await serving
                await asyncio.to_thread(sidecar.stop)

    @asynccontextmanager
    async def running(*consumers: Consumer) -> AsyncGenerator[Platform]:
        async with AsyncExitStack() as stack:
            chat_api = await stack.enter_async_context(served(publishing_service(CHAT_API), CHAT_API))
            for consumer in consumers:
                service = Service(name=consumer.group, app=nothing_here, subscriptions=[consumer.subscription])
                await stack.enter_async_context(served(lambda _runtime, s=service: s, consumer.group))
            assert chat_api.transport is not None
            yield Platform(chat_api.database, chat_api.transport)

    return running


class TestDapr(BusContract):
    """See contract.py."""
