"""The services' role may do its work on rows, and nothing else."""

from collections.abc import AsyncGenerator

import asyncpg
import pytest

from taskflow_db import runner
from taskflow_db.tables import TABLES, table_name
from tests.support.connections import connected
from tests.support.phase_iv import release_on

_ROWS = {"SELECT", "INSERT", "UPDATE", "DELETE"}
_AUDIT = {
    "task_events": {"SELECT", "INSERT"},
    "audit_checkpoints": {"SELECT", "INSERT"},
    "audit_chain": {"SELECT"},
    "audit_pruned": {"SELECT"},
    "audit_upkeep": {"SELECT"},
    "audit_upkeep_days": {"SELECT"},
    "audit_keys": {"SELECT"},
    "audit_sealing": {"SELECT"},
    "audit_old_hashes": {"SELECT"},
}
_READ = {"migration": {"SELECT"}, "task_events_default": {"SELECT"}}
RIGHTS = {table_name(table): _ROWS for table in TABLES} | _AUDIT | _READ

_RIGHTS = """
SELECT relname, array_agg(privilege_type::text) AS rights
FROM pg_class, aclexplode(relacl)
WHERE relnamespace = 'public'::regnamespace AND grantee = 'taskflow_app'::regrole AND relkind IN ('r', 'p', 'S', 'v')
GROUP BY relname
"""


@pytest.fixture
async def app(app_url: str) -> AsyncGenerator[asyncpg.Connection]:
    async with connected(app_url) as connection:
        yield connection


async def rights(connection: asyncpg.Connection) -> dict[str, set[str]]:
    return {row["relname"]: set(row["rights"]) for row in await connection.fetch(_RIGHTS)}


async def test_it_has_these_rights_and_no_others(owner: asyncpg.Connection) -> None:
    assert await rights(owner) == RIGHTS


FORBIDDEN: list[str] = [
    "CREATE TABLE mine (x int)",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "DROP TABLE tasks",
    "ALTER TABLE tasks ADD COLUMN mine int",
    "ALTER TABLE task_events DISABLE TRIGGER ALL",
    "TRUNCATE tasks",
    "CREATE INDEX mine ON tasks (title)",
    "INSERT INTO migration (name, app_name) VALUES ('9999', 'taskflow')",
    "DELETE FROM migration",
    "UPDATE audit_chain SET seq = 0",
    "DELETE FROM audit_pruned",
    "UPDATE audit_upkeep SET grace_days = 1",
    "INSERT INTO audit_upkeep_days VALUES ('2027-01-01')",
    "SELECT audit_look_at_clock(now() + interval '1 day')",
    "SELECT audit_take_off('2020-01-01', '{}', 24)",
    "SELECT audit_drop_now('task_events_2020_01_until_1')",
    "SELECT audit_put_back('task_events_2020_01_until_1')",
    "SELECT audit_protect('tasks', '')",
    "SELECT audit_make_default()",
    "UPDATE audit_keys SET wrapped = NULL",
    "INSERT INTO audit_keys (user_hash, key_id, wrapped) VALUES ('', gen_random_uuid(), '')",
    "DELETE FROM audit_keys",
    "UPDATE audit_sealing SET done_at = NULL",
    "SELECT audit_seal('{}', '{}', '{}', '{}', '{}')",
    "SELECT rolpassword FROM pg_authid",
    "COPY users TO PROGRAM 'cat'",
    "SET ROLE taskflow_owner",
]


async def test_what_it_may_not(app: asyncpg.Connection, subtests: pytest.Subtests) -> None:
    refusals = (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError)
    for statement in FORBIDDEN:
        with subtests.test(statement=statement), pytest.raises(refusals):
            await app.execute(statement)


async def test_a_role_that_comes_later_is_given_its_rights(
    owner: asyncpg.Connection, owner_url: str, admin_url: str
) -> None:
    async with connected(admin_url) as admin:
        await admin.execute("DROP OWNED BY taskflow_app")  # as if the role had not been there at the first upgrade
    assert await rights(owner) == {}
    assert await runner.upgrade(owner_url) == (), "there was no migration to apply"
    assert await rights(owner) == RIGHTS


async def test_phase_iv_goes_on_as_this_role_after_a_downgrade(
    owner: asyncpg.Connection, owner_url: str, app_url: str
) -> None:
    await runner.downgrade(owner_url)
    async with release_on(app_url) as release:
        await release.delete(await release.create(await release.sign_up()))
    assert set(await rights(owner)) == {"users", "tasks", "conversation", "message"}
