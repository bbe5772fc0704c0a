"""Rows that earlier releases wrote in the clear are encrypted, once; the trail proves what it says all the while."""

from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from audit_logger import sealing
from audit_logger.encryption.contents import canonical, content_of
from audit_logger.evidence.archive import Archive, ArchiveError, Stamp
from audit_logger.evidence.signing import Signer
from audit_logger.retention.pruning import RetentionError, detach_old, put_back
from audit_logger.sealing import SealingJob, SealingRefusedError
from audit_logger.trail.queries import items
from audit_logger.trail.records import record_of
from audit_logger.verification.checkpoints import Checkpoints, RefusedError
from audit_logger.verification.verify import verify
from taskflow_core.bus.delivery import is_outage
from taskflow_core.database.pool import Database
from taskflow_core.events.model import Event
from tests.audit_logger.making import KEY, checkpoint, created, keys, life, record, tamper, verdict
from tests.support.connections import connected

_PLAIN = "SELECT audit_append($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_OF_BEFORE = "UPDATE audit_sealing SET done_at = NULL"
OLD = datetime(2020, 5, 5, tzinfo=UTC)


async def plain(database: Database, *events: Event) -> None:
    """What a pod of the release before does."""
    records = [record_of(event) for event in events]
    contents = [content_of(event) for event in events]
    await database.execute(
        _PLAIN,
        *(
            [getattr(one, name) for one in records]
            for name in ("event_id", "occurred_at", "type", "task_id", "user_id", "actor_id", "version")
        ),
        [one.correlation_id for one in records],
        [canonical(one.clear | one.written).decode() for one in contents],
    )


def job(database: Database, out: Path | None = None, key: str | None = KEY) -> SealingJob:
    archive = Archive(None if out is None else str(out))
    return SealingJob(database, keys(database), Signer(key), archive)


async def seals(made: SealingJob) -> int:
    """To the end; in how many steps."""
    steps = 1
    while await made.step(datetime.now(UTC)):
        steps += 1
    return steps


async def texts(database: Database) -> str:
    return str(await database.fetch("SELECT data FROM task_events"))


@pytest.fixture
async def of_before(database: Database, owner_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A trail of 23 plain rows with a checkpoint after 10; the archive's directory."""
    monkeypatch.setattr(sealing, "BATCH", 4)
    out = tmp_path / "out"
    async with connected(owner_url) as owner:
        await owner.execute(_OF_BEFORE)
    await plain(database, *life("a", user="anna"), *life("b", user="bob"))
    await checkpoint(database, out)
    await plain(database, *(created(user=f"user-{n}", title=f"Plain {n}") for n in range(13)))
    return out


async def test_rows_are_encrypted_and_read_as_before(database: Database, of_before: Path) -> None:
    shown_before = await items(
        keys(database), await database.fetch("SELECT *, false AS checkpointed FROM task_events ORDER BY chain_seq")
    )
    made = job(database, of_before)
    while await made.step(datetime.now(UTC)):
        during = await verdict(database, of_before)
        assert (during.findings, during.rows) == ([], 23)
    await checkpoint(database, of_before)
    after = await verdict(database, of_before)
    assert (after.findings, after.rows, after.unsealed, after.warnings) == ([], 23, 0, [])
    assert "Plain" not in await texts(database)
    assert "cactus" not in await texts(database)
    shown = await items(
        keys(database), await database.fetch("SELECT *, false AS checkpointed FROM task_events ORDER BY chain_seq")
    )
    assert shown == shown_before


async def test_events_are_added_and_checkpoints_made_meanwhile(database: Database, of_before: Path) -> None:
    made, more = job(database, of_before), True
    for number in range(100):
        if number % 2 and number < 8:
            await plain(database, created(title="Plain of an old pod"))
            await record(database, created(title="New"))
            await checkpoint(database, of_before)
        elif not (more := more and await made.step(datetime.now(UTC))):
            break
        assert (await verdict(database, of_before)).findings == []
    await record(database, created(title="After"))
    await checkpoint(database, of_before)  # the end of what was before, with the head it had
    await checkpoint(database, of_before)
    after = await verdict(database, of_before)
    assert (after.findings, after.rows, after.unsealed) == ([], 32, 0)
    assert "Plain" not in await texts(database)


class _Failing(Archive):
    """An archive whose disk is full, or which is killed right after it wrote, at one of the calls."""

    def __init__(self, out: Path, at: int, *, written: bool) -> None:
        super().__init__(str(out))
        self.left, self.written = at, written

    async def add(self, record: str, at: datetime, *, since: Stamp | None = None) -> Stamp:
        self.left -= 1
        if self.left == 0 and not self.written:
            raise ArchiveError("full")
        stamp = await super().add(record, at, since=since)
        if self.left == 0:
            raise KeyboardInterrupt
        return stamp


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("at", [1, 3, 6])
async def test_a_crash_at_any_step_costs_that_step(database: Database, of_before: Path, at: int, written: bool) -> None:
    failing = SealingJob(database, keys(database), Signer(KEY), _Failing(of_before, at, written=written))
    with pytest.raises((ArchiveError, KeyboardInterrupt)):
        await seals(failing)
    assert await database.fetchval("SELECT seq FROM audit_sealing") == 4 * (at - 1)
    assert (await verdict(database, of_before)).findings == []
    await seals(job(database, of_before))
    await checkpoint(database, of_before)
    after = await verdict(database, of_before)
    assert (after.findings, after.rows) == ([], 23)
    assert "Plain" not in await texts(database)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE task_events SET data = '{}' WHERE chain_seq = 7",
        "UPDATE task_events SET actor_id = 'mallory' WHERE chain_seq = 7",
        "DELETE FROM task_events WHERE chain_seq = 7",
        "UPDATE task_events SET hash = sha256('x') WHERE chain_seq = 7",
    ],
)
async def test_what_was_tampered_with_is_not_laundered(
    database: Database, of_before: Path, owner_url: str, change: str
) -> None:
    await tamper(owner_url, change)
    with pytest.raises(SealingRefusedError, match="row 7 does not verify"):
        await seals(job(database, of_before))
    assert await database.fetchval("SELECT seq FROM audit_sealing") == 4
    assert (await verdict(database, of_before)).findings[0].seq == 7


