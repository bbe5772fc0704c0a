"""A reminder for a task that is there already: what it comes to, or that it does not go with when the task is due."""

from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Final, Literal

from chat_api.parser import When
from taskflow_core.domain.task import Task

_ALL_DAY: Final = time(9)
_AT_DUE: Final = ("PT0S",)
_LONGEST: Final = timedelta(days=366)


class Fit(Enum):
    """Why a reminder cannot be set as it was said."""

    ANOTHER_DAY = "the task is due on another day, or before the reminder"


def reminders_of(task: Task, when: When, now: datetime) -> When | Literal[Fit.ANOTHER_DAY]:
    """What to set of a task of which `when` says to remind; `now` is in the person's zone.

    "1 hour before" counts from when the task is due; a day said with it has to be that one. "tomorrow at 8" becomes
    so long before that; of a task without a due date it is when it is due.
    """
    due = task.due
    if due is None or when.due is None:
        return when
    local = due.local if due.all_day else due.at.astimezone(now.tzinfo).replace(tzinfo=None)
    if when.reminders != _AT_DUE:
        return When(reminders=when.reminders) if _day(when.due, now) == local.date() else Fit.ANOTHER_DAY
    at = _wall(when.due, now)
    base = datetime.combine(local.date(), _ALL_DAY) if due.all_day else local
    between = base.replace(tzinfo=now.tzinfo).astimezone(UTC) - at.replace(tzinfo=now.tzinfo).astimezone(UTC)
    if not timedelta(0) <= between <= _LONGEST:
        return Fit.ANOTHER_DAY
    minutes = between // timedelta(minutes=1)
    return When(reminders=(f"PT{minutes}M",))


def _wall(due: date | datetime, now: datetime) -> datetime:
    """The person's wall time that was said; of a day alone when its reminders come."""
    if not isinstance(due, datetime):
        return datetime.combine(due, _ALL_DAY)
    return due.astimezone(now.tzinfo).replace(tzinfo=None) if due.tzinfo else due


def _day(due: date | datetime, now: datetime) -> date:
    return _wall(due, now).date()
