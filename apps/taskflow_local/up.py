"""`taskflow up`: the whole platform in one process, with a PostgreSQL of its own or the user's."""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator, Mapping
from logging.handlers import RotatingFileHandler
from typing import Final, Never

import asyncpg
import httpx
from litestar.types import ASGIApp

from taskflow_core.database import poolers
from taskflow_core.database.outages import OUTAGES
from taskflow_core.interruptible import run_interruptible
from taskflow_core.service.composition import factories, services_of
from taskflow_core.service.host import Host
from taskflow_core.service.listening import listen
from taskflow_core.service.server import Server, serve
from taskflow_core.settings import Settings, load
from taskflow_core.telemetry import logs, tracing
from taskflow_db import runner
from taskflow_local.environment import StartError, completed
from taskflow_local.home import Home
from taskflow_local.postgres import EmbeddedPostgres
from taskflow_local.progress import Progress

OLDEST_POSTGRES: Final = 14
READY_SECONDS: Final = 20.0
_ASK_SECONDS: Final = 5.0
_LOG_BYTES: Final = 10_000_000
_LOGS_KEPT: Final = 3
_PR_SET_PDEATHSIG: Final = 1


Compose = Callable[[Settings, Mapping[str, str], Home], ASGIApp]
"""What makes the app of a whole platform: from its settings, the environment they were read from, and its home."""


def in_one_process(settings: Settings, _environ: Mapping[str, str], _home: Home) -> ASGIApp:
    """All services in this process. Raises StartError for another bus, which needs sidecars."""
    if settings.bus != "embedded" and settings.phase != "iv":
        raise StartError("Sidecars and Kafka are started from a checkout: run `make up BUS=dapr` there.")
    return Host(settings, factories(services_of(settings)))


def up(
    environ: Mapping[str, str],
    progress: Progress,
    *,
    with_parent: bool = False,
    compose: Compose = in_one_process,
) -> int:
    """Runs the platform until it is told to stop, and returns the exit status.

    Raises HomeError, PortError, PostgresError, SettingsError or StartError when it cannot start. `with_parent` stops it
    when the process that started it ends. Main thread only.
    """
    if with_parent:
        _stop_with_parent()
    home = Home.of(environ)
    with _signals_as_exceptions(), contextlib.ExitStack() as stack:
        progress.line("TaskFlow is starting")
        home.take()
        stack.callback(home.release)
        environ = completed(environ, home)
        # Before the database, so that a port that is taken is said within a moment.
        listening = listen(environ["TASKFLOW_HOST"], int(environ["TASKFLOW_PORT"]))
        stack.callback(listening.close)
        postgres: EmbeddedPostgres | None = None
        if not environ.get("TASKFLOW_DATABASE_URL"):
            with progress.step("PostgreSQL") as step:
                postgres = EmbeddedPostgres(home.postgres)
                stack.callback(_stop_postgres, postgres, progress)
                postgres.start()
                step.outcome = f"embedded, in {postgres.base}"
            environ = {
                **environ,
                "TASKFLOW_DATABASE_URL": postgres.app_url,
                "TASKFLOW_MIGRATION_DATABASE_URL": postgres.owner_url,
            }
        settings = load(environ)
        with progress.step("Schema") as step:
            run_interruptible(_refuse_shared_sessions(settings.database_url))
            step.outcome = run_interruptible(_upgrade(settings.owner_url))
        log = RotatingFileHandler(home.log_file, maxBytes=_LOG_BYTES, backupCount=_LOGS_KEPT, encoding="utf-8")
        logs.configure(settings.log_level, log)
        tracing.configure(settings.otlp_endpoint, "taskflow")
        started = Started(progress, home, settings, listening, postgres)
        with progress.step("Services") as step:
            app = compose(settings, environ, home)
            step.outcome = ", ".join(services_of(settings)) + (
                ", each beside a sidecar" if settings.bus == "dapr" else ""
            )
        gone = app.supervisor.gone if isinstance(app, Host) else None
        status = serve(
            app,
            listening,
            keep_alive_seconds=settings.keep_alive_seconds,
            max_connections=settings.max_connections,
            https=settings.by_https,
            trusted_proxies=settings.trusted_proxies,
            ready=started,
            gone=gone,
        )
        progress.line()
        progress.line("Stopping")
    progress.line("Stopped." if status == 0 else f"Stopped because of an error; {home.log_file} says more.")
    return status


