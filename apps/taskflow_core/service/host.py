"""The host: an ASGI app that runs one service, or all five in one process, and stops them in order."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import httpx
import structlog
from litestar.types import ASGIApp, Receive, Scope, Send

from taskflow_core.bus.dead_letters import Replayer
from taskflow_core.bus.embedded import EmbeddedTransport
from taskflow_core.bus.port import Transport
from taskflow_core.bus.purge import Purge
from taskflow_core.bus.relay import Relay
from taskflow_core.database.clock import DatabaseClock
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API, ServiceName
from taskflow_core.service.answer_headers import AnswerHeaders
from taskflow_core.service.auth import API_TOKEN_HEADER
from taskflow_core.service.composition import Check, Runtime, Service, ServiceFactory
from taskflow_core.service.health import HealthChecks
from taskflow_core.service.personal_tokens.personal_tokens import PersonalTokens
from taskflow_core.service.probes import probes
from taskflow_core.service.requests import observed
from taskflow_core.service.revocations.revocations import Revocations
from taskflow_core.service.router import Router
from taskflow_core.service.sites import Site
from taskflow_core.settings import Settings
from taskflow_core.supervisor import FINISH_SECONDS, Supervisor, Work
from taskflow_core.telemetry import metrics

log = structlog.get_logger(__name__)


class Host:
    """Composes services from their factories and serves them. With several, paths go where the Ingress sends them."""

    def __init__(
        self,
        settings: Settings,
        factories: Sequence[ServiceFactory],
        *,
        clock: Clock | None = None,
        machine: Clock | None = None,
    ) -> None:
        """`clock` is the services' in place of the database's, `machine` what the machine shows, if not its own."""
        self.settings = settings
        self._database_clock = DatabaseClock(machine=machine)
        self.clock = clock or self._database_clock
        self.database = Database(
            settings.database_url, size=settings.database_pool_size, greet=self._database_clock.measure
        )
        self._chat_api = _client(settings, CHAT_API, self._in_process(CHAT_API), settings.chat_api_url)
        self._audit_logger = _client(settings, AUDIT_LOGGER, self._in_process(AUDIT_LOGGER))
        self.supervisor = Supervisor()
        self._revocations = Revocations(self.database, self.clock) if settings.phase == "v" else None
        self._personal_tokens: PersonalTokens | None = None
        if settings.phase == "v":
            self._personal_tokens = PersonalTokens(self.database, self.clock, settings.auth_secret)
        runtime = Runtime(
            settings=settings,
            database=self.database,
            clock=self.clock,
            chat_api=self._chat_api,
            audit_logger=self._audit_logger,
            supervisor=self.supervisor,
            revocations=self._revocations,
            personal_tokens=self._personal_tokens,
        )
        self.services: list[Service] = [factory(runtime) for factory in factories]
        self._database_clock.services = [service.name for service in self.services]
        if self._revocations is not None:
            self._revocations.services = self._database_clock.services
        added = AnswerHeaders(https=settings.by_https)
        self._apps: dict[ServiceName, ASGIApp] = {
            service.name: partial(observed, service.app, service.name, added) for service in self.services
        }
        self._transport = _transport(settings, self.database, self.services, self.supervisor, runtime.clock)
        common: dict[str, Check] = {"database": self.database.check}
        if self._transport is not None and settings.bus == "dapr":
            common["sidecar"] = self._transport.check
        self.health = HealthChecks(self.services, common, self.supervisor)
        self._probes = probes(self.health, self.running, added)
        events = None if self._transport is None else self._transport.routes
        if events is not None:
            events = partial(observed, events, self.services[0].name, added)
        self._router = Router(Site(settings), added, self._probes, self._apps, events)
        self._hard: asyncio.TimerHandle | None = None

    @property
    def transport(self) -> Transport | None:
        """What carries events; Phase IV has none."""
        return self._transport

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: the process' life is its probes' app's, requests go by the router."""
        kind: Any = scope["type"]
        if kind == "http":
            await self._router(scope, receive, send)
        elif kind == "lifespan":
            await self._probes(scope, receive, send)
        else:
            raise RuntimeError(f"no {kind} here")

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Everything started, in order; on leaving, stopped in the opposite order. Does not wait for the database.

        Leaving takes a few seconds at most: after two of them connections are closed hard, so that nothing waits for a
        server that does not answer.
        """
        async with AsyncExitStack() as stack:
            stack.callback(self._stopped)
            await self.database.open()
            stack.push_async_callback(self.database.close)
            follow = partial(self._database_clock.follow, self.database)
            first = next(iter(self._apps), CHAT_API)
            common: dict[str, Work] = {"clock": follow}
            if self._revocations is not None:
                common["revocations"] = self._revocations.run
            if self._personal_tokens is not None:
                common["personal tokens"] = self._personal_tokens.run
            await stack.enter_async_context(self.supervisor.running(first, common))
            stack.push_async_callback(self._chat_api.aclose)
            stack.push_async_callback(self._audit_logger.aclose)
            for service in self.services:
                if service.background is not None:
                    await stack.enter_async_context(service.background())
            if self._transport is not None:
                await stack.enter_async_context(self._transport.consume())
                for name, works in self._works(self._transport).items():
                    await stack.enter_async_context(self.supervisor.running(name, works))
            for service in self.services:
                metrics.SERVICE_INFO.labels(service.name, self.settings.phase).set(1)
            self.health.started = True
            log.info("started", services=[service.name for service in self.services], bus=self.settings.bus)
            try:
                yield
            finally:
                self.health.stopping = True
                self._hard = asyncio.get_running_loop().call_later(FINISH_SECONDS, self.database.terminate)
        log.info("stopped")

    def _stopped(self) -> None:
        if self._hard is not None:
            self._hard.cancel()

    def _works(self, transport: Transport) -> dict[str, dict[str, Work]]:
        """By service, the relay of one that publishes and the replayer of one that consumes."""
        works: dict[str, dict[str, Work]] = {service.name: {} for service in self.services}
        for service in self.services:
            if service.publishes:
                purge = Purge(self.database, service.name, republish_after=self.settings.republish_after_seconds)
                works[service.name]["relay"] = Relay(self.database, service.name, transport, purge).run
            for subscription in service.subscriptions:
                if not subscription.broadcast:
                    works.setdefault(subscription.group, {})["dead letters"] = Replayer(self.database, subscription).run
        return works

    def _in_process(self, name: ServiceName) -> ASGIApp:
        """A service of this process; where there is none of that name, nobody answers."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if name not in self._apps:
                raise httpx.ConnectError(f"{name} is not in this process")
            await self._apps[name](scope, receive, send)

        return app


