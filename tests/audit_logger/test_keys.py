"""Keys of users: made once, never used after they were destroyed, wrapped by a secret that may change."""

import asyncio
import uuid

import msgspec
import pytest

from audit_logger.app import create_service
from audit_logger.encryption.wrapping import DamagedError, UnknownWrappingError, UserKey, Wrapper, new_key, nonces
from audit_logger.handlers import Audit
from audit_logger.trail.queries import AuditItem, items
from audit_logger.trail.writing import Trail
from taskflow_core.bus.delivery import is_outage
from taskflow_core.bus.port import SUCCESS, Verdict
from taskflow_core.database.pool import Database
from taskflow_core.service.composition import Runtime
from taskflow_core.settings import Settings
from taskflow_core.settings_checks import SettingsError
from taskflow_core.user_hash import user_hash
from tests.audit_logger.conftest import Ask
from tests.audit_logger.making import ENCRYPTION_KEY, created, keys, life, record, tamper, trail, verdict
from tests.support.clock import MovableClock
from tests.support.connections import connected

OTHER = "another-key-of-keys-of-32-or-more-characters"
_DESTROY = "SELECT audit_destroy_key($1)"


async def shown(database: Database, *secrets: str) -> list[AuditItem]:
    """The trail as its readers see it."""
    rows = await database.fetch("SELECT *, false AS checkpointed FROM task_events ORDER BY chain_seq")
    return await items(keys(database, *secrets), rows)


def title_of(item: AuditItem) -> str | None:
    change = item.data["changes"]["title"]
    return None if change is None else change["new"]


async def test_after_an_erasure_rows_say_what_changed_and_not_to_what(database: Database) -> None:
    await record(database, *life("t", user="anna"), created("u", user="bob"))
    before = await verdict(database)
    await database.execute(_DESTROY, "anna")
    [made, changed, reminder, completed, _, bobs] = await shown(database)
    assert (made.content, made.data["changes"]) == ("erased", {"title": None})
    assert changed.data["changes"] == {"title": None, "description": None}
    assert {reminder.content, completed.content, bobs.content} == {msgspec.UNSET}
    assert title_of(bobs) == "Water the plants"
    after = await verdict(database)
    assert (after.finding, after.rows) == (before.finding, before.rows) == (None, 6)


async def test_what_comes_later_is_recorded_without_content_and_no_key_is_made(database: Database) -> None:
    await record(database, created(user="anna"))
    for user in ("anna", "never-had-one"):
        await database.execute(_DESTROY, user)
        await record(database, created(user=user, title="too late"))
    found = await shown(database)
    assert [(item.content, title_of(item)) for item in found] == [("erased", None)] * 3
    assert await database.fetchval("SELECT count(*) FROM audit_keys WHERE wrapped IS NOT NULL") == 0
    assert "too late" not in str(await database.fetch("SELECT data FROM task_events"))


async def test_a_key_in_another_process_memory_is_not_used_after_it_was_destroyed(database: Database) -> None:
    """Also where it is destroyed between that process's look at it and its writing."""
    one = trail(database)
    audit = Audit(one)
    assert await audit([created(user="anna")]) == [SUCCESS]
    held = one._keys.for_writing  # pyright: ignore[reportPrivateUsage]
    looks = 0

    async def look_then_lose(users: set[str]) -> dict[str, UserKey]:
        nonlocal looks
        found = await held(users)
        if (looks := looks + 1) == 1:
            await database.execute(_DESTROY, "anna")
        return found

    one._keys.for_writing = look_then_lose  # type: ignore[method-assign, assignment]  # pyright: ignore
    assert await audit([created(user="anna", title="too late")]) == [SUCCESS]
    assert looks == 2
    assert [item.content for item in await shown(database)] == ["erased", "erased"]
    assert await database.fetchval("""SELECT count(*) FROM task_events WHERE data LIKE '%"sealed":null%'""") == 1


