"""What a service is made of, and what it is given to run with."""

import importlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import httpx
from litestar.types import ASGIApp

from taskflow_core.bus.port import Subscription
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.events.topics import ALL_SERVICES, CHAT_API, ServiceName
from taskflow_core.service.personal_tokens.personal_tokens import PersonalTokens
from taskflow_core.service.revocations.revocations import Revocations
from taskflow_core.settings import Settings
from taskflow_core.supervisor import Supervisor

Check = Callable[[], Awaitable[None]]
"""A readiness check: returns when all is well, raises with what is wrong."""


def nobody() -> httpx.AsyncClient:
    """A client that nobody answers: of a service that is not there."""
    return httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(503)), base_url="http://nobody")


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """What services share in one process: settings, the database, the clock, and the way to chat-api's internal routes.

    `chat_api` is a client whose base URL is chat-api's, by HTTP, through the sidecar, or in-process; `audit_logger`
    likewise. `supervisor` runs
    what they do in the background. `revocations` says who is refused, `personal_tokens` whose
    those are; Phase IV knows of neither.
    """

    settings: Settings
    database: Database
    clock: Clock
    chat_api: httpx.AsyncClient
    audit_logger: httpx.AsyncClient = field(default_factory=nobody)
    supervisor: Supervisor = field(default_factory=Supervisor)
    revocations: Revocations | None = None
    personal_tokens: PersonalTokens | None = None


@dataclass(frozen=True, kw_only=True)
class Service:
    """One of the five: its routes, what it consumes, whether it publishes, and its work in the background.

    `background` is entered when the service starts, after the pool began to open (the database may still be away), and
    left when it stops, after its consumers have stopped; it must not wait for the database.
    """

    name: ServiceName
    app: ASGIApp
    subscriptions: Sequence[Subscription] = ()
    publishes: bool = False
    background: Callable[[], AbstractAsyncContextManager[object]] | None = None
    checks: Mapping[str, Check] = field(default_factory=dict[str, Check])


ServiceFactory = Callable[[Runtime], Service]


def services_of(settings: Settings) -> tuple[ServiceName, ...]:
    """The services of a whole platform: Phase IV has one."""
    return (CHAT_API,) if settings.phase == "iv" else ALL_SERVICES


def factories(names: Sequence[ServiceName]) -> list[ServiceFactory]:
    """What makes each service: `create_service` of the module `app` in its package. No other package is imported."""
    return [importlib.import_module(f"{name.replace('-', '_')}.app").create_service for name in names]
