"""Users read their own trail, administrators anybody's, page by page; who read another's is in the trail too."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec
import pytest

from audit_logger.trail.partitions import sort_default
from taskflow_core.database.pool import Database
from taskflow_core.events.account import SignedIn, SignedUp
from tests.audit_logger.conftest import Ask
from tests.audit_logger.making import checkpoint, created, life, record, verdict
from tests.support.connections import connected
from tests.support.waiting import eventually


def items(response: httpx.Response) -> list[dict[str, Any]]:
    """The items of an answer that worked."""
    assert response.status_code == 200, response.text
    return response.json()["items"]


async def walk(ask: Ask, path: str, by: str, **query: Any) -> list[dict[str, Any]]:
    """Every item of every page, following the links."""
    found: list[dict[str, Any]] = []
    while True:
        answer = await ask(path, by=by, **query)
        found += items(answer)
        following = answer.links.get("next")
        if following is None:
            return found
        url = urlsplit(following["url"])
        assert url.path == f"/api/v1/audit{path}"
        query = dict(parse_qsl(url.query))


async def test_a_deleted_task_s_history_is_there_oldest_first(ask: Ask, database: Database) -> None:
    events = life("task-1")
    await record(database, *reversed(events))
    history = items(await ask("/tasks/task-1"))
    assert [item["event_id"] for item in history] == [event.event_id for event in events]
    assert set(history[1]) == {
        "event_id", "type", "occurred_at", "recorded_at", "task_id", "user_id", "actor_id", "version",
        "correlation_id", "checkpointed", "data",
    }  # fmt: skip
    assert history[1]["data"]["changes"]["title"] == {"old": "Water the plants", "new": "Water the cactus"}
    assert [item["type"] for item in history] == [
        "task.created",
        "task.updated",
        "task.reminder.triggered",
        "task.completed",
        "task.deleted",
    ]


async def test_a_row_is_checkpointed_by_the_checkpoint_after_it(ask: Ask, database: Database, tmp_path: Path) -> None:
    events = life("task-1")
    await record(database, *events[:2])
    assert [item["checkpointed"] for item in items(await ask("/tasks/task-1"))] == [False, False]
    await checkpoint(database, tmp_path)
    await record(database, *events[2:])
    assert [item["checkpointed"] for item in items(await ask("/tasks/task-1"))] == [True, True, False, False, False]
    listed = items(await ask("/events"))
    assert {item["type"] for item in listed if item["checkpointed"]} == {"task.created", "task.updated"}


async def test_what_was_observed_later_has_both_times_and_stands_where_it_was_observed(
    ask: Ask, database: Database
) -> None:
    now = datetime.now(UTC)
    known = created("task-1", at=now - timedelta(hours=1))
    late = msgspec.structs.replace(created("task-2", at=now - timedelta(days=4_000)), observed_at=now)
    await record(database, late, known, late)
    first, second = items(await ask("/events"))
    assert [first["event_id"], second["event_id"]] == [late.event_id, known.event_id]
    assert [datetime.fromisoformat(first[name]) for name in ("occurred_at", "observed_at")] == [late.timestamp, now]
    assert "observed_at" not in second
    assert items(await ask("/tasks/task-2")) == [first]
    window = {"from": (now - timedelta(minutes=1)).isoformat()}
    assert items(await ask("/events", **window)) == [first], "periods go by when it was observed"
    assert [item["event_id"] for item in await walk(ask, "/events", "anna", limit=1)] == [late.event_id, known.event_id]
    assert await database.fetchval("SELECT count(*) FROM task_events_default") == 0, "it has a month"
    assert (await verdict(database)).finding is None


async def test_a_task_of_another_is_not_found(ask: Ask, database: Database) -> None:
    await record(database, *life("task-1", user="bob"))
    for path in ("/tasks/task-1", "/tasks/no-such-task", "/tasks/a%00b", "/tasks/%20"):
        answer = await ask(path)
        assert (answer.status_code, answer.json()["detail"]["code"]) == (404, "TASK_NOT_FOUND")


async def test_a_task_that_was_just_made_has_an_empty_history(ask: Ask, database: Database) -> None:
    await database.execute("INSERT INTO users VALUES ('anna', 'a@example.com', 'x', now(), now())")
    await database.execute("INSERT INTO tasks VALUES ('task-1', 'anna', 'T', NULL, false, now(), now())")
    assert items(await ask("/tasks/task-1")) == []
    assert (await ask("/tasks/task-1", by="bob")).status_code == 404


@pytest.mark.parametrize("path", ["/tasks/task-1", "/events"])
async def test_nobody_reads_without_signing_in(ask: Ask, path: str) -> None:
    answer = await ask(path, by=None)
    assert (answer.status_code, answer.json()["code"]) == (401, "MISSING_AUTH_HEADER")


async def test_users_see_their_own_events_newest_first(ask: Ask, database: Database) -> None:
    mine = life("task-1")
    await record(database, *mine, *life("task-2", user="bob"))
    for query in ({}, {"user": "anna"}):
        found = items(await ask("/events", **query))
        assert [item["event_id"] for item in found] == [event.event_id for event in reversed(mine)]


async def test_users_may_not_ask_for_another_s_events(ask: Ask) -> None:
    answer = await ask("/events", correlation_id="c")
    assert answer.status_code == 200
    refused = await ask("/events", user="bob")
    assert (refused.status_code, refused.json()["detail"]["code"]) == (403, "NOT_ALLOWED")


async def test_filters_narrow_and_combine(ask: Ask, database: Database) -> None:
    events = life("task-1")
    await record(database, *events, *life("task-2"))
    by_type = items(await ask("/events", type="task.deleted"))
    assert [item["type"] for item in by_type] == ["task.deleted"] * 2
    correlated = items(await ask("/events", correlation_id=events[2].correlation_id))
    assert [item["event_id"] for item in correlated] == [events[2].event_id]
    window = {"from": events[1].timestamp.isoformat(), "to": events[3].timestamp.isoformat()}
    within = [item["event_id"] for item in items(await ask("/events", **window)) if item["task_id"] == "task-1"]
    assert within == [events[2].event_id, events[1].event_id]
    assert items(await ask("/events", type="task.deleted", correlation_id=events[2].correlation_id)) == []


@pytest.mark.parametrize("limit", [1, 3, 7, 200])
async def test_pages_follow_one_another_without_gap_or_repeat(ask: Ask, database: Database, limit: int) -> None:
    now = datetime.now(UTC)
    # Several at one instant, several months, one without a partition.
    times = [now - timedelta(days=days) for days in (0, 0, 0, 10, 40, 40, 700)]
    events = [created(f"task-{n}", at=at) for n, at in enumerate(times)]
    await record(database, *events)
    expected = [e.event_id for e in sorted(events, key=lambda e: (e.timestamp, e.event_id), reverse=True)]
    found = await walk(ask, "/events", "anna", limit=limit)
    assert [item["event_id"] for item in found] == expected
    async with database.acquire() as connection:
        await sort_default(connection)
    correlated = await walk(ask, "/events", "anna", limit=limit, type="task.created")
    assert [item["event_id"] for item in correlated] == expected


async def test_a_page_read_while_events_arrive_repeats_nothing(ask: Ask, database: Database) -> None:
    await record(database, *life("task-1"))
    first = await ask("/events", limit=2)
    await record(database, created("task-2"))
    query = dict(parse_qsl(urlsplit(first.links["next"]["url"]).query))
    rest = items(await ask("/events", **query))
    assert len({item["event_id"] for item in items(first) + rest}) == 4


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 201},
        {"limit": "many"},
        {"type": "task.eaten"},
        {"from": "yesterday"},
        {"to": "0001-01-01T00:00:00+10:00"},
        {"cursor": "bm90IG9uZQ"},
        {"cursor": "ü"},
        {"user": "a\x00b"},
        {"correlation_id": ""},
    ],
)
async def test_what_does_not_validate_is_named(ask: Ask, query: dict[str, Any]) -> None:
    answer = await ask("/events", **query)
    assert answer.status_code == 422, answer.text
    (name,) = query
    assert answer.json()["detail"][0]["loc"] == ["query", name]


async def test_a_cursor_is_for_its_own_filters(ask: Ask, database: Database) -> None:
    await record(database, *life("task-1"), *life("task-2", user="bob"))
    query = dict(parse_qsl(urlsplit((await ask("/events", limit=2)).links["next"]["url"]).query))
    assert (await ask("/events", **query, type="task.created")).status_code == 422
    assert (await ask("/events", by="bob", **query)).status_code == 422


async def test_an_administrator_reads_any_task_and_leaves_a_row(ask: Ask, database: Database) -> None:
    await record(database, *life("task-1"))
    assert len(items(await ask("/tasks/task-1", by="root"))) == 5
    assert len(items(await ask("/tasks/task-1"))) == 5  # a task's history is what happened to the task
    (read,) = items(await ask("/events", type="audit.read"))
    assert (read["actor_id"], read["user_id"], read["task_id"]) == ("root", "anna", "task-1")
    assert read["data"] == {"count": 5, "query": {}}
    assert (await verdict(database)).finding is None


async def test_an_administrator_reads_everybody_s_events_and_leaves_a_row_for_each_owner(
    ask: Ask, database: Database
) -> None:
    await record(database, *life("task-1"), *life("task-2", user="bob"), *life("task-3", user="carl")[:2])
    assert len(items(await ask("/events", by="root", about="tasks"))) == 12
    rows = await database.fetch("SELECT user_id, actor_id, correlation_id, data FROM task_events WHERE task_id IS NULL")
    counts = {row["user_id"]: msgspec.json.decode(row["data"])["count"] for row in rows}
    assert counts == {"anna": 5, "bob": 5, "carl": 2}
    assert {row["actor_id"] for row in rows} == {"root"}
    assert len({row["correlation_id"] for row in rows}) == 1
    assert len(await walk_as_root(ask, limit=4, about="tasks")) == 12
    found = items(await ask("/events", by="root", user="bob", type="task.created"))
    assert {item["user_id"] for item in found} == {"bob"}
    read = items(await ask("/events", by="bob", type="audit.read"))[0]
    query = {"user": "bob", "type": "task.created"}
    assert (read["actor_id"], read["data"]) == ("root", {"query": query, "count": 1})


async def test_rows_that_say_who_read_lie_side_by_side_in_the_index_of_ids(ask: Ask, database: Database) -> None:
    await record(database, *(created(user=f"user-{n}") for n in range(200)))
    assert len(items(await ask("/events", by="root", limit=200))) == 200
    ids = [row["event_id"] for row in await database.fetch("SELECT event_id FROM task_events WHERE task_id IS NULL")]
    assert len(set(ids)) == 200
    assert {(one.version, one.variant, one.bytes[:6]) for one in ids} == {(7, uuid.RFC_4122, ids[0].bytes[:6])}


async def test_no_answer_goes_out_before_it_is_written_down_who_read(
    ask: Ask, database: Database, owner_url: str
) -> None:
    await record(database, *life("task-1"))
    for path in ("/events", "/tasks/task-1"):
        async with connected(owner_url) as holder:
            await holder.execute("BEGIN; SELECT FROM audit_chain FOR UPDATE")
            asked = asyncio.ensure_future(ask(path, by="root"))
            await eventually(partial(holder.fetchval, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"))
            assert not asked.done()
            await holder.execute("COMMIT")
        assert len(items(await asked)) == 5
    assert await database.fetchval("SELECT count(*) FROM task_events WHERE type = 'audit.read'") == 2


async def test_an_administrator_who_was_shown_nothing_leaves_a_row(ask: Ask, database: Database) -> None:
    assert items(await ask("/events", by="root", about="tasks")) == []
    assert items(await ask("/events", by="root", about="tasks", user="bob")) == []
    rows = await database.fetch("SELECT user_id, actor_id FROM task_events ORDER BY chain_seq")
    assert [tuple(row) for row in rows] == [("root", "root"), ("bob", "root")]


async def test_what_happened_to_an_account_is_apart_from_its_tasks(ask: Ask, database: Database) -> None:
    signed_in = SignedIn(session_id="s-1", device="Firefox", **about_account())
    await record(database, *life("task-1"), signed_in, SignedUp(**about_account("bob")))
    await ask("/tasks/task-1", by="root")
    read, seen = items(await ask("/events", about="account"))
    assert (read["type"], seen["type"], seen["task_id"]) == ("audit.read", "account.signed_in", None)
    assert seen["data"] == {"session_id": "s-1", "device": "Firefox", "by": "password"}
    assert len(items(await ask("/events", about="tasks"))) == 5
    assert len(items(await ask("/events", type="account.signed_in"))) == 1
    stored = await database.fetchval("SELECT data FROM task_events WHERE type = 'account.signed_in'")
    assert "Firefox" not in stored


def about_account(user: str = "anna") -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()),
        "timestamp": datetime.now(UTC) - timedelta(seconds=1),
        "user_id": user,
        "actor_id": user,
        "correlation_id": "c-1",
    }


async def walk_as_root(ask: Ask, **query: Any) -> list[dict[str, Any]]:
    """As the administrator: each page leaves a row, which is newer than the pages to come."""
    return await walk(ask, "/events", "root", **query)


async def test_an_administrator_reading_their_own_trail_leaves_no_row(ask: Ask, database: Database) -> None:
    await record(database, *life("task-1", user="root"))
    assert len(items(await ask("/tasks/task-1", by="root"))) == 5
    assert len(items(await ask("/events", by="root", user="root"))) == 5
    assert await database.fetchval("SELECT count(*) FROM task_events WHERE type = 'audit.read'") == 0