class Started:
    """What happens beside the services once they serve: the banner, and a watch over PostgreSQL."""

    def __init__(
        self,
        progress: Progress,
        home: Home,
        settings: Settings,
        listening: socket.socket,
        postgres: EmbeddedPostgres | None,
    ) -> None:
        self._progress = progress
        self._home = home
        self._postgres = postgres
        port: int = listening.getsockname()[1]
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104  compared only
        self._url = f"http://{host}:{port}"

    async def __call__(self, server: Server) -> None:
        with self._progress.step("Ready") as step:
            step.outcome = await self._wait_ready()
        try:
            self._home.say_address(self._url)
        except OSError as error:
            self._progress.line(f"The address cannot be noted, so that `make demo` needs --url: {error}")
        for line in (
            "",
            f"TaskFlow runs at {self._url} (after {self._progress.seconds:.1f} s)",
            f"  data   {self._home.directory}",
            *self._tables(),
            f"  logs   {self._home.log_file}",
            f"  API    {self._url}/docs",
            "  try    make demo, in another terminal: a user with sample tasks",
            "  stop   Ctrl-C",
        ):
            self._progress.line(line)
        while self._postgres is not None:
            await asyncio.sleep(1)
            if self._postgres.has_ended():
                self._progress.line()
                self._progress.line(f"PostgreSQL has ended by itself; the end of {self._postgres.log_file} says why.")
                server.stop(failed=True)
                return

    def _tables(self) -> list[str]:
        """Where the database's files are, where that is not inside the home."""
        if self._postgres is None:
            return ["  tables in the database of TASKFLOW_DATABASE_URL"]
        if self._postgres.base == self._home.postgres.resolve():
            return []
        return [f"  tables {self._postgres.base}"]

    async def _wait_ready(self) -> str:
        """Asks as a user would, through the port. No answer of any kind is a reason to give up before the time."""
        answer = "no answer"
        async with httpx.AsyncClient(trust_env=False, timeout=_ASK_SECONDS) as client:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(READY_SECONDS):
                    while True:
                        try:
                            response = await client.get(f"{self._url}/health/ready")
                        except httpx.HTTPError as error:
                            answer = str(error) or type(error).__name__
                        else:
                            if response.status_code == 200:
                                return "all services answer"
                            answer = response.text
                        await asyncio.sleep(0.05)
        return f"not yet, after {READY_SECONDS:.0f} s: {answer}"


async def _refuse_shared_sessions(url: str) -> None:
    """Raises StartError where a pooler gives each transaction another session; what does not answer is for later."""
    with contextlib.suppress(*OUTAGES, ValueError, asyncpg.PostgresError):
        if await poolers.shares_sessions(lambda: asyncpg.connect(url, timeout=10)):
            raise StartError(poolers.REFUSED[0].upper() + poolers.REFUSED[1:] + ".")


async def _upgrade(url: str) -> str:
    """Brings the schema up to this release and says what was done. Raises StartError."""
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StartError(
            f"The database of TASKFLOW_DATABASE_URL does not answer: {str(error) or type(error).__name__}\n"
            "Check the address, or unset the variable to use the embedded PostgreSQL."
        ) from error
    major = connection.get_server_version().major
    await connection.close()
    if major < OLDEST_POSTGRES:
        raise StartError(f"The database is PostgreSQL {major}; TaskFlow needs {OLDEST_POSTGRES} or newer.")
    try:
        applied = await runner.upgrade(url)
    except runner.MigrationError as error:
        raise StartError(f"The schema could not be brought up to date; nothing was changed.\n{error}") from error
    return f"{len(applied)} migrations applied" if applied else "up to date"


def _stop_postgres(postgres: EmbeddedPostgres, progress: Progress) -> None:
    with progress.step("PostgreSQL") as step:
        postgres.stop()
        step.outcome = "stopped"


@contextlib.contextmanager
def _signals_as_exceptions() -> Generator[None]:
    """While it starts and stops, SIGTERM and SIGHUP unwind as Ctrl-C does, so that whatever runs is stopped."""
    before = {sig: signal.signal(sig, _interrupt) for sig in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for sig, handler in before.items():
            signal.signal(sig, handler)


def _interrupt(_signal: int, _frame: object) -> Never:
    raise KeyboardInterrupt


def _stop_with_parent() -> None:
    """Asks the kernel for SIGTERM when our parent ends (Linux): a killed `make` must not leave us on the port."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:
            raise KeyboardInterrupt
