"""The calendar in an export, read back by icalendar: due dates, alarms, and repeats that give TaskFlow's own dates."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from icalendar import Event

from chat_api.export.calendar import _event  # pyright: ignore[reportPrivateUsage]
from taskflow_core.domain.recurrence import Rule, parse_pattern
from tests.chat_api.export.conftest import exported
from tests.chat_api.people import User

DUE = "2030-03-01T09:00:00Z"
"""A Friday."""


async def todos(user: User) -> dict[str, Any]:
    """The to-dos by their title."""
    found = (await exported(user.http)).calendar
    return {str(todo["SUMMARY"]): todo for todo in found.walk("VTODO")}


async def test_a_task_is_a_to_do(anna: User) -> None:
    made = await anna.makes("Water; the, plants", description="With\nrain water", due_date=DUE)
    await anna.makes("Some day")
    done = await anna.makes("Done")
    await anna.changes(done["id"], completed=True)
    found = await todos(anna)
    todo = found["Water; the, plants"]
    assert (str(todo["UID"]), str(todo["DESCRIPTION"])) == (made["id"], "With\nrain water")
    assert todo["DUE"].dt == datetime(2030, 3, 1, 9, tzinfo=UTC)
    assert [str(one["STATUS"]) for one in found.values()] == ["NEEDS-ACTION", "NEEDS-ACTION", "COMPLETED"]
    assert "DUE" not in found["Some day"]


async def test_a_whole_day_is_a_date(anna: User) -> None:
    """Also where the day begins at another time in UTC, on the day before."""
    await anna.lives_in("Pacific/Auckland")
    await anna.makes("Pay", due_date="2030-03-01", reminders=["1 day", "0 minutes"])
    todo = (await todos(anna))["Pay"]
    assert todo["DUE"].dt == date(2030, 3, 1)
    nine = datetime(2030, 2, 28, 20, tzinfo=UTC)
    assert [alarm["TRIGGER"].dt for alarm in todo.walk("VALARM")] == [nine - timedelta(days=1), nine]


async def test_reminders_are_alarms(anna: User) -> None:
    task = await anna.makes("Call", due_date=DUE, reminders=["1 day", "PT30M"])
    due = datetime(2030, 3, 1, 9, tzinfo=UTC)
    alarms = (await todos(anna))["Call"].walk("VALARM")
    assert [alarm["TRIGGER"].dt for alarm in alarms] == [due - timedelta(days=1), due - timedelta(minutes=30)]
    assert {(str(alarm["ACTION"]), str(alarm["DESCRIPTION"])) for alarm in alarms} == {("DISPLAY", "Call")}
    await anna.changes(task["id"], completed=True)
    assert (await todos(anna))["Call"].walk("VALARM") == [], "nobody wants to be reminded of what is done"


async def test_tags_are_categories_and_a_priority_is_one(anna: User) -> None:
    tags = ["Home", "com,ma; and\\ more", "בית", "👩\u200d👧"]
    for priority in ("none", "low", "medium", "high"):
        await anna.makes(priority, priority=priority, tags=tags if priority == "high" else [])
    await anna.makes("Water", due_date=DUE, recurrence_pattern="daily", tags=tags, priority="low")
    calendar = (await exported(anna.http)).calendar
    found = {str(todo["SUMMARY"]): todo for todo in calendar.walk("VTODO")}
    assert {title: todo.get("PRIORITY") for title, todo in found.items()} == {
        "none": None, "low": 9, "medium": 5, "high": 1, "Water": 9,
    }  # fmt: skip
    assert [str(one) for one in found["high"]["CATEGORIES"].cats] == tags
    assert "CATEGORIES" not in found["low"]
    (event,) = calendar.walk("VEVENT")
    assert ([str(one) for one in event["CATEGORIES"].cats], event["PRIORITY"]) == (tags, 9)


async def test_what_a_series_has_yet_to_make_is_an_event(anna: User) -> None:
    """From the next occurrence on; the one that there is, is a to-do."""
    await anna.lives_in("Europe/Berlin")
    made = await anna.makes(
        "Stand up", due_date="2030-03-04T09:00:00", recurrence_pattern="weekly:MON,TUE", reminders=["1 hour"]
    )
    calendar = (await exported(anna.http)).calendar
    [event] = calendar.walk("VEVENT")
    assert (str(event["SUMMARY"]), str(event["UID"])) == ("Stand up", f"{made['id']}-series")
    assert event["DTSTART"].dt.isoformat() == "2030-03-05T09:00:00+01:00"
    assert event["DTSTART"].params["TZID"] == "Europe/Berlin"
    assert event["RRULE"].to_ical() == b"FREQ=WEEKLY;BYDAY=MO,TU"
    assert [alarm["TRIGGER"].dt for alarm in event.walk("VALARM")] == [timedelta(hours=-1)]
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/Berlin"]
    assert [str(todo["UID"]) for todo in calendar.walk("VTODO")] == [made["id"]]


async def test_a_series_without_an_end_keeps_its_hour_for_a_hundred_years(anna: User) -> None:
    """By the zone as the file describes it: readers need not know it by its name."""
    await anna.lives_in("Europe/Berlin")
    await anna.makes("Stand up", due_date="2030-03-04T09:00:00", recurrence_pattern="weekly:MON")
    [zone] = (await exported(anna.http)).calendar.walk("VTIMEZONE")
    described = zone.to_tz(lookup_tzid=False)
    for year in range(2030, 2120):
        for month in (1, 7):
            nine = datetime(year, month, 15, 9)
            offset = nine.replace(tzinfo=ZoneInfo("Europe/Berlin")).utcoffset()
            assert nine.replace(tzinfo=described).utcoffset() == offset, nine


async def test_a_series_of_whole_days(anna: User) -> None:
    await anna.makes("Rent", due_date="2030-03-01", recurrence_pattern="monthly:1", reminders=["1 day"])
    [event] = (await exported(anna.http)).calendar.walk("VEVENT")
    assert event["DTSTART"].dt == date(2030, 4, 1)
    assert [alarm["TRIGGER"].dt for alarm in event.walk("VALARM")] == [timedelta(hours=-15)], "at 9 the day before"


async def test_a_series_without_dates_to_come(anna: User) -> None:
    """One that counts from completion, and one that is over: their tasks are there."""
    await anna.makes("Cut hair", due_date=DUE, recurrence_pattern="custom:3w", recurrence_mode="after_completion")
    await anna.makes("Once", due_date=DUE, recurrence_pattern="RRULE:FREQ=DAILY;COUNT=1")
    found = await exported(anna.http)
    assert found.calendar.walk("VEVENT") == []
    assert len(found.calendar.walk("VTODO")) == len(found["series.json"]) == 2


@pytest.mark.parametrize("all_day", [False, True])
@pytest.mark.parametrize(
    ("pattern", "end_date"),
    [
        ("daily", None),
        ("daily", date(2030, 4, 2)),
        ("custom:3d", date(2030, 4, 1)),
        ("custom:2w", None),
        ("weekly", date(2031, 1, 1)),
        ("monthly", None),
        ("monthly:31", date(2031, 4, 30)),
        ("monthly:30", None),
        ("RRULE:FREQ=DAILY;COUNT=5", None),
        ("RRULE:FREQ=DAILY;INTERVAL=2;UNTIL=20300312", None),
        ("RRULE:FREQ=DAILY;UNTIL=20300312T093000", None),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TH;WKST=SU;COUNT=9", None),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20301231T235959Z", None),
        ("RRULE:FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=31", None),
        ("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", None),
    ],
)
def test_any_program_reckons_the_same_dates(pattern: str, end_date: date | None, all_day: bool) -> None:
    start = datetime(2030, 1, 31) if all_day else datetime(2030, 1, 31, 9, 30)
    rule = Rule(parse_pattern(pattern), start, "Europe/Berlin", end_date)
    slots = list(islice(rule.iter_slots(date(2030, 2, 1)), 40))
    series: Any = {
        "id": "s",
        "title": "T",
        "description": None,
        "pattern": pattern,
        "timezone": "Europe/Berlin",
        "start_local": start,
        "end_date": end_date,
        "next_slot": slots[0].occurrence_date,
        "all_day": all_day,
        "reminder_config": None,
        "tags": None,
        "priority": None,
        "created_at": datetime.now(UTC),
        "updated_at": datetime.now(UTC),
    }
    event: Any = Event.from_ical(_event(series, datetime.now(UTC)))
    begins = event["DTSTART"].dt
    begins = datetime.combine(begins, datetime.min.time()) if all_day else begins
    found: Any = rrulestr(event["RRULE"].to_ical().decode(), dtstart=begins)
    assert [one.date() for one in islice(found, 40)] == [slot.occurrence_date for slot in slots]
