"""Verifying names the first row that was changed, removed, added out of band or cut from the tail."""

import uuid
from datetime import UTC, datetime
from pathlib import Path

from audit_logger.evidence.chain import GENESIS, link
from audit_logger.evidence.signing import Checkpoint, Signer
from taskflow_core.database.pool import Database
from tests.audit_logger.making import KEY, checkpoint, created, finding, life, record, tamper, verdict
from tests.support.connections import connected


async def trail_of_ten(database: Database) -> list[str]:
    """Ten rows; their ids in order."""
    events = [created(f"task-{n}") for n in range(1, 11)]
    await record(database, *events)
    return [event.event_id for event in events]


async def test_a_trail_nobody_touched_verifies(database: Database, tmp_path: Path) -> None:
    await record(database, *life("task-1"))
    await checkpoint(database, tmp_path)
    await record(database, *life("täsk-2 ☂", description="x"))
    answer = await verdict(database, tmp_path)
    assert (answer.finding, answer.rows, answer.head, answer.checkpoints, answer.warnings) == (None, 10, 10, 1, [])


async def test_an_empty_trail_verifies(database: Database, tmp_path: Path) -> None:
    answer = await verdict(database, tmp_path)
    assert (answer.finding, answer.rows) == (None, 0)


CHANGES = (
    "actor_id = 'somebody else'",
    "user_id = 'bob'",
    "data = '{}'",
    "type = 'task.deleted'",
    "version = 7",
    "occurred_at = occurred_at + interval '1 microsecond'",
    "recorded_at = recorded_at - interval '1 second'",
    "task_id = NULL",
    "correlation_id = ''",
    "event_id = gen_random_uuid()",
    "hash = sha256('x')",
    # The same bytes, cut elsewhere.
    r"task_id = task_id || E'\n' || user_id, user_id = actor_id, actor_id = correlation_id, "
    "correlation_id = data, data = ''",
)


async def test_a_changed_row_is_named(database: Database, admin_url: str) -> None:
    ids = await trail_of_ten(database)
    await tamper(admin_url, "CREATE TABLE untouched AS SELECT * FROM task_events WHERE chain_seq = 4")
    for change in CHANGES:
        await tamper(admin_url, f"UPDATE task_events SET {change} WHERE chain_seq = 4")
        found = await finding(database)
        assert (found.kind, found.seq) == ("changed", 4), change
        assert "event_id" in change or found.event_id == ids[3]
        await tamper(
            admin_url,
            "DELETE FROM task_events WHERE chain_seq = 4",
            "INSERT INTO task_events SELECT * FROM untouched",
        )
    assert (await verdict(database)).finding is None


async def test_a_removed_row_is_named_by_its_number(database: Database, admin_url: str) -> None:
    await trail_of_ten(database)
    await tamper(admin_url, "DELETE FROM task_events WHERE chain_seq IN (5, 6, 8)")
    found = await finding(database)
    assert (found.kind, found.seq) == ("removed", 5)


async def test_the_first_row_removed_is_named(database: Database, admin_url: str) -> None:
    await trail_of_ten(database)
    await tamper(admin_url, "DELETE FROM task_events WHERE chain_seq = 1")
    found = await finding(database)
    assert (found.kind, found.seq) == ("removed", 1)


async def test_a_row_added_out_of_band_is_named(database: Database, admin_url: str) -> None:
    await trail_of_ten(database)
    for seq in (-3, 0, 4, 10, 11, 4000):
        stray = uuid.uuid4()
        # The services' role may INSERT: that alone does not put a row in the chain.
        await database.execute(
            "INSERT INTO task_events SELECT $1, occurred_at, recorded_at, type, task_id, user_id, actor_id, version, "
            "correlation_id, data, $2, hash FROM task_events WHERE chain_seq = 5",
            stray,
            seq,
        )
        found = await finding(database)
        assert (found.kind, found.seq, found.event_id) == ("added", seq, str(stray))
        await tamper(admin_url, f"DELETE FROM task_events WHERE event_id = '{stray}'")


async def test_a_row_that_continues_the_chain_and_is_not_in_it_is_named(database: Database) -> None:
    await trail_of_ten(database)
    last = await database.fetchrow("SELECT * FROM task_events WHERE chain_seq = 10")
    assert last is not None
    stray = dict(last) | {"event_id": uuid.uuid4(), "chain_seq": 11}
    stray["hash"] = link(last["hash"], stray)
    places = ", ".join(f"${n}" for n in range(1, len(stray) + 1))
    await database.execute(f"INSERT INTO task_events VALUES ({places})", *stray.values())
    found = await finding(database)
    assert (found.kind, found.seq, found.event_id) == ("added", 11, str(stray["event_id"]))


async def test_a_tail_cut_off_is_named(database: Database, admin_url: str) -> None:
    await trail_of_ten(database)
    await tamper(admin_url, "DELETE FROM task_events WHERE chain_seq > 7")
    found = await finding(database)
    assert (found.kind, found.seq) == ("cut", 8)
    assert "8 to 10" in found.message


