"""A series of whole days begins each of them where that day begins, also when its first day has no midnight.

Clocks that go forward at midnight make a day begin at 01:00. Only that one: the days after it begin at 00:00.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chat_api.commands.series import COLUMNS, series_of
from taskflow_core.database.pool import Database
from taskflow_core.domain.due import Due
from taskflow_core.domain.zones import day_start
from tests.chat_api.occurring import Processor, everyones
from tests.chat_api.people import TASKS, User

WITHOUT_MIDNIGHT = [
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Asia/Beirut", date(2026, 3, 29)),
    ("America/Santiago", date(2026, 9, 6)),
    ("America/Havana", date(2026, 3, 8)),
    ("Atlantic/Azores", date(2026, 3, 29)),
    ("America/Asuncion", date(2023, 10, 1)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
]


def starts(zone: str, first: date, count: int) -> list[datetime]:
    """Where days begin, from `first` on."""
    return [day_start(first + timedelta(days=n), ZoneInfo(zone)) for n in range(count)]


@pytest.mark.parametrize(("zone", "first"), WITHOUT_MIDNIGHT)
async def test_the_days_after_one_without_midnight_begin_at_midnight(
    anna: User, processor: Processor, database: Database, zone: str, first: date
) -> None:
    expected = starts(zone, first, 4)
    assert expected[0].astimezone(ZoneInfo(zone)).hour == 1, "there is no midnight that day"
    processor.clock.freeze(expected[0])
    await anna.makes(due_date=first.isoformat(), recurrence_pattern="daily", recurrence_timezone=zone, catch_up="all")
    await processor.runs(expected[2])
    made = await database.fetch("SELECT due_date FROM tasks ORDER BY due_date")
    assert [row["due_date"] for row in made] == expected
    assert [task["due_date"] for task in await everyones(anna)] == [
        (first + timedelta(days=n)).isoformat() for n in range(4)
    ]


async def test_a_day_without_midnight_among_others_changes_nothing_else(
    anna: User, processor: Processor, database: Database
) -> None:
    zone, first = "Africa/Cairo", date(2026, 4, 22)
    processor.clock.freeze(datetime(2026, 4, 22, 8, tzinfo=UTC))
    made = await anna.makes(
        due_date=first.isoformat(), recurrence_pattern="daily", recurrence_timezone=zone, catch_up="all"
    )
    await processor.runs(datetime(2026, 4, 23, 8, tzinfo=UTC))
    third = next(task for task in await everyones(anna) if task["occurrence_date"] == "2026-04-24")
    # Editing the series from the day without midnight on keeps it on days.
    answer = await anna.http.patch(f"{TASKS}/{third['id']}", json={"title": "On"}, params={"scope": "following"})
    assert answer.status_code == 200, answer.text
    await processor.runs(datetime(2026, 4, 26, 8, tzinfo=UTC))
    rows = await database.fetch("SELECT due_date FROM tasks ORDER BY due_date")
    assert [row["due_date"] for row in rows] == starts(zone, first, len(rows))
    assert len(rows) == 6, made


async def test_a_time_that_clocks_skip_on_the_first_day_is_the_written_one_from_the_second_on(
    anna: User, processor: Processor
) -> None:
    processor.clock.freeze(datetime(2027, 3, 27, 12, tzinfo=UTC))
    await anna.makes(
        due_date="2027-03-28T02:30:00", recurrence_pattern="daily", recurrence_timezone="Europe/Berlin", catch_up="all"
    )
    await processor.runs(datetime(2027, 3, 29, 12, tzinfo=UTC))
    assert [task["due_date"] for task in await everyones(anna)] == [
        "2027-03-28T01:30:00Z",  # 03:30 there: 02:30 was skipped
        "2027-03-29T00:30:00Z",
        "2027-03-30T00:30:00Z",
    ]


async def test_a_series_that_an_earlier_release_began_at_one_o_clock_goes_back_to_midnight(
    anna: User, processor: Processor, database: Database
) -> None:
    zone, first = "Africa/Cairo", date(2026, 4, 24)
    processor.clock.freeze(datetime(2026, 4, 24, 8, tzinfo=UTC))
    made = await anna.makes(due_date=first.isoformat(), recurrence_pattern="daily", recurrence_timezone=zone)
    await database.execute(
        "UPDATE task_series SET start_local = start_local + $1::interval, next_due = next_due + $1, "
        "make_at = make_at + $1",
        timedelta(hours=1),
    )
    row = await database.fetchrow(f"SELECT {COLUMNS} FROM task_series WHERE series_id = $1", made["id"])
    assert row is not None
    state = series_of(row).state
    assert state.rule.start_local == datetime(2026, 4, 24)
    assert state.next is not None
    assert state.next.due == starts(zone, first, 2)[1]
    await processor.runs(datetime(2026, 4, 25, 8, tzinfo=UTC))
    rows = await database.fetch("SELECT due_date FROM tasks ORDER BY due_date")
    assert [row["due_date"] for row in rows] == starts(zone, first, len(rows))


def test_a_whole_day_is_midnight_on_every_wall() -> None:
    for zone, first in WITHOUT_MIDNIGHT:
        due = Due(at=day_start(first, ZoneInfo(zone)), all_day=True, timezone=zone)
        assert due.local == datetime.combine(first, datetime.min.time())
        assert due.text == first.isoformat()