async def test_an_erasure_and_two_replicas_that_append_take_turns(database: Database) -> None:
    """What was added before it is encrypted, what comes after it is left out; nothing fails and nothing is lost."""

    async def replica() -> None:
        for _ in range(15):
            await record(database, created(user="anna"), created(user="bob"))

    async def erase() -> None:
        await asyncio.sleep(0.02)
        await database.execute(_DESTROY, "anna")

    await asyncio.gather(replica(), replica(), erase())
    found = await shown(database)
    assert len(found) == 60
    assert {item.content for item in found if item.user_id == "anna"} == {"erased"}
    assert {item.content for item in found if item.user_id == "bob"} == {msgspec.UNSET}
    without = [r["data"] for r in await database.fetch("SELECT data FROM task_events ORDER BY chain_seq")]
    left_out = ["null" in data.partition('"sealed":')[2] for data in without]
    annas = [left for left, item in zip(left_out, found, strict=True) if item.user_id == "anna"]
    assert annas == sorted(annas)
    assert (await verdict(database)).finding is None


async def test_an_erasure_waits_for_who_is_adding_and_holds_up_who_comes_after(
    database: Database, app_url: str
) -> None:
    await record(database, created(user="anna"))
    async with connected(app_url) as erasing:
        async with erasing.transaction():
            await erasing.execute(_DESTROY, "anna")
            late = asyncio.create_task(record(database, created(user="anna", title="too late")))
            done, _ = await asyncio.wait({late}, timeout=0.3)
            assert not done, "nobody adds to the trail until the erasure is committed"
        await late
    assert [title_of(item) for item in await shown(database)] == [None, None]


async def test_many_users_at_once_from_several_processes_have_one_key_each(database: Database) -> None:
    events = [created(user=f"user-{n % 40}", title=f"Title {n}") for n in range(120)]
    await asyncio.gather(*(record(database, *events[begin::3]) for begin in range(3)))
    assert await database.fetchval("SELECT count(*) FROM audit_keys") == 40
    assert {title_of(item) for item in await shown(database)} == {f"Title {n}" for n in range(120)}


async def test_a_secret_that_does_not_fit_is_an_outage_and_makes_no_keys(database: Database) -> None:
    await record(database, created(user="anna"))
    audit = Audit(Trail(database, keys(database, OTHER)))
    for user in ("anna", "bob"):
        with pytest.raises(UnknownWrappingError) as refused:
            await audit([created(user=user)])
        assert is_outage(refused.value)
    with pytest.raises(UnknownWrappingError):
        await keys(database, OTHER).check()
    assert await database.fetchval("SELECT count(*) FROM audit_keys") == 1
    [item] = await shown(database, OTHER)
    assert (item.content, title_of(item)) == ("unreadable", None)
    await keys(database).check()


async def test_readers_are_answered_with_what_is_clear(database: Database, ask: Ask, owner_url: str) -> None:
    await record(database, created("t"))
    await tamper(owner_url, "UPDATE audit_keys SET wrapped = set_byte(wrapped, 30, get_byte(wrapped, 30) # 1)")
    [item] = (await ask("/tasks/t")).json()["items"]
    assert (item["content"], item["data"]) == ("unreadable", {"changes": {"title": None}})


async def test_a_key_that_was_changed_holds_up_nobody_elses_events(database: Database, owner_url: str) -> None:
    await record(database, created(user="anna"), created(user="bob"))
    hurt = "UPDATE audit_keys SET wrapped = set_byte(wrapped, 30, get_byte(wrapped, 30) # 1) WHERE user_hash = "
    await tamper(owner_url, hurt + "sha256('anna')")
    batch = [created(user="anna"), created(user="bob"), *life("t", user="anna")[2:]]
    outcomes = await Audit(trail(database))(batch)
    # Nothing is written in a completion: it needs no key. It comes again with the others, which is no harm.
    assert [outcome.verdict for outcome in outcomes] == [Verdict.RETRY, Verdict.SUCCESS, *[Verdict.RETRY] * 3]
    assert await database.fetchval("SELECT count(*) FROM task_events WHERE user_id = 'bob'") == 2


