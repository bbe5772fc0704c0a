"""The examples of RFC 5545, section 3.8.5.3, that repeat by days, give the dates that are printed there."""

from datetime import UTC, date, datetime, timedelta

import pytest

from taskflow_core.domain.recurrence import InvalidPattern, Rule, parse_pattern

NEW_YORK = "America/New_York"

Year = tuple[int, dict[int, list[int]]]


def days(*years: Year) -> list[date]:
    """Return dates written as the RFC prints them: by year, by month, days."""
    return [date(year, month, day) for year, months in years for month, numbers in months.items() for day in numbers]


def every_day(first: date, last: date, step: int = 1) -> list[date]:
    return [first + timedelta(days=n) for n in range(0, (last - first).days + 1, step)]


TUESDAYS_AND_THURSDAYS = days((1997, {9: [2, 4, 9, 11, 16, 18, 23, 25, 30], 10: [2]}))
JANUARIES = [day for year in (1998, 1999, 2000) for day in every_day(date(year, 1, 1), date(year, 1, 31))]
SUMMER_THURSDAYS = days(
    (1997, {6: [5, 12, 19, 26], 7: [3, 10, 17, 24, 31], 8: [7, 14, 21, 28]}),
    (1998, {6: [4, 11, 18, 25], 7: [2, 9, 16, 23, 30], 8: [6, 13, 20, 27]}),
    (1999, {6: [3, 10, 17, 24], 7: [1, 8, 15, 22, 29], 8: [5, 12, 19, 26]}),
)

