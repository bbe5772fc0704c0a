"""The day on which a task is due, and where a sentence moves it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from chat_api.parser import When
from taskflow_core.domain.due import Due
from taskflow_core.domain.task import Task


def moved(task: Task, when: When, zone: ZoneInfo) -> date | datetime:
    """What `when` means as the new due date of `task`: a day keeps the time of day it had, a time its day."""
    due = when.due
    if due is None:
        raise ValueError("no due date was said")
    if task.due is None or (isinstance(due, datetime) and due.tzinfo is not None):
        return due
    keeps_day = (when.repeat is not None and not when.starts) or not when.says_day
    day = day_of(task.due, zone) if keeps_day else due.date() if isinstance(due, datetime) else due
    if isinstance(due, datetime):
        return datetime.combine(day, due.time())
    return day if task.due.all_day else datetime.combine(day, task.due.at.astimezone(zone).time())


def day_of(due: Due, zone: ZoneInfo) -> date:
    """The day on which a task is due: of its own zone when all day, else of the person's."""
    return due.local.date() if due.all_day else due.at.astimezone(zone).date()
