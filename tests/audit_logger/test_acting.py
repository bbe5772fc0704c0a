"""Who acts as the services, and settings and subscriptions of a whole server, are told.

That is tried in transactions that are taken back, since tests beside these use the same roles.
"""

import uuid
from collections.abc import AsyncGenerator
from typing import Final

import asyncpg
import pytest

from audit_logger.catalogue.acting import acting
from audit_logger.catalogue.beside import beside
from audit_logger.catalogue.objects import tables
from taskflow_core.database.pool import Connection
from taskflow_db.trail_schema import SERVICE_ROLE

OWNER: Final = "(SELECT tableowner FROM pg_tables WHERE tablename = 'migration')"
HAS_SET: Final = 16
HAS_PARAMETERS: Final = 15


@pytest.fixture
async def superuser(admin_url: str) -> AsyncGenerator[Connection]:
    connection = await asyncpg.connect(admin_url)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


@pytest.fixture
async def role(superuser: Connection) -> str:
    """Another's role, gone afterwards like everything else."""
    name = f"other_{uuid.uuid4().hex}"
    await superuser.execute(f"CREATE ROLE {name}")
    return name


async def odd(connection: Connection, role: str = SERVICE_ROLE) -> list[str]:
    await connection.execute("SET LOCAL search_path = pg_catalog")
    found = [one.name for one in await tables(connection)]
    return [*await acting(connection, found, role), *(await beside(connection, found, role))[0]]


def of_owner(statement: str) -> str:
    """A statement with the owner's name for its %I."""
    return f"DO $$ BEGIN EXECUTE format('{statement}', {OWNER}); END $$"


async def test_who_may_act_as_the_services_is_told(superuser: Connection, role: str) -> None:
    await superuser.execute(f"CREATE ROLE {role}_of; GRANT {SERVICE_ROLE} TO {role}; GRANT {role} TO {role}_of")
    assert await odd(superuser) == [
        f"The role {role} may act as {SERVICE_ROLE}",
        f"The role {role}_of may act as {SERVICE_ROLE}",
    ]


async def test_a_superuser_and_who_acts_as_the_owner_may(superuser: Connection, role: str) -> None:
    await superuser.execute(f"GRANT {SERVICE_ROLE} TO {role}; ALTER ROLE {role} SUPERUSER; CREATE ROLE {role}_of")
    await superuser.execute(f"GRANT {SERVICE_ROLE} TO {role}_of; {of_owner(f'GRANT %I TO {role}_of')}")
    await superuser.execute(of_owner(f"GRANT {SERVICE_ROLE} TO %I"))
    assert await odd(superuser) == []


async def test_who_made_the_services_role_and_has_not_its_rights_is_no_finding(
    superuser: Connection, role: str
) -> None:
    if superuser.get_server_version().major < HAS_SET:
        pytest.skip("this server does not tell a member from who may act as the role")
    await superuser.execute(f"GRANT {SERVICE_ROLE} TO {role} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE")
    assert await odd(superuser) == []
    await superuser.execute(f"GRANT {SERVICE_ROLE} TO {role} WITH SET TRUE")
    assert await odd(superuser) == [f"The role {role} may act as {SERVICE_ROLE}"]


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("SET ON PARAMETER session_replication_role TO {services}", "SET on the parameter session_replication_role"),
        ("SET ON PARAMETER session_preload_libraries TO PUBLIC", "SET on the parameter session_preload_libraries"),
        ("SET ON PARAMETER log_statement TO {services}", "SET on the parameter log_statement"),
        ("ALTER SYSTEM ON PARAMETER work_mem TO {services}", "ALTER SYSTEM on the parameter work_mem"),
        ("SET ON PARAMETER session_replication_role TO {role}; GRANT {role} TO {services}", "SET on the parameter"),
        ("SET ON PARAMETER session_replication_role TO {role}", None),
        ("SET ON PARAMETER work_mem, track_io_timing, auto_explain.log_min_duration TO {services}", None),
    ],
)
async def test_what_the_services_may_set_is_told(
    superuser: Connection, role: str, what: str, words: str | None
) -> None:
    if superuser.get_server_version().major < HAS_PARAMETERS:
        pytest.skip("this server lets nobody but superusers set these")
    await superuser.execute("GRANT " + what.format(services=SERVICE_ROLE, role=role))
    found = await odd(superuser)
    assert len(found) == (words is not None)
    assert words is None or f"The role {SERVICE_ROLE} has {words}" in found[0]


@pytest.mark.parametrize("whom", [f"ROLE {SERVICE_ROLE}", "ROLE %I", "ROLE ALL"])
@pytest.mark.parametrize("setting", ["session_preload_libraries", "local_preload_libraries"])
async def test_libraries_in_their_sessions_are_told(superuser: Connection, whom: str, setting: str) -> None:
    await superuser.execute(of_owner(f"ALTER {whom} SET {setting} = auto_explain, other"))
    (said,) = await odd(superuser)
    assert said.startswith(f"{setting}=auto_explain, other is set for ")


async def test_a_subscription_that_writes_into_the_trail_is_told(superuser: Connection) -> None:
    """Which tables it writes into the other server would say: here the catalogue is told by hand."""
    await superuser.execute(
        "CREATE SUBSCRIPTION feed CONNECTION 'host=other' PUBLICATION far "
        "WITH (connect = false, enabled = false, create_slot = false, slot_name = NONE)"
    )
    add = "INSERT INTO pg_subscription_rel SELECT oid, $1::regclass, 'r' FROM pg_subscription WHERE subname = 'feed'"
    await superuser.execute("CREATE TABLE customers (id bigint)")
    await superuser.execute(add.replace("$1", "'customers'"))
    assert await odd(superuser) == []
    await superuser.execute(add.replace("$1", "'public.outbox'"))
    assert await odd(superuser) == ["The subscription feed writes into public.outbox"]


async def test_where_the_services_run_as_the_owner_only_our_own_tables_are_looked_at(superuser: Connection) -> None:
    """Others of the owner's may be another application's."""
    trigger = "CREATE TRIGGER touch BEFORE UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION touch();"
    await superuser.execute(
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; "
        f"CREATE TABLE customers (id bigint); {trigger.format('customers')} {trigger.format('tasks')}"
    )
    await superuser.execute(of_owner("ALTER TABLE customers OWNER TO %I"))
    assert await odd(superuser, role="nobody") == ["The trigger touch on public.tasks acts when the services write"]
