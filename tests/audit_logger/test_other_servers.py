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
    "triggers and rules on its own tables": "CREATE TABLE public.customers (id bigint PRIMARY KEY, at timestamptz); "
    "GRANT ALL ON customers TO {role}; CREATE TABLE public.seen (id bigint); CREATE FUNCTION touch() RETURNS trigger "
    "LANGUAGE plpgsql AS $$ BEGIN NEW.at := now(); RETURN NEW; END $$; CREATE TRIGGER touch BEFORE UPDATE ON customers "
    "FOR EACH ROW EXECUTE FUNCTION touch(); CREATE RULE seen AS ON INSERT TO customers DO ALSO INSERT INTO seen "
    "VALUES (NEW.id)",
    "a trigger of its own that runs as its own role": "CREATE TABLE public.customers (id bigint PRIMARY KEY); CREATE "
    "FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER "
    "touch BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch(); ALTER FUNCTION touch() OWNER TO {role}",
    "tables that go with tasks, whose trigger is for other changes": "CREATE TABLE public.estimates (task_id text "
    "REFERENCES tasks ON DELETE CASCADE); CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RETURN NEW; END $$; CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON estimates FOR EACH ROW "
    "EXECUTE FUNCTION touch()",
    "functions in its own defaults, checks and indexes": "CREATE FUNCTION plain(text) RETURNS text LANGUAGE sql "
    "IMMUTABLE RETURN lower($1); CREATE TABLE customers (name text DEFAULT plain('X') CHECK (plain(name) <> '')); "
    "CREATE INDEX ON customers (plain(name)); GRANT ALL ON customers TO {role}",
    "indexes and defaults of tasks by what extensions bring in C": "CREATE EXTENSION pg_trgm; "
    "CREATE EXTENSION hstore; CREATE EXTENSION btree_gin; CREATE INDEX ON tasks USING gin (title gin_trgm_ops); "
    "CREATE INDEX ON tasks USING gin (user_id); ALTER TABLE tasks ADD COLUMN more hstore DEFAULT hstore('a', 'b')",
    "columns and indexes of tasks by PostgreSQL's own": "CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN words "
    "AS text DEFAULT '' CHECK (VALUE <> 'x'); ALTER TABLE tasks ADD COLUMN mood mood DEFAULT 'sad', ADD COLUMN note "
    "words, ADD COLUMN seen timestamptz DEFAULT now(); CREATE INDEX ON tasks (lower(title)) WHERE seen IS NOT NULL",
    "a trigger that is off": "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; "
    "CREATE TRIGGER touch BEFORE UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION touch(); "
    "ALTER TABLE tasks DISABLE TRIGGER touch",
    "a view of the trail for nobody": "CREATE VIEW per_day AS SELECT count(*) FROM task_events; "
    "CREATE MATERIALIZED VIEW kept AS SELECT * FROM per_day",
    "views of what is none of the trail's": "CREATE VIEW open_tasks AS SELECT * FROM tasks; GRANT ALL ON open_tasks "
    "TO {role}; GRANT SELECT ON open_tasks TO PUBLIC",
    "views that look as their reader": "CREATE VIEW events WITH (security_invoker = true) AS SELECT * FROM outbox; "
    "CREATE VIEW of_it AS SELECT * FROM events; GRANT SELECT ON events, of_it TO PUBLIC",
    "views of its own": "CREATE VIEW mine AS SELECT * FROM outbox; ALTER VIEW mine OWNER TO {role}; "
    "GRANT SELECT ON mine TO PUBLIC",
    "plans of slow statements in everybody's log": "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET "
    "session_preload_libraries = auto_explain', current_database()); END $$",
    "another role's settings": "ALTER ROLE {role} SET session_replication_role = replica",
    "casts of a type of its own": "CREATE TYPE mood AS ENUM ('sad', 'glad'); "
    "CREATE CAST (mood AS text) WITH INOUT AS ASSIGNMENT",
    "a cast that has to be asked for": "CREATE FUNCTION turned(text) RETURNS bytea LANGUAGE sql IMMUTABLE "
    "RETURN ''::bytea; CREATE CAST (text AS bytea) WITH FUNCTION turned(text)",
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
    "may delete events through a view": (
        "CREATE VIEW events AS SELECT * FROM outbox; GRANT SELECT, DELETE ON events TO {role}",
        "{role} has DELETE, SELECT on public.events, which acts with the owner's rights",
    ),
    "may delete events by a rule of a table": (
        "CREATE TABLE notes (note text); GRANT INSERT ON notes TO {role}; "
        "CREATE RULE spy AS ON INSERT TO notes DO ALSO DELETE FROM outbox",
        "{role} has INSERT on public.notes, which acts with the owner's rights",
    ),
    "has a trigger on tasks that runs as it": (
        "GRANT DELETE ON sessions TO {role}; CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        "AS $$ BEGIN RETURN NEW; END $$; ALTER FUNCTION touch() OWNER TO {role}; "
        "CREATE TRIGGER touch BEFORE UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION touch()",
        "The trigger touch on public.tasks acts when the services write",
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


async def test_extensions_are_no_finding_on_the_search_path_either(superuser: Connection, database_name: str) -> None:
    """As some clouds have it."""
    await superuser.execute("CREATE SCHEMA IF NOT EXISTS extensions")
    for row in await superuser.fetch("SELECT name FROM pg_available_extensions WHERE name = ANY ($1)", _EXTENSIONS):
        await superuser.execute(f'CREATE EXTENSION "{row["name"]}" SCHEMA extensions')
    await superuser.execute(f'ALTER DATABASE {database_name} SET search_path = "$user", public, extensions')
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


async def test_a_role_that_may_read_a_view_and_no_more_is_named_likewise(superuser: Connection, role: str) -> None:
    await superuser.execute(
        "CREATE VIEW per_day AS SELECT count(*) FROM task_events; CREATE VIEW of_it AS SELECT * FROM per_day; "
        f"GRANT SELECT ON of_it TO {role}"
    )
    compared = await compare(superuser)
    assert compared.differences == []
    assert compared.readers == [f"{role} may read public.of_it, which looks into the trail's tables"]


async def test_services_that_may_look_at_the_server_have_no_power_over_the_trail(
    superuser: Connection, role: str
) -> None:
    await superuser.execute(f"GRANT pg_monitor TO {role}")
    assert not [said for said in await around(superuser, [], [], [], role=role) if role in said]
