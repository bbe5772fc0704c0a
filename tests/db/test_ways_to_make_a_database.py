"""However a database was made: months of the audit trail can be made in it, or somebody is told how they could."""

from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime

import asyncpg
import msgspec
import pytest

from audit_logger import cli
from audit_logger.upkeep import Upkeep
from audit_logger.verification.proof import NOT_PROVEN
from taskflow_cli.main import main
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import SystemClock
from taskflow_core.service.composition import Runtime
from taskflow_core.settings import Settings
from taskflow_core.telemetry.metrics import REGISTRY
from taskflow_db import runner
from taskflow_db.runner import MIGRATIONS, MigrationError
from tests.audit_logger.making import created, record
from tests.support.connections import connected, opened
from tests.support.shared_postgres import Databases

# A month that no upgrade makes.
_ANOTHER_MONTH = "SELECT audit_ensure_partition('2040-05-01')"


@pytest.fixture
def name(databases: Databases) -> Iterator[str]:
    """An empty database as a superuser's plain `createdb` leaves it."""
    made = databases.make(migrated=False)
    yield made
    databases.drop(made)


@pytest.fixture
async def admin(databases: Databases, name: str) -> AsyncGenerator[asyncpg.Connection]:
    async with connected(databases.admin_url(name)) as connection:
        await connection.execute(f"ALTER DATABASE {name} OWNER TO CURRENT_USER")
        yield connection


@pytest.fixture
async def services(databases: Databases, name: str) -> AsyncGenerator[Database]:
    """The pool of the services on it."""
    async with opened(databases.app_url(name), size=2) as database:
        yield database


@pytest.fixture
def told(settings: Settings, databases: Databases, name: str) -> Settings:
    """The settings of commands on it."""
    return msgspec.structs.replace(
        settings, database_url=databases.app_url(name), migration_database_url=databases.owner_url(name)
    )


async def test_a_superuser_who_makes_and_upgrades_it_has_all_it_takes(
    admin: asyncpg.Connection, databases: Databases, name: str, services: Database
) -> None:
    assert await runner.upgrade(databases.admin_url(name)) == MIGRATIONS
    await record(services, created(), created(at=datetime(2020, 5, 5, tzinfo=UTC)))
    assert await services.fetchval("SELECT audit_sort_default()") == 1
    assert await services.fetchval(_ANOTHER_MONTH)
    assert await runner.hindrance(databases.app_url(name)) is None


async def test_another_role_is_refused_with_the_line_that_helps_and_then_has_all_it_takes(
    admin: asyncpg.Connection, databases: Databases, name: str, services: Database
) -> None:
    with pytest.raises(MigrationError, match="GRANT CREATE ON SCHEMA public TO taskflow_owner"):
        await runner.upgrade(databases.owner_url(name))
    assert (await runner.status(databases.owner_url(name))).applied == ()
    await admin.execute("GRANT CREATE ON SCHEMA public TO taskflow_owner")
    assert await runner.upgrade(databases.owner_url(name)) == MIGRATIONS
    assert await services.fetchval(_ANOTHER_MONTH)


async def test_a_right_that_is_taken_away_later_is_told_by_everything_that_is_asked(
    admin: asyncpg.Connection,
    databases: Databases,
    name: str,
    services: Database,
    told: Settings,
) -> None:
    """As on PostgreSQL 14, where everybody may make tables until an operator hardens the schema."""
    await admin.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    await runner.upgrade(databases.owner_url(name))
    power = "database: The role taskflow_app may make functions and tables in the schema public."
    assert power in (await cli.verify(told)).lines
    assert await services.fetchval("SELECT audit_hindrance()") is None

    await admin.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await services.execute(_ANOTHER_MONTH)
    advice = "GRANT CREATE ON SCHEMA public TO taskflow_owner"
    for report in (await cli.verify(told), await cli.partitions(told)):
        assert report.status == 1
        assert any(advice in line for line in report.lines)
    why = await runner.hindrance(databases.owner_url(name))
    assert why is not None
    assert advice in why

    await admin.execute("GRANT CREATE ON SCHEMA public TO taskflow_owner")
    assert await services.fetchval(_ANOTHER_MONTH)
    assert (await cli.verify(told)).status == NOT_PROVEN


async def test_months_that_cannot_be_made_show_in_the_gauge_that_wakes_somebody(
    admin: asyncpg.Connection, databases: Databases, name: str, services: Database, told: Settings
) -> None:
    await runner.upgrade(databases.admin_url(name))
    await admin.execute("DROP TABLE task_events_default; SELECT audit_make_default()")
    for row in await admin.fetch("SELECT relid::text FROM pg_partition_tree('task_events') WHERE level = 1"):
        if row["relid"] > f"task_events_{datetime.now(UTC):%Y_%m}" and row["relid"] != "task_events_default":
            await admin.execute(f"DROP TABLE {row['relid']}")
    await admin.execute("ALTER FUNCTION audit_ensure_partition OWNER TO taskflow_owner")
    runtime = Runtime(settings=told, database=services, clock=SystemClock(), chat_api=None)  # type: ignore[arg-type]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await Upkeep(runtime).months()
    assert REGISTRY.get_sample_value("taskflow_audit_months_ahead", {"service": "audit-logger"}) == 0
    why = await runner.hindrance(databases.app_url(name))
    assert why is not None
    assert "taskflow_owner" in why


async def test_a_search_path_that_begins_elsewhere_is_refused(
    admin: asyncpg.Connection, databases: Databases, name: str
) -> None:
    await admin.execute("CREATE SCHEMA taskflow_owner AUTHORIZATION taskflow_owner")
    await admin.execute("GRANT CREATE ON SCHEMA public TO taskflow_owner")
    with pytest.raises(MigrationError, match="search path of taskflow_owner begins with taskflow_owner"):
        await runner.upgrade(databases.owner_url(name))
    await admin.execute("DROP SCHEMA taskflow_owner")
    assert await runner.upgrade(databases.owner_url(name)) == MIGRATIONS


def test_status_is_not_content_where_months_cannot_be_made(
    databases: Databases, database_name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def why(_url: str) -> str:
        return "the role may not"

    monkeypatch.setenv("TASKFLOW_MIGRATION_DATABASE_URL", databases.owner_url(database_name))
    assert main(["db", "status"]) == 0
    monkeypatch.setattr(runner, "hindrance", why)
    assert main(["db", "status"]) == 1
    assert capsys.readouterr().out.endswith("The audit trail can make no months: the role may not.\n")
