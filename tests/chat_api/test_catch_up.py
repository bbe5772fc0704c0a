"""How many past occurrences a series makes at once: no request makes more than so many, and no outage does."""

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from taskflow_core.domain.recurrence import MOST_CAUGHT_UP
from tests.chat_api.occurring import MONDAY, Processor, everyones
from tests.chat_api.people import TASKS, User

LONG_AGO = "1970-01-01T09:00:00Z"
TOO_LONG_AGO = f"{MONDAY.date() - timedelta(days=MOST_CAUGHT_UP + 1)}T07:00:00Z"
JUST_IN_TIME = f"{MONDAY.date() - timedelta(days=MOST_CAUGHT_UP)}T07:00:00Z"
DAILY: dict[str, Any] = {"title": "Water", "recurrence_pattern": "daily", "catch_up": "all"}


async def refused(user: User, method: str, path: str, body: dict[str, Any]) -> None:
    answer = await user.http.request(method, path, json=body)
    assert answer.status_code == 422, answer.text
    [problem] = answer.json()["detail"]
    assert problem["loc"] == ["body", "catch_up"]
    assert "more than 500" in problem["msg"]


@pytest.mark.parametrize("due", [LONG_AGO, TOO_LONG_AGO, "1970-01-01"])
async def test_a_series_that_begins_too_far_back(anna: User, processor: Processor, due: str) -> None:
    await refused(anna, "POST", TASKS, DAILY | {"due_date": due})
    assert await everyones(anna) == []


async def test_one_that_begins_just_not_too_far_back(anna: User, processor: Processor) -> None:
    await anna.makes(**DAILY | {"due_date": JUST_IN_TIME})
    assert await processor.runs() == MOST_CAUGHT_UP + 1, "and the next one"


@pytest.mark.parametrize(
    "rule",
    [{"catch_up": "latest"}, {"recurrence_mode": "after_completion"}, {"recurrence_end_date": "1970-02-01"}],
)
async def test_what_makes_few_may_begin_when_it_likes(anna: User, processor: Processor, rule: dict[str, Any]) -> None:
    await anna.makes(**DAILY | {"due_date": LONG_AGO} | rule)
    assert await processor.runs() <= 31


@pytest.mark.parametrize("scope", ["this", "following", "all"])
@pytest.mark.parametrize(
    ("before", "change"),
    [
        ({"catch_up": "latest"}, {"catch_up": "all"}),
        ({"recurrence_mode": "after_completion"}, {"recurrence_mode": "fixed"}),
        ({"recurrence_pattern": "RRULE:FREQ=YEARLY"}, {"recurrence_pattern": "daily"}),
        ({"recurrence_end_date": "1970-02-01"}, {"recurrence_end_date": None}),
        ({"recurrence_pattern": "RRULE:FREQ=DAILY;COUNT=3"}, {"recurrence_pattern": "daily"}),
    ],
)
async def test_an_edit_that_comes_to_the_same(
    anna: User, processor: Processor, before: dict[str, Any], change: dict[str, Any], scope: str
) -> None:
    task = await anna.makes(**DAILY | {"due_date": LONG_AGO} | before)
    await refused(anna, "PATCH", f"{TASKS}/{task['id']}?scope={scope}", change)
    assert await processor.runs() <= 58, "as it was before"


@pytest.mark.parametrize("scope", ["following", "all"])
async def test_a_series_moved_too_far_back(anna: User, processor: Processor, scope: str) -> None:
    task = await anna.makes(**DAILY | {"due_date": "2027-03-02T09:00:00Z"})
    await refused(anna, "PATCH", f"{TASKS}/{task['id']}?scope={scope}", {"due_date": LONG_AGO})


async def test_a_task_that_begins_to_repeat(anna: User, processor: Processor) -> None:
    task = await anna.makes(title="Water", due_date=LONG_AGO)
    await refused(anna, "PATCH", f"{TASKS}/{task['id']}", {"recurrence_pattern": "daily", "catch_up": "all"})
    body = {"title": "Water", "recurrence_pattern": "daily", "catch_up": "all"}
    await refused(anna, "PUT", f"{TASKS}/{task['id']}", body)


async def test_the_chat_says_so(anna: User, processor: Processor) -> None:
    await anna.makes(**DAILY | {"due_date": "2027-03-02T09:00:00Z"})
    said = await anna.http.post("/api/v1/chat", json={"message": "repeat water daily from 1 January 1970"})
    assert said.status_code == 200
    assert await processor.runs() <= 1


async def test_one_that_fell_behind_makes_the_latest(anna: User, processor: Processor) -> None:
    await anna.makes(**DAILY | {"due_date": "2027-03-01T09:00:00Z"})
    behind = timedelta(days=MOST_CAUGHT_UP + 700)
    with capture_logs() as lines:
        made = await processor.runs(MONDAY + behind)
    assert made == MOST_CAUGHT_UP + 1
    left_out = [line for line in lines if line["event"] == "missed_slots_left_out"]
    assert [line["since"] for line in left_out] == ["2027-03-02"]
    newest = await processor.database.fetchval("SELECT max(occurrence_date) FROM tasks")
    assert newest == (MONDAY + behind).date()
