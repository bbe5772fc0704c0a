"""What a person may write to repeat a task, what becomes of it, and how the rest is refused."""

from datetime import date, datetime
from itertools import islice
from time import process_time

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from taskflow_core.domain.errors import FieldError
from taskflow_core.domain.recurrence import MAX_TEXT, InvalidPattern, Pattern, Rule, check_end_date, parse_pattern

START = datetime(2026, 1, 31, 9, 0)


def refused(text: str) -> InvalidPattern:
    with pytest.raises(InvalidPattern) as raised:
        parse_pattern(text)
    return raised.value


@pytest.mark.parametrize(
    ("written", "text", "rrule"),
    [
        ("daily", "daily", "FREQ=DAILY"),
        ("daily:", "daily", "FREQ=DAILY"),
        ("  Daily : ", "daily", "FREQ=DAILY"),
        ("weekly:MON,WED,FRI", "weekly:MON,WED,FRI", "FREQ=WEEKLY;BYDAY=MO,WE,FR"),
        ("weekly:fri, mon ,Wednesday,mo", "weekly:MON,WED,FRI", "FREQ=WEEKLY;BYDAY=MO,WE,FR"),
        ("weekly", "weekly", "FREQ=WEEKLY"),
        ("WEEKLY:", "weekly", "FREQ=WEEKLY"),
        ("monthly:15", "monthly:15", "FREQ=MONTHLY;BYMONTHDAY=15"),
        ("monthly:05", "monthly:5", "FREQ=MONTHLY;BYMONTHDAY=5"),
        ("monthly:29", "monthly:29", "FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1"),
        ("monthly:30", "monthly:30", "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1"),
        ("monthly:31", "monthly:31", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("custom:3d", "custom:3d", "FREQ=DAILY;INTERVAL=3"),
        ("custom:1d", "custom:1d", "FREQ=DAILY"),
        ("custom: 02 W", "custom:2w", "FREQ=WEEKLY;INTERVAL=2"),
        ("RRULE:FREQ=MONTHLY;BYDAY=2TU", "RRULE:FREQ=MONTHLY;BYDAY=2TU", "FREQ=MONTHLY;BYDAY=2TU"),
        ("rrule:byday=+1mo,-1fr;freq=monthly;", "RRULE:FREQ=MONTHLY;BYDAY=1MO,-1FR", "FREQ=MONTHLY;BYDAY=1MO,-1FR"),
        ("FREQ=DAILY;INTERVAL=01;WKST=MO", "RRULE:FREQ=DAILY", "FREQ=DAILY"),
        (
            "RRULE:FREQ=YEARLY;BYMONTH=12,3,03;BYMONTHDAY=-1,1;UNTIL=20301231T235959Z",
            "RRULE:FREQ=YEARLY;UNTIL=20301231T235959Z;BYMONTHDAY=-1,1;BYMONTH=3,12",
            "FREQ=YEARLY;UNTIL=20301231T235959Z;BYMONTHDAY=-1,1;BYMONTH=3,12",
        ),
        ("RRULE:FREQ=DAILY;UNTIL=00010101", "RRULE:FREQ=DAILY;UNTIL=00010101", "FREQ=DAILY;UNTIL=00010101"),
    ],
)
def test_a_pattern_has_one_canonical_text_and_rule(written: str, text: str, rrule: str) -> None:
    pattern = parse_pattern(written)
    assert (pattern.text, pattern.rrule) == (text, rrule)
    assert parse_pattern(text) == pattern
    assert parse_pattern(f"RRULE:{rrule}").rrule == rrule


@pytest.mark.parametrize(("alone", "spelt"), [("weekly", "weekly:SAT"), ("monthly", "monthly:31"), ("daily", "daily")])
def test_weekly_and_monthly_alone_take_the_day_of_the_start(alone: str, spelt: str) -> None:
    assert parse_pattern(alone).anchored(START.date()) == parse_pattern(spelt)
    assert Rule(parse_pattern(alone), START, "UTC").rrule == parse_pattern(spelt).rrule
    assert Rule(parse_pattern(alone), START, "UTC").slots(START.date(), 40) == Rule(
        parse_pattern(spelt), START, "UTC"
    ).slots(START.date(), 40)


@pytest.mark.parametrize("day", range(1, 32))
def test_a_calendar_program_reads_a_day_of_the_month_as_we_do(day: int) -> None:
    rule = Rule(parse_pattern(f"monthly:{day}"), datetime(2026, 1, day, 9), "UTC")
    other = [at.date() for at in islice(rrulestr(rule.rrule, dtstart=rule.start_local), 50)]
    assert [slot.occurrence_date for slot in rule.slots(date(2026, 1, 1), 50)] == other


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "pattern"),
        ("   ", "pattern"),
        (":", "pattern"),
        ("hourly", "pattern"),
        ("daily:2", "daily"),
        ("weekly:FUNDAY", "weekly"),
        ("weekly:MON,", "weekly"),
        ("weekly:MON;WED", "weekly"),
        ("monthly:0", "monthly"),
        ("monthly:32", "monthly"),
        ("monthly:-1", "monthly"),
        ("monthly:1,15", "monthly"),
        ("custom:", "custom"),
        ("custom:3", "custom"),
        ("custom:0d", "custom"),
        ("custom:-3d", "custom"),
        ("custom:1001d", "custom"),
        ("custom:3h", "custom"),
        ("custom:99999999999999999999d", "custom"),
        ("RRULE:", "RRULE"),
        ("RRULE", "RRULE"),
        ("RRULE:;", "RRULE"),
        ("RRULE:FREQ", "FREQ"),
        ("RRULE:FREQ=", "FREQ"),
        ("RRULE:INTERVAL=2", "FREQ"),
        ("RRULE:FREQ=SECONDLY", "FREQ"),
        ("RRULE:FREQ=HOURLY;INTERVAL=24", "FREQ"),
        ("RRULE:FREQ=FORTNIGHTLY", "FREQ"),
        ("RRULE:FREQ=DAILY;FREQ=WEEKLY", "FREQ"),
        ("RRULE:FREQ=DAILY;BYHOUR=9", "BYHOUR"),
        ("RRULE:FREQ=DAILY;BYMINUTE=0", "BYMINUTE"),
        ("RRULE:FREQ=DAILY;BYSECOND=0", "BYSECOND"),
        ("RRULE:FREQ=DAILY;DTSTART=20260101", "DTSTART"),
        ("RRULE:FREQ=DAILY;RSCALE=HEBREW", "RSCALE"),
        ("RRULE:FREQ=DAILY;SKIP=FORWARD", "SKIP"),
        ("RRULE:FREQ=DAILY;X-Y=1", "RRULE"),
        ("RRULE:FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("RRULE:FREQ=DAILY;INTERVAL=-1", "INTERVAL"),
        ("RRULE:FREQ=DAILY;INTERVAL=1.5", "INTERVAL"),
        ("RRULE:FREQ=DAILY;INTERVAL=1e3", "INTERVAL"),
        ("RRULE:FREQ=DAILY;INTERVAL=1_0", "INTERVAL"),
        ("RRULE:FREQ=DAILY;INTERVAL=1001", "INTERVAL"),
        ("RRULE:FREQ=YEARLY;INTERVAL=51", "INTERVAL"),
        ("RRULE:FREQ=DAILY;INTERVAL=" + "9" * 400, "INTERVAL"),
        ("RRULE:FREQ=DAILY;COUNT=0", "COUNT"),
        ("RRULE:FREQ=DAILY;COUNT=1001", "COUNT"),
        ("RRULE:FREQ=DAILY;COUNT=5;UNTIL=20300101", "COUNT"),
        ("RRULE:FREQ=DAILY;UNTIL=tomorrow", "UNTIL"),
        ("RRULE:FREQ=DAILY;UNTIL=20260230", "UNTIL"),
        ("RRULE:FREQ=DAILY;UNTIL=20260101T250000Z", "UNTIL"),
        ("RRULE:FREQ=DAILY;UNTIL=2026-01-01", "UNTIL"),
        ("RRULE:FREQ=DAILY;UNTIL=00000101", "UNTIL"),
        ("RRULE:FREQ=YEARLY;BYMONTH=13", "BYMONTH"),
        ("RRULE:FREQ=YEARLY;BYMONTH=0", "BYMONTH"),
        ("RRULE:FREQ=YEARLY;BYMONTH=-1", "BYMONTH"),
        ("RRULE:FREQ=YEARLY;BYMONTH=1,,2", "BYMONTH"),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY"),
        ("RRULE:FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY"),
        ("RRULE:FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY"),
        ("RRULE:FREQ=MONTHLY;BYYEARDAY=1", "BYYEARDAY"),
        ("RRULE:FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO"),
        ("RRULE:FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO"),
        ("RRULE:FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO", "BYDAY"),
        ("RRULE:FREQ=WEEKLY;BYDAY=MON", "BYDAY"),
        ("RRULE:FREQ=WEEKLY;BYDAY=1MO", "BYDAY"),
        ("RRULE:FREQ=MONTHLY;BYDAY=0MO", "BYDAY"),
        ("RRULE:FREQ=MONTHLY;BYDAY=6MO", "BYDAY"),
        ("RRULE:FREQ=YEARLY;BYDAY=54MO", "BYDAY"),
        ("RRULE:FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS"),
        ("RRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367", "BYSETPOS"),
        ("RRULE:FREQ=DAILY;WKST=XX", "WKST"),
    ],
)
def test_what_cannot_be_read_is_refused_by_the_name_of_its_part(text: str, part: str) -> None:
    error = refused(text)
    assert error.part == part
    assert error.field == "recurrence_pattern"
    assert error.message.startswith(f"{part}: ")
    assert error.message.endswith(".")
    assert len(error.message) < 250


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "BYMONTHDAY"),
        ("RRULE:FREQ=MONTHLY;BYMONTH=4,6,9,11;BYMONTHDAY=31", "BYMONTHDAY"),
        ("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30,31", "BYMONTHDAY"),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=3", "BYSETPOS"),
        ("RRULE:FREQ=DAILY;BYDAY=MO;BYSETPOS=2", "BYSETPOS"),
        ("RRULE:FREQ=YEARLY;BYMONTH=1;BYYEARDAY=60", "BYYEARDAY"),
        ("RRULE:FREQ=YEARLY;BYWEEKNO=20;BYMONTH=12", "BYWEEKNO"),
        ("RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=6MO", "BYDAY"),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=31,-31;BYMONTH=2", "BYMONTHDAY"),
        ("RRULE:FREQ=YEARLY;BYYEARDAY=366;BYMONTHDAY=1", "BYMONTHDAY"),
    ],
)
def test_a_rule_that_never_gives_a_day_is_refused_at_once(text: str, part: str) -> None:
    begun = process_time()
    assert refused(text).part == part
    assert process_time() - begun < 1