async def test_a_trail_that_was_rewritten_as_a_whole_is_not_either(
    database: Database, of_before: Path, owner_url: str
) -> None:
    rewrite = """
    DO $$ DECLARE one record; link bytea := decode(repeat('00', 32), 'hex'); BEGIN
    FOR one IN SELECT * FROM task_events ORDER BY chain_seq LOOP
        link := audit_hash(link, one.chain_seq, one.event_id, one.occurred_at, one.recorded_at, one.version, one.type,
            one.task_id, one.user_id, one.actor_id, one.correlation_id, one.data);
        UPDATE task_events SET hash = link WHERE chain_seq = one.chain_seq;
    END LOOP; UPDATE audit_chain SET hash = link; END $$
    """
    await tamper(owner_url, "UPDATE task_events SET actor_id = 'mallory' WHERE chain_seq = 7", rewrite)
    with pytest.raises(SealingRefusedError, match="row 10 is not the one that a checkpoint knows"):
        await seals(job(database, of_before))


async def test_who_changes_rows_or_the_position_meanwhile_is_found(
    database: Database, of_before: Path, owner_url: str
) -> None:
    """Whatever they do, they cannot sign it: the job goes no further, no checkpoint is made, and it is a finding."""
    made = job(database, of_before)
    await made.step(datetime.now(UTC))
    row = await database.fetchrow("SELECT seq, data FROM task_events JOIN audit_chain ON true WHERE chain_seq = 5")
    assert row is not None
    seal = "SELECT * FROM audit_seal(ARRAY[5]::bigint[], ARRAY[NULL]::bytea[], ARRAY['{}'], '{}', '{}')"
    await database.execute(seal)  # as the services' role
    with pytest.raises(SealingRefusedError, match="no signed record"):
        await made.step(datetime.now(UTC))
    with pytest.raises(RefusedError, match="no signed record"):
        await Checkpoints(database, Signer(KEY), Archive(str(of_before))).make(datetime.now(UTC))
    found = (await verdict(database, of_before)).findings
    assert ("rewritten", 5) in [(one.kind, one.seq) for one in found]
    await tamper(owner_url, "UPDATE audit_sealing SET seq = 3")
    assert (await verdict(database, of_before)).findings


