"""By the clock, and by one replica only: months ahead, the default partition emptied, checkpoints, retention."""

import asyncio
import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from audit_logger.app import create_service
from audit_logger.evidence import files
from audit_logger.evidence.archive import ArchiveError
from audit_logger.retention import leaving
from audit_logger.upkeep import Upkeep
from taskflow_core.bus.port import Subscription
from taskflow_core.database.pool import Database
from taskflow_core.events.topics import ALL_TOPICS
from taskflow_core.service.composition import Runtime
from taskflow_core.settings import Settings
from taskflow_core.telemetry.metrics import exposition
from tests.audit_logger.making import KEY, created, let_days_go_by, record, tamper, verdict
from tests.support.clock import MovableClock
from tests.support.waiting import eventually


@pytest.fixture
async def runtime(settings: Settings, database: Database, clock: MovableClock, tmp_path: Path) -> Runtime:
    """What the service runs with, checkpoints included."""
    settings = msgspec.structs.replace(settings, audit_signing_key=KEY, audit_checkpoint_dir=str(tmp_path / "out"))
    client: Any = httpx.AsyncClient
    return Runtime(settings=settings, database=database, clock=clock, chat_api=client)


def failed() -> str:
    """The line of the metric of failed jobs."""
    return next(
        line for line in exposition().decode().splitlines() if line.startswith("taskflow_audit_upkeep_failures_t")
    )


async def test_at_the_start_months_are_made_and_a_checkpoint_is_written(
    runtime: Runtime, database: Database, clock: MovableClock, tmp_path: Path
) -> None:
    clock.advance(timedelta(days=200))
    await record(database, created(at=clock.now()))
    service = create_service(runtime)
    assert service.background is not None
    async with service.background():

        async def done() -> bool:
            waiting = await database.fetchval("SELECT count(*) FROM task_events_default")
            return waiting == 0 and await database.fetchval("SELECT count(*) FROM audit_checkpoints") == 1

        await eventually(done)
    answer = await verdict(database, tmp_path / "out")
    assert (answer.finding, answer.rows, answer.checkpoints, answer.warnings) == (None, 1, 1, [])


async def test_stopping_leaves_a_checkpoint_of_what_came_last(
    runtime: Runtime, database: Database, tmp_path: Path
) -> None:
    await record(database, created())
    async with Upkeep(runtime).running():

        async def done() -> bool:
            return await database.fetchval("SELECT count(*) FROM audit_checkpoints") == 1

        await eventually(done)
        await record(database, created())
    answer = await verdict(database, tmp_path / "out")
    assert (answer.finding, answer.head, answer.checkpoints) == (None, 2, 2)


async def test_of_two_replicas_one_does_the_work(runtime: Runtime, database: Database) -> None:
    await record(database, created())
    async with Upkeep(runtime).running(), Upkeep(runtime).running():

        async def done() -> bool:
            return await database.fetchval("SELECT count(*) FROM audit_checkpoints") == 1

        await eventually(done)
        await asyncio.sleep(0.2)
        assert await database.fetchval("SELECT count(*) FROM audit_checkpoints") == 1


async def test_a_month_that_does_not_verify_holds_up_nothing_else(
    runtime: Runtime, database: Database, clock: MovableClock
) -> None:
    old = datetime(2020, 5, 5, tzinfo=UTC)
    await record(database, created(at=old))
    await database.execute(
        "INSERT INTO task_events SELECT gen_random_uuid(), occurred_at, recorded_at, type, task_id, user_id, actor_id, "
        "version, correlation_id, data, 77, hash FROM task_events"
    )
    failures = failed()
    upkeep = Upkeep(runtime)
    await upkeep.months()
    assert await database.fetchval("SELECT count(*) FROM task_events_default") == 0
    assert await database.fetchval("SELECT count(*) FROM audit_pruned") == 0
    assert failed() == failures


def told(runtime: Runtime, **settings: Any) -> Runtime:
    """The runtime with other settings."""
    return replace(runtime, settings=msgspec.structs.replace(runtime.settings, **settings))


def exported(directory: Path) -> list[Path]:
    """The months that were written there."""
    return list(directory.glob("task_events_2020_05*.jsonl.gz"))


