"""The calendar in an export (RFC 5545): each task a to-do, what a series has yet to make an event that repeats."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import asyncpg
from icalendar import Alarm, Calendar, Event, Timezone, Todo
from icalendar.prop import vRecur, vText

from chat_api.export import contents
from chat_api.export.contents import Snapshot
from taskflow_core.database.task_rows import priority_of, reminders_of
from taskflow_core.domain.due import Due
from taskflow_core.domain.priority import Priority
from taskflow_core.domain.recurrence import Rule, parse_pattern
from taskflow_core.domain.reminders import ALL_DAY_HOUR, parse_offset, plan
from taskflow_core.domain.task import Task

_PRODUCT: Final = "-//TaskFlow//Export//EN"
_END: Final = b"END:VCALENDAR\r\n"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""Characters that no text of RFC 5545 has (3.3.11); a line break it writes in its own way."""
_LINES: Final = re.compile(r"\r\n?")
_PRIORITIES: Final[dict[Priority, int]] = {"high": 1, "medium": 5, "low": 9}
"""As RFC 5545 counts them (3.8.1.9)."""
_MIDNIGHT_TO_ALARM: Final = timedelta(hours=ALL_DAY_HOUR.hour, minutes=ALL_DAY_HOUR.minute)

# The zones of series that go on. icalendar's components are Any here: their `add` has no whole type.
_ZONES: Final = """
SELECT DISTINCT timezone FROM task_series
WHERE user_id = $1 AND mode = 'fixed' AND ended_at IS NULL AND next_slot IS NOT NULL AND NOT all_day
    AND timezone <> 'UTC' ORDER BY timezone
"""


async def calendar(snapshot: Snapshot) -> AsyncGenerator[bytes]:
    """The file, piece by piece. What the library makes of many tasks takes a while: it is made in a thread."""
    yield _beginning()
    async for zones in contents.rows(snapshot, _ZONES):
        for zone in zones:
            yield await asyncio.to_thread(_timezone, zone["timezone"], snapshot.at)
    async for series in contents.series(snapshot):
        yield await asyncio.to_thread(_events, series, snapshot.at)
    async for tasks in contents.tasks(snapshot):
        yield await asyncio.to_thread(_todos, tasks, snapshot.at)
    yield _END


def _beginning() -> bytes:
    made: Any = Calendar()
    made.add("prodid", _PRODUCT)
    made.add("version", "2.0")
    return made.to_ical().removesuffix(_END)


def _timezone(name: str, at: datetime) -> bytes:
    """A zone with its changes for a hundred years: a series may have no end, and the library's own stops in 2038."""
    return Timezone.from_tzid(name, last_date=date(at.year + 100, 1, 1)).to_ical()


def _events(series: Sequence[asyncpg.Record], at: datetime) -> bytes:
    return b"".join(_event(row, at) for row in series if _goes_on(row))


def _goes_on(series: asyncpg.Record) -> bool:
    """Whether its dates are known: one that counts from completion has none before."""
    return series["mode"] == "fixed" and series["ended_at"] is None and series["next_slot"] is not None


def _event(series: asyncpg.Record, at: datetime) -> bytes:
    """What is to come of a series, from the occurrence on that is made next."""
    rule = Rule(parse_pattern(series["pattern"]), series["start_local"], series["timezone"], series["end_date"])
    rest = rule.continued_from(series["next_slot"])
    made: Any = Event()
    _describe(made, f"{series['id']}-series", series["title"], series["description"], at)
    _order(made, series["tags"] or [], priority_of(series["priority"]))
    made.add("created", series["created_at"].astimezone(UTC))
    made.add("last-modified", series["updated_at"].astimezone(UTC))
    made.add("dtstart", _start(rest, all_day=series["all_day"]))
    made.add("rrule", vRecur.from_ical(_rule_text(rest, all_day=series["all_day"])))
    made.add("transp", "TRANSPARENT")
    for text in reminders_of(series["reminder_config"]):
        offset = parse_offset(text)
        before = timedelta(days=-offset.days, seconds=-offset.seconds)
        _alarm(made, before + (_MIDNIGHT_TO_ALARM if series["all_day"] else timedelta()), series["title"])
    return made.to_ical()


def _start(rule: Rule, *, all_day: bool) -> date | datetime:
    start = rule.start_local
    return start.date() if all_day else start.replace(tzinfo=_zone(rule))


def _zone(rule: Rule) -> Any:
    return UTC if rule.timezone == "UTC" else ZoneInfo(rule.timezone)


def _rule_text(rule: Rule, *, all_day: bool) -> str:
    """The rule with its end as RFC 5545 wants it (3.3.10): a date for whole days, else an instant in UTC."""
    recur = rule.pattern.anchored(rule.start_local.date()).recur
    until = recur.until if rule.end_date is None else rule.end_date
    if until is None:
        return recur.text
    if all_day:
        if isinstance(until, datetime):
            until = rule.local_date(until) if until.tzinfo is not None else until.date()
    elif not isinstance(until, datetime):
        until = rule.due_on(until)
    elif until.tzinfo is None:
        until = until.replace(tzinfo=_zone(rule)).astimezone(UTC)
    return replace(recur, until=until).text


def _todos(tasks: Sequence[Task], at: datetime) -> bytes:
    return b"".join(_todo(task, at) for task in tasks)


def _todo(task: Task, at: datetime) -> bytes:
    made: Any = Todo()
    _describe(made, task.id, task.title, task.description, at)
    _order(made, task.tags, task.priority)
    made.add("created", task.created_at.astimezone(UTC))
    made.add("last-modified", task.updated_at.astimezone(UTC))
    made["status"] = vText("COMPLETED" if task.completed else "NEEDS-ACTION")
    if task.completed:
        made.add("percent-complete", 100)
    if task.parent_recurring_task_id is not None:
        made["related-to"] = vText(task.parent_recurring_task_id)
    due = task.due
    if due is not None:
        made.add("due", _due(due))
        if not task.completed:
            for reminder in plan(due, task.reminders):
                _alarm(made, reminder.at, task.title)
    return made.to_ical()


def _due(due: Due) -> date | datetime:
    return due.local.date() if due.all_day else due.at.astimezone(UTC)


def _describe(made: Any, uid: str, title: str, description: str | None, at: datetime) -> None:
    made["uid"] = vText(uid)
    made.add("dtstamp", at.astimezone(UTC))
    made["summary"] = _text(title)
    if description:
        made["description"] = _text(description)


def _order(made: Any, tags: Sequence[str], priority: Priority) -> None:
    if tags:
        made.add("categories", list(tags))
    if priority in _PRIORITIES:
        made.add("priority", _PRIORITIES[priority])


def _alarm(made: Any, at: datetime | timedelta, title: str) -> None:
    alarm: Any = Alarm()
    alarm["action"] = vText("DISPLAY")
    alarm["description"] = _text(title)
    alarm.add("trigger", at, parameters={"value": "DATE-TIME"} if isinstance(at, datetime) else {})
    made.add_component(alarm)


def _text(text: str) -> vText:
    return vText(_CONTROL.sub("", _LINES.sub("\n", text)))
