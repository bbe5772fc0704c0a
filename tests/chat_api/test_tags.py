"""Tags and priority: kept as written, found in any case, in every event, and inherited by what a series makes."""

import random
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chat_api.commands.reconcile import Reconciled, reconcile
from taskflow_core.database.pool import Database
from taskflow_core.events.model import Change, TaskCreated, TaskUpdated
from tests.chat_api.occurring import Processor, everyones, march, on
from tests.chat_api.people import TASKS, User
from tests.chat_api.published import published_events
from tests.chat_api.scoping import change, daily
from tests.support.clock import MovableClock
from tests.support.phase_iv import release_on

TAGS = "/api/v1/tags"


async def titles(user: User, **parameters: Any) -> list[str]:
    answer = await user.http.get(TASKS, params=parameters)
    assert answer.status_code == 200, answer.text
    return [task["title"] for task in answer.json()["items"]]


async def problem(user: User, **fields: Any) -> tuple[str, str]:
    """Where and why a new task of these fields is refused."""
    answer = await user.http.post(TASKS, json={"title": "x"} | fields)
    assert answer.status_code == 422, answer.text
    (detail,) = answer.json()["detail"]
    return ".".join(map(str, detail["loc"])), detail["msg"]


# --- one task --------------------------------------------------------------------------------------------------------


async def test_a_task_has_neither_unless_said(anna: User) -> None:
    made = await anna.makes()
    assert (made["tags"], made["priority"]) == ([], "none")
    assert (await anna.makes(tags=None, priority=None))["tags"] == []


async def test_kept_in_order_as_they_are_written(anna: User) -> None:
    written = [" Home ", "#Straße", "home", "STRASSE", "to  buy", "🏠", "בית", "e\u0301"]
    made = await anna.makes(tags=written, priority="high")
    assert made["tags"] == ["Home", "Straße", "to buy", "🏠", "בית", "é"]
    assert made["priority"] == "high"
    assert await anna.sees(made["id"]) == made


async def test_patch_replaces_null_clears_and_put_keeps(anna: User) -> None:
    task = await anna.makes(tags=["home"], priority="low")
    after = await anna.changes(task["id"], tags=["garden", "Home"])
    assert (after["tags"], after["priority"]) == (["garden", "Home"], "low")
    put = await anna.http.put(f"{TASKS}/{task['id']}", json={"title": "y", "tags": None, "priority": None})
    assert (put.json()["tags"], put.json()["priority"]) == (["garden", "Home"], "low")
    put = await anna.http.put(f"{TASKS}/{task['id']}", json={"tags": [], "priority": "medium"})
    assert (put.json()["tags"], put.json()["priority"]) == ([], "medium")
    after = await anna.changes(task["id"], tags=["a"], priority="none")
    after = await anna.changes(task["id"], tags=None, priority=None)
    assert (after["tags"], after["priority"]) == ([], "none")


@pytest.mark.parametrize(
    ("fields", "where", "why"),
    [
        ({"tags": [f"t{n}" for n in range(21)]}, "body.tags", "at most 20"),
        ({"tags": ["x" * 51]}, "body.tags", "longer than 50"),
        ({"tags": ["a", " "]}, "body.tags", "must not be empty"),
        ({"tags": ["a\x00b"]}, "body.tags", "control"),
        ({"tags": ["\u202egnp"]}, "body.tags", "control"),
        ({"tags": ["x"] * 101}, "body.tags", "100"),
        ({"tags": ["x" * 201]}, "body.tags.0", "200"),
        ({"tags": "home"}, "body.tags", "array"),
        ({"tags": [1]}, "body.tags.0", "str"),
        ({"priority": "urgent"}, "body.priority", "urgent"),
        ({"priority": 1}, "body.priority", "str"),
    ],
)
async def test_what_is_refused(anna: User, fields: dict[str, Any], where: str, why: str) -> None:
    at, message = await problem(anna, **fields)
    assert at.startswith(where.removesuffix(".0"))
    assert why in message


async def test_changes_are_published_with_both_values(anna: User, database: Database) -> None:
    task = await anna.makes(tags=["home"])
    await anna.changes(task["id"], tags=["Home", "garden"], priority="high")
    await anna.changes(task["id"], tags=["Home", "garden"], priority="high")
    created, updated = await published_events(database, task["id"])
    assert isinstance(created, TaskCreated)
    assert (created.task.tags, created.task.priority) == (["home"], "none")
    assert isinstance(updated, TaskUpdated)
    assert updated.changes == {
        "tags": Change(["home"], ["Home", "garden"]),
        "priority": Change("none", "high"),
    }
    assert (updated.task.tags, updated.task.priority) == (["Home", "garden"], "high")