@pytest.mark.parametrize(
    "text",
    [
        "custom:\uff13d",  # a fullwidth digit, which int() takes for 3
        "custom:\u0663d",  # an Arabic-Indic digit
        "da\u0131ly",  # a dotless i, whose upper case is I
        "RRULE:FREQ=DAILY;COUNT=\u0661",
        "daily\x00",
        "daily\n",
        "RRULE:FREQ=DAILY\r\nEXDATE:20260101",
        "RRULE:FREQ=DAILY;\tCOUNT=2",
        "daily\u200b",
        "daily\x7f",
        "\ud800",
        "d" * (MAX_TEXT + 1),
        "RRULE:FREQ=MONTHLY;BYMONTHDAY=" + ",".join(["1"] * 10_000),
    ],
)
def test_other_scripts_control_characters_and_long_texts_are_refused_as_a_whole(text: str) -> None:
    error = refused(text)
    assert error.part == "pattern"
    assert error.message.isascii()
    assert error.message.isprintable()


@settings(deadline=None, database=None, max_examples=300)
@given(
    text=st.text(max_size=60)
    | st.text(alphabet="RULEFQ=DAIYWKMONTHBS;:,0123456789-+ rdwe", max_size=80)
    | st.text(alphabet="DAILYWEKMONTH0123456789,;=-", max_size=60).map("RRULE:FREQ=YEARLY;BY".__add__)
    | st.text(alphabet="MOTUWEHFRSA0123456789,+-", max_size=30).map("RRULE:FREQ=MONTHLY;BYDAY=".__add__)
)
def test_any_text_is_read_or_refused_with_a_message_that_may_be_shown(text: str) -> None:
    read = outcome(text)
    if isinstance(read, InvalidPattern):
        assert read.part
        assert read.message.isascii()
        assert read.message.isprintable()
        assert len(read.message) < 250
    else:
        assert parse_pattern(read.text) == read
        assert len(read.text) <= MAX_TEXT
        Rule(read, START, "UTC").slots(START.date(), 5)


