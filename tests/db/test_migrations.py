"""Migrations: forwards once whoever runs them, over whatever Phase IV left, and all or nothing."""

import asyncio
import os
import sys

import asyncpg
import pytest

from taskflow_db import runner
from taskflow_db.runner import MIGRATIONS, MigrationError
from tests.support import phase_iv
from tests.support.phase_iv import TimestampType, release_on


async def test_an_empty_database_gets_phase_ivs_tables_too(empty: asyncpg.Connection, empty_database_url: str) -> None:
    assert await runner.upgrade(empty_database_url) == MIGRATIONS
    async with release_on(empty_database_url) as release:
        await release.create(await release.sign_up())
    assert await runner.downgrade(empty_database_url) == tuple(MIGRATIONS)
    made = await phase_iv.shape(empty)
    await empty.execute("DROP TABLE message, conversation, tasks, users")
    await phase_iv.make_tables(empty_database_url, "timestamp without time zone")
    assert made == await phase_iv.shape(empty), "the same tables as Phase IV would have made"


@pytest.mark.parametrize("time", phase_iv.VARIANTS)
async def test_phase_ivs_tables_are_adopted_as_they_are(
    empty: asyncpg.Connection, empty_database_url: str, time: TimestampType
) -> None:
    async with release_on(empty_database_url, time=time) as release:
        user_id = await release.sign_up()
        await release.create(user_id, "Buy milk", "two litres")
        await release.chat(user_id)
    before, rows = await phase_iv.shape(empty), await phase_iv.checksum(empty)

    await runner.upgrade(empty_database_url)
    adopted = await phase_iv.shape(empty)
    for table, parts in before.items():
        assert set(parts) <= set(adopted[table]), f"{table} was changed"
    added = {table: set(parts) - set(before[table]) for table, parts in adopted.items() if table != "tasks"}
    names = [(table, kind, name) for table, parts in added.items() for kind, name, _ in parts]
    assert names == [("users", "index", "users_email_in_other_case")], "besides, only tasks is added to"
    assert await phase_iv.checksum(empty) == rows

    await runner.downgrade(empty_database_url)
    assert await phase_iv.shape(empty) == before
    assert await phase_iv.checksum(empty) == rows


async def test_addresses_come_into_lower_case_where_that_is_free(
    empty: asyncpg.Connection, empty_database_url: str
) -> None:
    await phase_iv.make_tables(empty_database_url, "timestamp without time zone")
    given = ["frank@example.com", "Frank@Example.com", "Alone@Example.com", "A@b.cc", "a@B.cc", "low@example.com"]
    for number, email in enumerate(given):
        await empty.execute("INSERT INTO users VALUES ($1, $2, '-', now(), now())", str(number), email)
    await runner.upgrade(empty_database_url)
    kept = [row["email"] for row in await empty.fetch("SELECT email FROM users ORDER BY id::int")]
    assert kept == [
        "frank@example.com",
        "Frank@Example.com",
        "alone@example.com",
        "A@b.cc",
        "a@B.cc",
        "low@example.com",
    ]
    unique = "SELECT indisunique FROM pg_index WHERE indexrelid = 'users_email_in_other_case'::regclass"
    assert not await empty.fetchval(unique), "nothing that Phase IV writes may fail on it"
    await runner.downgrade(empty_database_url)
    assert [row["email"] for row in await empty.fetch("SELECT email FROM users ORDER BY id::int")] == kept


async def test_what_is_added_to_tasks_asks_nothing_of_phase_iv(owner: asyncpg.Connection) -> None:
    required = await owner.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'tasks'::regclass AND attnum > 0 AND NOT attisdropped "
        "AND attnotnull AND NOT atthasdef ORDER BY attnum"
    )
    its_own = ["id", "user_id", "title", "completed", "created_at", "updated_at"]
    assert [row["attname"] for row in required] == its_own


async def test_two_runners_do_one_job(empty: asyncpg.Connection, empty_database_url: str) -> None:
    environment = os.environ | {"TASKFLOW_DATABASE_URL": empty_database_url, "TASKFLOW_MIGRATION_DATABASE_URL": ""}
    command = (sys.executable, "-m", "taskflow_cli", "db", "upgrade")

    async def run() -> str:
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        assert process.returncode == 0
        return said.decode()

    said = await asyncio.gather(run(), run())
    assert sorted(text.count("applied") for text in said) == [0, len(MIGRATIONS)], said
    assert await empty.fetchval("SELECT count(*) FROM migration") == len(MIGRATIONS)


async def test_calls_in_one_process_wait_for_each_other(empty_database_url: str) -> None:
    applied = await asyncio.gather(runner.upgrade(empty_database_url), runner.upgrade(empty_database_url))
    assert sorted(applied) == [(), MIGRATIONS]
    taken_back = await asyncio.gather(runner.downgrade(empty_database_url), runner.downgrade(empty_database_url))
    assert sorted(taken_back) == [(), MIGRATIONS]


async def test_a_migration_that_fails_leaves_nothing_behind(empty: asyncpg.Connection, empty_database_url: str) -> None:
    await empty.execute("CREATE TABLE outbox (somebody_elses boolean)")
    with pytest.raises(MigrationError, match="outbox"):
        await runner.upgrade(empty_database_url)
    status = await runner.status(empty_database_url)
    assert (status.applied, status.pending) == ((), MIGRATIONS)
    assert await empty.fetchval("SELECT to_regclass('users')") is None

    await empty.execute("DROP TABLE outbox")
    assert await runner.upgrade(empty_database_url) == MIGRATIONS


async def test_status_tells_where_a_database_stands(empty: asyncpg.Connection, empty_database_url: str) -> None:
    before = await runner.status(empty_database_url)
    assert (before.applied, before.pending, before.current) == ((), MIGRATIONS, False)
    assert await empty.fetchval("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == 0, (
        "asking changes nothing"
    )
    await runner.upgrade(empty_database_url)
    after = await runner.status(empty_database_url)
    assert (after.applied, after.pending, after.current) == (MIGRATIONS, (), True)
    assert await runner.upgrade(empty_database_url) == ()


async def test_waiting_ends_with_the_last_migration(empty_database_url: str) -> None:
    waiting = asyncio.create_task(runner.wait(empty_database_url, within=30, poll=0.02))
    await asyncio.wait({waiting}, timeout=0.1)
    assert not waiting.done()
    await runner.upgrade(empty_database_url)
    await waiting
    assert (await runner.status(empty_database_url)).current


async def test_waiting_in_vain_says_what_was_missing(empty_database_url: str) -> None:
    with pytest.raises(TimeoutError, match=MIGRATIONS[0]):
        await runner.wait(empty_database_url, within=2, poll=0.02)
    with pytest.raises(TimeoutError, match="did not answer"):
        await runner.wait("postgresql://nobody@127.0.0.1:1/none", within=0.1, poll=0.02)
