"""The host: an ASGI app that runs one service, or all five in one process, and stops them in order."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import httpx
import msgspec
import structlog
from litestar.types import ASGIApp, Receive, Scope, Send

from taskflow.bus.dead_letters import Replayer
from taskflow.bus.embedded import EmbeddedTransport
from taskflow.bus.port import Transport
from taskflow.bus.purge import Purge
from taskflow.bus.relay import Relay
from taskflow.database.pool import Database
from taskflow.domain.clock import Clock, SystemClock
from taskflow.events.topics import CHAT_API
from taskflow.service.auth import API_TOKEN_HEADER
from taskflow.service.composition import Check, Runtime, Service, ServiceFactory
from taskflow.service.health import Health, HealthChecks
from taskflow.service.requests import observed
from taskflow.service.routes import INTERNAL, service_for
from taskflow.settings import Settings
from taskflow.telemetry import metrics

log = structlog.get_logger(__name__)

Loop = Callable[[], Awaitable[None]]

_EVENTS: Final = f"{INTERNAL}/events"
_STATUS: Final = {True: 200, False: 503}


class Host:
    """Composes services from their factories and serves them. With several, paths go where the Ingress sends them."""

    def __init__(self, settings: Settings, factories: Sequence[ServiceFactory], *, clock: Clock | None = None) -> None:
        self.settings = settings
        self.database = Database(settings.database_url, size=settings.database_pool_size)
        self._chat_api = _chat_api_client(settings, self._internal_chat_api)
        runtime = Runtime(
            settings=settings, database=self.database, clock=clock or SystemClock(), chat_api=self._chat_api
        )
        self.services: list[Service] = [factory(runtime) for factory in factories]
        self._by_name = {service.name: service for service in self.services}
        self._transport = _transport(settings, self.database, self.services)
        common: dict[str, Check] = {"database": self.database.check}
        if self._transport is not None and settings.bus == "dapr":
            common["sidecar"] = self._transport.check
        self.health = HealthChecks(self.services, common)
        self._running: AsyncExitStack | None = None

    @property
    def transport(self) -> Transport | None:
        """What carries events; Phase IV has none."""
        return self._transport

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        kind: str = dict[str, Any](scope)["type"]
        if kind == "lifespan":
            await self._lifespan(receive, send)
        elif kind == "http":
            await self._http(scope, receive, send)
        else:
            raise RuntimeError(f"no {kind} here")

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Everything started, in order; on leaving, stopped in the opposite order. Does not wait for the database."""
        async with AsyncExitStack() as stack:
            await self.database.open()
            stack.push_async_callback(self.database.close)
            stack.push_async_callback(self._chat_api.aclose)
            for service in self.services:
                if service.background is not None:
                    await stack.enter_async_context(service.background())
            if self._transport is not None:
                await stack.enter_async_context(self._transport.consume())
                await stack.enter_async_context(_tasks(self._loops(self._transport)))
            self.health.started = True
            log.info("started", services=[service.name for service in self.services], bus=self.settings.bus)
            try:
                yield
            finally:
                self.health.stopping = True
        log.info("stopped")

    def _loops(self, transport: Transport) -> list[Loop]:
        """The relays of those that publish and the replayers of those that consume."""
        loops: list[Loop] = []
        for service in self.services:
            if service.publishes:
                purge = Purge(self.database, service.name, republish_after=self.settings.republish_after_seconds)
                loops.append(Relay(self.database, service.name, transport, purge).run)
            loops += [Replayer(self.database, s).run for s in service.subscriptions if not s.broadcast]
        return loops

    async def _internal_chat_api(self, scope: Scope, receive: Receive, send: Send) -> None:
        await observed(self._by_name[CHAT_API].app, CHAT_API, scope, receive, send)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        stack = AsyncExitStack()
        await receive()
        try:
            await stack.enter_async_context(self.running())
        except Exception as error:
            # The server turns this into an exit with the reason; a half-started host must not serve.
            log.exception("start_failed")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await stack.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.startswith("/health/"):
            await self._health(path.removeprefix("/health/"), send)
        elif path == "/metrics":
            await respond(send, 200, metrics.exposition(), metrics.CONTENT_TYPE)
        elif self._transport is not None and self._transport.routes is not None and _is_event_route(path):
            await observed(self._transport.routes, self.services[0].name, scope, receive, send)
        else:
            await self._service(path, scope, receive, send)

    async def _service(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        if len(self.services) == 1:
            service = self.services[0]
        elif path.startswith(INTERNAL):
            await respond(send, 404, b'{"detail":"Not Found"}')
            return
        else:
            service = self._by_name[service_for(path)]
        await observed(service.app, service.name, scope, receive, send)

    async def _health(self, which: str, send: Send) -> None:
        health: Health
        if which == "live":
            health = self.health.live()
        elif which == "startup":
            health = self.health.startup()
        elif which == "ready":
            health = await self.health.ready()
        else:
            await respond(send, 404, b'{"detail":"Not Found"}')
            return
        await respond(send, _STATUS[health.ok], msgspec.json.encode(health))


async def respond(send: Send, status: int, body: bytes, content_type: str = "application/json") -> None:
    """A whole answer in two messages."""
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


@asynccontextmanager
async def _tasks(loops: Sequence[Loop]) -> AsyncGenerator[None]:
    """Run loops that never end by themselves; on leaving, cancel them and wait."""
    tasks = [asyncio.create_task(_kept_up(loop)) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _kept_up(loop: Loop) -> None:
    """A loop that begins again, after a moment, when something unforeseen ended it."""
    while True:
        try:
            await loop()
        except Exception:
            # Relays and replayers work from the database, so beginning again loses nothing; the log says what it was.
            log.exception("loop_failed", action="begins again")
        await asyncio.sleep(1)


def _is_event_route(path: str) -> bool:
    return path == _EVENTS or path.startswith((_EVENTS + "/", "/dapr/"))


def _transport(settings: Settings, database: Database, services: Sequence[Service]) -> Transport | None:
    """The only fork between embedded and Dapr. Phase IV has no events."""
    if settings.phase == "iv":
        return None
    subscriptions = [subscription for service in services for subscription in service.subscriptions]
    if settings.bus == "embedded":
        return EmbeddedTransport(database, subscriptions, dead_letter_after=settings.dead_letter_after)
    from taskflow.bus.dapr.transport import DaprTransport  # the embedded mode need not load it

    return DaprTransport(settings, database, subscriptions)


def _chat_api_client(settings: Settings, in_process: ASGIApp) -> httpx.AsyncClient:
    """The way to chat-api's internal routes, with the token that it demands: in-process, at a URL, or by the sidecar.

    A sidecar is shown its own token; chat-api's sidecar then shows chat-api the API token, and who asks.
    """
    shown = settings.api_token
    if settings.bus == "embedded" and settings.chat_api_url is None:
        transport: httpx.AsyncBaseTransport | None = httpx.ASGITransport(app=in_process)  # pyright: ignore[reportArgumentType]  # Litestar's ASGI types
        address = f"http://{CHAT_API}"
    elif settings.chat_api_url is not None:
        transport, address = None, settings.chat_api_url
    else:
        transport, address = None, f"http://127.0.0.1:{settings.dapr_http_port}/v1.0/invoke/{CHAT_API}/method"
        shown = settings.sidecar_token
    headers = {API_TOKEN_HEADER: shown} if shown else {}
    return httpx.AsyncClient(transport=transport, base_url=address, headers=headers, timeout=30)