def outcome(text: str) -> Pattern | InvalidPattern:
    try:
        return parse_pattern(text)
    except InvalidPattern as error:
        return error


def test_the_longest_rule_stays_within_the_bound() -> None:
    written = "RRULE:FREQ=YEARLY;BYYEARDAY=" + ",".join(str(day) for day in range(100, 217))
    assert len(written) <= MAX_TEXT
    assert len(parse_pattern(written).text) <= MAX_TEXT
    # Written out the short forms are longer than what was typed; they stay far below it.
    assert len(parse_pattern("monthly:30").rrule) < 60


def test_a_refusal_is_an_error_of_the_field() -> None:
    assert isinstance(refused("hourly"), FieldError)


@pytest.mark.parametrize(
    ("text", "end_date", "part"),
    [
        ("RRULE:FREQ=DAILY;COUNT=5", date(2026, 12, 31), "COUNT"),
        ("RRULE:FREQ=DAILY;UNTIL=20261231", date(2026, 12, 31), "UNTIL"),
        ("daily", date(2026, 1, 30), "recurrence_end_date"),
        ("RRULE:FREQ=DAILY;UNTIL=20260101", None, "UNTIL"),
    ],
)
def test_an_end_date_excludes_count_and_until_and_none_lies_before_the_start(
    text: str, end_date: date | None, part: str
) -> None:
    with pytest.raises(InvalidPattern) as raised:
        check_end_date(parse_pattern(text), end_date, START.date())
    assert raised.value.part == part
    assert raised.value.field == ("recurrence_end_date" if part == "recurrence_end_date" else "recurrence_pattern")


@pytest.mark.parametrize(
    ("text", "end_date"),
    [
        ("daily", None),
        ("daily", START.date()),
        ("RRULE:FREQ=DAILY;COUNT=5", None),
        ("RRULE:FREQ=DAILY;UNTIL=20260131", None),
    ],
)
def test_one_end_at_a_time_is_fine(text: str, end_date: date | None) -> None:
    check_end_date(parse_pattern(text), end_date, START.date())