async def test_the_function_goes_forward_only_and_never_again_when_it_is_done(
    database: Database, of_before: Path, owner_url: str
) -> None:
    seal = "SELECT * FROM audit_seal(ARRAY[{}]::bigint[], ARRAY[NULL]::bytea[], ARRAY['{{}}'], '{{}}', '{{}}')"
    await job(database, of_before).step(datetime.now(UTC))
    for number in (1, 4, 6, 99):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.execute(seal.format(number))
    await seals(job(database, of_before))
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="do not change any more"):
        await database.execute(seal.format(24))
    async with connected(owner_url) as owner:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to"):
            await owner.execute("UPDATE task_events SET data = '{}'")


async def test_pods_of_before_wait_once_all_is_encrypted(database: Database, of_before: Path) -> None:
    await plain(database, created())
    await seals(job(database, of_before))
    with pytest.raises(asyncpg.PostgresError, match="too old") as refused:
        await plain(database, created())
    assert is_outage(refused.value)
    await record(database, created())


async def test_of_who_was_erased_nothing_is_kept(database: Database, of_before: Path) -> None:
    await database.execute("SELECT audit_destroy_key('user-3')")
    made = job(database, of_before)
    await made.step(datetime.now(UTC))
    await database.execute("SELECT audit_destroy_key('bob')")
    await seals(made)
    assert "Plain 3" not in await texts(database)
    found = await items(
        keys(database), await database.fetch("SELECT *, false AS checkpointed FROM task_events ORDER BY chain_seq")
    )
    assert {item.content for item in found if item.user_id in ("user-3",)} == {"erased"}
    assert (await verdict(database, of_before)).findings == []


async def test_it_waits_for_a_key_that_was_changed(database: Database, of_before: Path, owner_url: str) -> None:
    """Nothing is left out for it and nothing passed over; with the key of before it goes on."""
    await record(database, created(user="bob"))
    flip = "UPDATE audit_keys SET wrapped = set_byte(wrapped, 30, get_byte(wrapped, 30) # 1)"
    await tamper(owner_url, flip)
    made = job(database, of_before)
    with pytest.raises(SealingRefusedError, match="of 1 users: the key"):
        await seals(made)
    assert (await verdict(database, of_before)).findings == []
    await tamper(owner_url, flip)
    await seals(made)
    assert "Plain" not in await texts(database)


async def test_who_sets_it_back_afterwards_is_found(database: Database, of_before: Path, owner_url: str) -> None:
    await seals(job(database, of_before))
    await checkpoint(database, of_before)
    await tamper(owner_url, _OF_BEFORE)
    assert "for good" in (await verdict(database, of_before)).findings[-1].message
    with pytest.raises(SealingRefusedError, match="once already"):
        await job(database, of_before).step(datetime.now(UTC))


async def test_months_that_left_before_verify_and_do_not_come_back(
    database: Database, owner_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "BATCH", 4)
    out = tmp_path / "out"
    archive, signer, now = Archive(str(out)), Signer(KEY), datetime.now(UTC)
    async with connected(owner_url) as owner:
        await plain_months(database, owner, out)
        [relation] = await detach_old(owner, signer, archive, keep=24, now=now, as_owner=True)
        await owner.execute(_OF_BEFORE)
        with pytest.raises(RetentionError, match="is encrypted"):
            await detach_old(owner, signer, archive, keep=24, now=now, as_owner=True)
        await seals(job(database, out))
        await checkpoint(database, out)
        found = await verify(owner, signer, archive)  # who may read the month that was detached
        assert (found.findings, found.pruned) == ([], 2)
        await owner.execute("UPDATE audit_old_hashes SET hash = sha256('x')")
        assert "does not hold the rows" in (await verify(owner, signer, archive)).findings[0].message
        with pytest.raises(RetentionError, match="was detached before"):
            await put_back(owner, signer, archive, OLD.date().replace(day=1), now)
        assert relation.startswith("task_events_2020_05")


async def plain_months(database: Database, owner: asyncpg.Connection, out: Path) -> None:
    """Rows of now with two of May 2020 among them."""
    await owner.execute("SELECT audit_ensure_partition('2020-05-01')")
    await owner.execute(_OF_BEFORE)
    for number in range(4):
        await plain(database, created(f"now-{number}"), created(f"now-too-{number}"))
        if number in (1, 2):
            await plain(database, created(f"old-{number}", at=OLD))
    await checkpoint(database, out)
    await owner.execute("UPDATE audit_sealing SET done_at = now()")  # months go, as in the release before
