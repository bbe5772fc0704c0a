"""Everything of an account in a ZIP file: whole, of one moment, of one's own, and of nobody else."""

import asyncio
from itertools import chain
from typing import Any

import httpx
import msgspec
import pytest

from chat_api.export import export
from taskflow_core.database.pool import Database
from taskflow_core.service.errors import ApiError
from taskflow_core.service.personal_tokens.scopes import SCOPES, check_scopes
from taskflow_core.service.tokens import Tokens
from taskflow_core.settings import Settings
from tests.chat_api.export.conftest import EXPORT, Fill, NoTrail, exported, opened
from tests.chat_api.people import TASKS, User
from tests.support.clock import MovableClock

FILES = [
    "account.json",
    "preferences.json",
    "tasks.json",
    "trash.json",
    "series.json",
    "reminders.json",
    "conversations.json",
    "messages.json",
    "sessions.json",
    "tokens.json",
    "audit.json",
    "taskflow.ics",
]


async def test_it_holds_everything(anna: User, fill: Fill) -> None:
    await fill(anna)
    found = await exported(anna.http)
    assert found.zip.namelist() == FILES
    assert (found["account.json"]["email"], found["account.json"]["id"]) == (anna.email, anna.id)
    assert found["preferences.json"] == {"timezone": "Europe/Berlin", "notifications": "all", "date_order": None}
    listed = (await anna.http.get(TASKS)).json()
    assert sorted(found["tasks.json"], key=lambda task: task["id"]) == sorted(listed, key=lambda task: task["id"])
    [gone] = found["trash.json"]
    assert (gone["task"]["title"], gone["task"]["description"]) == ("Call Bob", "About it")
    [series] = found["series.json"]
    assert (series["title"], series["rrule"], series["timezone"]) == (
        "Stand up",
        "FREQ=WEEKLY;BYDAY=MO,TU",
        "Europe/Berlin",
    )
    assert [one["offset"] for one in found["reminders.json"]] == ["PT1H"]
    [chat] = found["conversations.json"]
    assert [message["role"] for message in found["messages.json"]] == ["user", "assistant"]
    assert {message["conversation_id"] for message in found["messages.json"]} == {chat["id"]}
    assert [session["device"] for session in found["sessions.json"]] == ["a phone"]
    assert [token["name"] for token in found["tokens.json"]] == ["a program"]
    [event] = found["audit.json"]
    assert (event["type"], event["data"]) == ("task.created", {"changes": {"title": {"old": None, "new": "Water"}}})


async def test_it_holds_no_secret(anna: User, fill: Fill, database: Database) -> None:
    await fill(anna)
    await database.execute("UPDATE users SET hashed_password = 'a-secret-hash' WHERE id = $1", anna.id)
    found = await exported(anna.http)
    for name in FILES:
        assert b"secret" not in found.zip.read(name)
        assert anna.token.encode() not in found.zip.read(name)


async def test_nobody_elses_is_in_it(anna: User, bert: User, fill: Fill) -> None:
    await fill(bert)
    found = await exported(anna.http)
    assert [found[name] for name in FILES[2:-1]] == [[]] * 9
    assert found.calendar.walk("VTODO") == []
    assert bert.id.encode() not in b"".join(map(found.zip.read, FILES))


async def test_the_answer_is_for_its_owner_alone(anna: User, visitor: httpx.AsyncClient) -> None:
    answer = await anna.http.get(EXPORT)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"].startswith('attachment; filename="taskflow-')
    assert (await visitor.get(EXPORT)).status_code == 401


def test_personal_tokens_may_not(anna: User, settings: Settings, clock: MovableClock) -> None:
    """Whatever their scopes are."""
    signed_in = Tokens(settings.auth_secret, clock, access_seconds=60).verify(anna.token)
    by_token = msgspec.structs.replace(signed_in, scopes=frozenset(chain(*SCOPES.values())))
    with pytest.raises(ApiError) as refused:
        check_scopes(by_token, {"method": "GET", "path_template": EXPORT})
    assert (refused.value.status, refused.value.code) == (403, "NOT_FOR_TOKENS")


async def test_an_account_that_is_gone(anna: User, database: Database) -> None:
    assert (await anna.http.get(EXPORT)).status_code == 200
    await database.execute("DELETE FROM users WHERE id = $1", anna.id)
    assert (await anna.http.get(EXPORT)).status_code == 401


