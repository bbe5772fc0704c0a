"""No clock makes young months go: not a pod's, not the database's own, not moved once and not again and again.

What the services' role asks for is answered by the database's `now()`; what it says of its own time is of no account.
"""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from audit_logger.evidence.archive import Archive
from audit_logger.evidence.signing import Signer
from audit_logger.metrics import RETENTION_WAITS
from audit_logger.retention.pruning import detach_old, detached, upkeep_ran
from audit_logger.trail.partitions import attached, ensure, month_of
from audit_logger.upkeep import Upkeep
from taskflow_core.database.clock import DatabaseClock
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.service.composition import Runtime
from taskflow_core.settings import Settings
from taskflow_core.telemetry.metrics import REGISTRY
from tests.audit_logger.making import KEY, created, drop, let_days_go_by, record, verdict
from tests.support.clock import MovableClock
from tests.support.connections import connected

DAY = timedelta(days=1)
JUMPS = [timedelta(days=1000), timedelta(days=-1000), timedelta(days=1), timedelta(days=-1), timedelta(minutes=5)]


def ago(months: int) -> datetime:
    """The middle of an earlier month."""
    month = month_of(datetime.now(UTC).date(), -months)
    return datetime(month.year, month.month, 15, tzinfo=UTC)


@pytest.fixture
async def owner(owner_url: str) -> AsyncGenerator[asyncpg.Connection]:
    async with connected(owner_url) as connection:
        yield connection


@pytest.fixture
async def trail(database: Database) -> Database:
    """Months 5, 8 and 15 months old, and the present one."""
    await record(database, *(created(f"task-{months}", at=ago(months)) for months in (5, 8, 15, 0)))
    async with database.acquire() as connection:
        await connection.execute("SELECT audit_sort_default()")
    return database


def upkeep(database: Database, settings: Settings, clock: Clock) -> Upkeep:
    chat_api: Any = httpx.AsyncClient
    settings = msgspec.structs.replace(settings, audit_signing_key=KEY)
    return Upkeep(Runtime(settings=settings, database=database, clock=clock, chat_api=chat_api))


async def months(database: Database) -> set[date]:
    async with database.acquire() as connection:
        return {one.month for one in await attached(connection) if one.month is not None}


async def whole(database: Database) -> bool:
    """Whether every row is on the trail and none has left it."""
    answer = await verdict(database)
    return (answer.finding, answer.rows, answer.pruned) == (None, 4, 0)


# --- a pod's clock ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", JUMPS, ids=str)
async def test_a_pod_whose_clock_is_off_takes_nothing_away_and_makes_no_month_of_its_own(
    trail: Database, settings: Settings, by: timedelta
) -> None:
    before = await months(trail)
    injected, machine = MovableClock(), MovableClock()
    for clock in (injected, machine):
        clock.advance(by)
    for clock in (injected, DatabaseClock(machine=machine)):
        await upkeep(trail, settings, clock).months()
    assert await months(trail) == before
    assert await whole(trail)


async def test_while_a_pod_s_clock_is_off_what_is_really_old_stays_too_and_a_metric_says_so(
    trail: Database, settings: Settings
) -> None:
    await record(trail, created("old", at=ago(40)))
    machine = MovableClock()
    at_work = upkeep(trail, settings, DatabaseClock(machine=machine))
    machine.advance(timedelta(minutes=2))
    await at_work.months()
    assert await trail.fetchval("SELECT count(*) FROM audit_pruned") == 0
    assert await trail.fetchval("SELECT count(*) FROM audit_upkeep_days") == 0, "nor does the day count"
    assert _waits() == 1
    machine.advance(timedelta(minutes=-2))
    await at_work.months()
    assert await trail.fetchval("SELECT count(*) FROM audit_pruned") == 1
    assert _waits() == 0


def _waits() -> float | None:
    assert RETENTION_WAITS is not None
    return REGISTRY.get_sample_value("taskflow_audit_retention_waits", {"service": "audit-logger"})


async def test_what_a_caller_says_of_its_time_decides_nothing(trail: Database) -> None:
    async with trail.acquire() as connection:
        assert (
            await detach_old(connection, Signer(KEY), Archive(None), keep=24, now=datetime.now(UTC) + 1000 * DAY) == []
        )
        assert await ensure(connection) == 0
    assert await whole(trail)


# --- the database's own clock ----------------------------------------------------------------------------------------


@pytest.fixture
async def now(owner: asyncpg.Connection) -> datetime:
    """When upkeep last looked at the clock."""
    at: datetime = await owner.fetchval("SELECT seen_at FROM audit_upkeep")
    return at


async def looks(owner: asyncpg.Connection, at: datetime) -> bool:
    """Upkeep runs when the database's clock shows `at`."""
    believed: bool = await owner.fetchval("SELECT audit_look_at_clock($1)", at)
    return believed


async def counted(owner: asyncpg.Connection) -> list[date]:
    return [row["day"] for row in await owner.fetch("SELECT day FROM audit_upkeep_days ORDER BY day")]


