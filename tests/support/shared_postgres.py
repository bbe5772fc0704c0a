"""One PostgreSQL for a whole test run, with a migrated template that each test clones in some 50 ms.

Under xdist the controller starts it and hands its addresses to the workers; without, the only process does. The
template is made by whoever first needs it, so that tests without a database run even when a migration is broken.
TASKFLOW_TEST_DATABASE_URL names a server to use instead; its role must be able to create databases and roles.
"""

import asyncio
import fcntl
import json
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from taskflow_db import runner
from taskflow_local.locking import LockHeldError, ProcessLock
from taskflow_local.postgres import EmbeddedPostgres
from taskflow_local.postgres_cluster import ADMIN_ROLE, APP_ROLE, OWNER_ROLE
from tests.support.connections import connected

MEMORY_NEEDED = 1 << 30
PREFIX = "taskflow-tests-"
LEFT_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """How to reach the server as its administrator, the tables' owner and the services; and a directory of the run."""

    admin_url: str
    owner_url: str
    app_url: str
    directory: str
    run: str

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> Self:
        return cls(**json.loads(text))


class Cluster:
    """The server of a test run; start() in one process, close() there at the end."""

    def __init__(self) -> None:
        parent = _roomy_memory() or tempfile.gettempdir()
        _remove_leftovers(Path(parent))
        self._directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        self._server: EmbeddedPostgres | None = None
        self._addresses: Addresses | None = None

    def start(self) -> Addresses:
        override = os.environ.get("TASKFLOW_TEST_DATABASE_URL")
        if override:
            admin = owner = override
            app = f"{override}{'&' if '?' in override else '?'}role={APP_ROLE}"
        else:
            self._directory.chmod(0o711)  # as root the server runs as another user, which has to get through
            self._server = EmbeddedPostgres(self._directory / "postgres", durable=False)
            self._server.start()
            admin, owner, app = (
                self._server.addresses.url(role, "postgres") for role in (ADMIN_ROLE, OWNER_ROLE, APP_ROLE)
            )
        self._addresses = Addresses(
            admin_url=admin,
            owner_url=owner,
            app_url=app,
            directory=str(self._directory),
            run=f"taskflow_test_{secrets.token_hex(4)}",
        )
        return self._addresses

    def close(self) -> None:
        if self._server is not None:
            self._server.stop()
            shutil.rmtree(self._server.base, ignore_errors=True)
        elif self._addresses is not None:
            asyncio.run(_drop_all(self._addresses))
        shutil.rmtree(self._directory, ignore_errors=True)


class Databases:
    """Makes and drops databases of one run, from a thread of its own: usable in sync and async tests alike."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._template = f"{addresses.run}_template"
        self._template_made = False
        self._count = 0
        self._prefix = f"{addresses.run}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="test-databases", daemon=True)
        self._thread.start()
        self._connection = self._wait(asyncpg.connect(addresses.admin_url))

    def close(self) -> None:
        self._wait(self._connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def make(self, *, migrated: bool = True, like: str | None = None) -> str:
        """The name of a new database, cloned from the template or empty; or like one of ours, which nobody may use."""
        if migrated and like is None:
            self._make_template()
        self._count += 1
        name = f"{self._prefix}_{self._count}"
        self._create(name, like or (self._template if migrated else "template0"))
        return name

    def drop(self, name: str) -> None:
        """Drops a database and whatever is still connected to it."""
        self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def admin_url(self, name: str) -> str:
        return _at(self._addresses.admin_url, name)

    def owner_url(self, name: str) -> str:
        return _at(self._addresses.owner_url, name)

    def app_url(self, name: str) -> str:
        return _at(self._addresses.app_url, name)

    @property
    def _is_embedded(self) -> bool:
        return self._addresses.admin_url != self._addresses.owner_url

    def _make_template(self) -> None:
        if self._template_made:
            return
        with _exclusively(Path(self._addresses.directory) / "template.lock"):
            if self._wait(self._connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", self._template)):
                self._template_made = True
                return
            if not self._is_embedded:
                self._make_app_role()
            unfinished = f"{self._template}_unfinished"
            self.drop(unfinished)
            self._create(unfinished, "template0")
            self._wait(runner.upgrade(self.owner_url(unfinished)))
            self._execute(f"ALTER DATABASE {unfinished} RENAME TO {self._template}")
            self._template_made = True

    def _make_app_role(self) -> None:
        if not self._wait(self._connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", APP_ROLE)):
            self._execute(f"CREATE ROLE {APP_ROLE} NOLOGIN")
        self._execute(f"GRANT {APP_ROLE} TO CURRENT_USER")

    def _create(self, name: str, template: str) -> None:
        # Copying files, and owners, are for a server of our own: PostgreSQL 14 has no strategy to choose.
        options = f"STRATEGY FILE_COPY OWNER {OWNER_ROLE}" if self._is_embedded else ""
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} {options}")

    def _execute(self, statement: str) -> None:
        self._wait(self._connection.execute(statement))

    def _wait(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)


def _roomy_memory() -> str | None:
    """The memory file system where it is large enough: a clone takes 30 ms there and up to ten times that on a disk."""
    try:
        return "/dev/shm" if shutil.disk_usage("/dev/shm").free > MEMORY_NEEDED else None
    except OSError:
        return None


def _remove_leftovers(parent: Path) -> None:
    """What runs that were killed left: nobody holds their server's lock, and they are not just being made."""
    for directory in parent.glob(f"{PREFIX}*"):
        try:
            if time.time() - directory.stat().st_mtime > LEFT_SECONDS:
                with ProcessLock(directory / "postgres" / "lock"):
                    shutil.rmtree(directory)
        except (LockHeldError, OSError):
            continue


async def _drop_all(addresses: Addresses) -> None:
    """Leaves a server that is not ours as it was; also what a killed worker had no time to drop."""
    async with connected(addresses.admin_url) as connection:
        for row in await connection.fetch(
            "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", addresses.run
        ):
            await connection.execute(f"DROP DATABASE {row['datname']} WITH (FORCE)")


def _at(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


@contextmanager
def _exclusively(path: Path) -> Generator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
