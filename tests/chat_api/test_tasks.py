"""One task: what a client may write, what null means, and to whom it belongs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from taskflow_core.database.pool import Database
from tests.chat_api.people import TASKS, User
from tests.chat_api.published import published_kinds
from tests.support.clock import MovableClock

NOON = datetime(2027, 3, 10, 12, 0, tzinfo=UTC)
BARE: dict[str, Any] = {
    "title": "Water the plants",
    "description": None,
    "completed": False,
    "due_date": None,
    "due_at": None,
    "due_all_day": False,
    "recurrence_pattern": None,
    "recurrence_end_date": None,
    "recurrence_timezone": None,
    "recurrence_mode": None,
    "catch_up": None,
    "rrule": None,
    "parent_recurring_task_id": None,
    "occurrence_date": None,
    "reminders": [],
    "reminder_status": [],
    "tags": [],
    "priority": "none",
    "version": 1,
    "created_at": "2027-03-10T12:00:00Z",
    "updated_at": "2027-03-10T12:00:00Z",
}
FULL: dict[str, Any] = {
    "title": "Water the plants",
    "description": "all of them",
    "due_date": "2027-03-12T09:00:00Z",
    "recurrence_pattern": "weekly:FRI",
    "recurrence_end_date": "2027-12-31",
    "recurrence_timezone": "Europe/Berlin",
    "reminders": ["P1D", "PT1H"],
    "tags": ["Home", "garden"],
    "priority": "high",
}
NOT_THEIRS: dict[str, Any] = {
    "id": "mine",
    "user_id": "mine",
    "version": 7,
    "created_at": "2001-01-01T00:00:00Z",
    "updated_at": "2001-01-01T00:00:00Z",
    "due_at": "2001-01-01T00:00:00Z",
    "due_all_day": True,
    "parent_recurring_task_id": "mine",
    "occurrence_date": "2001-01-01",
    "rrule": "FREQ=DAILY",
    "reminder_status": [{"status": "sent"}],
    "unheard_of": True,
}


@pytest.fixture(autouse=True)
def _noon(clock: MovableClock) -> None:
    clock.freeze(NOON)


async def test_a_title_is_enough(anna: User) -> None:
    task = await anna.makes()
    assert task == BARE | {"id": task["id"], "user_id": anna.id}
    assert await anna.sees(task["id"]) == task


async def test_everything_a_client_may_write_is_kept(anna: User) -> None:
    task = await anna.makes(**FULL)
    assert {field: task[field] for field in FULL} == FULL
    assert task["due_at"] == FULL["due_date"]
    seen = await anna.sees(task["id"])
    assert seen == task
    (listed,) = (await anna.http.get(TASKS)).json()
    assert listed == task


async def test_what_was_written_comes_back_in_one_form(anna: User) -> None:
    task = await anna.makes(
        "  Water the plants ",
        due_date="2027-03-12t10:00:00+01:00",
        recurrence_pattern="weekly:wed,MON",
        reminders=["1 hour", "2 days before", "PT60M", "1 day"],
    )
    assert task["title"] == "Water the plants"
    assert task["due_date"] == "2027-03-12T09:00:00Z"
    assert task["recurrence_pattern"] == "weekly:MON,WED"
    assert task["reminders"] == ["P2D", "P1D", "PT1H"], "the earliest first, each once"


async def test_clients_write_only_what_is_meant_for_them(anna: User) -> None:
    task = await anna.makes(**NOT_THEIRS, completed=True)
    assert task == BARE | {"id": task["id"], "user_id": anna.id}
    url = f"{TASKS}/{task['id']}"
    for method in ("PUT", "PATCH"):
        answer = await anna.http.request(method, url, json=NOT_THEIRS)
        assert (answer.status_code, answer.json()) == (200, task)


async def test_patch_changes_what_it_names(anna: User, clock: MovableClock) -> None:
    task = await anna.makes(**FULL)
    clock.advance(timedelta(hours=1))
    after = await anna.changes(task["id"], title=" Feed the cat ", completed=True)
    changed = {field for field in after if after[field] != task[field]}
    assert changed == {"title", "completed", "version", "updated_at", "reminder_status"}
    assert (after["title"], after["updated_at"]) == ("Feed the cat", "2027-03-10T13:00:00Z")
    assert after["version"] == task["version"] + 2, "an edit and a completion"


async def test_patch_with_what_is_so_already_changes_nothing(
    anna: User, clock: MovableClock, database: Database
) -> None:
    task = await anna.makes(**FULL)
    clock.advance(timedelta(hours=1))
    same = {"title": FULL["title"], "due_date": FULL["due_date"], "reminders": ["1 hour", "1 day"], "completed": False}
    assert await anna.changes(task["id"]) == task
    assert await anna.changes(task["id"], **same) == task
    assert await published_kinds(database, task["id"]) == [("task.created", 1)]


@pytest.mark.parametrize(
    ("patch", "cleared"),
    [
        ({"description": None}, {"description"}),
        ({"recurrence_end_date": None}, {"recurrence_end_date"}),
        ({"recurrence_pattern": None}, {"recurrence_pattern", "recurrence_end_date"}),
        ({"reminders": None}, {"reminders"}),
        ({"reminders": []}, {"reminders"}),
        ({"reminder_offset": None}, {"reminders"}),
        ({"due_date": None}, {"due_date", "recurrence_pattern", "recurrence_end_date", "reminders"}),
    ],
)
async def test_null_clears_what_can_be_without(anna: User, patch: dict[str, Any], cleared: set[str]) -> None:
    task = await anna.makes(**FULL)
    after = await anna.changes(task["id"], **patch)
    empty: dict[str, Any] = {"reminders": []}
    assert {field: after[field] for field in FULL if field != "recurrence_timezone"} == {
        field: empty.get(field) if field in cleared else value
        for field, value in FULL.items()
        if field != "recurrence_timezone"
    }
    assert await anna.sees(task["id"]) == after


NEEDED: list[str] = ["title", "completed", "recurrence_timezone", "recurrence_mode", "catch_up"]


async def test_null_is_refused_where_something_must_be(anna: User, subtests: pytest.Subtests) -> None:
    task = await anna.makes(**FULL)
    for field in NEEDED:
        with subtests.test(field=field):
            answer = await anna.http.patch(f"{TASKS}/{task['id']}", json={field: None})
            assert answer.status_code == 422
            assert answer.json()["detail"][0]["loc"] == ["body", field]
            assert await anna.sees(task["id"]) == task


async def test_put_keeps_what_is_null_or_missing(anna: User) -> None:
    task = await anna.makes(**FULL)
    url = f"{TASKS}/{task['id']}"
    nothing = dict.fromkeys([*FULL, "completed", "recurrence_mode", "catch_up", "reminder_offset"])
    for body in ({}, nothing):
        answer = await anna.http.put(url, json=body)
        assert (answer.status_code, answer.json()) == (200, task)
    answer = await anna.http.put(url, json=nothing | {"due_date": "2027-03-19"})
    assert answer.json()["due_date"] == "2027-03-19"
    assert answer.json()["description"] == task["description"]


WRONG: list[tuple[str, Any]] = [
    ("title", ""),
    ("title", "x" * 256),
    ("title", 5),
    ("title", "a\x00b"),
    ("description", "x" * 5001),
    ("description", "a\x00b"),
    ("completed", "perhaps"),
    ("due_date", "tomorrow"),
    ("due_date", 5),
    ("recurrence_pattern", "sometimes"),
    ("recurrence_end_date", "2027-13-01"),
    ("recurrence_timezone", "Mars/Olympus"),
    ("recurrence_mode", "whenever"),
    ("catch_up", "some"),
    ("reminders", ["soon"]),
    ("reminders", "1 day"),
    ("reminders", [f"{n} minutes" for n in range(1, 12)]),
    ("reminder_offset", "soon"),
]


async def test_a_value_that_does_not_validate_is_named(anna: User, subtests: pytest.Subtests) -> None:
    task = await anna.makes(**FULL)
    for field, value in WRONG:
        for method in ("PUT", "PATCH"):
            with subtests.test(method=method, field=field, value=value):
                answer = await anna.http.request(method, f"{TASKS}/{task['id']}", json={field: value})
                assert answer.status_code == 422, answer.text
                assert answer.json()["detail"][0]["loc"][:2] == ["body", field]
                assert await anna.sees(task["id"]) == task


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("recurrence_pattern", {"recurrence_pattern": "daily"}),
        ("recurrence_end_date", {"due_date": "2027-03-12", "recurrence_end_date": "2027-04-01"}),
        ("recurrence_end_date", FULL | {"recurrence_end_date": "2027-03-01"}),
        ("reminders", {"reminders": ["1 day"]}),
        ("reminders", {"reminder_offset": "1 day"}),
        ("reminder_offset", {"due_date": "2027-03-12", "reminders": ["1 day"], "reminder_offset": "1 day"}),
    ],
)
async def test_every_rule_of_the_database_names_the_field(
    anna: User, database: Database, field: str, body: dict[str, Any]
) -> None:
    answer = await anna.http.post(TASKS, json={"title": "A"} | body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["loc"] == ["body", field]
    task = await anna.makes("B")
    answer = await anna.http.patch(f"{TASKS}/{task['id']}", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["loc"] == ["body", field]
    assert await anna.sees(task["id"]) == task
    assert await database.fetchval("SELECT count(*) FROM tasks") == 1


async def test_options_of_a_series_on_a_task_that_is_none(anna: User) -> None:
    answer = await anna.http.post(TASKS, json={"title": "A", "recurrence_mode": "after_completion"})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "recurrence_mode"]


CALLS: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("PUT", "", {"title": "Mine now"}),
    ("PATCH", "", {"title": "Mine now"}),
    ("DELETE", "", None),
    ("POST", "/acknowledge", None),
]


async def test_another_users_task_is_one_that_does_not_exist(anna: User, bert: User, subtests: pytest.Subtests) -> None:
    for method, below, body in CALLS:
        with subtests.test(method=method, below=below, body=body):
            task = await anna.makes()
            foreign = await bert.http.request(method, f"{TASKS}/{task['id']}{below}", json=body)
            unknown = await bert.http.request(method, f"{TASKS}/00000000-0000-4000-8000-000000000000{below}", json=body)
            assert foreign.status_code == unknown.status_code == 404
            assert foreign.json() == unknown.json()
            assert foreign.json()["detail"]["code"] in ("TASK_NOT_FOUND", "TASK_UPDATE_ERROR", "TASK_DELETION_ERROR")
            assert await anna.sees(task["id"]) == task


async def test_a_deleted_task_is_gone(anna: User) -> None:
    task = await anna.makes(**FULL)
    url = f"{TASKS}/{task['id']}"
    assert (await anna.http.delete(url)).status_code == 204
    for method in ("GET", "DELETE", "PATCH", "PUT"):
        answer = await anna.http.request(method, url, json={} if method[0] == "P" else None)
        assert answer.status_code == 404


IDS: list[str] = ["%00", "a" * 256, "%F0%9F%90%99", "%ED%A0%80", "'--"]


async def test_an_id_that_nobody_gave(client: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    for task_id in IDS:
        with subtests.test(task_id=task_id):
            for method, below in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/acknowledge")):
                body = {"title": "x"} if method == "PATCH" else None
                answer = await client.request(method, f"{TASKS}/{task_id}{below}", json=body)
                assert answer.status_code in (404, 422), answer.text


async def test_text_of_any_script_is_kept_as_it_is(anna: User) -> None:
    text = "日本語 عربي 🌱 a\u0301 \u202e <b>&amp; \\ \" ' \n\t"
    task = await anna.makes(text.strip(), description=text)
    seen = await anna.sees(task["id"])
    assert (seen["title"], seen["description"]) == (text.strip(), text.strip())


async def test_a_body_that_is_too_large(client: httpx.AsyncClient) -> None:
    answer = await client.post(TASKS, json={"title": "A", "ballast": "x" * 140_000})
    assert answer.status_code == 413
    assert answer.json()["detail"]["code"] == "BODY_TOO_LARGE"