ENDING = [
    ("19970902", "FREQ=DAILY;COUNT=10", every_day(date(1997, 9, 2), date(1997, 9, 11))),
    ("19970902", "FREQ=DAILY;UNTIL=19971224T000000Z", every_day(date(1997, 9, 2), date(1997, 12, 23))),
    ("19970902", "FREQ=DAILY;INTERVAL=10;COUNT=5", days((1997, {9: [2, 12, 22], 10: [2, 12]}))),
    ("19980101", "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", JANUARIES),
    ("19980101", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1", JANUARIES),
    ("19970902", "FREQ=WEEKLY;COUNT=10", days((1997, {9: [2, 9, 16, 23, 30], 10: [7, 14, 21, 28], 11: [4]}))),
    ("19970902", "FREQ=WEEKLY;UNTIL=19971224T000000Z", every_day(date(1997, 9, 2), date(1997, 12, 23), 7)),
    ("19970902", "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", TUESDAYS_AND_THURSDAYS),
    ("19970902", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", TUESDAYS_AND_THURSDAYS),
    (
        "19970901",
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
        days(
            (
                1997,
                {
                    9: [1, 3, 5, 15, 17, 19, 29],
                    10: [1, 3, 13, 15, 17, 27, 29, 31],
                    11: [10, 12, 14, 24, 26, 28],
                    12: [8, 10, 12, 22],
                },
            )
        ),
    ),
    (
        "19970902",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
        days((1997, {9: [2, 4, 16, 18, 30], 10: [2, 14, 16]})),
    ),
    (
        "19970905",
        "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
        days((1997, {9: [5], 10: [3], 11: [7], 12: [5]}), (1998, {1: [2], 2: [6], 3: [6], 4: [3], 5: [1], 6: [5]})),
    ),
    (
        "19970905",
        "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR",
        days((1997, {9: [5], 10: [3], 11: [7], 12: [5]})),
    ),
    (
        "19970907",
        "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
        days((1997, {9: [7, 28], 11: [2, 30]}), (1998, {1: [4, 25], 3: [1, 29], 5: [3, 31]})),
    ),
    (
        "19970922",
        "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
        days((1997, {9: [22], 10: [20], 11: [17], 12: [22]}), (1998, {1: [19], 2: [16]})),
    ),
    (
        "19970902",
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
        days((1997, {9: [2, 15], 10: [2, 15], 11: [2, 15], 12: [2, 15]}), (1998, {1: [2, 15]})),
    ),
    (
        "19970930",
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
        days((1997, {9: [30], 10: [1, 31], 11: [1, 30], 12: [1, 31]}), (1998, {1: [1, 31], 2: [1]})),
    ),
    (
        "19970910",
        "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
        days((1997, {9: [10, 11, 12, 13, 14, 15]}), (1999, {3: [10, 11, 12, 13]})),
    ),
    (
        "19970610",
        "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
        days(*((year, {6: [10], 7: [10]}) for year in range(1997, 2002))),
    ),
    (
        "19970310",
        "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
        days((1997, {3: [10]}), *((year, {1: [10], 2: [10], 3: [10]}) for year in (1999, 2001, 2003))),
    ),
    (
        "19970101",
        "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
        days(
            (1997, {1: [1], 4: [10], 7: [19]}),
            (2000, {1: [1], 4: [9], 7: [18]}),
            (2003, {1: [1], 4: [10], 7: [19]}),
            (2006, {1: [1]}),
        ),
    ),
    ("19970904", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", days((1997, {9: [4], 10: [7], 11: [6]}))),
    ("19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", days((1997, {8: [5, 10, 19, 24]}))),
    ("19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", days((1997, {8: [5, 17, 19, 31]}))),
    (
        "20070115",
        "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
        days((2007, {1: [15, 30], 2: [15], 3: [15, 30]})),
    ),
]

FOREVER = [
    ("19970902", "FREQ=DAILY;INTERVAL=2", every_day(date(1997, 9, 2), date(1997, 12, 3), 2)),
    (
        "19970902",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        days(
            (1997, {9: [2, 16, 30], 10: [14, 28], 11: [11, 25], 12: [9, 23]}),
            (1998, {1: [6, 20], 2: [3, 17]}),
        ),
    ),
    (
        "19970928",
        "FREQ=MONTHLY;BYMONTHDAY=-3",
        days((1997, {9: [28], 10: [29], 11: [28], 12: [29]}), (1998, {1: [29], 2: [26]})),
    ),
    (
        "19970902",
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        days(
            (1997, {9: [2, 9, 16, 23, 30], 11: [4, 11, 18, 25]}),
            (1998, {1: [6, 13, 20, 27], 3: [3, 10, 17, 24, 31]}),
        ),
    ),
    ("19970519", "FREQ=YEARLY;BYDAY=20MO", days((1997, {5: [19]}), (1998, {5: [18]}), (1999, {5: [17]}))),
    ("19970512", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", days((1997, {5: [12]}), (1998, {5: [11]}), (1999, {5: [17]}))),
    (
        "19970313",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        days((1997, {3: [13, 20, 27]}), (1998, {3: [5, 12, 19, 26]}), (1999, {3: [4, 11, 18, 25]})),
    ),
    ("19970605", "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8", SUMMER_THURSDAYS),
    (
        # Here the RFC takes the start out by an EXDATE; with us the start is the task that the person made.
        "19970902",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        days((1997, {9: [2]}), (1998, {2: [13], 3: [13], 11: [13]}), (1999, {8: [13]}), (2000, {10: [13]})),
    ),
    (
        "19970913",
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        days(
            (1997, {9: [13], 10: [11], 11: [8], 12: [13]}),
            (1998, {1: [10], 2: [7], 3: [7], 4: [11], 5: [9], 6: [13]}),
        ),
    ),
    (
        "19961105",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        days((1996, {11: [5]}), (2000, {11: [7]}), (2004, {11: [2]})),
    ),
    (
        "19970929",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        days((1997, {9: [29], 10: [30], 11: [27], 12: [30]}), (1998, {1: [29], 2: [26], 3: [30]})),
    ),
]


def rule_of(start: str, text: str) -> Rule:
    nine = datetime.strptime(start, "%Y%m%d").replace(hour=9)  # noqa: DTZ007 - a wall time
    return Rule(parse_pattern(f"RRULE:{text}"), nine, NEW_YORK)


@pytest.mark.parametrize(("start", "text", "expected"), ENDING, ids=[text for _, text, _ in ENDING])
def test_an_example_that_ends_gives_the_printed_dates_and_no_more(start: str, text: str, expected: list[date]) -> None:
    rule = rule_of(start, text)
    assert [slot.occurrence_date for slot in rule.slots(expected[0], 1000)] == expected
    assert rule.slot_after(expected[-1]) is None


@pytest.mark.parametrize(("start", "text", "expected"), FOREVER, ids=[text for _, text, _ in FOREVER])
def test_an_example_without_end_begins_with_the_printed_dates(start: str, text: str, expected: list[date]) -> None:
    rule = rule_of(start, text)
    assert [slot.occurrence_date for slot in rule.slots(expected[0], len(expected))] == expected
    assert rule.slot_after(expected[-1]) is not None


def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change() -> None:
    dues = [slot.due for slot in rule_of("19971025", "FREQ=DAILY;COUNT=3").slots(date(1997, 10, 25), 3)]
    assert dues == [datetime(1997, 10, day, hour, tzinfo=UTC) for day, hour in ((25, 13), (26, 14), (27, 14))]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z", "FREQ"),
        ("FREQ=MINUTELY;INTERVAL=15;COUNT=6", "FREQ"),
        ("FREQ=MINUTELY;INTERVAL=90;COUNT=4", "FREQ"),
        ("FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40", "BYHOUR"),
        ("FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16", "BYHOUR"),
    ],
)
def test_the_examples_below_a_day_are_refused_by_name(text: str, part: str) -> None:
    with pytest.raises(InvalidPattern) as refused:
        parse_pattern(f"RRULE:{text}")
    assert refused.value.part == part
