"""Checkpoints are linked, and nothing is signed that does not go on from the last archived one."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest

from audit_logger import cli
from audit_logger.evidence.archive import Archive, ArchiveError, ArchiveGrewError, Stamp
from audit_logger.evidence.signing import NOTHING_BEFORE, Checkpoint, Signer, hash_of
from audit_logger.verification.checkpoints import Checkpoints, RefusedError
from audit_logger.verification.proof import NOT_PROVEN, NOT_SEALED, PROVEN, WRONG
from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from tests.audit_logger.making import KEY, checkpoint, created, finding, record, tamper, verdict
from tests.support.connections import connected

SIGNER = Signer(KEY)
REWIND = (
    "DELETE FROM task_events WHERE chain_seq > {0}",
    "UPDATE audit_chain SET (seq, hash) = (SELECT chain_seq, hash FROM task_events WHERE chain_seq = {0})",
)


def archived(directory: Path) -> list[str]:
    return Archive(str(directory)).read().records


def said(text: str) -> Checkpoint:
    body, proof = SIGNER.read(text)
    assert proof == "signed"
    assert isinstance(body, Checkpoint)
    return body


async def rows(database: Database, count: int) -> None:
    await record(database, *(created() for _ in range(count)))


async def rewind(admin_url: str, to: int) -> None:
    """Take rows away together with the head, as if they had never been."""
    await tamper(admin_url, *(statement.format(to) for statement in REWIND))


async def sealed_as_before(database: Database, directory: Path, at: datetime) -> str:
    """A checkpoint as earlier releases wrote it: without a link."""
    head = await database.fetchrow("SELECT seq, hash FROM audit_chain")
    assert head is not None
    text = SIGNER.write(Checkpoint(seq=head["seq"], hash=head["hash"].hex(), at=at))
    assert '"before"' not in text
    await Archive(str(directory)).add(text, at)
    await database.execute("INSERT INTO audit_checkpoints VALUES ($1, $2, $3)", head["seq"], at, text)
    return text


async def test_each_names_the_one_before(database: Database, tmp_path: Path) -> None:
    for _ in range(3):
        await rows(database, 2)
        await checkpoint(database, tmp_path)
    first, second, third = archived(tmp_path)
    assert [said(one).before for one in (first, second, third)] == [NOTHING_BEFORE, hash_of(first), hash_of(second)]
    answer = await verdict(database, tmp_path)
    assert (answer.findings, answer.checkpoints, answer.unsealed) == ([], 3, 0)


async def test_unlinked_ones_of_before_go_on_verifying_and_the_next_names_the_last(
    database: Database, tmp_path: Path
) -> None:
    for days in (3, 2, 2):
        await rows(database, 1)
        at = datetime.now(UTC) - timedelta(days=days)
        last = await sealed_as_before(database, tmp_path, at)
        again = await sealed_as_before(database, tmp_path, at + timedelta(seconds=1))  # as a restart did
        assert hash_of(last) != hash_of(again)
    assert (await verdict(database, tmp_path)).findings == []
    await rows(database, 1)
    await checkpoint(database, tmp_path)
    assert said(archived(tmp_path)[-1]).before == hash_of(again)
    assert (await verdict(database, tmp_path)).findings == []


async def test_a_release_of_before_may_come_between(database: Database, tmp_path: Path) -> None:
    await rows(database, 1)
    await checkpoint(database, tmp_path)
    await rows(database, 1)
    between = await sealed_as_before(database, tmp_path, datetime.now(UTC))
    await rows(database, 1)
    await checkpoint(database, tmp_path)
    assert said(archived(tmp_path)[-1]).before == hash_of(between)
    assert (await verdict(database, tmp_path)).findings == []


async def test_a_trail_taken_back_to_an_earlier_state_gets_no_second_checkpoint_of_a_number(
    database: Database, admin_url: str, tmp_path: Path
) -> None:
    await rows(database, 3)
    await checkpoint(database, tmp_path)
    await rows(database, 3)
    await checkpoint(database, tmp_path)
    await rewind(admin_url, 4)
    with pytest.raises(RefusedError, match="a checkpoint knows 6: rows were cut"):
        await checkpoint(database, tmp_path)
    await rows(database, 2)
    with pytest.raises(RefusedError, match="the trail was rewritten"):
        await checkpoint(database, tmp_path)
    await rows(database, 2)
    with pytest.raises(RefusedError, match="do not verify"):
        await checkpoint(database, tmp_path)
    assert len(archived(tmp_path)) == await database.fetchval("SELECT count(*) FROM audit_checkpoints") == 2


async def test_what_the_database_lost_the_archive_still_refuses(
    database: Database, admin_url: str, tmp_path: Path
) -> None:
    await rows(database, 4)
    await checkpoint(database, tmp_path)
    await rewind(admin_url, 2)
    await tamper(admin_url, "ALTER TABLE audit_checkpoints DISABLE TRIGGER ALL; TRUNCATE audit_checkpoints")
    await rows(database, 2)
    with pytest.raises(RefusedError):
        await checkpoint(database, tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE task_events SET actor_id = 'nobody' WHERE chain_seq = 5",
        "DELETE FROM task_events WHERE chain_seq = 5",
        "INSERT INTO task_events SELECT gen_random_uuid(), occurred_at, recorded_at, type, task_id, user_id, actor_id, "
        "version, correlation_id, data, 5, hash FROM task_events WHERE chain_seq = 5",
    ],
)
async def test_rows_since_the_last_are_verified_before_they_are_signed(
    database: Database, admin_url: str, tmp_path: Path, change: str
) -> None:
    await rows(database, 3)
    await checkpoint(database, tmp_path)
    await rows(database, 3)
    await tamper(admin_url, change)
    with pytest.raises(RefusedError, match="do not verify"):
        await checkpoint(database, tmp_path)


async def test_two_signed_ones_of_a_number_that_contradict_each_other_are_a_finding(
    database: Database, admin_url: str, tmp_path: Path
) -> None:
    """As an earlier release, or one that was told of another directory, could be brought to sign them."""
    await rows(database, 4)
    await checkpoint(database, tmp_path)
    await rewind(admin_url, 3)
    await tamper(admin_url, "ALTER TABLE audit_checkpoints DISABLE TRIGGER ALL; TRUNCATE audit_checkpoints")
    await rows(database, 1)
    await checkpoint(database, tmp_path / "another")
    answer = await verdict(database, tmp_path)
    assert {found.kind for found in answer.findings} == {"rewritten", "contradicted"}
    (contradiction,) = [found for found in answer.findings if found.kind == "contradicted"]
    assert contradiction.seq == 4
    assert "Two signed checkpoints of row 4 contradict each other" in contradiction.message


async def test_one_taken_out_of_the_archive_and_the_database_is_missed(
    database: Database, admin_url: str, tmp_path: Path
) -> None:
    for _ in range(3):
        await rows(database, 2)
        await checkpoint(database, tmp_path)
    file = tmp_path / f"checkpoints-{datetime.now(UTC):%Y-%m}.jsonl"
    first, _, third = archived(tmp_path)
    file.write_text(f"{first}\n{third}\n")
    assert (await verdict(database, tmp_path)).findings == [], "the database has it still"
    await tamper(
        admin_url,
        "ALTER TABLE audit_checkpoints DISABLE TRIGGER ALL; DELETE FROM audit_checkpoints WHERE seq = 4",
    )
    found = await finding(database, tmp_path)
    assert (found.kind, found.seq) == ("unlinked", 6)


async def test_one_between_two_that_follow_each_other_is_a_finding(database: Database, tmp_path: Path) -> None:
    for _ in range(2):
        await rows(database, 2)
        await checkpoint(database, tmp_path)
    first = archived(tmp_path)[0]
    hash_ = (await database.fetchval("SELECT hash FROM task_events WHERE chain_seq = 3")).hex()
    fork = SIGNER.write(Checkpoint(seq=3, hash=hash_, at=datetime.now(UTC), before=hash_of(first)))
    await Archive(str(tmp_path)).add(fork, datetime.now(UTC))
    found = (await verdict(database, tmp_path)).findings
    assert [(one.kind, one.seq) for one in found] == [("unlinked", 4)]


async def test_a_crash_between_the_archive_and_the_database_is_mended(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = Checkpoints(database, SIGNER, Archive(str(tmp_path)))

    async def crash(*_: object) -> str:
        raise ConnectionError

    for _ in range(2):
        await rows(database, 1)
        with monkeypatch.context() as patched:
            patched.setattr(database, "execute", crash)
            with pytest.raises(ConnectionError):
                await checkpoints.make(datetime.now(UTC))
        assert (await verdict(database, tmp_path)).findings == []
    await rows(database, 1)
    assert await checkpoints.make(datetime.now(UTC))
    assert await database.fetchval("SELECT count(*) FROM audit_checkpoints") == 3
    assert (await verdict(database, tmp_path)).findings == []


async def test_it_is_not_made_again_after_a_restart(database: Database, tmp_path: Path) -> None:
    await rows(database, 1)
    await checkpoint(database, tmp_path)
    assert not await Checkpoints(database, SIGNER, Archive(str(tmp_path))).make(datetime.now(UTC))
    assert len(archived(tmp_path)) == 1


async def test_of_two_who_write_at_once_the_second_goes_on_from_the_first(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rows(database, 1)
    one, other = (Checkpoints(database, SIGNER, Archive(str(tmp_path))) for _ in range(2))
    add = Archive.add
    met = asyncio.Barrier(2)

    async def together(self: Archive, text: str, at: datetime, *, since: Stamp | None = None) -> Stamp:
        if met.n_waiting or not archived(tmp_path):
            await met.wait()
        return await add(self, text, at, since=since)

    monkeypatch.setattr(Archive, "add", together)
    made = await asyncio.gather(one.make(datetime.now(UTC)), other.make(datetime.now(UTC)))
    assert sorted(made) == [False, True]
    assert len(archived(tmp_path)) == 1


async def test_an_archive_that_others_keep_writing_to_is_a_failure(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def grew(*_: object, **__: object) -> Stamp:
        raise ArchiveGrewError

    await rows(database, 1)
    monkeypatch.setattr(Archive, "add", grew)
    with pytest.raises(ArchiveError, match="others keep writing"):
        await checkpoint(database, tmp_path)


async def test_a_new_directory_after_a_restored_backup_goes_on_from_what_the_database_has(
    database: Database, admin_url: str, tmp_path: Path
) -> None:
    await rows(database, 2)
    await checkpoint(database, tmp_path / "old")
    await rows(database, 2)
    await checkpoint(database, tmp_path / "old")
    await rewind(admin_url, 2)
    delete = "DELETE FROM audit_checkpoints WHERE seq = 4"
    await tamper(admin_url, "ALTER TABLE audit_checkpoints DISABLE TRIGGER ALL", delete)
    assert (await finding(database, tmp_path / "old")).kind == "cut"
    await rows(database, 3)
    await checkpoint(database, tmp_path / "new")
    answer = await verdict(database, tmp_path / "new")
    assert (answer.findings, answer.checkpoints) == ([], 2)


async def test_a_new_key_begins_anew_beside_records_of_the_old_one(database: Database, tmp_path: Path) -> None:
    await rows(database, 2)
    await checkpoint(database, tmp_path / "old", key="another-key-of-32-or-more-characters!")
    await rows(database, 2)
    await checkpoint(database, tmp_path / "new")
    answer = await verdict(database, tmp_path / "new")
    assert (answer.findings, answer.checkpoints, len(answer.warnings)) == ([], 1, 1)


async def test_the_status_tells_proven_from_not_sealed_from_not_proven_from_wrong(
    database: Database, settings: Settings, admin_url: str, tmp_path: Path
) -> None:
    signed = msgspec.structs.replace(settings, audit_signing_key=KEY, audit_checkpoint_dir=str(tmp_path))
    await rows(database, 3)
    report = await cli.verify(signed)
    assert (report.status, report.lines[-1][:29]) == (NOT_SEALED, "Not yet sealed: the last 3 ro")
    await checkpoint(database, tmp_path)
    assert (await cli.verify(signed)).status == PROVEN
    await rows(database, 2)
    report = await cli.verify(signed)
    assert (report.status, report.lines[-1][:29]) == (NOT_SEALED, "Not yet sealed: the last 2 ro")
    report = await cli.verify(settings)
    assert (report.status, report.lines[-1][:11]) == (NOT_PROVEN, "Not proven:")
    await tamper(admin_url, "DELETE FROM task_events WHERE chain_seq = 2")
    assert (await cli.verify(signed)).status == (await cli.verify(settings)).status == WRONG
    assert len({PROVEN, WRONG, NOT_SEALED, NOT_PROVEN, 2}) == 5, "2 is argparse's"


async def test_a_record_of_pruning_whose_month_came_back_vouches_for_nothing(
    database: Database, settings: Settings, app_url: str, owner_url: str, tmp_path: Path
) -> None:
    signed = msgspec.structs.replace(settings, audit_signing_key=KEY, audit_checkpoint_dir=str(tmp_path))
    await record(database, created("old", at=datetime(2020, 5, 5, tzinfo=UTC)), created())
    await cli.partitions(signed)
    await cli.prune(msgspec.structs.replace(signed, migration_database_url=app_url))
    kept = await database.fetchrow("SELECT * FROM audit_pruned")
    assert kept is not None
    await cli.restore(signed, datetime(2020, 5, 1, tzinfo=UTC).date())
    await checkpoint(database, tmp_path)
    assert (await cli.verify(signed)).status == PROVEN
    async with connected(owner_url) as owner:
        await owner.execute("DROP TABLE task_events_2020_05")
        await owner.execute("INSERT INTO audit_pruned VALUES ($1, $2, $3, $4, now())", *list(kept.values())[:4])
    report = await cli.verify(signed)
    assert "removed: row 1" in report.lines
    assert any(line.startswith("A record of pruning is used again") for line in report.lines)


async def test_months_that_are_moved_meanwhile_are_no_finding(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    signed = msgspec.structs.replace(settings, audit_signing_key=KEY, audit_checkpoint_dir=str(tmp_path))
    checkpoints = Checkpoints(database, SIGNER, Archive(str(tmp_path)))

    async def moving() -> None:
        for month in range(1, 7):
            await record(database, created(at=datetime(2020, month, 5, tzinfo=UTC)))
            # Upkeep gives up after five seconds as well, and comes again.
            with contextlib.suppress(asyncpg.LockNotAvailableError):
                await database.execute("SELECT audit_sort_default()")

    work = asyncio.create_task(moving())
    while not work.done():
        assert (await cli.verify(signed)).status != WRONG
        await checkpoints.make(datetime.now(UTC))
    await work
