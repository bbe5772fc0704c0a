"""Whatever the owner of the tables or a superuser does to the trail is found and named, or listed as beyond finding."""

import asyncio
import re
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from audit_logger import cli
from audit_logger.catalogue.surroundings import around
from audit_logger.verification.proof import NOT_PROVEN, NOT_SEALED, PROVEN, WRONG
from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from tests.audit_logger.making import KEY, checkpoint, created, record
from tests.audit_logger.way import OWNER, SUPERUSER, Way
from tests.audit_logger.ways import UNSEEN, WAYS
from tests.support.connections import connected, opened
from tests.support.one_process import in_one_process
from tests.support.shared_postgres import Databases

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Trail:
    """A sealed trail as `ways` describes it; `month` is the table of what was recorded in it last."""

    settings: Settings
    urls: dict[str, str]
    month: str

    async def tamper(self, by: str, sql: str) -> None:
        async with connected(self.urls[by]) as connection:
            await connection.execute(sql.replace("{month}", self.month))


@dataclass(frozen=True)
class Sealed:
    """A database with the trail, its directory of checkpoints, and the table of the month in which it was made."""

    database: str
    directory: Path
    month: str


@pytest.fixture(scope="session")
def sealed(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealed]:
    """Made once; each test has a copy of it."""
    name, directory = databases.make(), tmp_path_factory.mktemp("sealed")
    month = f"task_events_{datetime.now(UTC):%Y_%m}"
    asyncio.run(_seal(databases.app_url(name), databases.owner_url(name), directory))
    yield Sealed(name, directory, month)
    databases.drop(name)


async def _seal(app_url: str, owner_url: str, directory: Path) -> None:
    signed = _signed(in_one_process(app_url, owner_url), directory)
    async with opened(app_url, size=2) as database:
        await record(database, created("old", at=datetime(2020, 5, 5, tzinfo=UTC)))
        await record(database, *(created(f"task-{n}") for n in range(5)))
        await checkpoint(database, directory)
        await record(database, *(created(f"task-{n}") for n in range(5)))
        await checkpoint(database, directory)
        await cli.partitions(signed)
        await cli.prune(msgspec.structs.replace(signed, migration_database_url=app_url))


def _signed(settings: Settings, directory: Path) -> Settings:
    return msgspec.structs.replace(settings, audit_signing_key=KEY, audit_checkpoint_dir=str(directory))


@pytest.fixture
def database_name(databases: Databases, sealed: Sealed) -> Iterator[str]:
    name = databases.make(like=sealed.database)
    yield name
    databases.drop(name)


@pytest.fixture
def trail(settings: Settings, owner_url: str, admin_url: str, sealed: Sealed, tmp_path: Path) -> Trail:
    out = tmp_path / "out"
    shutil.copytree(sealed.directory, out)
    return Trail(_signed(settings, out), {OWNER: owner_url, SUPERUSER: admin_url}, sealed.month)


async def test_untouched_it_verifies(trail: Trail) -> None:
    assert await cli.verify(trail.settings) == cli.Report(
        ["All 10 rows verify, 1 pruned ones are vouched for; 2 checkpoints agree."], PROVEN
    )


CASES = [pytest.param(way, by, id=f"{way.name}, by {by}") for way in WAYS for by in way.by]


@pytest.mark.parametrize(("way", "by"), CASES)
async def test_it_is_found_and_named(trail: Trail, way: Way, by: str) -> None:
    await trail.tamper(by, way.sql)
    report = await cli.verify(trail.settings)
    said = "\n".join(report.lines)
    assert way.words in said
    assert report.status == WRONG, said


def test_there_are_enough_ways_and_no_two_of_a_name() -> None:
    assert len({way.name for way in WAYS}) == len(WAYS) >= 40


@pytest.mark.parametrize("name", [name for name, sql in UNSEEN.items() if sql is not None])
async def test_what_is_said_not_to_be_found_is_not(trail: Trail, name: str) -> None:
    """Else the docs would promise too little."""
    sql = UNSEEN[name]
    assert sql is not None
    await trail.tamper(OWNER, sql)
    assert (await cli.verify(trail.settings)).status in (PROVEN, NOT_SEALED)


