"""A PostgreSQL for one bench: durable, migrated, gone afterwards; and a pool of connections to it."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from taskflow_core.database.pool import Database
from taskflow_db import runner
from taskflow_local.postgres import EmbeddedPostgres


@contextmanager
def bench_directory() -> Generator[Path]:
    """A directory that goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="taskflow-bench-") as directory:
        Path(directory).chmod(0o755)  # as root the server runs as another user, which has to get through
        yield Path(directory)


@contextmanager
def migrated_postgres() -> Generator[EmbeddedPostgres]:
    """A server with the newest schema and no rows."""
    with bench_directory() as directory, EmbeddedPostgres(directory / "postgres") as postgres:
        asyncio.run(runner.upgrade(postgres.owner_url))
        yield postgres


@asynccontextmanager
async def opened(url: str, **options: Any) -> AsyncGenerator[Database]:
    """A pool of connections that is there; `options` are the pool's."""
    database = Database(url, **options)
    await database.open()
    try:
        await database.opened()
        yield database
    finally:
        await database.close()
