"""A run makes everything that is due, in batches, each slot once, whatever fails or is cut off on the way."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

from recurring_task_processor.due import next_due
from recurring_task_processor.processor import BATCH, Processor, RunResult
from taskflow_core.database.pool import Database
from tests.recurring_task_processor.conftest import NOON, Asked, MakeDue
from tests.support.clock import MovableClock
from tests.support.connections import connected

MADE = "SELECT count(*) FROM tasks WHERE parent_recurring_task_id IS NOT NULL"
SERIES = "SELECT count(DISTINCT parent_recurring_task_id) FROM tasks WHERE parent_recurring_task_id IS NOT NULL"
EVENTS = "SELECT count(*) FROM outbox"


async def test_batches_until_nothing_is_due(
    processor: Processor, make_due: MakeDue, asked: Asked, database: Database
) -> None:
    await make_due(2 * BATCH + 50)
    assert await processor.run() == RunResult(series=250, made=250, failed=0)
    assert asked.sizes == [100, 100, 50]
    assert await processor.run() == RunResult(series=0, made=0, failed=0)
    assert await database.fetchval(SERIES) == await database.fetchval(EVENTS) == 250


async def test_a_long_outage_is_caught_up_in_one_run(
    processor: Processor, make_due: MakeDue, database: Database, clock: MovableClock
) -> None:
    await make_due(3)
    await database.execute("UPDATE task_series SET catch_up = 'all' WHERE series_id = 'task-1'")
    clock.freeze(clock.now().replace(month=6))
    run = await processor.run()
    assert (run.made, run.failed) == (93 + 2 + 2, 0)


async def test_the_longest_due_come_first(
    processor: Processor, make_due: MakeDue, database: Database, clock: MovableClock
) -> None:
    await make_due(BATCH + 1)
    await database.execute("UPDATE task_series SET make_at = make_at - interval '1 day' WHERE series_id = 'task-77'")
    await processor.run()
    first = "SELECT task_id FROM outbox ORDER BY seq LIMIT 100"
    batch = {row["task_id"] for row in await database.fetch(first)}
    task = await database.fetchval("SELECT id FROM tasks WHERE parent_recurring_task_id = 'task-77'")
    assert task in batch


async def test_a_series_that_fails_is_put_off_and_holds_up_no_other(
    processor: Processor, make_due: MakeDue, database: Database, asked: Asked, clock: MovableClock
) -> None:
    await make_due(BATCH + 20)
    await database.execute("UPDATE task_series SET pattern = 'nonsense' WHERE series_id = 'task-5'")
    assert await processor.run() == RunResult(series=120, made=119, failed=1)
    # It waits: another run does not ask for it.
    assert await processor.run() == RunResult(series=0, made=0, failed=0)
    assert len(asked.sizes) == 2
    # Nor does anybody look every moment whether it can be made now.
    following = await next_due(database, clock.now())
    again = await database.fetchval("SELECT retry_at FROM task_series WHERE series_id = 'task-5'")
    assert again > datetime.now(UTC) + timedelta(seconds=20)
    assert following is not None
    assert following >= min(again, clock.now() + timedelta(seconds=20))
    await database.execute("UPDATE task_series SET pattern = 'daily', retry_at = now() WHERE series_id = 'task-5'")
    assert await processor.run() == RunResult(series=1, made=1, failed=0)
    left = "SELECT count(*) FROM task_series WHERE attempts > 0 OR last_error IS NOT NULL"
    assert await database.fetchval(left) == 0


async def test_each_run_has_a_correlation_id_of_its_own(
    processor: Processor, make_due: MakeDue, asked: Asked, database: Database
) -> None:
    await make_due(BATCH + 1)
    await processor.run()
    assert len(set(asked.correlation_ids)) == 1
    await database.execute("UPDATE task_series SET make_at = $1 WHERE series_id = 'task-1'", NOON)
    await processor.run()
    assert len(set(asked.correlation_ids)) == 2
    assert all(asked.correlation_ids)
    # The events of what it made carry it on.
    ids = "SELECT DISTINCT payload::jsonb #>> '{data,correlation_id}' FROM outbox"
    assert {row[0] for row in await database.fetch(ids)} == set(asked.correlation_ids)


async def test_cut_off_anywhere_it_makes_nothing_twice_and_leaves_nothing_out(
    processor: Processor, make_due: MakeDue, database: Database
) -> None:
    chance = random.Random(7)
    await make_due(10 * BATCH)
    for _ in range(15):
        run = asyncio.create_task(processor.run())
        await asyncio.sleep(chance.uniform(0.002, 0.08))
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
    await processor.run()
    assert await database.fetchval(MADE) == await database.fetchval(SERIES) == 10 * BATCH
    assert await database.fetchval(EVENTS) == 10 * BATCH


async def test_two_at_once_make_nothing_twice(
    processor: Processor, make_due: MakeDue, database: Database, database_url: str
) -> None:
    await make_due(3 * BATCH)
    async with connected(database_url) as other, other.transaction():
        # Somebody edits a series meanwhile: it is left for the next run.
        await other.execute("SELECT FROM task_series WHERE series_id = 'task-9' FOR UPDATE")
        assert (await processor.run()).made == 3 * BATCH - 1
    assert await processor.run() == RunResult(series=1, made=1, failed=0)
    assert await database.fetchval(MADE) == await database.fetchval(SERIES) == 3 * BATCH
