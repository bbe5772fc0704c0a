"""Months are there before they are needed, and an event whose month is not is recorded all the same."""

import asyncio
import contextlib
from datetime import UTC, date, datetime

import pytest

from audit_logger.evidence.archive import Archive
from audit_logger.evidence.signing import Signer
from audit_logger.retention.pruning import RetentionError, detach_old
from audit_logger.trail.partitions import attached, ensure, month_of, sort_default
from taskflow_core.database.pool import Database
from taskflow_core.events.model import TaskCreated
from taskflow_core.events.topics import AUDIT_LOGGER
from taskflow_core.telemetry.metrics import REGISTRY
from tests.audit_logger.making import KEY, created, life, record, verdict


def measured(name: str) -> float | None:
    return REGISTRY.get_sample_value(f"taskflow_audit_{name}", {"service": AUDIT_LOGGER})


def test_months_are_counted_across_years() -> None:
    assert month_of(date(2026, 11, 24), 3) == date(2027, 2, 1)
    assert month_of(date(2026, 1, 31), -1) == date(2025, 12, 1)


async def test_three_months_ahead_are_made_once(database: Database) -> None:
    async with database.acquire() as connection:
        assert await ensure(connection, date(2040, 12, 31)) == 5
        assert await ensure(connection, date(2040, 12, 31)) == 0
        months = [p.month for p in await attached(connection) if p.month is not None and p.month.year >= 2040]
    assert months == [date(2040, 11, 1), date(2040, 12, 1), date(2041, 1, 1), date(2041, 2, 1), date(2041, 3, 1)]
    assert measured("months_ahead") == 3


async def test_an_event_without_a_month_waits_in_the_default_partition_and_is_moved(database: Database) -> None:
    late = [created(f"task-{month}", at=datetime(2040, month, 1, tzinfo=UTC)) for month in (5, 6)]
    edge = created("task-edge", at=datetime(2040, 5, 31, 23, 59, 59, 999_999, tzinfo=UTC))
    await record(database, *late, *life("task-now"), edge)
    where = "SELECT tableoid::regclass::text AS relation FROM task_events WHERE occurred_at > '2040-01-01'"
    assert {row["relation"] for row in await database.fetch(where)} == {"task_events_default"}
    async with database.acquire() as connection:
        assert await sort_default(connection) == 3
        assert measured("default_partition_rows") == 3
        assert await sort_default(connection) == 0
        assert measured("default_partition_rows") == 0
    found = [row["relation"] for row in await database.fetch(f"{where} ORDER BY occurred_at")]
    assert found == ["task_events_2040_05", "task_events_2040_05", "task_events_2040_06"]
    await record(database, *late)  # known still
    answer = await verdict(database)
    assert (answer.finding, answer.rows) == (None, 8)


async def test_making_a_month_that_waits_in_the_default_partition_moves_it(database: Database) -> None:
    await record(database, created("task-1", at=datetime(2040, 5, 1, tzinfo=UTC)))
    async with database.acquire() as connection:
        assert await ensure(connection, date(2040, 5, 7)) == 5
        assert await sort_default(connection) == 0
    assert await database.fetchval("SELECT tableoid::regclass::text FROM task_events") == "task_events_2040_05"


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
async def test_months_are_those_of_utc_whatever_the_session_s_zone(database: Database, zone: str) -> None:
    async with database.acquire() as connection:
        await connection.execute(f"SET TimeZone = '{zone}'")
        await connection.execute("SELECT audit_ensure_partition('2040-05-01')")
        bounds: str = await connection.fetchval(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'task_events_2040_05'"
        )
        await connection.execute("SET TimeZone = 'UTC'")
        bounds = await connection.fetchval(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'task_events_2040_05'"
        )
    assert bounds == "FOR VALUES FROM ('2040-05-01 00:00:00+00') TO ('2040-06-01 00:00:00+00')"


async def test_recording_goes_on_while_months_are_made_moved_and_taken_away(database: Database) -> None:
    now = datetime.now(UTC)
    times = [now, datetime(2020, 1, 5, tzinfo=UTC), datetime(2020, 2, 5, tzinfo=UTC), datetime(2045, 1, 5, tzinfo=UTC)]
    events = [created(f"task-{n}", at=times[n % 4]) for n in range(400)]
    done = asyncio.Event()

    async def recording(mine: list[TaskCreated]) -> None:
        for begin in range(0, len(mine), 5):
            await record(database, *mine[begin : begin + 5])

    async def upkeep() -> None:
        while not done.is_set():
            async with database.acquire() as connection:
                await ensure(connection, date(2044, 12, 1))
                await sort_default(connection)
                with contextlib.suppress(RetentionError):  # rows came meanwhile: the next turn takes the month
                    await detach_old(connection, Signer(KEY), Archive(None), keep=24, now=now)

    async with asyncio.TaskGroup() as group:
        group.create_task(upkeep())
        await asyncio.gather(recording(events[:200]), recording(events[200:]))
        done.set()
    answer = await verdict(database)
    assert (answer.finding, answer.rows + answer.pruned) == (None, 400)
