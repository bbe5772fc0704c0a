"""Measures how long the next date of a series takes: `.venv/bin/python e2e/bench/recurrence.py`.

Each pattern is asked for the next slot of 10,000 series from scratch, as the processor does with rows it has just read:
parse the text, build the rule, find the slot, convert it to UTC. The goal is 100 ms of CPU for 10,000. The last column
is one series by dateutil's `after`, which walks from the start.
"""

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "apps"))

from taskflow_core.domain.recurrence import Rule, parse_pattern

SERIES = 10_000
START = datetime.fromisoformat("2006-03-01T09:30")
STARTS = tuple(START + timedelta(days=number) for number in range(365))
TODAY = date(2026, 3, 1)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC")
PATTERNS = (
    "daily",
    "weekly:MON,WED,FRI",
    "monthly:15",
    "monthly:31",
    "monthly",
    "custom:3d",
    "RRULE:FREQ=MONTHLY;BYDAY=2TU",
    "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
    "RRULE:FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
    "RRULE:FREQ=DAILY;INTERVAL=2;BYMONTH=1,7",
    "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
    "RRULE:FREQ=DAILY;COUNT=1000",
    "RRULE:FREQ=DAILY;UNTIL=20301231T000000Z",
)


def main() -> None:
    """Print the table."""
    print(f"{'pattern':<54}{'one series':>12}{f'{SERIES:,}':>12}{'dateutil, one':>16}")
    for pattern in PATTERNS:
        per_series = _best(lambda pattern=pattern: _next_dates(pattern)) / SERIES
        walk = _best(lambda pattern=pattern: _walked(pattern), runs=3)
        print(f"{pattern:<54}{per_series * 1e6:>9.1f} us{per_series * SERIES * 1e3:>9.0f} ms{walk * 1e6:>13.0f} us")


def _next_dates(text: str) -> None:
    """Find the next slot of as many series, begun on different days about twenty years ago, in different zones."""
    for number in range(SERIES):
        rule = Rule(parse_pattern(text), STARTS[number % len(STARTS)], ZONES[number % len(ZONES)])
        rule.slot_after(TODAY)


def _walked(text: str) -> None:
    rule = rrulestr(parse_pattern(text).rrule.replace("T000000Z", ""), dtstart=START)
    found = rule.after(datetime.combine(TODAY, START.time()))
    if found is not None:
        found.replace(tzinfo=ZoneInfo(ZONES[0])).astimezone(UTC)


def _best(run: Callable[[], None], runs: int = 5) -> float:
    """Return the least CPU time of several runs, in seconds."""
    times: list[float] = []
    for _ in range(runs):
        begin = process_time()
        run()
        times.append(process_time() - begin)
    return min(times)


if __name__ == "__main__":
    main()