async def test_another_etag(anna: User) -> None:
    task = await anna.makes()
    seen = (await anna.http.get(f"{TASKS}/{task['id']}")).headers["etag"]
    await anna.changes(task["id"], tags=["home"])
    refused = await anna.http.patch(f"{TASKS}/{task['id']}", json={"priority": "low"}, headers={"If-Match": seen})
    assert refused.status_code == 412


# --- series ----------------------------------------------------------------------------------------------------------


async def test_occurrences_inherit_both(anna: User, processor: Processor) -> None:
    await daily(anna, processor, tags=["Home", 'com,ma "quote" {brace} \\ 🏠'], priority="high")
    await processor.runs(march(5))
    for task in await everyones(anna):
        assert (task["tags"], task["priority"]) == (["Home", 'com,ma "quote" {brace} \\ 🏠'], "high")


async def test_this_is_one_occurrences_following_is_the_series_too(anna: User, processor: Processor) -> None:
    await daily(anna, processor, tags=["home"])
    await change(anna, await on(anna, 4), "this", tags=["only today"], priority="low")
    await change(anna, await on(anna, 5), "following", tags=["garden"], priority="high")
    await processor.runs(march(6))
    found = {int(task["occurrence_date"][8:]): (task["tags"], task["priority"]) for task in await everyones(anna)}
    assert found[3] == (["home"], "none")
    assert found[4] == (["only today"], "low")
    assert [found[day] for day in (5, 6, 7, 8, 9)] == [(["garden"], "high")] * 5
    assert await titles(anna, tag="garden", sort="due") == ["Water the plants"] * 5


async def test_all_clears_them_everywhere_that_is_not_past(anna: User, processor: Processor) -> None:
    await daily(anna, processor, tags=["home"], priority="high")
    await change(anna, await on(anna, 5), "all", tags=None, priority=None)
    await processor.runs(march(5))
    left = [int(task["occurrence_date"][8:]) for task in await everyones(anna) if task["tags"]]
    assert left == [1, 2, 3], "what is done or over stays"


async def test_a_task_that_begins_to_repeat_gives_its_own(anna: User, processor: Processor) -> None:
    task = await anna.makes(due_date="2027-03-01T09:00:00Z", tags=["home"], priority="medium")
    await anna.changes(task["id"], recurrence_pattern="daily")
    await processor.runs(march(3))
    assert {(*one["tags"], one["priority"]) for one in await everyones(anna)} == {("home", "medium")}


# --- lists -----------------------------------------------------------------------------------------------------------


async def test_found_by_all_tags_in_any_case(anna: User) -> None:
    await anna.makes("Both", tags=["Home", "Straße"])
    await anna.makes("One", tags=["home"])
    await anna.makes("None")
    assert await titles(anna, tag="HOME") == ["One", "Both"]
    assert await titles(anna, tag="#home") == ["One", "Both"]
    assert await titles(anna, tag=["home", "STRASSE"]) == ["Both"]
    assert await titles(anna, tag=["home", "HOME"]) == ["One", "Both"]
    assert await titles(anna, tag="hom") == []
    assert await titles(anna, tag="home", completed="true") == []