async def test_a_day_on_which_upkeep_runs_often_counts_once(owner: asyncpg.Connection, now: datetime) -> None:
    for hour in range(73):
        assert await looks(owner, now + timedelta(hours=hour))
    assert await counted(owner) == [(now + days * DAY).date() for days in range(4)]


async def test_a_clock_that_jumps_ahead_for_a_moment_is_not_believed_there_nor_for_a_day_after(
    owner: asyncpg.Connection, now: datetime, trail: Database
) -> None:
    assert await looks(owner, now)
    assert not await looks(owner, now + 1000 * DAY)
    assert not await looks(owner, now + 1000 * DAY + timedelta(hours=23))
    assert not await looks(owner, now + timedelta(hours=1))
    async with trail.acquire() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="was set"):
            await connection.execute("SELECT audit_detach_old($1, '{}', 3)", ago(15).date())
    assert await counted(owner) == [now.date()]
    assert not await looks(owner, now + timedelta(hours=24))
    assert await looks(owner, now + timedelta(hours=25, minutes=1))


async def test_a_clock_that_jumps_forward_and_back_again_and_again_counts_no_day_it_did_not_live(
    owner: asyncpg.Connection,
    now: datetime,
) -> None:
    assert await looks(owner, now)
    for jump in range(200):
        assert not await looks(owner, now + (1000 + jump) * DAY)
        assert not await looks(owner, now + timedelta(minutes=jump))
    assert await counted(owner) == [now.date()]


async def test_days_that_a_wrong_clock_lived_through_do_not_count_once_it_is_right(
    owner: asyncpg.Connection, now: datetime, trail: Database
) -> None:
    ahead = now + 1000 * DAY
    for hour in range(24 * 40):
        await looks(owner, ahead + timedelta(hours=hour))
    assert len(await counted(owner)) > 35
    await owner.execute(
        "INSERT INTO audit_pruned (relation, month, record, detached_at) VALUES ('gone', '2020-01-01', '', $1)", ahead
    )
    assert not await looks(owner, now)
    assert await counted(owner) == []
    assert await owner.fetchval("SELECT detached_at FROM audit_pruned") == now, "nor did a month go on a day to come"


async def test_small_steps_of_a_disciplined_clock_are_no_jump(owner: asyncpg.Connection, now: datetime) -> None:
    for seconds in (0, -30, 29, -30, 3600, 3545):
        assert await looks(owner, now + timedelta(seconds=seconds))


async def test_upkeep_that_did_not_run_for_long_waits_a_day_and_one_that_runs_daily_does_not(
    owner: asyncpg.Connection,
    now: datetime,
) -> None:
    at = now
    for _ in range(5):
        at += timedelta(hours=30)
        assert await looks(owner, at)
    assert not await looks(owner, at + 14 * DAY)
    assert not await looks(owner, at + 14 * DAY + timedelta(hours=2))
    assert await looks(owner, at + 15 * DAY)


# --- what the services' role may try ---------------------------------------------------------------------------------

# Each is tried with this month and the last ones there. The year 2026 before our era writes itself 2026 as well.
_YOUNG = [
    "SELECT audit_detach_old({day}, '{{}}', 0)",
    "SELECT audit_detach_old({day}, '{{}}', -1000)",
    "SELECT audit_detach_old({day}, '{{}}', NULL)",
    "SELECT audit_detach_partition({day}, '{{}}')",
    "SELECT audit_detach_old(({day}::text || ' BC')::date, '{{}}', 0)",
    "SELECT audit_detach_partition(({day}::text || ' BC')::date, '{{}}')",
    "SELECT audit_detach_old('-infinity', '{{}}', 0)",
    "SELECT audit_detach_old('infinity', '{{}}', 0)",
    "SELECT audit_detach_old(NULL, '{{}}', 0)",
    "SET TimeZone = 'Pacific/Kiritimati'; SELECT audit_detach_old({day}, '{{}}', 0)",
    "SET TimeZone = 'UTC-167'; SELECT audit_detach_old({day}, '{{}}', 0)",
    "SELECT set_config('search_path', 'pg_temp, public', false); SELECT audit_detach_old({day}, '{{}}', 0)",
    "CREATE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE sql RETURN timestamptz '2100-01-01'; "
    "SET search_path = pg_temp, public; SELECT audit_detach_old({day}, '{{}}', 0)",
    "CREATE TEMPORARY TABLE audit_chain (one boolean, seq bigint, hash bytea, least_months integer); "
    "INSERT INTO audit_chain VALUES (true, 0, '', -1000); SELECT audit_detach_old({day}, '{{}}', -1000)",
    "CREATE TEMPORARY TABLE audit_upkeep (seen_at timestamptz, steady_since timestamptz, grace_days integer); "
    "SELECT audit_detach_old({day}, '{{}}', 0)",
    "SELECT audit_drop_detached({relation})",
    "SELECT audit_drop_detached('task_events')",
    "SELECT audit_drop_detached('audit_chain; DROP TABLE task_events')",
    "SELECT audit_drop_now({relation})",
    "SELECT audit_take_off({day}, '{{}}', 0)",
    "UPDATE audit_chain SET least_months = 1",
    "DROP TABLE {relation}",
    "ALTER TABLE task_events DETACH PARTITION {relation}",
    "SET ROLE taskflow_owner",
    "SET session_replication_role = replica; DELETE FROM task_events",
]


