"""What chat-api does besides answering: it reconciles with Phase IV, and lets go what is over."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from functools import partial

import structlog

from chat_api import trash
from chat_api.account.mailing import Mailing
from chat_api.accounts import Accounts
from chat_api.answers import EXPIRE
from chat_api.commands.reconcile import reconcile
from chat_api.erasing.job import Erasing
from chat_api.second_reader.reader import SecondReader, closing
from chat_api.security.refusals import SECONDS, Refusals
from chat_api.sessions.purge import purge
from chat_api.signing_in.gate import SharedGate
from taskflow_core.cancellation import side_by_side
from taskflow_core.database.lease import lead
from taskflow_core.database.outages import OUTAGES
from taskflow_core.events.topics import CHAT_API
from taskflow_core.periodic import every
from taskflow_core.service.composition import Runtime
from taskflow_core.supervisor import Work

log = structlog.get_logger(__name__)

_ONCE_A_DAY = 86_400.0
_PURGE_SECONDS = 60.0
_ERASE_SECONDS = 5.0
_LAST_WORDS_SECONDS = 1.0


@asynccontextmanager
async def running(
    runtime: Runtime,
    accounts: Accounts,
    gate: SharedGate,
    refusals: Refusals,
    mailing: Mailing | None = None,
    reader: SecondReader | None = None,
) -> AsyncGenerator[None]:
    """While entered, one chat-api among all replicas keeps house; each lets go what is over at the gate,
    tells of refused sign-ins, and mails."""
    works: dict[str, Work] = {
        "housekeeping": lambda: _lead(runtime),
        "purge of the gate": lambda: _purge(runtime, gate),
        "refusals": lambda: _tell_refusals(runtime, refusals),
    }
    if mailing is not None:
        works["mail"] = mailing.run
    try:
        async with closing(reader), runtime.supervisor.running(CHAT_API, works):
            yield
    finally:
        accounts.close()


async def _lead(runtime: Runtime) -> None:
    async def work() -> None:
        await side_by_side(partial(keep_house, runtime), partial(_erase, runtime))

    await lead(runtime.database, "chat-api:housekeeping", work, service=CHAT_API)


async def _erase(runtime: Runtime) -> None:
    await runtime.database.opened()
    await every(_ERASE_SECONDS, Erasing(runtime.database, runtime.clock).run, name="erasures")


async def _purge(runtime: Runtime, gate: SharedGate) -> None:
    await runtime.database.opened()
    await every(_PURGE_SECONDS, gate.purge, name="purge of the gate")


async def _tell_refusals(runtime: Runtime, refusals: Refusals) -> None:
    await runtime.database.opened()
    try:
        await every(SECONDS, refusals.tell, name="refusals")
    finally:
        # What was counted since. A stop does not wait long for it, nor for a database that is away.
        with suppress(TimeoutError, *OUTAGES):
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await refusals.tell()


async def keep_house(runtime: Runtime) -> None:
    """At once, and at intervals from then on."""

    async def work() -> None:
        found = await reconcile(runtime.database, runtime.clock.now())
        if found.changed or found.deleted:
            log.info("reconciled", changed=found.changed, deleted=found.deleted)
        while await runtime.database.execute(EXPIRE) != "DELETE 0":
            pass  # a batch at a time
        await purge(runtime.database, runtime.clock)
        await trash.purge(
            runtime.database,
            runtime.clock,
            days=runtime.settings.trash_days,
            most=runtime.settings.tasks_per_user,
        )

    await runtime.database.opened()
    await every(runtime.settings.reconcile_interval_seconds or _ONCE_A_DAY, work, name="housekeeping")
