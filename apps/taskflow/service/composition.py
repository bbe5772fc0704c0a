"""What a service is made of, and what it is given to run with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import httpx
from litestar.types import ASGIApp

from taskflow.bus.port import Subscription
from taskflow.database.pool import Database
from taskflow.domain.clock import Clock
from taskflow.events.topics import ServiceName
from taskflow.settings import Settings

Check = Callable[[], Awaitable[None]]
"""A readiness check: returns when all is well, raises with what is wrong."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """What services share in one process: settings, the database, the clock, and the way to chat-api's internal routes.

    `chat_api` is a client whose base URL is chat-api's, by HTTP, through the sidecar, or in-process.
    """

    settings: Settings
    database: Database
    clock: Clock
    chat_api: httpx.AsyncClient


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
