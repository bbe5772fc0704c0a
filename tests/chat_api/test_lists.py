"""Lists of tasks: Phase IV's without parameters; filters, order and pages with them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from taskflow_core.database.pool import Database
from tests.chat_api.people import TASKS, User
from tests.support.clock import MovableClock

NOW = datetime(2027, 3, 10, 12, 0, tzinfo=UTC)
"""A Wednesday; in Auckland it is Thursday already (01:00), in Los Angeles 04:00."""


@pytest.fixture(autouse=True)
def _noon(clock: MovableClock) -> None:
    clock.freeze(NOW)


async def titles(user: User, **parameters: Any) -> list[str]:
    """Of a page of the user's tasks, in its order."""
    answer = await user.http.get(TASKS, params=parameters)
    assert answer.status_code == 200, answer.text
    return [task["title"] for task in answer.json()["items"]]


async def test_without_parameters_it_is_phase_ivs(anna: User, clock: MovableClock) -> None:
    for title in ("First", "Second", "Third"):
        await anna.makes(title)
        clock.advance(timedelta(seconds=1))
    answer = await anna.http.get(TASKS)
    assert [task["title"] for task in answer.json()] == ["Third", "Second", "First"], "a bare list, newest first"
    assert "link" not in answer.headers


async def test_any_parameter_makes_it_a_page(anna: User) -> None:
    await anna.makes()
    assert isinstance((await anna.http.get(TASKS, params={"_": "1795567321"})).json(), list), "one that is none of ours"
    answer = await anna.http.get(TASKS, params={"limit": 50})
    assert list(answer.json()) == ["items"]
    assert len(answer.json()["items"]) == 1


async def test_completed(anna: User) -> None:
    await anna.changes((await anna.makes("Done"))["id"], completed=True)
    await anna.makes("Open")
    assert await titles(anna, completed="true") == ["Done"]
    assert await titles(anna, completed="false") == ["Open"]


@pytest.mark.parametrize(
    ("timezone", "expected"),
    [
        ("UTC", {"overdue": {"00:00", "11:59", "the 9th"}, "today": {"00:00", "11:59", "23:59", "the 10th"}}),
        ("Pacific/Auckland", {"overdue": {"00:00", "11:59", "the 9th", "the 10th"}, "today": {"11:59", "23:59"}}),
        ("America/Los_Angeles", {"overdue": {"00:00", "11:59", "the 9th"}, "today": {"11:59", "23:59", "the 10th"}}),
    ],
)
async def test_due_by_the_users_own_day(anna: User, timezone: str, expected: dict[str, set[str]]) -> None:
    for clock_time in ("00:00", "11:59", "23:59"):
        await anna.makes(clock_time, due_date=f"2027-03-10T{clock_time}:00Z")
    # Days of the calendar belong to themselves, in whatever zone the task has them.
    await anna.makes("the 9th", due_date="2027-03-09", recurrence_timezone="Asia/Tokyo")
    await anna.makes("the 10th", due_date="2027-03-10", recurrence_timezone="Pacific/Honolulu")
    await anna.makes("the 12th", due_date="2027-03-12")
    await anna.makes("whenever")
    await anna.lives_in(timezone)

    overdue, today = set(await titles(anna, due="overdue")), set(await titles(anna, due="today"))
    assert {"overdue": overdue, "today": today} == {"overdue": expected["overdue"], "today": expected["today"]}
    everything = {"00:00", "11:59", "23:59", "the 9th", "the 10th", "the 12th"}
    assert set(await titles(anna, due="upcoming")) == everything - overdue - today
    assert await titles(anna, due="none") == ["whenever"]


async def test_what_is_done_is_not_overdue(anna: User) -> None:
    task = await anna.makes(due_date="2027-03-01")
    assert await titles(anna, due="overdue") == [task["title"]]
    await anna.changes(task["id"], completed=True)
    assert await titles(anna, due="overdue") == []


async def test_a_day_of_twenty_three_hours(anna: User, clock: MovableClock) -> None:
    await anna.lives_in("America/New_York")
    clock.freeze(datetime(2027, 3, 14, 12, 0, tzinfo=UTC))  # clocks go forward at 02:00 of that day
    await anna.makes("last minute", due_date="2027-03-14T23:59:00")
    await anna.makes("next day", due_date="2027-03-15T00:00:00")
    assert await titles(anna, due="today") == ["last minute"]
    assert await titles(anna, due="upcoming") == ["next day"]


async def test_due_before_and_after(anna: User) -> None:
    await anna.lives_in("Europe/Berlin")
    for hour in ("08", "10"):
        await anna.makes(f"at {hour}", due_date=f"2027-03-11T{hour}:00:00Z")
    await anna.makes("whenever")
    assert await titles(anna, due_before="2027-03-11T10:00:00Z") == ["at 08"]
    assert await titles(anna, due_after="2027-03-11T10:00:00Z") == ["at 10"], "the instant itself is after"
    assert await titles(anna, due_before="2027-03-11T10:30:00") == ["at 08"], "without an offset: the user's zone"
    assert await titles(anna, due_before="2027-03-11") == [], "before that day begins"
    assert await titles(anna, due_after="2027-03-11") == [], "after that day has ended"
    assert set(await titles(anna, due_after="2027-03-10", due_before="2027-03-12")) == {"at 08", "at 10"}