async def test_old_months_go_and_are_dropped_when_their_time_is_over(
    runtime: Runtime, database: Database, owner_url: str, tmp_path: Path
) -> None:
    await record(database, created(at=datetime(2020, 5, 5, tzinfo=UTC)), created())
    upkeep = Upkeep(told(runtime, audit_export_dir=str(tmp_path)))
    await upkeep.months()
    assert await database.fetchval("SELECT count(*) FROM audit_pruned WHERE dropped_at IS NULL") == 1
    await let_days_go_by(owner_url, 29)
    await upkeep.months()
    assert await database.fetchval("SELECT count(*) FROM audit_pruned WHERE dropped_at IS NULL") == 1
    await let_days_go_by(owner_url, 1)
    await upkeep.months()
    assert await database.fetchval("SELECT count(*) FROM audit_pruned WHERE dropped_at IS NOT NULL") == 1
    answer = await verdict(database, tmp_path / "out")
    assert (answer.finding, answer.rows, answer.pruned) == (None, 1, 1)
    (written,) = exported(tmp_path)
    assert len(gzip.decompress(written.read_bytes()).splitlines()) == 1, "written before it was dropped"


async def left(database: Database) -> int:
    """How many months lie beside the trail."""
    return await database.fetchval("SELECT count(*) FROM audit_pruned WHERE dropped_at IS NULL")


async def test_a_month_that_is_written_nowhere_is_kept(
    runtime: Runtime, database: Database, owner_url: str, tmp_path: Path
) -> None:
    await record(database, created(at=datetime(2020, 5, 5, tzinfo=UTC)))
    await Upkeep(runtime).months()
    await let_days_go_by(owner_url, 30)
    await Upkeep(runtime).months()
    assert await left(database) == 1, "no directory is named"
    with pytest.raises(ArchiveError, match="2020-05 stays"):
        await Upkeep(told(runtime, audit_export_dir=str(tmp_path / "nothing"))).months()
    assert await left(database) == 1, "the directory is not there"
    await Upkeep(told(runtime, audit_drop_unexported=True)).months()
    assert await left(database) == 0, "somebody wanted it so"


async def test_what_was_written_before_a_crash_is_not_written_again(
    runtime: Runtime, database: Database, owner_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await record(database, created(at=datetime(2020, 5, 5, tzinfo=UTC)))
    upkeep = Upkeep(told(runtime, audit_export_dir=str(tmp_path)))
    await upkeep.months()
    await let_days_go_by(owner_url, 30)

    async def crash(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(leaving, "drop_detached", crash)
        with pytest.raises(SystemExit):
            await upkeep.months()
    (written,) = exported(tmp_path)
    kept = written.read_bytes()
    await upkeep.months()
    assert (await left(database), written.read_bytes()) == (0, kept)


async def test_a_month_that_a_full_disk_takes_half_of_is_not_dropped(
    runtime: Runtime, database: Database, owner_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await record(database, created(at=datetime(2020, 5, 5, tzinfo=UTC)))
    upkeep = Upkeep(told(runtime, audit_export_dir=str(tmp_path)))
    await upkeep.months()
    await let_days_go_by(owner_url, 30)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(files.os, "fsync", full)
        with pytest.raises(ArchiveError, match=r"2020-05 stays: .*No space left"):
            await upkeep.months()
    assert (await left(database), exported(tmp_path)) == (1, [])
    await upkeep.months()
    assert (await left(database), len(exported(tmp_path))) == (0, 1)


async def test_a_trail_that_is_no_continuation_is_not_signed_and_the_metric_says_so(
    runtime: Runtime, database: Database, admin_url: str
) -> None:
    await record(database, created(), created())
    await Upkeep(runtime).checkpoint()
    await tamper(admin_url, "DELETE FROM task_events WHERE chain_seq = 2", "UPDATE audit_chain SET seq = 1")
    await Upkeep(runtime).checkpoint()
    assert 'taskflow_audit_checkpoint_refused{service="audit-logger"} 1.0' in exposition().decode()
    assert await database.fetchval("SELECT count(*) FROM audit_checkpoints") == 1


async def test_the_service_consumes_every_topic_as_one_group(runtime: Runtime) -> None:
    service = create_service(runtime)
    (subscription,) = service.subscriptions
    assert isinstance(subscription, Subscription)
    assert (subscription.group, subscription.topics, subscription.broadcast) == ("audit-logger", ALL_TOPICS, False)
    assert subscription.max_batch == 100
    assert subscription.max_wait_ms <= 1000


async def test_an_archive_that_takes_nothing_is_a_failure_and_no_outage(
    runtime: Runtime, database: Database, tmp_path: Path
) -> None:
    await record(database, created())
    (tmp_path / "out").write_text("a file where the directory should be")
    before = failed()
    async with Upkeep(runtime).running():

        async def told() -> bool:
            return failed() != before

        await eventually(told)
    assert await database.fetchval("SELECT count(*) FROM audit_checkpoints") == 0, "outside first, or not at all"
    (tmp_path / "out").unlink()
    await Upkeep(runtime).checkpoint()
    assert (await verdict(database, tmp_path / "out")).checkpoints == 1