async def test_all_of_it_is_of_one_moment(anna: User, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks come, go and change between two pieces; the JSON and the calendar know nothing of it."""
    monkeypatch.setattr("chat_api.export.contents.ROWS_AT_ONCE", 2)
    for number in range(6):
        await anna.makes(f"Before {number}")
    async with export.Exports(database, NoTrail()).begun(anna.id) as pieces:
        await anna.makes("After")
        await database.execute("UPDATE tasks SET title = 'Changed' WHERE title = 'Before 3'")
        await database.execute("DELETE FROM tasks WHERE title = 'Before 5'")
        found = opened(b"".join([piece async for piece in pieces]))
    titles = [f"Before {number}" for number in range(6)]
    assert sorted(task["title"] for task in found["tasks.json"]) == titles
    assert sorted(str(todo["SUMMARY"]) for todo in found.calendar.walk("VTODO")) == titles


async def test_one_at_a_time_of_an_account(anna: User, bert: User, database: Database) -> None:
    """On another replica too: the second one here has nothing to do with the first but the database."""
    async with export.Exports(database, NoTrail()).begun(anna.id):
        refused = await anna.http.get(EXPORT)
        assert (refused.status_code, refused.json()["detail"]["code"]) == (429, "TOO_MANY_EXPORTS")
        assert int(refused.headers["Retry-After"]) > 0
        assert (await bert.http.get(EXPORT)).status_code == 200
    assert (await anna.http.get(EXPORT)).status_code == 200


async def test_a_process_makes_so_many_at_a_time(
    anna: User, bert: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "AT_ONCE", 1)
    exports = export.Exports(database, NoTrail())
    async with exports.begun(anna.id):
        with pytest.raises(export.TooManyExportsError):
            async with exports.begun(bert.id):
                pass
    async with exports.begun(bert.id):
        pass


async def test_it_takes_no_connection_of_the_pool(anna: User, database: Database) -> None:
    """However many read slowly, requests have theirs."""
    async with export.Exports(database, NoTrail()).begun(anna.id) as pieces:
        await anext(pieces)
        held = await asyncio.gather(*(database.fetchval("SELECT pg_sleep(0.05)::text") for _ in range(5)))
    assert len(held) == 5


async def test_rows_that_only_phase_iv_could_have_written(anna: User, database: Database) -> None:
    """Tool calls that are no JSON, times of either type, titles of any characters."""
    await database.execute(
        "INSERT INTO tasks (id, user_id, title, completed, created_at, updated_at) "
        "VALUES ('odd', $1, E'a\\r\\nb\\u0007;,\\u2028\\u0085x', true, now(), now())",
        anna.id,
    )
    await database.execute("INSERT INTO conversation VALUES ('c', $1, now(), now())", anna.id)
    await database.execute(
        "INSERT INTO message (id, user_id, conversation_id, role, content, tool_calls, created_at) "
        "VALUES ('m', $1, 'c', 'user', 'x', '{no json', now())",
        anna.id,
    )
    found = await exported(anna.http)
    assert [message["tool_calls"] for message in found["messages.json"]] == ["{no json"]
    assert found["tasks.json"][0]["title"] == "a\r\nb\x07;,\u2028\x85x"
    [todo] = found.calendar.walk("VTODO")
    assert (str(todo["SUMMARY"]), str(todo["STATUS"])) == ("a\nb;,\u2028\x85x", "COMPLETED")


async def test_what_is_in_memory_does_not_grow_with_the_account(anna: User, database: Database) -> None:
    """Of a large account as of a small one no more than a few pieces are held."""
    largest: dict[int, int] = {}
    for count in (200, 2_000):
        await _add_tasks(database, anna.id, count)
        async with export.Exports(database, NoTrail()).begun(anna.id) as pieces:
            sizes = [len(piece) async for piece in pieces]
        largest[count] = max(sizes)
        assert sum(sizes) > 4 * max(sizes) or count == 200
    assert largest[2_000] <= 3 * 64 * 1024


async def _add_tasks(database: Database, user_id: str, count: int) -> None:
    statement: Any = """
        INSERT INTO tasks (id, user_id, title, description, completed, created_at, updated_at)
        SELECT gen_random_uuid()::text, $1, gen_random_uuid()::text, repeat(gen_random_uuid()::text, 20), false, now(),
            now()
        FROM generate_series(1, $2::int)
    """
    await database.execute(statement, user_id, count)