async def test_search_takes_text_as_it_is(anna: User) -> None:
    await anna.makes("100% sure")
    await anna.makes("1000 sure", description="under_score")
    await anna.makes("back\\slash")
    assert await titles(anna, q="100%") == ["100% sure"]
    assert await titles(anna, q="R_S") == ["1000 sure"], "in the description, in any case of letters"
    assert await titles(anna, q="k\\s") == ["back\\slash"]
    assert await titles(anna, q="'; --") == []


async def test_a_series_with_its_first_task(anna: User) -> None:
    first = await anna.makes("Standup", due_date="2027-03-11T09:00:00Z", recurrence_pattern="daily")
    await anna.makes("Another")
    assert await titles(anna, series=first["id"]) == ["Standup"]
    assert await titles(anna, series="nothing") == []


async def test_sorted_by_due_date_those_without_last(anna: User, clock: MovableClock) -> None:
    for title, due in (("later", "2027-03-12"), ("whenever", None), ("sooner", "2027-03-11"), ("whenever", None)):
        clock.advance(timedelta(seconds=1))
        await anna.makes(title, due_date=due)
    assert await titles(anna, sort="due") == ["sooner", "later", "whenever", "whenever"]
    assert await titles(anna, sort="created", limit=1) == ["whenever"]


async def pages(user: User, **parameters: Any) -> list[list[str]]:
    """Titles page by page, following the Link header."""
    found: list[list[str]] = []
    answer = await user.http.get(TASKS, params=parameters)
    while True:
        assert answer.status_code == 200, answer.text
        found.append([task["title"] for task in answer.json()["items"]])
        if "next" not in answer.links:
            return found
        answer = await user.http.get(answer.links["next"]["url"])


@pytest.mark.parametrize("sort", ["created", "due"])
async def test_pages_hold_each_task_once(anna: User, sort: str) -> None:
    for n in range(7):  # all made, and some due, at one instant
        await anna.makes(str(n), due_date="2027-03-11T09:00:00Z" if n % 2 else None)
    found = await pages(anna, sort=sort, limit=3)
    assert [len(page) for page in found] == [3, 3, 1]
    assert sorted(title for page in found for title in page) == [str(n) for n in range(7)]


async def test_what_is_made_between_two_pages_moves_nothing(anna: User, clock: MovableClock) -> None:
    for n in range(4):
        clock.advance(timedelta(seconds=1))
        await anna.makes(str(n))
    first = await anna.http.get(TASKS, params={"limit": 2})
    clock.advance(timedelta(seconds=1))
    await anna.makes("new")
    second = await anna.http.get(first.links["next"]["url"])
    assert [task["title"] for task in second.json()["items"]] == ["1", "0"]
    assert "link" not in second.headers


async def test_links_keep_the_filters(anna: User) -> None:
    for n in range(3):
        await anna.makes(f"a&b={n}")
    await anna.makes("other")
    assert sorted(await pages(anna, q="a&b=", completed="false", limit=1)) == [["a&b=0"], ["a&b=1"], ["a&b=2"]]


async def test_fifty_unless_asked_and_two_hundred_at_most(anna: User, database: Database) -> None:
    await database.execute(
        "INSERT INTO tasks (id, user_id, title, completed, created_at, updated_at) "
        "SELECT 't' || n, $1, 't', false, now(), now() FROM generate_series(1, 201) AS n",
        anna.id,
    )
    assert len(await titles(anna, completed="false")) == 50
    assert len(await titles(anna, limit=200)) == 200
    assert len((await anna.http.get(TASKS)).json()) == 201


WRONG: list[tuple[str, str]] = [
    ("limit", "0"),
    ("limit", "201"),
    ("limit", "many"),
    ("completed", "perhaps"),
    ("due", "someday"),
    ("due_before", "tomorrow"),
    ("due_after", "2027-02-30"),
    ("sort", "title"),
    ("cursor", "nonsense"),
    ("cursor", "bnVsbA"),
    ("q", "x" * 201),
    ("q", "\x00"),
]


async def test_a_parameter_that_does_not_validate_is_named(
    client: httpx.AsyncClient, subtests: pytest.Subtests
) -> None:
    for parameter, value in WRONG:
        with subtests.test(parameter=parameter, value=value):
            answer = await client.get(TASKS, params={parameter: value})
            assert answer.status_code == 422
            assert answer.json()["detail"][0]["loc"] == ["query", parameter]


async def test_a_cursor_is_good_for_its_own_filters_only(anna: User, bert: User) -> None:
    for n in range(3):
        await anna.makes(str(n))
    link = (await anna.http.get(TASKS, params={"limit": 1, "completed": "false"})).links["next"]["url"]
    cursor = httpx.URL(link).params["cursor"]
    for other in ({"completed": "true"}, {"sort": "due"}, {}):
        answer = await anna.http.get(TASKS, params={"limit": 1, "cursor": cursor, **other})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", "cursor"]
    larger = await anna.http.get(TASKS, params={"limit": 2, "completed": "false", "cursor": cursor})
    assert len(larger.json()["items"]) == 2, "another page size is the same list"
    theirs = await bert.http.get(TASKS, params={"limit": 2, "completed": "false", "cursor": cursor})
    assert theirs.json()["items"] == [], "and a cursor opens nobody else's"


async def test_nobody_sees_anybody_elses(anna: User, bert: User) -> None:
    task = await anna.makes("Secret", due_date="2027-03-10")
    for parameters in ({}, {"limit": 5}, {"q": "Secret"}, {"series": task["id"]}, {"due": "today"}):
        answer = (await bert.http.get(TASKS, params=parameters)).json()
        assert answer in ([], {"items": []})
