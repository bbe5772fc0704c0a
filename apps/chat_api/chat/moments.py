"""When a task is due, repeats and reminds, in the assistant's words."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chat_api.parser import When
from chat_api.parser.spoken import reminder_words, repeat_words, skipped_words
from chat_api.views import why_kept
from taskflow_core.domain.task import Task


def moment(task: Task, now: datetime) -> str:
    """When a task is due, as the person says it; empty without a due date."""
    due = task.due
    if due is None:
        return ""
    if due.all_day:
        return _day(due.local.date(), now)
    local = _local_due(task, now)
    return f"{_day(local.date(), now)} {local:%H:%M}"


def next_stays(kept: Task | None, now: datetime) -> str:
    """That the next occurrence stays beside one that was reopened, where it does."""
    return "" if kept is None else f" The next one ({moment(kept, now)}) stays: {why_kept(kept)}."


def _local_due(task: Task, now: datetime) -> datetime:
    """When a task is due, on the person's clock of that day."""
    assert task.due_at is not None  # asked for tasks with a due time only
    return task.due_at.astimezone(now.tzinfo)


def _day(local: date, now: datetime, *, exact: bool = False) -> str:
    days = (local - now.date()) / timedelta(days=1)
    if days in (-1, 0, 1):
        return {-1: "yesterday", 0: "today", 1: "tomorrow"}[int(days)]
    # Read again, a day without a year is one to come.
    year = f" {local.year}" if local.year != now.year or (exact and days < 0) else ""
    return f"{local:%a} {local.day} {local:%b}{year}"


def details(task: Task, now: datetime) -> str:
    """When it is due, how it repeats and when it reminds, each behind a comma."""
    parts: list[str] = []
    if due := moment(task, now):
        zone = "" if task.due_all_day or now.tzinfo == ZoneInfo("UTC") else f" ({_local_due(task, now):%Z})"
        parts.append(f"due {due}{zone}")
    if task.recurrence_pattern is not None and task.due is not None:
        start = task.occurrence_date or task.due.local.date()
        words = repeat_words(task.recurrence_pattern, start, task.recurrence_end_date)
        parts.append(f"repeats {words}{skipped_words(task.recurrence_pattern, start)}")
    if task.reminders:
        parts.append(reminder_words(task.reminders))
    parts += order_words(task)
    return "".join(f", {part}" for part in parts)


def order_words(task: Task) -> list[str]:
    """Its priority and tags, as they are said: "high priority", "tagged #home #to buy"."""
    priority = [] if task.priority == "none" else [f"{task.priority} priority"]
    return [*priority, *(["tagged " + " ".join(f"#{tag}" for tag in task.tags)] if task.tags else [])]


def when_words(when: When, now: datetime) -> str:
    """What a sentence said of time, each part behind a comma; it reads the same again."""
    parts: list[str] = []
    due = when.due
    if due is not None:
        local = due.astimezone(now.tzinfo) if isinstance(due, datetime) and due.tzinfo else due
        clock = f" {local:%H:%M}" if isinstance(local, datetime) else ""
        day = local.date() if isinstance(local, datetime) else local
        parts.append(f"due {_day(day, now, exact=True)}{clock}")
        if when.repeat is not None:
            parts.append(f"repeats {repeat_words(when.repeat, day, when.repeat_until)}")
    if when.reminders:
        parts.append(reminder_words(when.reminders))
    return "".join(f", {part}" for part in parts)
