"""The Dapr transport as the host runs it: publishes through the sidecar, and is delivered to by it over HTTP."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import httpx
import structlog
from litestar.types import ASGIApp

from taskflow_core.bus.dapr.inbox import Inbox
from taskflow_core.bus.dapr.publisher import SidecarPublisher
from taskflow_core.bus.dapr.routes import EventRoutes
from taskflow_core.bus.dapr.version import METADATA, too_old
from taskflow_core.bus.port import Message, Subscription
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.settings import Settings

log = structlog.get_logger(__name__)

_HEALTH_SECONDS: Final = 0.7


class SidecarUnavailableError(ConnectionError):
    """The sidecar does not answer, or says that it cannot be used."""


class DaprTransport:
    """For a process that runs one service, whose name is its sidecar's app id.

    Nothing here waits for the sidecar: without one, publishing raises an outage and no event comes in.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        subscriptions: Sequence[Subscription],
        clock: Clock | None = None,
    ) -> None:
        headers = {"dapr-api-token": settings.sidecar_token} if settings.sidecar_token else {}
        self._client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{settings.dapr_http_port}",
            headers=headers,
            # Plain HTTP to localhost: no certificates to load, no proxy to ask.
            transport=httpx.AsyncHTTPTransport(verify=False, trust_env=False),
        )
        self._publisher = SidecarPublisher(self._client, settings.dapr_pubsub)
        self._routes = EventRoutes(Inbox(database, subscriptions, clock), settings.api_token)
        self._tolerated = settings.ready_without_sidecar_seconds
        self._last_answer: float | None = None
        self._release_is_known = False

    @property
    def routes(self) -> ASGIApp:
        """What the sidecar calls."""
        return self._routes

    async def publish(self, messages: Sequence[Message]) -> dict[str, str]:
        """As the port says; the refusals are the broker's, or of an event that is too large."""
        return await self._publisher.publish(messages)

    async def check(self) -> None:
        """Raise SidecarUnavailableError when the sidecar cannot be used.

        With TASKFLOW_READY_WITHOUT_SIDECAR_SECONDS only once it has been away for that long: for chat-api, whose outbox
        can wait.
        """
        try:
            problem = await self._problem()
        except httpx.TransportError as error:
            problem = f"the Dapr sidecar at {self._client.base_url} does not answer ({type(error).__name__})"
        if problem is None:
            self._last_answer = time.monotonic()
            return
        self._release_is_known = False  # another may come in its place
        away = float("inf") if self._last_answer is None else time.monotonic() - self._last_answer
        if away > self._tolerated:
            raise SidecarUnavailableError(problem)

    async def _problem(self) -> str | None:
        """Why the sidecar, which answers, cannot be used. Raises httpx's transport errors when it does not answer."""
        answer = await self._client.get("/v1.0/healthz/outbound", timeout=_HEALTH_SECONDS)
        if not answer.is_success:
            return f"the Dapr sidecar says {answer.status_code}: it is starting, or cannot reach Kafka"
        if not self._release_is_known:
            described = await self._client.get(METADATA, timeout=_HEALTH_SECONDS)
            if problem := too_old(described.content):
                return problem
            self._release_is_known = True
        return None

    @asynccontextmanager
    async def consume(self) -> AsyncGenerator[None]:
        """Events come in by HTTP as soon as the server listens; leaving closes the way to the sidecar."""
        try:
            yield
        finally:
            await self._client.aclose()
