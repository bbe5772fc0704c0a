"""What an operator asks of the trail from the command line."""

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from audit_logger import cli
from audit_logger.verification.proof import NOT_PROVEN, PROVEN
from taskflow_cli.main import main
from taskflow_core.database.clock import DatabaseClock
from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings, declared
from tests.audit_logger.making import KEY, checkpoint, created, let_days_go_by, life, record, tamper
from tests.support.clock import MovableClock

OLD = datetime(2020, 5, 5, tzinfo=UTC)


@pytest.fixture
def signed(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with a key and a place for checkpoints."""
    return msgspec.structs.replace(settings, audit_signing_key=KEY, audit_checkpoint_dir=str(tmp_path / "out"))


async def test_verify_says_how_much_is_proven(database: Database, signed: Settings, tmp_path: Path) -> None:
    await record(database, *life("task-1"))
    await checkpoint(database, tmp_path / "out")
    report = await cli.verify(signed)
    assert report == cli.Report(["All 5 rows verify; 1 checkpoints agree."], 0)


async def test_verify_fails_and_names_the_row(database: Database, signed: Settings, admin_url: str) -> None:
    await record(database, *life("task-1"))
    await tamper(admin_url, "DELETE FROM task_events WHERE chain_seq = 3")
    report = await cli.verify(signed)
    assert report.status == 1
    assert "removed: row 3" in report.lines


async def test_prune_exports_then_drops(database: Database, signed: Settings, tmp_path: Path) -> None:
    await record(database, created("old", at=OLD), *life("task-1"))
    assert (await cli.partitions(signed)).lines[0] == "Moved 1 rows out of the default partition."
    report = await cli.prune(signed, directory=tmp_path)
    relation = "task_events_2020_05_until_1"
    exported = tmp_path / f"{relation}.jsonl.gz"
    assert report.lines == [f"Detached {relation}.", f"{exported} holds the 1 rows of 2020-05.", f"Dropped {relation}."]
    assert (await cli.prune(signed)).lines == ["Nothing is old enough."]
    await checkpoint(database, tmp_path / "out")
    assert await cli.verify(signed) == cli.Report(
        ["All 5 rows verify, 1 pruned ones are vouched for; 1 checkpoints agree."], PROVEN
    )


async def test_what_is_written_nowhere_is_dropped_by_nobody_who_did_not_say_so(
    database: Database, signed: Settings, tmp_path: Path
) -> None:
    await record(database, created("old", at=OLD))
    await cli.partitions(signed)
    assert "stays: it is written nowhere" in (await cli.prune(signed)).lines[-1]
    there = msgspec.structs.replace(signed, audit_export_dir=str(tmp_path / "nothing"))
    report = await cli.prune(there)
    assert (report.status, report.lines[-1][:14]) == (1, "2020-05 stays:")
    relation = "task_events_2020_05_until_1"
    anyhow = msgspec.structs.replace(signed, audit_drop_unexported=True)
    assert (await cli.prune(anyhow)).lines == [f"Dropped {relation}."]


async def test_who_does_not_own_the_tables_drops_nothing_before_its_time(
    database: Database, signed: Settings, app_url: str, owner_url: str
) -> None:
    await record(database, created("old", at=OLD))
    await cli.partitions(signed)
    as_service = msgspec.structs.replace(signed, migration_database_url=app_url)
    relation = "task_events_2020_05_until_1"
    assert (await cli.prune(as_service)).lines == [
        f"Detached {relation}.",
        f"{relation} stays for 30 more days of upkeep.",
    ]
    assert (await cli.partitions(as_service)).lines[-1].endswith("stays for 30 more days of upkeep")
    await let_days_go_by(owner_url, 30)
    as_service = msgspec.structs.replace(as_service, audit_drop_unexported=True)
    assert (await cli.prune(as_service)).lines == [f"Dropped {relation}."]


async def test_a_month_is_put_back_on_the_trail(database: Database, signed: Settings, app_url: str) -> None:
    await record(database, created("old", at=OLD))
    await cli.partitions(signed)
    await cli.prune(msgspec.structs.replace(signed, migration_database_url=app_url))
    assert (await cli.restore(signed, date(2020, 5, 1))).lines == ["1 rows of 2020-05 are on the trail again."]
    assert (await cli.restore(signed, date(2020, 5, 1))).status == 1
    assert "All 1 rows verify; 0 checkpoints agree." in (await cli.verify(signed)).lines


async def test_nothing_is_pruned_on_a_machine_whose_clock_is_off(
    database: Database, signed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await record(database, created("old", at=OLD))
    await cli.partitions(signed)
    ahead = MovableClock()
    ahead.advance(timedelta(days=1000))
    monkeypatch.setattr(cli, "DatabaseClock", lambda: DatabaseClock(machine=ahead))
    report = await cli.prune(signed)
    assert (report.status, len(report.lines)) == (1, 1)
    assert report.lines[0].startswith("Nothing is pruned: this machine's clock is +86400000 s from")
    assert await database.fetchval("SELECT count(*) FROM audit_pruned") == 0


async def test_nothing_is_dropped_that_could_not_be_exported(
    database: Database, signed: Settings, tmp_path: Path
) -> None:
    await record(database, created("old", at=OLD))
    await cli.partitions(signed)
    relation = "task_events_2020_05_until_1"
    exported = tmp_path / f"{relation}.jsonl.gz"
    for content in (b"mine", gzip.compress(b""), gzip.compress(b"{}\n")):
        exported.write_bytes(content)
        report = await cli.prune(signed, directory=tmp_path)
        assert (report.status, report.lines[-1][:14]) == (1, "2020-05 stays:")
        assert exported.read_bytes() == content
    assert (await cli.export(signed, date(2020, 5, 1), tmp_path / "other.jsonl")).status == 0


async def test_partitions_are_listed(database: Database, signed: Settings) -> None:
    listed = (await cli.partitions(signed)).lines
    assert listed[-1].startswith("task_events_default")
    assert len(listed) == 6


def test_the_commands_ask_for_no_secret_that_they_do_not_use(
    owner_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable in declared().values():
        monkeypatch.delenv(variable.name, raising=False)
    monkeypatch.setenv("TASKFLOW_MIGRATION_DATABASE_URL", owner_url)
    assert main(["audit", "verify"]) == NOT_PROVEN
    assert "All 0 rows verify; 0 checkpoints agree.\nNot proven:" in capsys.readouterr().out
    monkeypatch.setenv("TASKFLOW_AUDIT_SIGNING_KEY", "short")
    assert main(["audit", "verify"]) == 1
    assert "TASKFLOW_AUDIT_SIGNING_KEY must have at least" in capsys.readouterr().err


def test_a_month_is_written_as_year_and_month() -> None:
    assert cli.parse_month("2026-11") == date(2026, 11, 1)
    with pytest.raises(ValueError, match="write it as 2026-11"):
        cli.parse_month("November")
