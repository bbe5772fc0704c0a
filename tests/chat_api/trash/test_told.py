"""Who hears of a restored task, and what the Phase IV release does with a trash beside it."""

from typing import Any

from audit_logger.handlers import Audit
from audit_logger.trail import queries
from chat_api.commands.reconcile import Reconciled, reconcile
from taskflow_core.database.pool import Database
from tests.audit_logger.making import keys, trail
from tests.chat_api.occurring import Processor, days, on
from tests.chat_api.people import TASKS, User
from tests.chat_api.published import published_events, published_kinds
from tests.chat_api.scoping import daily
from tests.chat_api.trash.trashing import deletes, restores, same, trash, trashed
from tests.support.clock import MovableClock
from tests.support.phase_iv import release_on

WHOLE: dict[str, Any] = {"description": "d", "due_date": "2030-03-04T08:00:00", "reminders": ["1 day"]}


async def test_the_trail_has_it_all(anna: User, database: Database) -> None:
    task = await anna.makes("A", **WHOLE)
    await deletes(anna, task["id"])
    await restores(anna, task["id"])
    await Audit(trail(database))(await published_events(database, task["id"]))
    history = await queries.history(database, keys(database), task["id"], anna.id)
    assert [(one.type, one.version) for one in history] == [
        ("task.created", 1),
        ("task.deleted", 2),
        ("task.created", 3),
    ]
    assert history[0].data == history[2].data, "it is as it was"


async def test_there_and_back(anna: User, database: Database, clock: MovableClock) -> None:
    """What is in the trash while Phase IV serves stays in it, and comes back afterwards."""
    kept, gone = await anna.makes("Kept", **WHOLE), await anna.makes("Gone", **WHOLE)
    await deletes(anna, kept["id"])
    async with release_on(database.url) as release:
        made = await release.create(anna.id, "Made there")
        await release.rename(gone["id"], "Renamed there")
        await release.delete(gone["id"])
        assert await database.fetchval("SELECT count(*) FROM deleted_tasks") == 1
    assert await reconcile(database, clock.now()) == Reconciled(changed=1, deleted=1)
    assert await trashed(anna) == ["Kept"], "of what Phase IV deletes nothing is kept"
    assert same(await restores(anna, kept["id"])) == same(kept)
    assert await reconcile(database, clock.now()) == Reconciled(0, 0), "its shadow came back with it"
    async with release_on(database.url) as release:
        await release.complete(kept["id"])
        await release.delete(made)
    await deletes(anna, kept["id"])
    assert [item["task"]["completed"] for item in await trash(anna)] == [True]
    assert await published_kinds(database, kept["id"]) == [
        ("task.created", 1),
        ("task.deleted", 2),
        ("task.created", 3),
        ("task.completed", 4),
        ("task.deleted", 5),
    ]
    assert (await restores(anna, kept["id"]))["version"] == 6
    await reconcile(database, clock.now())
    async with release_on(database.url) as release:
        await release.delete(kept["id"])
    assert await reconcile(database, clock.now()) == Reconciled(changed=0, deleted=1)
    assert (await published_kinds(database, kept["id"]))[-1] == ("task.deleted", 7)
    assert (await anna.http.get(f"{TASKS}/{kept['id']}")).status_code == 404


async def test_a_series_deleted_before_the_release_served(anna: User, processor: Processor) -> None:
    await daily(anna, processor)
    task = await on(anna, 4)
    await deletes(anna, task["id"], "all")
    async with release_on(processor.database.url) as release:
        await release.create(anna.id)
    await reconcile(processor.database, processor.clock.now())
    await restores(anna, task["id"], "all")
    await processor.runs()
    assert await days(anna) == [1, 2, 3, 4, 5, 6]
