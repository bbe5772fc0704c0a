"""On a server that others use and run as well, what cannot touch the trail is no finding, and what can is one, once."""

import uuid
from collections.abc import AsyncGenerator, Iterator
from typing import Final

import pytest

from audit_logger.catalogue.structure import compare
from audit_logger.catalogue.surroundings import around
from taskflow_core.database.pool import Connection
from tests.support.connections import connected
from tests.support.shared_postgres import Databases

# Extensions that are asked for most, and those that bring what is called like PostgreSQL's own.
_EXTENSIONS: Final = (
    *("pg_stat_statements", "pgcrypto", "uuid-ossp", "pg_trgm", "hstore", "citext", "tablefunc", "pg_buffercache"),
    *("unaccent", "postgres_fdw", "dblink", "btree_gist", "btree_gin", "intarray", "isn", "ltree", "cube", "seg", "lo"),
)
_HARMLESS: Final = {
    "another application's tables": "CREATE TABLE public.customers (id bigserial PRIMARY KEY, name text)",
    "functions of a type of its own": "CREATE TYPE mood AS ENUM ('sad', 'glad');"
    "CREATE FUNCTION public.lower(mood) RETURNS text LANGUAGE sql RETURN ''",
    "operators of a type of its own": "CREATE TYPE mood AS ENUM ('sad', 'glad');"
    "CREATE FUNCTION near(mood, mood) RETURNS boolean LANGUAGE sql RETURN true;"
    "CREATE OPERATOR public.<-> (LEFTARG = mood, RIGHTARG = mood, FUNCTION = near)",
    "an operator whose name PostgreSQL has not": "CREATE OPERATOR public.=~~> (LEFTARG = text, RIGHTARG = text, "
    "FUNCTION = texteq)",
    "what runs when an extension is made": "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql "
    "AS $$ BEGIN END $$; CREATE EVENT TRIGGER seen ON ddl_command_end WHEN TAG IN ('CREATE EXTENSION', "
    "'ALTER EXTENSION') EXECUTE FUNCTION seen()",
    "an event trigger's function that runs as a superuser, and no event trigger": "CREATE FUNCTION seen() RETURNS "
    "event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN END $$",
    "a function for superusers only": "CREATE FUNCTION helper() RETURNS void LANGUAGE sql SECURITY DEFINER AS ''; "
    "REVOKE ALL ON FUNCTION helper() FROM PUBLIC; GRANT ALL ON FUNCTION helper() TO postgres",
    "everything published": "CREATE PUBLICATION everything FOR ALL TABLES",
    "its own schema": "CREATE SCHEMA {role} AUTHORIZATION {role}; CREATE TABLE {role}.outbox (id bigint); "
    "ALTER ROLE {role} SET search_path = {role}, public",
}
_HARMFUL: Final = {
    "may change the trail's tables": (
        "GRANT SELECT, DELETE ON task_events, outbox TO {role}",
        "{role} has DELETE, SELECT on outbox, task_events, which no migration grants",
    ),
    "finds another table, and may read the trail": (
        "GRANT SELECT ON task_events TO {role}; CREATE SCHEMA {role}; CREATE TABLE {role}.outbox (id bigint)",
        "{role}.outbox would be found before the trail's own table or function",
    ),
    "has the owner's rights, and a function that others may call": (
        "DO $$ BEGIN EXECUTE format('GRANT %I TO {role}', (SELECT tableowner FROM pg_tables WHERE tablename = "
        "'migration')); END $$; CREATE FUNCTION helper() RETURNS void LANGUAGE sql SECURITY DEFINER AS ''; "
        "ALTER FUNCTION helper() OWNER TO {role}",
        "Others may call public.helper(), which runs as {role}",
    ),
}


@pytest.fixture
def database_name(databases: Databases) -> Iterator[str]:
    name = databases.make()
    yield name
    databases.drop(name)


@pytest.fixture
async def superuser(admin_url: str) -> AsyncGenerator[Connection]:
    async with connected(admin_url) as connection:
        yield connection


@pytest.fixture
async def role(superuser: Connection) -> AsyncGenerator[str]:
    """Another's role; roles are the whole server's, so it has a name of its own."""
    name = f"other_{uuid.uuid4().hex}"
    await superuser.execute(f"CREATE ROLE {name}")
    yield name
    await superuser.execute(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")


@pytest.mark.parametrize("schema", ["public", "extensions"])
async def test_extensions_are_no_finding_wherever_they_are(superuser: Connection, schema: str) -> None:
    await superuser.execute("CREATE SCHEMA IF NOT EXISTS extensions")
    available = await superuser.fetch("SELECT name FROM pg_available_extensions WHERE name = ANY ($1)", _EXTENSIONS)
    assert {"citext", "hstore", "isn", "pg_trgm"} <= {row["name"] for row in available}
    for row in available:
        await superuser.execute(f'CREATE EXTENSION "{row["name"]}" SCHEMA {schema}')
    assert (await compare(superuser)).differences == []


@pytest.mark.parametrize("what", _HARMLESS)
async def test_what_others_have_that_cannot_touch_the_trail_is_no_finding(
    superuser: Connection, role: str, what: str
) -> None:
    await superuser.execute(_HARMLESS[what].replace("{role}", role))
    assert (await compare(superuser)).differences == []


@pytest.mark.parametrize("what", _HARMFUL)
async def test_what_others_have_that_can_is_told_once(superuser: Connection, role: str, what: str) -> None:
    statement, said = _HARMFUL[what]
    await superuser.execute(statement.replace("{role}", role))
    assert (await compare(superuser)).differences == [said.replace("{role}", role)]


@pytest.mark.parametrize("what", ["SELECT", "SELECT (event_id)"])
async def test_a_role_that_may_read_and_no_more_is_named_beside_the_findings(
    superuser: Connection, role: str, what: str
) -> None:
    """As one that makes backups: a month that comes later is read by it as well."""
    await superuser.execute(f"GRANT {what} ON task_events, outbox TO {role}")
    compared = await compare(superuser)
    assert compared.differences == []
    assert compared.readers == [f"{role} may read outbox, task_events"]


async def test_services_that_may_look_at_the_server_have_no_power_over_the_trail(
    superuser: Connection, role: str
) -> None:
    await superuser.execute(f"GRANT pg_monitor TO {role}")
    assert not [said for said in await around(superuser, [], [], [], role=role) if role in said]
