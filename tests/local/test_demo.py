"""The sample tasks of `taskflow demo` tell one story: a repeat begins on one of its own days."""

from datetime import UTC, datetime, timedelta

import pytest

from taskflow_local.demo import sample_tasks

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@pytest.mark.parametrize("days", range(0, 400, 3))
def test_a_repeat_begins_on_one_of_its_days(days: int) -> None:
    now = datetime(2026, 1, 1, 22, 40, tzinfo=UTC) + timedelta(days=days)
    for task in sample_tasks(now):
        kind, _, value = task.get("recurrence_pattern", "").partition(":")
        if kind in ("weekly", "monthly"):
            due = datetime.fromisoformat(task["due_date"])
            begins = WEEKDAYS[due.weekday()] if kind == "weekly" else str(due.day)
            assert begins in value.split(","), task["title"]
