"""Dates on the page follow the person's zone, and the same rules as the server's."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago"]
NOW = "2026-11-25T10:30:00Z"

INSTANTS = """async (cases) => {
  const { instantOf } = await import("/static/domain/zones.js");
  return cases.map(([date, time, zone]) => instantOf(date, time, zone).toISOString());
}"""

SECTIONS = """async ([tasks, now, zone]) => {
  const { sectionOf } = await import("/static/domain/due.js");
  return tasks.map((task) => sectionOf(task, Date.parse(now), zone));
}"""

LABELS = """async ([tasks, now, zone]) => {
  const { dueLabel } = await import("/static/domain/due.js");
  return tasks.map((task) => dueLabel(task, Date.parse(now), zone));
}"""


def expected_instant(wall: datetime, zone: str) -> datetime:
    """A time that comes twice is the first; one that is skipped moves forward by what was skipped."""
    # fold=0 reads a skipped time with the offset from before the change, which is the move forward.
    return wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def test_a_local_time_becomes_the_instant_that_zoneinfo_gives(modules: Page) -> None:
    rng = random.Random(5)
    walls = [datetime(2020, 1, 1) + timedelta(minutes=rng.randrange(10 * 365 * 24 * 60)) for _ in range(600)]
    # The hours around each change of the clock are where the rules differ.
    changes = [datetime(2026, 3, 29), datetime(2026, 10, 25), datetime(2026, 3, 8), datetime(2026, 11, 1)]
    changes += [datetime(2026, 10, 4), datetime(2026, 4, 5), datetime(2026, 9, 6), datetime(2026, 4, 4, 22)]
    walls += [change + timedelta(minutes=15 * step) for change in changes for step in range(20)]
    cases = [(wall, zone) for wall in walls for zone in ZONES]
    answers = modules.evaluate(INSTANTS, [[f"{wall:%Y-%m-%d}", f"{wall:%H:%M}", zone] for wall, zone in cases])
    wrong = [
        (wall, zone, answer)
        for (wall, zone), answer in zip(cases, answers, strict=True)
        if datetime.fromisoformat(answer) != expected_instant(wall, zone)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("task", "zone", "section"),
    [
        ({"due_date": None}, "UTC", "none"),
        ({"due_date": "2026-11-25T10:29:00Z"}, "UTC", "overdue"),
        ({"due_date": "2026-11-25T10:31:00Z"}, "UTC", "today"),
        ({"due_date": "2026-11-25", "due_all_day": True}, "UTC", "today"),
        ({"due_date": "2026-11-24", "due_all_day": True}, "UTC", "overdue"),
        ({"due_date": "2026-11-26", "due_all_day": True}, "UTC", "upcoming"),
        # In Auckland it is half past eleven in the evening, in Honolulu the day has just begun.
        ({"due_date": "2026-11-25T11:30:00Z"}, "Pacific/Auckland", "upcoming"),
        ({"due_date": "2026-11-26T09:00:00Z"}, "Pacific/Honolulu", "today"),
        ({"due_date": "2026-11-25", "due_all_day": True}, "Pacific/Honolulu", "today"),
        ({"due_date": "2026-11-25", "due_all_day": True}, "Pacific/Kiritimati", "overdue"),
        ({"due_date": "2026-11-24", "completed": True, "due_all_day": True}, "UTC", "done"),
    ],
)
def test_overdue_and_today_are_told_apart_in_the_persons_zone(
    modules: Page, task: dict[str, object], zone: str, section: str
) -> None:
    assert modules.evaluate(SECTIONS, [[task], NOW, zone]) == [section]


def test_due_dates_read_like_one_says_them(modules: Page) -> None:
    dates = ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-28", "2026-12-24", "2027-01-03"]
    tasks: list[dict[str, object]] = [{"due_date": date, "due_all_day": True} for date in dates]
    tasks.append({"due_date": "2026-11-25T13:05:00Z", "due_all_day": False})
    assert modules.evaluate(LABELS, [tasks, NOW, "Europe/Berlin"]) == [
        "Yesterday",
        "Today",
        "Tomorrow",
        "Saturday",
        "Thu 24 Dec",
        "Sun, 3 Jan 2027",
        "Today, 14:05",
    ]


def test_a_date_within_a_sentence_keeps_the_capitals_of_names_only(modules: Page) -> None:
    words = modules.evaluate(
        """async (labels) => {
          const { withinSentence } = await import("/static/domain/labels.js");
          return labels.map(withinSentence);
        }""",
        ["Today, 9:00", "Tomorrow", "Yesterday", "Friday", "Mon 23 Nov"],
    )
    assert words == ["today, 9:00", "tomorrow", "yesterday", "Friday", "Mon 23 Nov"]


def test_reminder_offsets_have_words(modules: Page) -> None:
    words = modules.evaluate(
        """async (offsets) => {
          const { offsetLabel } = await import("/static/domain/offsets.js");
          return offsets.map(offsetLabel);
        }""",
        ["PT0S", "P0D", "PT10M", "PT1H", "PT90M", "P1D", "P7D", "P1W", "P1DT2H", "nonsense"],
    )
    assert words == [
        "at the time",
        "at the time",
        "10 minutes before",
        "1 hour before",
        "90 minutes before",
        "1 day before",
        "1 week before",
        "1 week before",
        "1 day 2 hours before",
        "nonsense",
    ]
