"""Due dates, zones and reminders hold for every date and zone, not only for those that somebody thought of."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from taskflow_core.domain.due import Due, parse_due
from taskflow_core.domain.errors import FieldError
from taskflow_core.domain.reminders import Offset, parse_offset, parse_offsets, plan, reminder_time
from taskflow_core.domain.zones import day_end, day_start, instant, zone

ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("posix/", "right/")))
# Clocks moved by half an hour, days that never were, zones far apart: where rules are most often wrong.
ODD = [
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Beirut",
    "America/Sao_Paulo",
    "Pacific/Kiritimati",
    "Africa/Casablanca",
]

zones = st.one_of(st.sampled_from(ODD), st.sampled_from(ZONES))
days = st.dates(date(1975, 1, 1), date(2190, 12, 31))
walls = st.datetimes(datetime(1975, 1, 1), datetime(2190, 12, 31))
offsets = st.builds(Offset, days=st.integers(0, 300), seconds=st.integers(0, 5_000_000))
often = hypothesis_settings(max_examples=150, deadline=None)


@often
@given(wall=walls, name=zones)
def test_an_instant_reads_back_as_itself(wall: datetime, name: str) -> None:
    due = parse_due(wall.isoformat(), name)
    assert not due.all_day
    assert parse_due(due.text, name) == msgspec.structs.replace(due, written=None)
    assert parse_due(due.text, "UTC").at == due.at
    assert due.local == wall, "also where clocks skip it"


@often
@given(day=days, name=zones)
def test_a_day_reads_back_as_itself(day: date, name: str) -> None:
    due = parse_due(day.isoformat(), name)
    assert due.all_day
    assert due.at.astimezone(ZoneInfo(name)).date() >= day
    if due.at.astimezone(ZoneInfo(name)).date() == day:  # all but the few days that a zone has skipped
        assert due.text == day.isoformat()
        assert parse_due(due.text, name) == due
        assert due.local == datetime.combine(day, time.min), "also where the day begins later"
        assert due.at < due.over_at <= due.at + timedelta(hours=26)


@often
@given(wall=walls, name=zones)
def test_a_wall_time_is_shown_by_its_clocks_or_was_skipped(wall: datetime, name: str) -> None:
    tz = ZoneInfo(name)
    at = instant(wall, tz)
    assert at.tzinfo is UTC
    shown = at.astimezone(tz).replace(tzinfo=None)
    if shown != wall:
        assert shown > wall, "moved forward"
        assert not any(
            (at + timedelta(minutes=n)).astimezone(tz).replace(tzinfo=None) == wall for n in range(-1500, 1500, 15)
        ), "and only because no clock ever showed it"


@often
@given(day=days, name=zones)
def test_days_follow_one_another_without_a_gap(day: date, name: str) -> None:
    tz = ZoneInfo(name)
    assert day_end(day, tz) == day_start(day + timedelta(days=1), tz)
    assert day_start(day, tz) <= day_end(day, tz)


@often
@given(offset=offsets)
def test_an_offset_reads_back_as_itself(offset: Offset) -> None:
    if timedelta(days=offset.days, seconds=offset.seconds) > timedelta(days=366):
        with pytest.raises(FieldError):
            parse_offset(offset.text)
    else:
        assert parse_offset(offset.text) == offset
        assert parse_offset(offset.text.lower()) == offset


@often
@given(wall=walls, name=zones, offset=offsets)
def test_a_reminder_is_never_after_the_task_and_not_longer_before_than_said(
    wall: datetime, name: str, offset: Offset
) -> None:
    due = parse_due(wall.isoformat(), name)
    at = reminder_time(due, offset)
    assert due.at - offset.longest - timedelta(days=1) <= at <= due.at + timedelta(hours=3), "the clocks may have moved"
    if not offset.days:
        assert due.at - at == timedelta(seconds=offset.seconds), "hours are exact"
    elif not offset.seconds and instant(due.local, ZoneInfo(name)) == due.at:
        shown = at.astimezone(ZoneInfo(name)).replace(tzinfo=None)
        expected = due.local - timedelta(days=offset.days)
        assert shown == expected or instant(expected, ZoneInfo(name)) == at, "days are the calendar's"


def test_reminders_are_planned_for_each_offset_in_order() -> None:
    due = Due(at=datetime(2027, 3, 28, 7, tzinfo=UTC), all_day=False, timezone="Europe/Berlin")
    planned = plan(due, parse_offsets(["10 minutes", "1 day", "PT24H", "PT600S"]))
    assert [(one.offset, one.at.isoformat()) for one in planned] == [
        ("P1D", "2027-03-27T08:00:00+00:00"),
        ("PT24H", "2027-03-27T07:00:00+00:00"),
        ("PT10M", "2027-03-28T06:50:00+00:00"),
    ]


@pytest.mark.parametrize(
    "name", ["", "Berlin", "europe/berlin", "../zone.tab", "/etc/passwd", "posixrules", "CET ", "x" * 99]
)
def test_what_is_no_zone(name: str) -> None:
    with pytest.raises(FieldError) as refused:
        zone(name)
    assert refused.value.field == "timezone"
    assert len(refused.value.message) < 200
