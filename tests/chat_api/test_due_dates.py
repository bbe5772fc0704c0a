"""Due dates: instants and days, in the task's zone, else the user's, else UTC; and what reminders make of them."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.chat_api.people import TASKS, User
from tests.support.clock import MovableClock


@pytest.fixture(autouse=True)
def _winter(clock: MovableClock) -> None:
    clock.freeze(datetime(2027, 1, 5, 12, 0, tzinfo=UTC))


def due(task: dict[str, Any]) -> tuple[str, str, bool, str]:
    """As clients read it, as an instant, whether all day, in which zone."""
    return task["due_date"], task["due_at"], task["due_all_day"], task["recurrence_timezone"]


@pytest.mark.parametrize(
    ("written", "task_zone", "user_zone", "at", "zone"),
    [
        ("2027-03-01T09:00:00Z", None, None, "2027-03-01T09:00:00Z", "UTC"),
        ("2027-03-01T09:00:00+02:00", None, "Europe/Berlin", "2027-03-01T07:00:00Z", "Europe/Berlin"),
        ("2027-03-01T09:00:00-0800", "Asia/Tokyo", "Europe/Berlin", "2027-03-01T17:00:00Z", "Asia/Tokyo"),
        ("2027-03-01T09:00:00", None, None, "2027-03-01T09:00:00Z", "UTC"),
        ("2027-03-01T09:00", None, "Europe/Berlin", "2027-03-01T08:00:00Z", "Europe/Berlin"),
        ("2027-03-01 09:00:00", "Asia/Tokyo", "Europe/Berlin", "2027-03-01T00:00:00Z", "Asia/Tokyo"),
        ("2027-03-01T09:00:00.5", None, None, "2027-03-01T09:00:00.500000Z", "UTC"),
        # Clocks in Berlin skip 02:00 to 03:00 on 28 March, and have 02:00 to 03:00 twice on 31 October.
        ("2027-03-28T02:30:00", "Europe/Berlin", None, "2027-03-28T01:30:00Z", "Europe/Berlin"),
        ("2027-10-31T02:30:00", "Europe/Berlin", None, "2027-10-31T00:30:00Z", "Europe/Berlin"),
        # Kathmandu is ahead by quarters of an hour; Kiritimati has the earliest day, Midway one of the latest.
        ("2027-03-01T00:00:00", "Asia/Kathmandu", None, "2027-02-28T18:15:00Z", "Asia/Kathmandu"),
    ],
)
async def test_an_instant(
    anna: User, written: str, task_zone: str | None, user_zone: str | None, at: str, zone: str
) -> None:
    if user_zone is not None:
        await anna.lives_in(user_zone)
    task = await anna.makes(due_date=written, recurrence_timezone=task_zone)
    assert due(task) == (at, at, False, zone)


@pytest.mark.parametrize(
    ("task_zone", "user_zone", "begins", "zone"),
    [
        (None, None, "2027-03-28T00:00:00Z", "UTC"),
        (None, "Europe/Berlin", "2027-03-27T23:00:00Z", "Europe/Berlin"),
        ("Pacific/Kiritimati", "Europe/Berlin", "2027-03-27T10:00:00Z", "Pacific/Kiritimati"),
        ("Pacific/Midway", None, "2027-03-28T11:00:00Z", "Pacific/Midway"),
    ],
)
async def test_a_day(anna: User, task_zone: str | None, user_zone: str | None, begins: str, zone: str) -> None:
    if user_zone is not None:
        await anna.lives_in(user_zone)
    task = await anna.makes(due_date="2027-03-28", recurrence_timezone=task_zone)
    assert due(task) == ("2027-03-28", begins, True, zone)
    assert (await anna.changes(task["id"], due_date="2027-03-29"))["due_date"] == "2027-03-29"


async def test_a_day_that_begins_later_than_midnight(anna: User) -> None:
    """Clocks in Beirut go from 00:00 to 01:00 on 28 March."""
    task = await anna.makes(due_date="2027-03-28", recurrence_timezone="Asia/Beirut")
    assert due(task) == ("2027-03-28", "2027-03-27T22:00:00Z", True, "Asia/Beirut")


NO_DUE_DATES: list[str] = [
    "tomorrow",
    "",
    "2027-02-29",
    "2027-13-01",
    "2027-3-1",
    "20270301",
    "2027-03-01T25:00:00",
    "2027-03-01T09",
    "2027-03-01T09:00:00+99:00",
    "2027-W09-1",
    "1969-12-31",
    "2200-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "２０２７-03-01",
    "2027-03-01T09:00:00 Europe/Berlin",
    "x" * 41,
]


async def test_what_is_no_due_date(anna: User, subtests: pytest.Subtests) -> None:
    for written in NO_DUE_DATES:
        with subtests.test(written=written):
            answer = await anna.http.post(TASKS, json={"title": "A", "due_date": written})
            assert answer.status_code == 422, answer.text
            assert answer.json()["detail"][0]["loc"] == ["body", "due_date"]


async def test_a_zone_of_its_own_is_kept_when_the_user_moves(anna: User) -> None:
    await anna.lives_in("Europe/Berlin")
    task = await anna.makes(due_date="2027-03-01T09:00:00")
    await anna.lives_in("America/New_York")
    after = await anna.changes(task["id"], due_date="2027-03-02T09:00:00")
    assert due(after) == ("2027-03-02T08:00:00Z", "2027-03-02T08:00:00Z", False, "Europe/Berlin")


async def test_another_zone_keeps_the_day_or_the_instant(anna: User) -> None:
    day = await anna.makes(due_date="2027-03-01", recurrence_timezone="Europe/Berlin")
    after = await anna.changes(day["id"], recurrence_timezone="Asia/Tokyo")
    assert due(after) == ("2027-03-01", "2027-02-28T15:00:00Z", True, "Asia/Tokyo")
    moment = await anna.makes(due_date="2027-03-01T09:00:00", recurrence_timezone="Europe/Berlin")
    after = await anna.changes(moment["id"], recurrence_timezone="Asia/Tokyo")
    assert due(after) == ("2027-03-01T08:00:00Z", "2027-03-01T08:00:00Z", False, "Asia/Tokyo")


async def test_a_day_becomes_a_time_and_back(anna: User) -> None:
    task = await anna.makes(due_date="2027-03-01")
    after = await anna.changes(task["id"], due_date="2027-03-01T00:00:00Z")
    assert due(after)[:3] == ("2027-03-01T00:00:00Z", "2027-03-01T00:00:00Z", False)
    assert after["version"] == 2, "the same instant, and yet a change"
    assert due(await anna.changes(task["id"], due_date="2027-03-01"))[2]


async def scheduled(user: User, **fields: Any) -> dict[str, str]:
    """The reminders of a new task: offset to instant."""
    task = await user.makes(**fields)
    return {reminder["offset"]: reminder["scheduled_at"] for reminder in task["reminder_status"]}


async def test_days_go_back_on_the_calendar_and_hours_exactly(anna: User) -> None:
    """The day before 28 March in Berlin is 23 hours before."""
    fields = {"due_date": "2027-03-28T09:00:00", "recurrence_timezone": "Europe/Berlin"}
    assert await scheduled(anna, **fields, reminders=["1 day", "24 hours", "P1DT2H", "0 minutes"]) == {
        "P1D": "2027-03-27T08:00:00Z",
        "PT24H": "2027-03-27T07:00:00Z",
        "P1DT2H": "2027-03-27T06:00:00Z",
        "PT0S": "2027-03-28T07:00:00Z",
    }


async def test_reminders_of_a_day_count_from_nine_in_the_morning(anna: User) -> None:
    fields = {"due_date": "2027-03-28", "recurrence_timezone": "Europe/Berlin"}
    assert await scheduled(anna, **fields, reminders=["PT0S", "1 day", "2 hours"]) == {
        "P1D": "2027-03-27T08:00:00Z",
        "PT2H": "2027-03-28T05:00:00Z",
        "PT0S": "2027-03-28T07:00:00Z",
    }


SHORT: list[tuple[str, str]] = [
    ("1 day", "P1D"),
    ("a day before", "P1D"),
    ("2 weeks", "P14D"),
    ("1w", "P7D"),
    ("90 minutes", "PT1H30M"),
    ("24 hours", "PT24H"),
    ("pt1h", "PT1H"),
    ("P1W", "P7D"),
    (" PT90S ", "PT1M30S"),
    ("366 days", "P366D"),
    ("1 hr", "PT1H"),
    ("one day", "P1D"),
    ("1.5 hours", "PT1H30M"),
    ("half an hour", "PT30M"),
    ("1 day 2 hours", "P1DT2H"),
    ("2h30m", "PT2H30M"),
    ("forty-five minutes in advance", "PT45M"),
]


async def test_one_reminder_in_short(anna: User, subtests: pytest.Subtests) -> None:
    for written, kept in SHORT:
        with subtests.test(written=written, kept=kept):
            task = await anna.makes(due_date="2027-12-01", reminder_offset=written)
            assert task["reminders"] == [kept]
            task = await anna.makes(due_date="2027-12-01", reminders=[written, kept])
            assert task["reminders"] == [kept]


NO_REMINDERS: list[str] = [
    "",
    "soon",
    "1 fortnight",
    "-1 day",
    "P",
    "PT",
    "1.5 days",
    "1.3 hours",
    "367 days",
    "P1Y",
    "1 day 2 moons",
    "1 hour 1 hour",
    "half a day",
    "a month",
]


async def test_what_is_no_reminder(client: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    for written in NO_REMINDERS:
        with subtests.test(written=written):
            body = {"title": "A", "due_date": "2027-12-01"}
            answer = await client.post(TASKS, json=body | {"reminders": ["1 hour", written]})
            assert answer.status_code == 422, answer.text
            assert answer.json()["detail"][0]["loc"] == ["body", "reminders"]
            answer = await client.post(TASKS, json=body | {"reminder_offset": written})
            assert answer.status_code == 422, answer.text
            assert answer.json()["detail"][0]["loc"] == ["body", "reminder_offset"]
