"""Runs a host of services on uvicorn and uvloop: in `taskflow up` all five, in `taskflow serve` one."""

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Generator, Sequence
from ipaddress import IPv6Network, ip_network
from types import FrameType
from typing import Final, Literal

import structlog
import uvicorn
import uvloop
from litestar.types import ASGIApp

from taskflow_core.service.http_protocol import http_protocol
from taskflow_core.service.limits import Limits

log = structlog.get_logger(__name__)

GRACE_SECONDS: Final = 2
"""How long requests and streams may go on after the first signal."""

_OTHER_FILES: Final = 200
"""Open files of a process besides its clients' connections: the database's, libraries, logs."""

LAST_SECONDS: Final = 3.0
"""How long, once the services have stopped, what is left may take to end before the process ends without it."""


def serve(
    app: ASGIApp,
    sock: socket.socket,
    *,
    keep_alive_seconds: int,
    max_connections: int,
    https: bool = False,
    trusted_proxies: Sequence[str] = (),
    ready: Callable[["Server"], Awaitable[None]] | None = None,
    gone: Callable[[], Awaitable[None]] | None = None,
) -> int:
    """Serves on a listening socket until SIGINT, SIGTERM or SIGHUP; returns the exit status.

    A connection without a request is kept for `keep_alive_seconds`, unless there are nearly `max_connections`. `https`
    says whether browsers reach it by that; `trusted_proxies` are networks whose X-Forwarded-For tells who asks. `ready`
    runs beside it, once it serves; it stops, with status 1, when `gone` returns. A second signal stops it without
    waiting for anybody. Main thread only.
    """
    limits = Limits(max_connections=connections_with_files(max_connections), https=https)
    config = configured(app, keep_alive_seconds=keep_alive_seconds, limits=limits, trusted_proxies=trusted_proxies)
    server = Server(config, ready, gone)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.run_on(sock))
        # The runner waits for whatever is left, without end; a task that does not let itself be cancelled must not
        # keep a process that was asked to stop.
        last = threading.Timer(LAST_SECONDS, _end_hard)
        last.daemon = True
        last.start()
    last.cancel()
    return 0 if server.served and not server.failed else 1


def connections_with_files(connections: int) -> int:
    """Let the process have the open files that `connections` need; how many of them it may have then."""
    needed = connections + _OTHER_FILES
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        with contextlib.suppress(OSError, ValueError):  # some systems allow less than they say
            resource.setrlimit(
                resource.RLIMIT_NOFILE, (needed if most == resource.RLIM_INFINITY else min(needed, most), most)
            )
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return connections
    possible = max(1, soft - _OTHER_FILES)
    log.warning("fewer_connections", set=connections, possible=possible, hint="raise the limit of open files")
    return possible


def _end_hard() -> None:
    log.critical("stopped_hard", problem="a task or a thread did not end")
    os._exit(1)


def configured(
    app: ASGIApp,
    *,
    keep_alive_seconds: int,
    limits: Limits | None = None,
    trusted_proxies: Sequence[str] = (),
    lifespan: Literal["on", "off"] = "on",
    backlog: int = 2048,
) -> uvicorn.Config:
    """uvicorn's configuration for an app of ours."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan=lifespan,
        interface="asgi3",
        http=http_protocol(limits or Limits()),
        ws="none",
        server_header=False,
        # A chain of proxies is read from the right, up to the first that nobody trusts.
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=[form for network in trusted_proxies for form in _forms(network)],
        backlog=backlog,
        timeout_keep_alive=keep_alive_seconds,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _forms(network: str) -> list[str]:
    """A network as uvicorn compares it; one of IPv4 also as a socket for both families shows it (::ffff:10.0.0.1)."""
    given = ip_network(network)
    if isinstance(given, IPv6Network):
        return [str(given)]
    return [str(given), f"::ffff:{given.network_address}/{96 + given.prefixlen}"]


class Server(uvicorn.Server):
    """uvicorn's server, with our own way to stop: it returns to its caller instead of ending the process."""

    def __init__(
        self,
        config: uvicorn.Config,
        ready: Callable[["Server"], Awaitable[None]] | None = None,
        gone: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._gone = gone
        self._beside: list[asyncio.Task[None]] = []
        self.served = False
        self.failed = False

    async def run_on(self, sock: socket.socket) -> None:
        """Serves until told to stop."""
        try:
            await self.serve(sockets=[sock])
        finally:
            for task in self._beside:
                task.cancel()
            await asyncio.gather(*self._beside, return_exceptions=True)

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
            self._beside.append(asyncio.create_task(self._report(self._ready(self))))
        if self._gone is not None:
            self._beside.append(asyncio.create_task(self._stop_when(self._gone())))

    async def _stop_when(self, gone: Awaitable[None]) -> None:
        await gone
        self.stop(failed=True)

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