@pytest.mark.parametrize("bytes_", [36, 68])
async def test_a_key_that_was_replaced_holds_up_nobody_either(database: Database, owner_url: str, bytes_: int) -> None:
    """It looks as if another secret had wrapped it; that one key among many is no reason to stop recording."""
    await record(database, created(user="anna"), created(user="bob"))
    rubbish = f"substr(sha256('x') || sha256('y') || sha256('z'), 1, {bytes_})"
    await tamper(owner_url, f"UPDATE audit_keys SET wrapped = {rubbish} WHERE user_hash = sha256('anna')")
    # So that it is the first that a look at the table meets.
    await tamper(owner_url, "UPDATE audit_keys SET wrapped = wrapped WHERE user_hash = sha256('bob')")
    await keys(database).check()
    outcomes = await Audit(trail(database))([created(user=user) for user in ("anna", "bob", "carol")])
    assert [outcome.verdict for outcome in outcomes] == [Verdict.RETRY, Verdict.SUCCESS, Verdict.SUCCESS]


async def test_several_keys_of_another_secret_are_an_outage_though_others_fit(database: Database) -> None:
    """The old secret was taken away too early: what its users do waits for it."""
    await record(database, created(user="anna"), created(user="bob"))
    rotated = Audit(Trail(database, keys(database, OTHER, ENCRYPTION_KEY)))
    assert await rotated([created(user="carol")]) == [SUCCESS]
    alone = keys(database, OTHER)
    with pytest.raises(UnknownWrappingError):
        await alone.check()
    with pytest.raises(UnknownWrappingError):
        await Audit(Trail(database, alone))([created(user="anna"), created(user="carol")])
    assert await database.fetchval("SELECT count(*) FROM task_events") == 3


async def test_a_new_secret_wraps_the_keys_anew_and_the_old_one_can_go(database: Database) -> None:
    await record(database, created(user="anna"), created(user="bob"), created(user="carol"))
    await database.execute(_DESTROY, "carol")
    both = keys(database, OTHER, ENCRYPTION_KEY)
    assert [
        item.content
        for item in await items(both, await database.fetch("SELECT *, false AS checkpointed FROM task_events"))
    ].count(msgspec.UNSET) == 2
    assert await both.rewrap() == 2
    assert await both.rewrap() == 0
    assert sorted(str(item.content) for item in await shown(database, OTHER)) == ["UNSET", "UNSET", "erased"]
    assert {item.content for item in await shown(database)} == {"erased", "unreadable"}


async def test_without_a_secret_audit_logger_does_not_start(
    settings: Settings, database: Database, clock: MovableClock
) -> None:
    bare = msgspec.structs.replace(settings, audit_encryption_keys=())
    with pytest.raises(SettingsError, match="TASKFLOW_AUDIT_ENCRYPTION_KEY"):
        create_service(Runtime(settings=bare, database=database, clock=clock, chat_api=None))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # it does not get so far


def test_what_is_encrypted_opens_nowhere_else() -> None:
    user, event, written = user_hash("anna"), uuid.uuid4(), {"changes": {"title": {"old": None, "new": "Secret"}}}
    key = UserKey(user, uuid.uuid4(), new_key())
    nonce, other = nonces(2)
    sealed = key.seal(written, event, "anna", nonce)
    assert key.open(sealed, event, "anna") == written
    assert sealed != key.seal(written, event, "anna", other)
    for moved in (
        (sealed, uuid.uuid4(), "anna"),
        (sealed, event, "bob"),
        (sealed[:-4] + "AAA=", event, "anna"),
        (sealed + "\n", event, "anna"),
    ):
        with pytest.raises(DamagedError):
            key.open(*moved)
    wrapper, key_id = Wrapper([ENCRYPTION_KEY]), uuid.uuid4()
    wrapped = wrapper.wrap(new_key(), user, key_id)
    for place in ((user_hash("bob"), key_id), (user, uuid.uuid4())):
        with pytest.raises(DamagedError):
            wrapper.unwrap(wrapped, *place)
