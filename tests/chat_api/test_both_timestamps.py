"""chat-api on a database that a newer Phase IV build made, with time zones in the types of its times."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from chat_api.commands.reconcile import Reconciled, reconcile
from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from taskflow_db import runner
from tests.chat_api.people import TASKS, User
from tests.support import phase_iv
from tests.support.clock import MovableClock
from tests.support.phase_iv import release_on
from tests.support.shared_postgres import Databases

NOW = datetime(2027, 3, 10, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def adopted(databases: Databases) -> Iterator[str]:
    name = databases.make(migrated=False)
    yield name
    databases.drop(name)


@pytest.fixture
async def settings(settings: Settings, databases: Databases, adopted: str, clock: MovableClock) -> Settings:
    clock.freeze(NOW)
    owner_url = databases.owner_url(adopted)
    await phase_iv.make_tables(owner_url, "timestamp with time zone")
    await runner.upgrade(owner_url)
    return msgspec.structs.replace(settings, database_url=databases.app_url(adopted), migration_database_url=owner_url)


async def test_times_are_what_they_are(anna: User, clock: MovableClock) -> None:
    task = await anna.makes(due_date="2027-03-12T09:00:00Z")
    assert task["created_at"] == "2027-03-10T12:00:00.123456Z"
    clock.advance(timedelta(seconds=1))
    answer = await anna.http.put(f"{TASKS}/{task['id']}", json={"title": "B"})
    assert answer.json()["updated_at"] == "2027-03-10T12:00:01.123456Z"
    (listed,) = (await anna.http.get(TASKS)).json()
    assert listed["created_at"] == task["created_at"]


async def test_lists_go_on_page_by_page(anna: User, clock: MovableClock) -> None:
    for title in "ABC":
        clock.advance(timedelta(microseconds=1))
        await anna.makes(title)
    answer = await anna.http.get(TASKS, params={"limit": 2})
    titles = [task["title"] for task in answer.json()["items"]]
    answer = await anna.http.get(answer.links["next"]["url"])
    assert titles + [task["title"] for task in answer.json()["items"]] == ["C", "B", "A"]


async def test_signing_up_and_the_chat(anna: User, database: Database) -> None:
    body = {"email": "bob@example.com", "password": "correct horse"}
    answer = await anna.http.post("/api/v1/auth/signup", json=body)
    assert answer.json()["user"]["created_at"] == "2027-03-10T12:00:00.123456Z"
    answer = await anna.http.post("/api/v1/chat", json={"message": "add call mum"})
    assert answer.json()["tool_calls"] == ["add_task"]
    assert await database.fetchval("SELECT count(*) FROM message") == 2


async def test_what_phase_iv_did_is_found(anna: User, database: Database) -> None:
    async with release_on(database.url, time="timestamp with time zone") as release:
        await release.complete(await release.create(anna.id))
    assert await reconcile(database, NOW) == Reconciled(changed=1, deleted=0)
