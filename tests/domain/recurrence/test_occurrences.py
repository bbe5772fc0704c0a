"""When a series happens: its start, its ends, the clocks of its zone, and no work without bound."""

from datetime import UTC, date, datetime, time, timedelta
from time import process_time

import pytest

from taskflow_core.domain.errors import FieldError
from taskflow_core.domain.recurrence import InvalidPattern, Rule, Slot, parse_pattern

BERLIN = "Europe/Berlin"


def rule(text: str, start: datetime, zone: str = BERLIN, end_date: date | None = None) -> Rule:
    return Rule(parse_pattern(text), start, zone, end_date)


def dates(text: str, start: datetime, count: int, zone: str = BERLIN, end_date: date | None = None) -> list[str]:
    return [str(s.occurrence_date) for s in rule(text, start, zone, end_date).slots(start.date(), count)]


def test_the_start_is_the_first_occurrence_even_where_the_pattern_says_another_day() -> None:
    wednesday = datetime(2026, 3, 4, 9)
    assert dates("weekly:MON", wednesday, 3) == ["2026-03-04", "2026-03-09", "2026-03-16"]
    assert dates("monthly:15", wednesday, 3) == ["2026-03-04", "2026-03-15", "2026-04-15"]
    assert dates("RRULE:FREQ=MONTHLY;BYDAY=2TU", wednesday, 3) == ["2026-03-04", "2026-03-10", "2026-04-14"]


def test_january_31_is_followed_by_the_last_of_february_and_then_by_the_31st_again() -> None:
    assert dates("monthly:31", datetime(2027, 1, 31, 9), 5) == [
        "2027-01-31",
        "2027-02-28",
        "2027-03-31",
        "2027-04-30",
        "2027-05-31",
    ]
    assert dates("monthly", datetime(2028, 1, 30, 9), 3) == ["2028-01-30", "2028-02-29", "2028-03-30"]


def test_a_rule_that_names_a_day_some_months_lack_leaves_those_out_as_the_rfc_says() -> None:
    assert dates("RRULE:FREQ=MONTHLY", datetime(2027, 1, 31, 9), 3) == ["2027-01-31", "2027-03-31", "2027-05-31"]
    assert dates("RRULE:FREQ=YEARLY", datetime(2024, 2, 29, 9), 3) == ["2024-02-29", "2028-02-29", "2032-02-29"]


@pytest.mark.parametrize(
    ("zone", "start", "day", "due"),
    [
        # Skipped times move forward by what is skipped.
        (BERLIN, datetime(2026, 3, 27, 2, 30), date(2026, 3, 29), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 3, 6, 2, 0), date(2026, 3, 8), datetime(2026, 3, 8, 7, tzinfo=UTC)),
        (
            "Australia/Lord_Howe",
            datetime(2026, 10, 2, 2, 15),
            date(2026, 10, 4),
            datetime(2026, 10, 3, 15, 45, tzinfo=UTC),
        ),
        # Midnight itself is skipped there.
        ("America/Sao_Paulo", datetime(2018, 11, 2), date(2018, 11, 4), datetime(2018, 11, 4, 3, tzinfo=UTC)),
        # A whole day is skipped there.
        ("Pacific/Apia", datetime(2011, 12, 28, 9), date(2011, 12, 30), datetime(2011, 12, 30, 19, tzinfo=UTC)),
        # Times that come twice are the first of the two.
        (BERLIN, datetime(2026, 10, 23, 2, 30), date(2026, 10, 25), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (
            "America/New_York",
            datetime(2026, 10, 30, 1, 30),
            date(2026, 11, 1),
            datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        ),
        ("America/Havana", datetime(2025, 10, 31, 0, 30), date(2025, 11, 2), datetime(2025, 11, 2, 4, 30, tzinfo=UTC)),
    ],
)
def test_clock_changes_move_the_instant_and_never_the_date(
    zone: str, start: datetime, day: date, due: datetime
) -> None:
    daily = rule("daily", start, zone)
    assert daily.slot_on(day) == Slot(day, due)
    days = [slot.occurrence_date for slot in daily.slots(start.date(), 5)]
    assert days == [start.date() + timedelta(days=n) for n in range(5)]


def test_the_end_date_is_local_and_inclusive() -> None:
    # 23:30 on the 3rd in New York is the 4th in UTC.
    late = datetime(2026, 3, 1, 23, 30)
    assert dates("daily", late, 9, "America/New_York", date(2026, 3, 3)) == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert dates("daily", late, 9, "America/New_York", date(2026, 3, 1)) == ["2026-03-01"]
    ended = rule("daily", late, "America/New_York", date(2026, 2, 28))
    assert ended.slots(ended.start_local.date(), 1) == []
    assert ended.slots(date(2026, 1, 1), 5) == []
    assert ended.slot_at_or_before(datetime(2026, 4, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20260303", "2026-03-03"),
        ("20260303T090000", "2026-03-03"),
        ("20260303T085959", "2026-03-02"),
        ("20260303T080000Z", "2026-03-03"),
        ("20260303T075959Z", "2026-03-02"),
    ],
)
def test_until_may_be_a_date_a_wall_time_or_an_instant_and_is_inclusive(until: str, last: str) -> None:
    assert dates(f"RRULE:FREQ=DAILY;UNTIL={until}", datetime(2026, 3, 1, 9), 99)[-1] == last


def test_count_counts_the_start_even_where_the_pattern_says_another_day() -> None:
    assert dates("RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3", datetime(2026, 3, 4, 9), 9) == [
        "2026-03-04",
        "2026-03-09",
        "2026-03-16",
    ]
    assert dates("RRULE:FREQ=DAILY;COUNT=1", datetime(2026, 3, 4, 9), 9) == ["2026-03-04"]