async def test_found_by_any_of_the_priorities(anna: User) -> None:
    for priority in ("none", "low", "medium", "high"):
        await anna.makes(priority, priority=priority)
    assert await titles(anna, priority="high") == ["high"]
    assert await titles(anna, priority=["high", "none"]) == ["high", "none"]
    assert await titles(anna, priority=["low", "low"]) == ["low"]


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("tag=", "tag"),
        ("tag=%00", "tag"),
        ("tag=" + "x" * 51, "tag"),
        ("&".join(f"tag={n}" for n in range(21)), "tag"),
        ("priority=urgent", "priority"),
        ("priority=", "priority"),
        ("sort=tags", "sort"),
    ],
)
async def test_filters_that_are_none(anna: User, query: str, where: str) -> None:
    answer = await anna.http.get(f"{TASKS}?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["loc"][:2] == ["query", where]


async def test_by_priority_then_due_page_by_page(anna: User) -> None:
    chance = random.Random(20270301)
    made = [
        await anna.makes(
            str(number),
            tags=["all"],
            priority=chance.choice(["none", "low", "medium", "high"]),
            due_date=chance.choice([None, "2027-03-01T09:00:00Z", "2027-03-02T09:00:00Z"]),
        )
        for number in range(30)
    ]
    ranks = ["high", "medium", "low", "none"]
    made.sort(key=lambda task: (ranks.index(task["priority"]), task["due_at"] or "9", task["id"]))
    seen: list[str] = []
    url = f"{TASKS}?sort=priority&limit=4&tag=all&priority=high&priority=low&priority=medium&priority=none"
    while url:
        answer = await anna.http.get(url)
        assert answer.status_code == 200, answer.text
        seen += [task["id"] for task in answer.json()["items"]]
        url = answer.links.get("next", {}).get("url", "")
        if url:
            asked = parse_qs(urlsplit(url).query)
            assert (asked["tag"], len(asked["priority"])) == (["all"], 4), "the next page has the same filters"
    assert seen == [task["id"] for task in made]


async def test_a_cursor_holds_for_its_filters(anna: User) -> None:
    for number in range(3):
        await anna.makes(str(number), tags=["home", "garden"], priority="high")
    first = await anna.http.get(TASKS, params={"tag": "home", "limit": 1})
    cursor = parse_qs(urlsplit(first.links["next"]["url"]).query)["cursor"][0]
    assert await titles(anna, tag="HOME", limit=5, cursor=cursor) == ["1", "0"], "the same tag, written otherwise"
    for other in ({"tag": "garden"}, {"tag": ["home", "garden"]}, {"tag": "home", "priority": "high"}, {"limit": 1}):
        answer = await anna.http.get(TASKS, params=other | {"cursor": cursor})
        assert answer.status_code == 422


async def test_text_search_finds_tags(anna: User) -> None:
    await anna.makes("Tagged", tags=["Großputz"])
    await anna.makes("Großputz in words")
    await anna.makes("Neither", tags=["100%"])
    assert await titles(anna, q="grossputz") == ["Großputz in words", "Tagged"]
    assert await titles(anna, q="#GROSSPUTZ") == ["Tagged"]
    assert await titles(anna, q="0%") == ["Neither"]
    assert await titles(anna, q="h_o") == []


# --- the list of tags ------------------------------------------------------------------------------------------------


async def test_tags_with_counts_of_open_tasks(anna: User, bert: User) -> None:
    await anna.makes(tags=["Home", "garden"])
    await anna.makes(tags=["home"])
    await anna.makes(tags=["home"])
    await anna.changes((await anna.makes(tags=["done only", "home"]))["id"], completed=True)
    await bert.makes(tags=["bert alone"])
    answer = await anna.http.get(TAGS)
    assert answer.json() == {
        "items": [
            {"tag": "home", "open": 3, "tasks": 4},
            {"tag": "garden", "open": 1, "tasks": 1},
            {"tag": "done only", "open": 0, "tasks": 1},
        ],
        "total": 3,
    }
    some = await anna.http.get(TAGS, params={"begins": "HO", "limit": 1})
    assert some.json() == {"items": [{"tag": "home", "open": 3, "tasks": 4}], "total": 1}
    assert (await anna.http.get(TAGS, params={"begins": "%"})).json() == {"items": [], "total": 0}
    assert len((await anna.http.get(TAGS, params={"limit": 1})).json()["items"]) == 1
    for bad in ({"limit": 0}, {"limit": 201}, {"begins": "\x00"}, {"begins": "x" * 51}, {"q": "x"}):
        assert (await anna.http.get(TAGS, params=bad)).status_code == 422


# --- Phase IV --------------------------------------------------------------------------------------------------------


async def test_phase_iv_leaves_them_alone(anna: User, database: Database, clock: MovableClock) -> None:
    kept = await anna.makes("Here", tags=["home"], priority="high")
    gone = await anna.makes("Gone", tags=["garden"])
    async with release_on(database.url) as release:
        there = await release.create(anna.id, "There")
        await release.rename(kept["id"], "Renamed there")
        await release.complete(kept["id"])
        await release.delete(gone["id"])
    clock.advance(timedelta(minutes=1))
    assert await reconcile(database, clock.now()) == Reconciled(changed=2, deleted=1)
    after = await anna.sees(kept["id"])
    assert (after["title"], after["completed"], after["tags"], after["priority"]) == (
        "Renamed there", True, ["home"], "high",
    )  # fmt: skip
    new = await anna.sees(there)
    assert (new["tags"], new["priority"]) == ([], "none")
    assert (await anna.http.get(TAGS)).json()["items"] == [{"tag": "home", "open": 0, "tasks": 1}]
    events = await published_events(database, kept["id"])
    assert isinstance(events[1], TaskUpdated)
    assert set(events[1].changes) == {"title"}
    assert events[1].task.tags == ["home"]
