"""Runs a host of services on uvicorn and uvloop: in `taskflow up` all five, in `taskflow serve` one."""

import asyncio
import contextlib
import gc
import importlib
import signal
import socket
from collections.abc import Awaitable, Callable, Generator, Sequence
from types import FrameType
from typing import Final, Literal

import structlog
import uvicorn
import uvloop
from litestar.types import ASGIApp

from taskflow.events.topics import (
    AUDIT_LOGGER,
    CHAT_API,
    NOTIFICATION_SERVICE,
    RECURRING_TASK_PROCESSOR,
    REMINDER_SERVICE,
    ServiceName,
)
from taskflow.service.composition import ServiceFactory
from taskflow.settings import Settings

log = structlog.get_logger(__name__)

ALL_SERVICES: Final[tuple[ServiceName, ...]] = (
    CHAT_API,
    RECURRING_TASK_PROCESSOR,
    REMINDER_SERVICE,
    NOTIFICATION_SERVICE,
    AUDIT_LOGGER,
)

GRACE_SECONDS: Final = 2
"""How long requests and streams may go on after the first signal."""

_KEEP_ALIVE_SECONDS: Final = 75


def services_of(settings: Settings) -> tuple[ServiceName, ...]:
    """The services of a whole platform: Phase IV has one."""
    return (CHAT_API,) if settings.phase == "iv" else ALL_SERVICES


def factories(names: Sequence[ServiceName]) -> list[ServiceFactory]:
    """What makes each service; only the packages of those named are imported."""
    return [importlib.import_module(f"{name.replace('-', '_')}.app").create_service for name in names]


def serve(app: ASGIApp, sock: socket.socket, *, ready: Callable[["Server"], Awaitable[None]] | None = None) -> int:
    """Serves on a listening socket until SIGINT, SIGTERM or SIGHUP; returns the exit status.

    `ready` runs beside it, once it serves. A second signal stops it without waiting for anybody. Main thread only.
    """
    server = Server(configured(app), ready)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.run_on(sock))
    return 0 if server.served and not server.failed else 1


def configured(app: ASGIApp, *, lifespan: Literal["on", "off"] = "on", backlog: int = 2048) -> uvicorn.Config:
    """uvicorn's configuration for an app of ours."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan=lifespan,
        interface="asgi3",
        http="httptools",
        ws="none",
        server_header=False,
        proxy_headers=False,
        backlog=backlog,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


class Server(uvicorn.Server):
    """uvicorn's server, with our own way to stop: it returns to its caller instead of ending the process."""

    def __init__(self, config: uvicorn.Config, ready: Callable[["Server"], Awaitable[None]] | None = None) -> None:
        super().__init__(config)
        self._ready = ready
        self._beside: asyncio.Task[None] | None = None
        self.served = False
        self.failed = False

    async def run_on(self, sock: socket.socket) -> None:
        """Serves until told to stop."""
        try:
            await self.serve(sockets=[sock])
        finally:
            if self._beside is not None:
                self._beside.cancel()
                await asyncio.gather(self._beside, return_exceptions=True)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn's, and then what is to happen once it serves."""
        await super().startup(sockets)
        self.served = self.started and not self.should_exit
        if not self.served:
            return
        # What was imported and built lives as long as the process: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        if self._ready is not None:
            self._beside = asyncio.create_task(self._report(self._ready(self)))

    async def _report(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception:
            # It runs beside the services, which go on; without this nobody would hear of it.
            log.exception("failed_beside_services")

    def stop(self, *, failed: bool = False) -> None:
        """Stops as if a signal had come; `failed` makes the exit status 1."""
        self.failed = self.failed or failed
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal asks to stop, a second one insists."""
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """uvicorn's own raises the signals again afterwards, which would end us before the database is stopped."""
        signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {sig: signal.signal(sig, self.handle_exit) for sig in signals}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)
