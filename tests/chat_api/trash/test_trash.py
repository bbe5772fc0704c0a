"""The trash: whatever was deleted is in it, whole, for thirty days, and comes out of it once."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from chat_api import trash as shelf
from taskflow_core.database.clock import DatabaseClock
from taskflow_core.database.pool import Database
from taskflow_core.events.model import TaskCreated
from taskflow_core.settings import Settings
from tests.chat_api.people import TASKS, User
from tests.chat_api.published import published_events, published_kinds
from tests.chat_api.trash.trashing import TRASH, deletes, restores, same, trash, trashed
from tests.support.clock import MovableClock
from tests.support.connections import connected

MOST = 6
WHOLE: dict[str, Any] = {
    "title": "Pay the rent",
    "description": "To the new account",
    "due_date": "2030-03-04T08:00:00",
    "reminders": ["1 day", "1 hour"],
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, tasks_per_user=MOST)


async def ages(database: Database, by: str) -> None:
    await database.execute(f"UPDATE deleted_tasks SET deleted_at = deleted_at - interval '{by}'")


async def test_a_task_comes_back_as_it_was(anna: User, database: Database) -> None:
    await anna.lives_in("Europe/Berlin")
    task = await anna.makes(**WHOLE)
    await deletes(anna, task["id"])
    [item] = await trash(anna)
    assert same(item["task"]) == {field: same(task)[field] for field in same(item["task"])}
    assert (item["task"]["version"], item["together"]) == (2, 1)
    assert item["kept_until"] > item["deleted_at"]
    back = await restores(anna, task["id"])
    assert same(back) == same(task)
    assert back["version"] == 3
    assert await anna.sees(task["id"]) == back
    assert await trash(anna) == []
    assert await published_kinds(database, task["id"]) == [
        ("task.created", 1),
        ("task.deleted", 2),
        ("task.created", 3),
    ]
    event = (await published_events(database, task["id"]))[-1]
    assert isinstance(event, TaskCreated)
    assert (event.task.due_date, event.task.reminders) == (task["due_date"], task["reminders"])
    assert (event.task.description, event.task.has_description) == (None, True)


async def test_a_task_that_was_done_is_done(anna: User, database: Database) -> None:
    task = await anna.makes("A")
    await anna.changes(task["id"], completed=True)
    await deletes(anna, task["id"])
    back = await restores(anna, task["id"])
    assert (back["completed"], back["version"]) == (True, 4)
    assert (await anna.changes(task["id"], completed=False))["version"] == 5


async def test_whatever_columns_a_task_has_come_back(anna: User, database: Database, owner_url: str) -> None:
    """Also one that came between the deletion and the restoring, and one that this release knows nothing of."""
    before, after = await anna.makes("Before"), await anna.makes("After")
    await deletes(anna, before["id"])
    async with connected(owner_url) as owner:
        await owner.execute("ALTER TABLE tasks ADD COLUMN mood text NOT NULL DEFAULT 'fine'")
        await owner.execute("UPDATE tasks SET mood = 'grim' WHERE id = $1", after["id"])
        await deletes(anna, after["id"])
        for task in (before, after):
            await restores(anna, task["id"])
        rows = await owner.fetch("SELECT title, mood FROM tasks ORDER BY title")
    assert [tuple(row) for row in rows] == [("After", "grim"), ("Before", "fine")]


async def test_deleting_by_chat_goes_there_too(anna: User) -> None:
    await anna.makes("Buy milk")
    asked = await anna.http.post("/api/v1/chat", json={"message": "delete buy milk"})
    said = {"message": "yes", "conversation_id": asked.json()["conversation_id"]}
    assert (await anna.http.post("/api/v1/chat", json=said)).json()["tool_calls"] == ["delete_task"]
    assert await trashed(anna) == ["Buy milk"]


async def test_the_list_has_pages_and_a_search(anna: User) -> None:
    for number in range(5):
        task = await anna.makes(f"Straße {number}", description="lang" if number % 2 else None)
        await deletes(anna, task["id"])
    assert await trashed(anna) == [f"Straße {number}" for number in (4, 3, 2, 1, 0)]
    assert len(await trash(anna, q="STRASSE 3")) == 1
    assert len(await trash(anna, q="LANG")) == 2
    assert await trash(anna, q="%") == []
    found: list[str] = []
    url: str | None = f"{TRASH}?limit=2&q=stra"
    while url:
        answer = await anna.http.get(url)
        found += [item["task"]["title"] for item in answer.json()["items"]]
        url = answer.links["next"]["url"] if "next" in answer.links else None
    assert found == [f"Straße {number}" for number in (4, 3, 2, 1, 0)]
    cursor = (await anna.http.get(f"{TRASH}?limit=2")).links["next"]["url"].partition("cursor=")[2]
    assert (await anna.http.get(f"{TRASH}?q=x&cursor={cursor}")).status_code == 422


async def test_restoring_again_changes_nothing(anna: User, database: Database) -> None:
    task = await anna.makes()
    await deletes(anna, task["id"])
    assert await restores(anna, task["id"]) == await restores(anna, task["id"])
    assert len(await published_events(database, task["id"])) == 3


@pytest.mark.parametrize("scope", ["this", "all"])
async def test_a_task_that_came_back_otherwise_is_left_as_it_is(anna: User, database: Database, scope: str) -> None:
    """From a backup of the tasks, say, while the trash has it as well."""
    task = await anna.makes("From a backup")
    await database.execute(
        """
        INSERT INTO deleted_tasks (task_id, user_id, version, deletion, task)
        SELECT id, user_id, 2, gen_random_uuid(), to_jsonb(t) || '{"title": "From the trash"}' FROM tasks t
        """
    )
    assert await restores(anna, task["id"], scope) == task
    assert await published_kinds(database, task["id"]) == [("task.created", 1)]


async def test_those_who_restore_at_once_restore_once(anna: User, database: Database) -> None:
    tasks = [await anna.makes(str(number)) for number in range(MOST)]
    for task in tasks:
        await deletes(anna, task["id"])
    back = await asyncio.gather(*(restores(anna, task["id"]) for task in tasks * 4))
    assert {task["version"] for task in back} == {3}
    assert await database.fetchval("SELECT count(*) FROM outbox") == 3 * MOST


async def test_restoring_and_deleting_for_good_at_once(anna: User, database: Database) -> None:
    """It is there or it is gone, and nothing in between; never a 5xx."""
    for _ in range(8):
        task = await anna.makes()
        await deletes(anna, task["id"])
        url = f"{TRASH}/{task['id']}"
        restored, gone, _ = await asyncio.gather(
            anna.http.post(f"{url}/restore"), anna.http.delete(url), anna.http.delete(TRASH)
        )
        assert restored.status_code in (200, 404)
        assert gone.status_code in (204, 404)
        assert (await anna.http.get(f"{TASKS}/{task['id']}")).status_code == restored.status_code
        if restored.status_code == 200:
            await anna.http.delete(f"{TASKS}/{task['id']}")


async def test_a_crash_restores_nothing(anna: User, database: Database, owner_url: str) -> None:
    task = await anna.makes()
    await deletes(anna, task["id"])
    async with connected(owner_url) as owner:
        await owner.execute("ALTER TABLE outbox ADD CONSTRAINT closed CHECK (false) NOT VALID")
        assert (await anna.http.post(f"{TRASH}/{task['id']}/restore")).status_code == 500
        assert await database.fetchval("SELECT count(*) FROM tasks") == 0
        assert await trashed(anna) == ["Water the plants"]
        await owner.execute("ALTER TABLE outbox DROP CONSTRAINT closed")
    assert (await restores(anna, task["id"]))["version"] == 3


async def test_a_deletion_that_fails_leaves_nothing_in_it(anna: User, database: Database, owner_url: str) -> None:
    task = await anna.makes()
    async with connected(owner_url) as owner:
        await owner.execute("ALTER TABLE outbox ADD CONSTRAINT closed CHECK (false) NOT VALID")
        assert (await anna.http.delete(f"{TASKS}/{task['id']}")).status_code == 500
    assert await trash(anna) == []
    assert (await anna.sees(task["id"]))["version"] == 1


async def test_gone_for_good(anna: User) -> None:
    for title in ("A", "B", "C"):
        await deletes(anna, (await anna.makes(title))["id"])
    first = (await trash(anna))[0]["task"]["id"]
    assert (await anna.http.delete(f"{TRASH}/{first}")).status_code == 204
    assert (await anna.http.delete(f"{TRASH}/{first}")).status_code == 404
    answer = await anna.http.post(f"{TRASH}/{first}/restore")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (404, "TASK_NOT_FOUND")
    assert (await anna.http.delete(TRASH)).status_code == 204
    assert await trash(anna) == []
    assert (await anna.http.delete(TRASH)).status_code == 204


async def test_it_is_its_owners_alone(anna: User, bert: User, visitor: httpx.AsyncClient) -> None:
    task = await anna.makes("Hers")
    await deletes(anna, task["id"])
    assert await trash(bert) == []
    for scope in ("this", "all"):
        answer = await bert.http.post(f"{TRASH}/{task['id']}/restore", params={"scope": scope})
        assert answer.status_code == 404
    assert (await bert.http.delete(f"{TRASH}/{task['id']}")).status_code == 404
    assert (await bert.http.delete(TRASH)).status_code == 204
    assert (await visitor.get(TRASH)).status_code == 401
    assert await trashed(anna) == ["Hers"]


async def test_no_more_tasks_than_one_may_have(anna: User) -> None:
    task = await anna.makes("Spare")
    await deletes(anna, task["id"])
    for _ in range(MOST):
        await anna.makes()
    answer = await anna.http.post(f"{TRASH}/{task['id']}/restore")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (409, "TOO_MANY_TASKS")
    assert await trashed(anna) == ["Spare"]


async def test_a_key_makes_it_once(anna: User, database: Database) -> None:
    task = await anna.makes()
    await deletes(anna, task["id"])
    url, headers = f"{TRASH}/{task['id']}/restore", {"Idempotency-Key": "k"}
    first = await anna.http.post(url, headers=headers)
    await deletes(anna, task["id"])
    again = await anna.http.post(url, headers=headers)
    assert (again.status_code, again.json()) == (200, first.json())
    assert await trashed(anna) == ["Water the plants"], "the same request, not another"


async def test_its_time_ends(anna: User, database: Database, clock: MovableClock) -> None:
    """By the database's clock, to the moment; the rows go with the next purge."""
    task = await anna.makes("Old")
    await deletes(anna, task["id"])
    await ages(database, "29 days 23 hours")
    assert await trashed(anna) == ["Old"]
    await shelf.purge(database, clock, days=30, most=MOST)
    assert await trashed(anna) == ["Old"]
    await ages(database, "1 hour")
    assert await trash(anna) == []
    assert (await anna.http.post(f"{TRASH}/{task['id']}/restore")).status_code == 404
    await shelf.purge(database, DatabaseClock(machine=_hour_off()), days=30, most=MOST)
    assert await database.fetchval("SELECT count(*) FROM deleted_tasks") == 1, "one of the two clocks is wrong"
    await shelf.purge(database, clock, days=30, most=MOST)
    assert await database.fetchval("SELECT count(*) FROM deleted_tasks") == 0


async def test_many_go_a_batch_at_a_time(anna: User, database: Database, clock: MovableClock) -> None:
    fill = """
    INSERT INTO deleted_tasks (task_id, user_id, version, deletion, deleted_at, task)
    SELECT $1 || n, $1, 2, gen_random_uuid(), now() - interval '1 hour' * n, '{}' FROM generate_series(1, 2500) AS n
    """
    await database.execute(fill, anna.id)
    await shelf.purge(database, clock, days=30, most=10_000)
    assert await database.fetchval("SELECT count(*) FROM deleted_tasks") == 30 * 24 - 1
    await shelf.purge(database, clock, days=30, most=MOST)
    newest = "SELECT count(*), max(now() - deleted_at) < interval '7 hours' FROM deleted_tasks"
    row = await database.fetchrow(newest)
    assert row is not None
    assert tuple(row) == (MOST, True), "no more than one may have tasks, the latest"


def _hour_off() -> MovableClock:
    clock = MovableClock()
    clock.advance(timedelta(hours=1))
    return clock
