"""Holds the trail's tables, functions, rights and owners against what the migrations say of them."""

import asyncpg
import msgspec

from audit_logger.catalogue.acting import acting
from audit_logger.catalogue.beside import beside
from audit_logger.catalogue.facts import PUBLIC, REFERENCE, Facts, function_facts, names, table_facts
from audit_logger.catalogue.objects import Relation, rights_of_functions, rights_of_tables, tables, triggers
from audit_logger.catalogue.surroundings import around
from audit_logger.verification.walk import keep_still
from taskflow_core.database.pool import Connection, in_transaction
from taskflow_db import trail_schema
from taskflow_db.piccolo_app import APP_NAME
from taskflow_db.runner import MIGRATIONS
from taskflow_db.trail_schema import SERVICE_ROLE


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What is not as the migrations say, a sentence each; or why that could not be told. And who else may read."""

    differences: list[str]
    hindrance: str | None = None
    readers: list[str] = []


# The migrations that the database has.
_APPLIED = "SELECT name FROM public.migration WHERE app_name = $1"


async def compare(connection: Connection) -> Compared:
    """Compare everything the trail is made of with the same made anew by the migrations' own statements.

    That is made among this session's temporary tables, and taken back: so it needs the right to make some.
    """
    try:
        async with in_transaction(connection, isolation="repeatable_read"):
            compared = await _compare(connection)
            raise _DoneError(compared)  # whatever was made is rolled back
    except _DoneError as done:
        return done.compared
    except (asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError) as error:
        return Compared(
            differences=[], hindrance=f"{error}; the owner of the tables may (TASKFLOW_MIGRATION_DATABASE_URL)"
        )
    except asyncpg.PostgresError as error:
        return Compared(differences=[f"The trail's tables and functions cannot be compared: {error}"])


class _DoneError(Exception):
    def __init__(self, compared: Compared) -> None:
        super().__init__()
        self.compared = compared


async def _compare(connection: Connection) -> Compared:
    try:
        async with in_transaction(connection):
            await keep_still(connection)
    except (asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError):
        pass  # it is gone, or another's: that is told
    await connection.execute("SET LOCAL search_path = pg_catalog")
    applied = {row["name"] for row in await connection.fetch(_APPLIED, APP_NAME)}
    if applied != set(MIGRATIONS):
        other = ", ".join(sorted(applied ^ set(MIGRATIONS)))
        return Compared(differences=[], hindrance=f"the database is one of another release ({other})")
    found = await tables(connection)
    absent = sorted(set(trail_schema.TABLE_RIGHTS) - {one.name for one in found})
    if absent:
        return Compared(differences=[f"The table {name} is not there" for name in absent])
    await connection.execute("SET LOCAL search_path = pg_temp, pg_catalog")
    await connection.execute(trail_schema.reference_script())
    await connection.execute("SET LOCAL search_path = pg_catalog")
    wanted_tables, wanted_functions = await names(connection, REFERENCE)
    reference = await table_facts(connection, REFERENCE, wanted_tables)
    public = await table_facts(connection, PUBLIC, [one.name for one in found])
    differences = [
        sentence
        for one in found
        for sentence in _differences(
            f"the table {one.name}", reference.get(one.name, reference[trail_schema.TRAIL]), public.get(one.name, {})
        )
    ]
    differences += [sentence for one in found for sentence in _odd(one)]
    differences += _differences(
        "the schema public",
        await function_facts(connection, REFERENCE, wanted_functions),
        await function_facts(connection, PUBLIC, wanted_functions),
    )
    differences += await triggers(connection, found)
    rights, readers = await rights_of_tables(connection, found)
    differences += rights
    differences += await rights_of_functions(connection, wanted_functions)
    there = [one.name for one in found]
    differences += await around(connection, there, wanted_tables, wanted_functions)
    differences += await acting(connection, there, SERVICE_ROLE)
    odd, through = await beside(connection, there, SERVICE_ROLE)
    return Compared(differences=[*differences, *odd], readers=[*readers, *through])


def _differences(where: str, wanted: Facts, there: Facts) -> list[str]:
    return [
        *(f"{where.capitalize()} lacks {what}" for what in sorted(wanted.keys() - there.keys())),
        *(
            f"{where.capitalize()} has {what}, which no migration makes" + (f": {there[what]}" if there[what] else "")
            for what in sorted(there.keys() - wanted.keys())
        ),
        *(
            f"In {where}, {what} is not as the migrations make it"
            for what in sorted(wanted.keys() & there.keys())
            if wanted[what] != there[what]
        ),
    ]


def _odd(one: Relation) -> list[str]:
    """What is odd about a table as a whole."""
    sentences: list[str] = []
    if one.kind != ("p" if one.name == trail_schema.TRAIL else "r"):
        sentences.append(f"{one.name} is no table of its own kind (relkind {one.kind})")
    if one.persistence != "p":
        sentences.append(f"{one.name} is not kept through a crash (relpersistence {one.persistence})")
    if one.owner != one.wanted_owner:
        sentences.append(f"{one.name} belongs to {one.owner}, and the other tables to {one.wanted_owner}")
    if one.bound != one.wanted_bound:
        sentences.append(
            f"{one.name} is attached to task_events as {one.bound or 'no partition'}, not as "
            f"{one.wanted_bound or 'no partition'}"
        )
    sentences += [f"{one.name} inherits from {parent}" for parent in one.parents if one.wanted_bound is None]
    sentences += [f"{child} inherits from {one.name}" for child in one.children]
    return sentences