CUT_WITH_HEAD = (
    "DELETE FROM task_events WHERE chain_seq > 7",
    "UPDATE audit_chain SET seq = 7, hash = (SELECT hash FROM task_events WHERE chain_seq = 7)",
)


async def test_a_tail_cut_off_together_with_the_head_is_named_by_a_checkpoint(
    database: Database, admin_url: str
) -> None:
    await trail_of_ten(database)
    await checkpoint(database)
    await tamper(admin_url, *CUT_WITH_HEAD)
    found = await finding(database)
    assert (found.kind, found.seq) == ("cut", 8)


async def test_the_checkpoint_outside_the_database_is_enough(
    database: Database, admin_url: str, tmp_path: Path
) -> None:
    await trail_of_ten(database)
    await checkpoint(database, tmp_path)
    emptied = "ALTER TABLE audit_checkpoints DISABLE TRIGGER audit_append_only; TRUNCATE audit_checkpoints"
    await tamper(admin_url, *CUT_WITH_HEAD, emptied)
    assert (await verdict(database)).finding is None  # the database alone cannot know
    found = await finding(database, tmp_path)
    assert (found.kind, found.seq) == ("cut", 8)


async def test_a_trail_rewritten_as_a_whole_is_given_away_by_a_checkpoint(
    database: Database, admin_url: str, tmp_path: Path
) -> None:
    await trail_of_ten(database)
    await checkpoint(database, tmp_path)
    await record(database, created("task-11"))
    rewritten: list[str] = ["UPDATE task_events SET actor_id = 'nobody' WHERE chain_seq = 4"]
    rewritten += [
        f"UPDATE task_events SET hash = audit_hash({before}, chain_seq, event_id, occurred_at, recorded_at, version, "
        f"type, task_id, user_id, actor_id, correlation_id, data) WHERE chain_seq = {seq}"
        for seq in range(1, 12)
        for before in [
            f"decode('{GENESIS.hex()}', 'hex')"
            if seq == 1
            else f"(SELECT hash FROM task_events WHERE chain_seq = {seq - 1})"
        ]
    ]
    rewritten.append("UPDATE audit_chain SET hash = (SELECT hash FROM task_events WHERE chain_seq = 11)")
    await tamper(admin_url, *rewritten)
    found = await finding(database, tmp_path)
    assert (found.kind, found.seq) == ("rewritten", 1)
    assert "at the latest from 10" in found.message


async def test_a_head_that_was_changed_is_noticed(database: Database, admin_url: str) -> None:
    await trail_of_ten(database)
    await tamper(admin_url, "UPDATE audit_chain SET hash = sha256('x')")
    found = await finding(database)
    assert (found.kind, found.seq) == ("changed", 10)


async def test_checkpoints_of_another_key_count_for_nothing_and_are_told(database: Database, tmp_path: Path) -> None:
    await trail_of_ten(database)
    await checkpoint(database, tmp_path, key="another-key-of-32-or-more-characters!")
    answer = await verdict(database, tmp_path)
    assert answer.finding is None
    assert answer.checkpoints == 0
    assert any("not signed with this key" in warning for warning in answer.warnings)


async def test_a_checkpoint_that_a_crash_cut_short_is_told_and_is_no_forgery(
    database: Database, tmp_path: Path
) -> None:
    await trail_of_ten(database)
    await checkpoint(database, tmp_path)
    file = tmp_path / f"checkpoints-{datetime.now(UTC):%Y-%m}.jsonl"
    file.write_bytes(b'{"body":{"at":"2026-11-2' + file.read_bytes())
    answer = await verdict(database, tmp_path)
    assert (answer.finding, answer.checkpoints) == (None, 1)
    assert answer.warnings == [
        "1 lines of the checkpoint archive were cut short (a crash, a full disk) and were passed over"
    ]


async def test_without_a_key_the_answer_says_what_is_not_proven(database: Database) -> None:
    await trail_of_ten(database)
    answer = await verdict(database, key=None)
    assert answer.finding is None
    assert any("TASKFLOW_AUDIT_SIGNING_KEY is not set" in warning for warning in answer.warnings)


def test_a_signature_holds_for_its_own_record_only() -> None:
    signer = Signer(KEY)
    written = signer.write(Checkpoint(seq=1, hash="00", at=datetime(2026, 11, 24, tzinfo=UTC)))
    assert signer.read(written)[1] == "signed"
    assert signer.read(written.replace('"seq":1', '"seq":2'))[1] == "forged"
    assert signer.read("not json") == (None, "forged")


async def test_the_database_and_the_verifier_compute_the_same_hash(database: Database, owner_url: str) -> None:
    async with connected(owner_url) as owner:
        await record(database, created("tâsk ☂ 𝄞", title='“Zitat” \\ " \u2028'), *life("task-2"))
        before = GENESIS
        for row in await owner.fetch("SELECT * FROM task_events ORDER BY chain_seq"):
            assert link(before, dict(row)) == row["hash"]
            before = row["hash"]
