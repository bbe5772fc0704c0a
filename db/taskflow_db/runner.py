"""Applies the migrations, takes them back, and says where a database stands.

Everything a run does happens in one transaction that first takes an advisory lock: two runners that start together do
one job between them, and a run that is killed leaves the database as it was.
"""

import asyncio
import contextlib
import io
import os
from collections.abc import AsyncGenerator, Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy
from piccolo.apps.migrations.commands.backwards import run_backwards
from piccolo.apps.migrations.commands.base import MigrationResult
from piccolo.apps.migrations.commands.forwards import run_forwards

from taskflow_db import piccolo_conf, service_role
from taskflow_db.piccolo_app import APP_NAME

MIGRATION_LOCK: Final = 0x7461736B_666C6F77
"""Advisory lock of the runner ("taskflow" in ASCII)."""

_LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = '10s'"
"""How long a migration may wait for, and so hold up, the writers of a table in use."""

# What the way back of migration 0019 asks for before it drops users' keys.
_LOSE_KEYS: Final = "SET LOCAL taskflow.keys_are_lost = 'yes'"

# Who migrates, where unqualified tables go, and whether they may.
_SCHEMA: Final = """
SELECT current_user::text AS role, current_schema()::text AS schema,
    coalesce(has_schema_privilege(to_regnamespace('public')::oid, 'CREATE'), false) AS may
"""

_ONE_AT_A_TIME: Final = asyncio.Lock()
"""Piccolo has one engine for the whole process; the lock in the database is for other processes."""

MIGRATIONS: Final = tuple(sorted(p.stem for p in (Path(__file__).parent / "migrations").glob("[0-9]*.py")))
"""Ids of the migrations this release has, in the order they are applied."""


class MigrationError(Exception):
    """A migration did not go through; nothing was changed."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Where a database stands: migration ids applied, and those this release still has to apply, in order."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]

    @property
    def current(self) -> bool:
        """Whether this release can run on the database as it is."""
        return not self.pending


async def upgrade(url: str) -> tuple[str, ...]:
    """Bring the database at `url` up to this release. Returns the ids applied by this call; none when another did it.

    The services' role, where there is one, is given its rights on the way. Raises MigrationError when a migration
    fails (the database is as it was), OSError or asyncpg errors when it cannot be reached.
    """
    connection = await asyncpg.connect(url, timeout=10)
    try:
        if (await _status(connection)).current and not await connection.fetchval(service_role.WAITS):
            return ()
    finally:
        await connection.close()
    async with _locked_transaction(url) as locked:
        before = await _status(locked)
        if before.pending:
            await _check_schema(locked)
            await _quietly(run_forwards(APP_NAME))
        await locked.execute(service_role.GRANTS)
    return before.pending


async def downgrade(url: str, *, lose_keys: bool = False) -> tuple[str, ...]:
    """Remove all that Phase V added and leave Phase IV's tables and rows as they are. Returns the ids taken back.

    Where there are keys of users in the audit trail, only with `lose_keys`. Raises as `upgrade` does.
    """
    if not (await status(url)).applied:
        return ()
    async with _locked_transaction(url) as locked:
        before = await _status(locked)
        if before.applied:
            if lose_keys:
                await locked.execute(_LOSE_KEYS)
            await _quietly(run_backwards(APP_NAME, migration_id="all", auto_agree=True))
            await locked.execute("DROP TABLE IF EXISTS migration")
    return before.applied


async def status(url: str) -> Status:
    """Which migrations the database at `url` has, read without changing anything."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return await _status(connection)
    finally:
        await connection.close()


async def wait(url: str, *, within: float, poll: float = 0.5) -> None:
    """Return once the database answers and has every migration of this release.

    Raises TimeoutError, saying what was missing, when that takes longer than `within` seconds.
    """
    await _until(url, lambda state: state.current, within, poll)


async def answers(url: str, *, within: float, poll: float = 0.5) -> None:
    """Return once the database answers, whatever migrations it has. Raises TimeoutError as wait() does."""
    await _until(url, lambda _: True, within, poll)


async def _until(url: str, satisfied: Callable[[Status], bool], within: float, poll: float) -> None:
    missing = "the database did not answer"
    try:
        async with asyncio.timeout(within):
            while True:
                try:
                    state = await status(url)
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                    missing = f"the database did not answer: {error or type(error).__name__}"
                else:
                    if satisfied(state):
                        return
                    missing = f"migrations still to be applied: {', '.join(state.pending)}"
                await asyncio.sleep(poll)
    except TimeoutError:
        raise TimeoutError(f"waited {within:.0f} s; {missing}") from None


async def hindrance(url: str) -> str | None:
    """Why the audit trail of the database at `url` can make no month, with what to do; None when it can."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        if not await connection.fetchval("SELECT to_regproc('audit_hindrance') IS NOT NULL"):
            return None
        why: str | None = await connection.fetchval("SELECT audit_hindrance()")
        return why
    finally:
        await connection.close()


async def _check_schema(connection: asyncpg.Connection | PoolConnectionProxy) -> None:
    """Raise MigrationError where the role cannot make tables in the schema that all of ours are in."""
    found = await connection.fetchrow(_SCHEMA)
    assert found is not None, "one row"
    role, schema, may = found["role"], found["schema"], found["may"]
    if schema != "public":
        raise MigrationError(
            f"TaskFlow's tables are in the schema public, and the search path of {role} begins with {schema}: "
            f"ALTER ROLE {role} SET search_path = public"
        )
    if not may:
        raise MigrationError(
            f"The role {role} may not create tables in this database's schema public. As a superuser, in this "
            f"database: GRANT CREATE ON SCHEMA public TO {role} (or make the database with createdb --owner {role})"
        )


async def _status(connection: asyncpg.Connection | PoolConnectionProxy) -> Status:
    applied: tuple[str, ...] = ()
    if await connection.fetchval("SELECT to_regclass('migration') IS NOT NULL"):
        rows = await connection.fetch("SELECT name FROM migration WHERE app_name = $1 ORDER BY name", APP_NAME)
        applied = tuple(row["name"] for row in rows)
    return Status(applied=applied, pending=tuple(m for m in MIGRATIONS if m not in applied))


@contextlib.asynccontextmanager
async def _locked_transaction(url: str) -> AsyncGenerator[asyncpg.Connection | PoolConnectionProxy]:
    """One transaction on the database, holding the migration lock, that Piccolo's runner then works in."""
    os.environ["PICCOLO_CONF"] = "taskflow_db.piccolo_conf"
    async with _ONE_AT_A_TIME:
        piccolo_conf.DB.config = {"dsn": url}
        async with piccolo_conf.DB.transaction() as transaction:
            connection = transaction.connection
            await connection.execute("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK)
            await connection.execute(_LOCK_TIMEOUT)
            yield connection


async def _quietly(run: Coroutine[Any, Any, MigrationResult]) -> None:
    """Run a Piccolo command, which prints as it goes, and raise what it printed when it fails."""
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            result = await run
    except asyncpg.PostgresError as error:
        raise MigrationError(f"{type(error).__name__}: {error}") from error
    if not result.success:
        raise MigrationError(output.getvalue().strip())
