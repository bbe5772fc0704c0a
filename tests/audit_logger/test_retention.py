"""Old months leave the trail in order: verified, noted, detached, dropped; the rest still verifies."""

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from audit_logger.evidence.archive import Archive
from audit_logger.evidence.signing import Signer
from audit_logger.retention.export import ExportError, export_month
from audit_logger.retention.pruning import RetentionError, detach_old, detached, put_back
from audit_logger.trail.partitions import attached, month_of, sort_default
from taskflow_core.database.pool import Database
from tests.audit_logger.making import (
    KEY,
    checkpoint,
    created,
    drop,
    finding,
    let_days_go_by,
    life,
    record,
    tamper,
    verdict,
)
from tests.support.connections import connected


def months_ago(count: int, day: int = 15) -> datetime:
    """A day of an earlier month."""
    month = month_of(datetime.now(UTC).date(), -count)
    return datetime(month.year, month.month, day, tzinfo=UTC)


async def old_trail(database: Database) -> None:
    """Rows 1 to 3 of 30 months ago, with row 2 of today among them; 4 and 5 of 26 months ago; the rest of today."""
    old, older = months_ago(26), months_ago(30)
    await record(database, created("old-1", at=older), created("new-1"), created("old-2", at=older))
    await record(database, created("old-3", at=old), created("old-4", at=old), *life("new-2"))
    async with database.acquire() as connection:
        await sort_default(connection)


async def prune(database: Database, directory: Path | None = None, *, keep: int = 24) -> list[str]:
    """Detach what is older."""
    async with database.acquire() as connection:
        archive = Archive(None if directory is None else str(directory))
        return await detach_old(connection, Signer(KEY), archive, keep=keep, now=datetime.now(UTC))


async def test_the_trail_verifies_after_pruning_and_later_changes_are_still_found(
    database: Database, admin_url: str, owner_url: str, tmp_path: Path
) -> None:
    await old_trail(database)
    await checkpoint(database, tmp_path)
    assert len(await prune(database, tmp_path)) == 2
    answer = await verdict(database, tmp_path)
    assert (answer.finding, answer.rows, answer.pruned, answer.head) == (None, 6, 4, 10)
    await let_days_go_by(owner_url, 30)
    async with database.acquire() as connection:
        assert len(await drop(connection)) == 2
    await record(database, created("new-3"))
    assert (await verdict(database, tmp_path)).finding is None
    await tamper(admin_url, "UPDATE task_events SET actor_id = 'x' WHERE chain_seq = 7")
    found = await finding(database, tmp_path)
    assert (found.kind, found.seq) == ("changed", 7)


async def test_months_within_the_retention_stay(database: Database) -> None:
    await old_trail(database)
    assert await prune(database, keep=40) == []
    assert len(await prune(database, keep=28)) == 1
    async with database.acquire() as connection:
        months = [p.month for p in await attached(connection)]
    assert months_ago(26, 1).date() in months
    assert months_ago(30, 1).date() not in months


async def test_rows_deleted_by_hand_are_not_covered_up_by_pruning(database: Database, admin_url: str) -> None:
    await old_trail(database)
    await tamper(admin_url, "DELETE FROM task_events WHERE chain_seq = 4")
    with pytest.raises(RetentionError, match="does not verify"):
        await prune(database)
    found = await finding(database)
    assert (found.kind, found.seq) == ("removed", 4)


async def test_a_record_of_pruning_without_the_key_covers_nothing(database: Database, admin_url: str) -> None:
    await old_trail(database)
    forged = Signer("another-key-of-32-or-more-characters!")
    async with database.acquire() as connection:
        await detach_old(connection, forged, Archive(None), keep=24, now=datetime.now(UTC))
    found = await finding(database)
    assert (found.kind, found.seq) == ("removed", 1)


async def test_a_month_that_came_back_goes_again(database: Database) -> None:
    await old_trail(database)
    await prune(database)
    late = created("late", at=months_ago(26, day=3))
    await record(database, late)
    async with database.acquire() as connection:
        assert await sort_default(connection) == 1
    assert len(await prune(database)) == 1
    answer = await verdict(database)
    assert (answer.finding, answer.pruned) == (None, 5)
    async with database.acquire() as connection:
        assert len(await detached(connection)) == 3


async def test_detached_months_are_dropped_after_their_days_of_grace_only(database: Database, owner_url: str) -> None:
    await old_trail(database)
    await prune(database)
    for days, left in ((0, 30), (29, 1), (1, 0)):
        await let_days_go_by(owner_url, days)
        async with database.acquire() as connection:
            assert [one.days_left for one in await detached(connection)] == [left, left]
            assert len(await drop(connection)) == (0 if left else 2)


async def test_days_without_upkeep_are_no_days_of_grace(database: Database, owner_url: str) -> None:
    await old_trail(database)
    await prune(database)
    async with connected(owner_url) as owner:
        await owner.execute("UPDATE audit_pruned SET detached_at = now() - interval '3 years'")
    async with database.acquire() as connection:
        assert await drop(connection) == []


async def test_a_month_is_put_back_and_everything_verifies(database: Database, owner_url: str) -> None:
    await old_trail(database)
    await prune(database)
    late = created("late", at=months_ago(26, day=3))
    await record(database, late)
    async with database.acquire() as connection:
        await sort_default(connection)
    await prune(database)
    async with connected(owner_url) as owner:
        assert await put_back(owner, Signer(KEY), Archive(None), months_ago(26, 1).date(), datetime.now(UTC)) == 3
        with pytest.raises(RetentionError, match="is not detached"):
            await put_back(owner, Signer(KEY), Archive(None), months_ago(26, 1).date(), datetime.now(UTC))
    answer = await verdict(database)
    assert (answer.finding, answer.rows, answer.pruned) == (None, 9, 2)
    assert len(await prune(database)) == 1


async def test_a_month_is_exported_whole_before_and_after_it_is_detached(
    database: Database, owner_url: str, tmp_path: Path
) -> None:
    await old_trail(database)
    month = months_ago(26, 1).date()
    async with connected(owner_url) as owner:
        assert await export_month(owner, month, tmp_path / "before.jsonl") == 2
        await prune(database)
        assert await export_month(owner, month, tmp_path / "after.jsonl.gz") == 2
        lines = (tmp_path / "before.jsonl").read_text().splitlines()
        assert gzip.decompress((tmp_path / "after.jsonl.gz").read_bytes()).decode().splitlines() == lines
        assert (tmp_path / "before.jsonl").stat().st_mode & 0o777 == 0o600
        rows = [json.loads(line) for line in lines]
        assert [(row["task_id"], row["chain_seq"]) for row in rows] == [("old-3", 4), ("old-4", 5)]
        assert rows[0]["data"]["changes"] == {"title": None}, "what was written is in the file as it is in the trail"
        assert isinstance(rows[0]["data"]["sealed"], str)
        with pytest.raises(ExportError, match="is there already"):
            await export_month(owner, month, tmp_path / "before.jsonl")
        with pytest.raises(ExportError, match="There is no 1999-01"):
            await export_month(owner, date(1999, 1, 1), tmp_path / "none.jsonl")
        assert not list(tmp_path.glob("*.part"))  # noqa: ASYNC240  # a directory of three files


async def test_the_floor_in_the_database_holds_against_a_careless_setting(database: Database) -> None:
    await record(database, created("task-1", at=months_ago(2)))
    async with database.acquire() as connection:
        await sort_default(connection)
    with pytest.raises(RetentionError, match="the last 3 months of the audit trail stay"):
        await prune(database, keep=0)