def _transport(
    settings: Settings, database: Database, services: Sequence[Service], supervisor: Supervisor, clock: Clock
) -> Transport | None:
    """The only fork between embedded and Dapr. Phase IV has no events."""
    if settings.phase == "iv":
        return None
    subscriptions = [subscription for service in services for subscription in service.subscriptions]
    if settings.bus == "embedded":
        return EmbeddedTransport(
            database, subscriptions, dead_letter_after=settings.dead_letter_after, supervisor=supervisor, clock=clock
        )
    from taskflow_core.bus.dapr.transport import DaprTransport  # the embedded mode need not load it

    return DaprTransport(settings, database, subscriptions, clock)


def _client(settings: Settings, name: ServiceName, in_process: ASGIApp, url: str | None = None) -> httpx.AsyncClient:
    """The way to a service's internal routes, with the token that it demands: in-process, at a URL, or by the sidecar.

    A sidecar is shown its own token; the service's sidecar then shows it the API token, and who asks.
    """
    shown = settings.api_token
    if settings.bus == "embedded" and url is None:
        transport: httpx.AsyncBaseTransport | None = httpx.ASGITransport(app=in_process)  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
        address = f"http://{name}"
    elif url is not None:
        transport, address = None, url
    else:
        transport, address = None, f"http://127.0.0.1:{settings.dapr_http_port}/v1.0/invoke/{name}/method"
        shown = settings.sidecar_token
    headers = {API_TOKEN_HEADER: shown} if shown else {}
    return httpx.AsyncClient(transport=transport, base_url=address, headers=headers, timeout=30)
