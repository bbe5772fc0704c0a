"""What chat-api does besides answering: it reconciles with Phase IV, and lets old idempotency keys go."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog

from chat_api.accounts import Accounts
from chat_api.answers import EXPIRE
from chat_api.commands.reconcile import reconcile
from taskflow.database.lease import lead
from taskflow.service.composition import Runtime

log = structlog.get_logger(__name__)

_ONCE_A_DAY = 86_400.0


@asynccontextmanager
async def running(runtime: Runtime, accounts: Accounts) -> AsyncGenerator[None]:
    """While entered, one chat-api among all replicas keeps house."""
    house = asyncio.create_task(lead(runtime.database, "chat-api:housekeeping", lambda: keep_house(runtime)))
    try:
        yield
    finally:
        house.cancel()
        await asyncio.gather(house, return_exceptions=True)
        accounts.close()


async def keep_house(runtime: Runtime) -> None:
    """At once, and at intervals from then on; an outage ends the turn, and the lease begins a new one."""
    while True:
        await runtime.database.opened()
        found = await reconcile(runtime.database, runtime.clock.now())
        if found.changed or found.gone:
            log.info("reconciled", changed=found.changed, gone=found.gone)
        while await runtime.database.execute(EXPIRE) != "DELETE 0":
            pass  # a batch at a time
        await asyncio.sleep(runtime.settings.reconcile_interval_seconds or _ONCE_A_DAY)
