"""Fixtures that every area may use, and the rule that with TASKFLOW_NO_SKIPS=1 a skipped test is a failed one."""

import functools
import gc
import operator
import os
from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path

import httpx
import pytest
import structlog

from chat_api.accounts import Accounts
from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from tests.support import left_open
from tests.support.clock import MovableClock
from tests.support.connections import opened
from tests.support.one_process import in_one_process
from tests.support.shared_postgres import Addresses, Cluster, Databases

# Log lines as structlog prints them by default, but with plain tracebacks: those with every local variable, drawn in
# boxes, take seconds of CPU each.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

# Each client would make a TLS context of its own, 20 ms of CPU, to ask a server at 127.0.0.1 without TLS.
httpx._transports.default.create_ssl_context = functools.cache(httpx.create_ssl_context)  # type: ignore[attr-defined]

CLUSTER = pytest.StashKey[Cluster]()
ADDRESSES = pytest.StashKey[Addresses]()


def _addresses(config: pytest.Config) -> Addresses:
    """The run's server, started when first asked for."""
    if ADDRESSES not in config.stash:
        cluster = config.stash[CLUSTER] = Cluster()
        config.stash[ADDRESSES] = cluster.start()
    return config.stash[ADDRESSES]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """xdist, in the controller, before a worker starts."""
    config: pytest.Config = node.config  # type: ignore[attr-defined]  # xdist's WorkerController has no types
    node.workerinput["taskflow_cluster"] = _addresses(config).dump()  # type: ignore[attr-defined]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """For `-n logical`: two workers a core, since half of the time a test waits for another process or a deadline."""
    return 2 * len(os.sched_getaffinity(0))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the modules that drive a browser among the others: workers that all do so at once have each other wait."""
    modules: dict[Path, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.path, []).append(item)
    browsers = [module for module in modules.values() if module[0].get_closest_marker("browser")]
    others = [module for module in modules.values() if not module[0].get_closest_marker("browser")]
    placed = sorted([*_placed(browsers), *_placed(others)], key=operator.itemgetter(0))
    items[:] = [item for _, module in placed for item in module]


def _placed(modules: Sequence[list[pytest.Item]]) -> Iterator[tuple[float, list[pytest.Item]]]:
    """Each module with the part of all their tests that is before its middle."""
    total, before = sum(map(len, modules)), 0
    for module in modules:
        yield (before + len(module) / 2) / total, module
        before += len(module)


def pytest_collection_finish() -> None:
    """Modules and tests stay until the end: to look through all of them again and again is a fifth of a test's CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


pytest_runtest_teardown = left_open.pytest_runtest_teardown


def pytest_unconfigure(config: pytest.Config) -> None:
    if CLUSTER in config.stash:
        config.stash[CLUSTER].close()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _skips_forbidden(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if _skips_forbidden(config):
        terminalreporter.write_line("Tests were skipped, and TASKFLOW_NO_SKIPS=1 makes that a failure.", red=True)


def _skips_forbidden(config: pytest.Config) -> bool:
    """Whether tests were skipped that TASKFLOW_NO_SKIPS=1 wants run. Asked in the process that prints the summary."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return os.environ.get("TASKFLOW_NO_SKIPS") == "1" and reporter is not None and bool(reporter.stats.get("skipped"))


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Iterator[Databases]:
    """Makes and drops databases on the run's server."""
    handed: str | None = getattr(pytestconfig, "workerinput", {}).get("taskflow_cluster")
    made = Databases(Addresses.load(handed) if handed else _addresses(pytestconfig))
    yield made
    made.close()


@pytest.fixture
def database_name(databases: Databases) -> Iterator[str]:
    """The name of a fresh, migrated database; dropped after the test."""
    name = databases.make()
    yield name
    databases.drop(name)


@pytest.fixture
def database_url(app_url: str) -> str:
    """A fresh, migrated database, as the services use it."""
    return app_url


@pytest.fixture
def app_url(databases: Databases, database_name: str) -> str:
    """The test's database as the services' role: no more rights than they have in production."""
    return databases.app_url(database_name)


@pytest.fixture
def owner_url(databases: Databases, database_name: str) -> str:
    """The test's database as the owner of its tables: for what only migrations, operators or Phase IV may do."""
    return databases.owner_url(database_name)


@pytest.fixture
def admin_url(databases: Databases, database_name: str) -> str:
    """The test's database as a superuser: for what tests do to a server, such as ending its connections."""
    return databases.admin_url(database_name)


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """A fresh database without any table, as its owner: for tests of the migrations."""
    name = databases.make(migrated=False)
    yield databases.owner_url(name)
    databases.drop(name)


@pytest.fixture
async def database(settings: Settings) -> AsyncGenerator[Database]:
    """An open pool on the test's database."""
    async with opened(settings.database_url, size=settings.database_pool_size) as made:
        yield made


@pytest.fixture
def settings(app_url: str, owner_url: str) -> Settings:
    """Settings of a platform in one process on the test's database."""
    return in_one_process(app_url, owner_url)


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> int:
    """The lowest cost that bcrypt has, and as its value the usual one, a quarter of a second of CPU for a password."""
    defaults = Accounts.__init__.__kwdefaults__ or {}
    usual: int = defaults["rounds"]
    monkeypatch.setitem(defaults, "rounds", 4)
    return usual


@pytest.fixture
def clock() -> MovableClock:
    """The machine's time until the test moves it."""
    return MovableClock()