def test_the_docs_list_what_cannot_be_found() -> None:
    docs = (ROOT / "docs" / "audit.md").read_text()
    _, _, section = docs.partition("### What cannot be found\n")
    listed = re.findall(r"^- \*\*(.+?)\*\*", section.partition("\n## ")[0], re.MULTILINE)
    assert listed == list(UNSEEN)


async def test_a_list_of_migrations_that_was_changed_proves_nothing(trail: Trail) -> None:
    await trail.tamper(OWNER, "INSERT INTO migration (name, app_name) VALUES ('9999_x', 'taskflow')")
    report = await cli.verify(trail.settings)
    assert report.status == NOT_PROVEN
    assert "not compared: the database is one of another release (9999_x)." in report.lines


async def test_who_may_make_no_temporary_tables_proves_nothing_and_is_told_so(trail: Trail, app_url: str) -> None:
    revoke = "DO $$ BEGIN EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()); END $$"
    await trail.tamper(SUPERUSER, revoke)
    await trail.tamper(SUPERUSER, revoke.replace("REVOKE ALL", "GRANT CONNECT").replace("FROM", "TO"))
    report = await cli.verify(msgspec.structs.replace(trail.settings, migration_database_url=app_url))
    assert report.status == NOT_PROVEN
    assert any(line.startswith("not compared: permission denied") for line in report.lines)


async def test_powers_of_the_services_role_are_told(trail: Trail) -> None:
    """Roles are the whole server's, so this is asked of one that has them anyway."""
    async with connected(trail.urls[OWNER]) as connection:
        found = await around(connection, [], [], [], role="postgres")
    assert "The role postgres is a superuser" in found
    assert "The role postgres may act as the owner" in found


async def test_a_role_with_powers_that_the_services_role_may_act_as_is_told(trail: Trail) -> None:
    name = f"powerful_{uuid.uuid4().hex}"
    await trail.tamper(SUPERUSER, f"CREATE ROLE {name}; GRANT pg_write_all_data TO {name}")
    try:
        async with connected(trail.urls[OWNER]) as connection:
            found = await around(connection, [], [], [], role=name)
        assert f"The role {name} may act as pg_write_all_data" in found
    finally:
        await trail.tamper(SUPERUSER, f"DROP ROLE {name}")


async def test_an_archive_that_lacks_the_last_checkpoint_proves_nothing(trail: Trail, tmp_path: Path) -> None:
    """A disk that is not mounted, or a file that was taken back to an earlier copy."""
    (file,) = (tmp_path / "out").iterdir()
    lines = file.read_bytes().splitlines(keepends=True)
    for kept in (lines[:1], []):
        file.write_bytes(b"".join(kept))
        report = await cli.verify(trail.settings)
        assert report.status == NOT_PROVEN, report
        assert any("lacks the last checkpoint, of row 11" in line for line in report.lines)
    whole = b"".join([*lines, *reversed(lines)])
    for copy in (whole, whole.replace(b"\n", b"\r\n")):
        file.write_bytes(copy)
        assert (await cli.verify(trail.settings)).status == PROVEN  # twice, in another order: the same records


async def test_a_trail_whose_services_run_as_its_owner_is_compared_all_the_same(trail: Trail, owner_url: str) -> None:
    """With one address only, the services' role is taken on where that is allowed, and named where it is not."""
    alone = msgspec.structs.replace(trail.settings, database_url=owner_url)
    report = await cli.verify(alone)
    assert report.status == NOT_PROVEN
    assert "not compared: TASKFLOW_DATABASE_URL does not say how the services reach the database." in report.lines
    superuser = trail.urls[SUPERUSER]
    both = msgspec.structs.replace(alone, database_url=superuser, migration_database_url=superuser)
    assert (await cli.verify(both)).status == PROVEN
    await trail.tamper(OWNER, "ALTER TABLE task_events ENABLE ROW LEVEL SECURITY")
    said = (await cli.verify(both)).lines
    assert "database: taskflow_app sees 0 rows of task_events, and 10 are there." in said


async def test_rows_that_come_meanwhile_are_no_finding(trail: Trail, database: Database) -> None:
    async def more() -> None:
        for n in range(20):
            await record(database, created(f"more-{n}"))

    writing = asyncio.create_task(more())
    statuses = [(await cli.verify(trail.settings)).status for _ in range(3)]
    await writing
    assert set(statuses) <= {PROVEN, NOT_SEALED}