def test_an_interval_keeps_its_phase_however_late_it_is_asked() -> None:
    biweekly = rule("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", datetime(2006, 3, 6, 9))
    assert biweekly.slot_on(date(2026, 3, 2)) is None
    assert biweekly.slot_after(date(2026, 3, 1)) == biweekly.slot_on(date(2026, 3, 9))
    assert rule("custom:3d", datetime(2006, 3, 1, 9)).slot_on(date(2006, 3, 1).replace(year=2026)) is not None


def test_before_the_start_there_is_nothing() -> None:
    weekly = rule("weekly:MON", datetime(2026, 3, 4, 9))
    first = weekly.slot_on(date(2026, 3, 4))
    assert first is not None
    assert weekly.slot_after(date(2020, 1, 1)) == first
    assert weekly.slots(date(2020, 1, 1), 1) == [first]
    assert weekly.slot_on(date(2026, 3, 2)) is None
    assert weekly.slot_at_or_before(datetime(2026, 3, 4, 7, 59, tzinfo=UTC)) is None
    assert weekly.slot_at_or_before(datetime(2026, 3, 4, 8, 0, tzinfo=UTC)) == first
    assert weekly.slot_at_or_before(datetime(2026, 3, 9, 7, 59, tzinfo=UTC)) == first


def test_a_rule_begins_at_a_wall_time() -> None:
    due = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    begun = Rule(parse_pattern("daily"), datetime(2026, 3, 2, 8, 30), "Asia/Tokyo")
    assert begun.slot_on(date(2026, 3, 2)) == Slot(date(2026, 3, 2), due)
    with pytest.raises(ValueError, match="must be naive"):
        Rule(parse_pattern("daily"), due, "Asia/Tokyo")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "europe/berlin\x00", "localtime", "EST+5"])
def test_a_zone_that_does_not_exist_is_an_error_of_its_field(zone: str) -> None:
    with pytest.raises(FieldError) as raised:
        rule("daily", datetime(2026, 3, 1, 9), zone)
    assert raised.value.field == "recurrence_timezone"


@pytest.mark.parametrize("start", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59)])
def test_a_start_at_the_ends_of_the_calendar_is_an_error_of_the_due_date(start: datetime) -> None:
    with pytest.raises(InvalidPattern) as raised:
        rule("daily", start)
    assert raised.value.field == "due_date"


@pytest.mark.parametrize("text", ["daily", "weekly:MON", "monthly:31", "RRULE:FREQ=YEARLY;INTERVAL=50", "custom:1000d"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_the_calendar_ends_without_an_error(text: str, zone: str) -> None:
    late = rule(text, datetime(9999, 12, 1, 23, 59), zone)
    assert late.slots(date(9999, 12, 1), 100)[-1].occurrence_date <= date(9999, 12, 30)
    assert late.slot_after(date(9999, 12, 31)) is None
    assert late.slot_after(date.max) is None
    assert late.slot_on(date.max) is None
    early = rule(text, datetime(1, 1, 2, 0, 0), zone)
    assert early.slot_at_or_before(datetime(1, 1, 3, 12, tzinfo=UTC)) is not None


def test_a_rule_that_gives_nothing_for_fifty_years_has_ended() -> None:
    # February 29 in every second year, counted from an odd one: never.
    odd = rule("RRULE:FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29", datetime(2023, 2, 1, 9))
    assert odd.slot_after(date(2023, 2, 1)) is None
    assert odd.slot_at_or_before(datetime(2060, 1, 1, tzinfo=UTC)) == odd.slot_on(odd.start_local.date())


@pytest.mark.parametrize(
    "text",
    [
        "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;COUNT=1000",
        "RRULE:FREQ=DAILY;INTERVAL=997;BYMONTH=2;BYMONTHDAY=29;COUNT=1000",
        "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;COUNT=1000",
        "RRULE:FREQ=WEEKLY;INTERVAL=1000;BYMONTH=2;COUNT=1000",
        "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=1,2,3,4,5,6,7;BYMONTH=1;COUNT=1000",
        "RRULE:FREQ=MONTHLY;INTERVAL=600;BYDAY=5MO;COUNT=1000",
        "RRULE:FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYMONTH=12;BYMONTHDAY=28;COUNT=1000",
        "RRULE:FREQ=YEARLY;INTERVAL=50;COUNT=1000",
    ],
)
def test_the_rarest_rules_take_bounded_work(text: str) -> None:
    begun = process_time()
    rare = rule(text, datetime(2026, 3, 1, 9))
    rare.slots(date(2026, 3, 1), 1000)
    rare.slot_after(date(9000, 1, 1))
    rare.slot_at_or_before(datetime(9000, 1, 1, tzinfo=UTC))
    assert process_time() - begun < 2


def test_the_next_date_of_a_series_twenty_years_old_takes_well_under_a_millisecond() -> None:
    # Measured: about 4 microseconds; e2e/bench/recurrence.py has the figures. dateutil's walk takes 10 milliseconds.
    begun = process_time()
    for _ in range(1000):
        old = rule("daily", datetime(2006, 3, 1, 9))
        assert old.slot_after(date(2026, 3, 1)) is not None
    assert process_time() - begun < 0.3


def test_an_all_day_series_begins_its_days_at_local_midnight() -> None:
    found = rule("weekly", datetime.combine(date(2026, 3, 26), time()), "Asia/Kolkata").slot_after(date(2026, 3, 26))
    assert found == Slot(date(2026, 4, 2), datetime(2026, 4, 1, 18, 30, tzinfo=UTC))
