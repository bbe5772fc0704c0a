"""Nobody changes the trail: not the services' role, not the owner of the tables, in no partition."""

import asyncpg
import pytest

from taskflow_core.database.pool import Database
from taskflow_db import runner
from tests.audit_logger.making import created, record
from tests.support.connections import connected

CHANGES = ("UPDATE {} SET actor_id = 'nobody'", "DELETE FROM {}", "TRUNCATE {}")
PARTITIONS = "SELECT relid::text FROM pg_partition_tree('task_events')"


@pytest.mark.parametrize("change", CHANGES)
async def test_every_table_of_the_trail_refuses_changes_by_its_owner(
    database: Database, owner_url: str, change: str
) -> None:
    await record(database, created())
    async with connected(owner_url) as owner:
        relations = [row["relid"] for row in await owner.fetch(PARTITIONS)]
        assert len(relations) == 7  # the parent, last month, this one, three ahead, the default one
        await owner.execute("SELECT audit_ensure_partition('2031-01-01')")
        for relation in [*relations, "task_events_2031_01"]:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to"):
                await owner.execute(change.format(relation))
        assert await owner.fetchval("SELECT count(*) FROM task_events") == 1


async def test_the_owner_cannot_slip_past_by_calling_itself_a_replica(database: Database, admin_url: str) -> None:
    await record(database, created())
    async with connected(admin_url) as admin:
        await admin.execute("SET session_replication_role = replica")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to"):
            await admin.execute("DELETE FROM task_events")


@pytest.mark.parametrize("change", CHANGES)
async def test_the_services_role_may_change_nothing(database: Database, change: str) -> None:
    await record(database, created())
    for relation in ("task_events", "task_events_default"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.execute(change.format(relation))


async def test_the_services_role_may_not_touch_the_chain_s_books(database: Database) -> None:
    for change in (
        "UPDATE audit_chain SET seq = 0",
        "UPDATE audit_checkpoints SET record = ''",
        "DELETE FROM audit_checkpoints",
        "INSERT INTO audit_pruned VALUES ('x', now(), '', now())",
        "DELETE FROM audit_pruned",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.execute(change)


async def test_the_services_role_reaches_partitions_through_the_trail_only(database: Database) -> None:
    names = [row["relid"] for row in await database.fetch(PARTITIONS)]
    month = next(name for name in names if name not in ("task_events", "task_events_default"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.fetch(f"SELECT * FROM {month}")
    for helper in ("audit_protect('tasks', '')", "audit_make_default()"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.execute(f"SELECT {helper}")


async def test_the_last_months_stay_whatever_a_service_asks_for(database: Database) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="the last 3 months"):
        await database.execute("SELECT audit_detach_partition(now()::date, '{}')")
    with pytest.raises(asyncpg.UndefinedTableError):
        await database.execute("SELECT audit_drop_detached('task_events_2026_11')")


async def test_going_back_leaves_nothing_of_the_trail(database: Database, owner_url: str) -> None:
    await record(database, created())
    await database.close()
    with pytest.raises(runner.MigrationError, match="keys"):
        await runner.downgrade(owner_url)
    await runner.downgrade(owner_url, lose_keys=True)
    async with connected(owner_url) as owner:
        left = await owner.fetch(
            "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND (relname LIKE 'task_events%' OR relname LIKE 'audit%') "
            "UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        )
        assert [row["name"] for row in left] == []
    assert "0005_audit" in await runner.upgrade(owner_url)