@pytest.mark.parametrize("age", [0, 1, 3])
async def test_nothing_that_a_service_asks_for_takes_a_young_month(
    database: Database, app_url: str, subtests: pytest.Subtests, age: int
) -> None:
    await record(database, created("task", at=ago(age)))
    async with database.acquire() as connection:
        await connection.execute("SELECT audit_sort_default()")
        day = ago(age).date()
        before = [one.relation for one in await attached(connection)]
    relation = f"task_events_{day:%Y_%m}"
    for attempt in _YOUNG:
        named = relation if attempt.startswith(("DROP", "ALTER")) else f"'{relation}'"
        statement = attempt.format(day=f"date '{day}'", relation=named)
        with subtests.test(statement=statement):
            async with connected(app_url) as connection:
                with pytest.raises(asyncpg.PostgresError):
                    await connection.execute(statement)
    async with database.acquire() as connection:
        assert [one.relation for one in await attached(connection)] == before
    assert (await verdict(database)).finding is None


async def test_a_detached_month_is_not_dropped_before_its_time_however_often_a_service_asks(
    database: Database, owner_url: str
) -> None:
    await record(database, created("old", at=ago(40)))
    async with database.acquire() as connection:
        await connection.execute("SELECT audit_sort_default()")
        assert await upkeep_ran(connection)
        [relation] = await detach_old(connection, Signer(KEY), Archive(None), keep=24, now=datetime.now(UTC))
        for _ in range(40):
            assert await upkeep_ran(connection)
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="stays until upkeep has run on 30 days"):
                await connection.execute("SELECT audit_drop_detached($1)", relation)
        assert await drop(connection) == []
        assert [one.days_left for one in await detached(connection)] == [30]
    await let_days_go_by(owner_url, 30)
    async with database.acquire() as connection:
        assert await drop(connection) == [relation]


async def test_the_release_before_may_not_take_what_is_younger_than_the_default_retention(trail: Database) -> None:
    for months_old in (5, 8, 15):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="the last 24 months"):
            await trail.execute("SELECT audit_detach_partition($1, '{}')", ago(months_old).date())
    assert await whole(trail)


# --- months far away -------------------------------------------------------------------------------------------------


async def test_months_that_only_a_wrong_clock_asks_for_are_bounded(
    database: Database, owner: asyncpg.Connection
) -> None:
    async with database.acquire() as connection:
        for year in range(3000, 3020):
            await connection.execute(
                "SELECT audit_ensure_partition(make_date($1, m, 1)) FROM generate_series(1, 11) m", year
            )
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="too many months"):
            await connection.execute(
                "SELECT audit_ensure_partition(make_date(4000 + n, 1, 1)) FROM generate_series(1, 36) n"
            )
        await connection.execute(
            "SELECT audit_ensure_partition(make_date(5000 + n, 1, 1)) FROM generate_series(1, 14) n"
        )
        await record(database, created("far", at=datetime(5000, 1, 1, tzinfo=UTC)), created("near"))
        assert await connection.fetchval("SELECT audit_sort_default()") == 0, "it waits where it is"
        for wrong in ("infinity", "-infinity", "0044-03-15 BC", "12026-01-01"):
            with pytest.raises(asyncpg.PostgresError):
                await connection.execute(f"SELECT audit_ensure_partition('{wrong}'::date)")
        assert await ensure(connection) == 0
    assert await owner.fetchval("SELECT audit_has_room(audit_month(now()))"), "what is needed is always made"
    assert (await verdict(database)).finding is None


async def test_events_of_many_months_are_sorted_a_few_at_a_time_and_read_meanwhile(database: Database) -> None:
    times = [datetime(1990 + n // 12, n % 12 + 1, 5, tzinfo=UTC) for n in range(60)]
    await record(database, *(created(f"task-{n}", at=at) for n, at in enumerate(times)))
    async with database.acquire() as connection:
        moved = [await connection.fetchval("SELECT audit_sort_default()") for _ in range(4)]
    assert moved == [24, 24, 12, 0]
    assert (await verdict(database)).rows == 60


@pytest.mark.parametrize("style", ["Postgres, DMY", "SQL, DMY", "German"])
async def test_months_have_their_bounds_in_any_zone_and_style_of_the_caller(database: Database, style: str) -> None:
    async with database.acquire() as connection:
        await connection.execute(f"SET DateStyle = '{style}'; SET TimeZone = 'Asia/Kolkata'")
        await connection.execute("SELECT audit_ensure_partition('2040-05-01')")
        await connection.execute("SET DateStyle = 'ISO'; SET TimeZone = 'UTC'")
        bounds: str = await connection.fetchval(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'task_events_2040_05'"
        )
    assert bounds == "FOR VALUES FROM ('2040-05-01 00:00:00+00') TO ('2040-06-01 00:00:00+00')"
