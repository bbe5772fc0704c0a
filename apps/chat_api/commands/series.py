"""Series: the rule and state of a repeating task, and the occurrences that are made from it.

The rules are taskflow_core.domain.recurrence's; here is how they lie in `task_series` and `series_slots`. Whoever
changes a series holds the lock of its row; a use case that also locks tasks locks them first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

import asyncpg

from chat_api.commands.fields import SeriesOptions
from taskflow_core.database.pool import Connection
from taskflow_core.database.statements import columns, select
from taskflow_core.database.task_rows import priority_of, reminder_config, reminders_of, stored_priority
from taskflow_core.domain.errors import FieldError
from taskflow_core.domain.priority import Priority
from taskflow_core.domain.recurrence import (
    MOST_CAUGHT_UP,
    Rule,
    SeriesState,
    Slot,
    after_closing,
    after_moving,
    begin,
    misses_too_many,
    parse_pattern,
)
from taskflow_core.domain.reminders import parse_offset
from taskflow_core.domain.task import Task
from taskflow_db.tables import SeriesSlots, TaskSeries

COLUMNS: Final = columns(
    TaskSeries.series_id,
    TaskSeries.user_id,
    TaskSeries.title,
    TaskSeries.description,
    TaskSeries.reminder_config,
    TaskSeries.tags,
    TaskSeries.priority,
    TaskSeries.all_day,
    TaskSeries.pattern,
    TaskSeries.timezone,
    TaskSeries.start_local,
    TaskSeries.end_date,
    TaskSeries.mode,
    TaskSeries.catch_up,
    TaskSeries.last_slot,
    TaskSeries.next_slot,
    TaskSeries.next_due,
    TaskSeries.make_at,
    TaskSeries.made_count,
    TaskSeries.ended_at,
)
"""What `series_of` reads."""

# A series as it is now, new or not.
_SAVE: Final = f"""
INSERT INTO task_series ({COLUMNS})
VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    CASE WHEN $20 THEN now() END)
ON CONFLICT (series_id) DO UPDATE SET
    title = excluded.title, description = excluded.description, reminder_config = excluded.reminder_config,
    tags = excluded.tags, priority = excluded.priority,
    all_day = excluded.all_day, pattern = excluded.pattern, timezone = excluded.timezone,
    start_local = excluded.start_local, end_date = excluded.end_date, mode = excluded.mode,
    catch_up = excluded.catch_up, last_slot = excluded.last_slot, next_slot = excluded.next_slot,
    next_due = excluded.next_due, make_at = excluded.make_at, made_count = excluded.made_count,
    ended_at = CASE WHEN $20 THEN coalesce(task_series.ended_at, now()) END,
    attempts = 0, retry_at = NULL, last_error = NULL, updated_at = now()
"""  # noqa: S608  # constants
# The slot of an occurrence; nothing when it is taken.
_CLAIM_SLOT: Final = """
INSERT INTO series_slots (series_id, occurrence_date, task_id) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING RETURNING task_id
"""
# Slots that are taken under another name, or by another series, from now on.
_RELEASE_SLOTS: Final = "DELETE FROM series_slots WHERE series_id = $1 AND occurrence_date = ANY($2::date[])"
_CLAIM_SLOTS: Final = """
INSERT INTO series_slots (series_id, occurrence_date, task_id)
SELECT $1, row.occurrence_date, row.task_id FROM unnest($2::date[], $3::text[]) AS row (occurrence_date, task_id)
ON CONFLICT DO NOTHING
"""
# The slots a series has used, with the tasks that were made in them.
_SLOTS: Final = select(
    SeriesSlots.occurrence_date,
    SeriesSlots.task_id,
    by=[SeriesSlots.series_id],
    order_by=[SeriesSlots.occurrence_date],
)
# A series under lock.
_LOCK: Final = f"SELECT {COLUMNS} FROM task_series WHERE series_id = $1 FOR UPDATE"  # noqa: S608  # constants


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A series as its row has it: what later occurrences begin with, and how far it has come.

    `ended` ones make nothing any more: their rule is used up, or somebody stopped them.
    """

    id: str
    user_id: str
    title: str
    description: str | None
    reminders: list[str]
    tags: list[str]
    priority: Priority
    all_day: bool
    state: SeriesState
    ended: bool = False


@dataclass(frozen=True, slots=True)
class UsedSlot:
    """A slot that was made, and the task made in it, which may be gone."""

    occurrence_date: date
    task_id: str


async def begin_series(connection: Connection, task: Task, rule: Rule, options: SeriesOptions, now: datetime) -> None:
    """Make `task`, just written, the first occurrence of a series of its own. Raises FieldError."""
    state = begin(
        rule,
        mode=options.mode or "fixed",
        catch_up=options.catch_up or "latest",
        longest_reminder=longest(task.reminders),
    )
    if task.completed:
        state = after_closing(state, state.last_slot, now)
    check_catch_up(state, now)
    series = Series(
        id=task.id,
        user_id=task.user_id,
        title=task.title,
        description=task.description,
        reminders=task.reminders,
        tags=task.tags,
        priority=task.priority,
        all_day=task.due_all_day,
        state=state,
        ended=state.over,
    )
    await save(connection, series)
    await connection.execute(_CLAIM_SLOT, task.id, state.last_slot, task.id)


def check_catch_up(state: SeriesState, now: datetime) -> None:
    """Raise FieldError where a series that somebody makes or edits would make too many past occurrences at once."""
    if misses_too_many(state, now):
        message = (
            f"would make more than {MOST_CAUGHT_UP} past occurrences at once; begin later, or give `latest`, which "
            "makes the last one"
        )
        raise FieldError("catch_up", message, "TOO_MANY_OCCURRENCES", most=MOST_CAUGHT_UP)


async def locked_series(connection: Connection, series_id: str) -> Series | None:
    """A series under lock, or None where there is none of this id."""
    row = await connection.fetchrow(_LOCK, series_id)
    return None if row is None else series_of(row)


async def used_slots(connection: Connection, series_id: str) -> list[UsedSlot]:
    """Every slot of a series that was made, in order."""
    return [UsedSlot(row["occurrence_date"], row["task_id"]) for row in await connection.fetch(_SLOTS, series_id)]


async def save(connection: Connection, series: Series) -> None:
    """Write a series, new or under lock."""
    state = series.state
    await connection.execute(
        _SAVE,
        series.id,
        series.user_id,
        series.title,
        series.description,
        reminder_config(series.reminders),
        series.tags or None,
        stored_priority(series.priority),
        series.all_day,
        state.rule.pattern.text,
        state.rule.timezone,
        state.rule.start_local,
        state.rule.end_date,
        state.mode,
        state.catch_up,
        state.last_slot,
        state.next.occurrence_date if state.next else None,
        state.next.due if state.next else None,
        None if series.ended else state.make_at,
        state.made_count,
        series.ended,
    )


async def move_slots(
    connection: Connection, series_id: str, released: Sequence[date], to: str, claimed: Sequence[UsedSlot]
) -> None:
    """Let slots of a series go, and take these of the series `to` (the same or another)."""
    await connection.execute(_RELEASE_SLOTS, series_id, released)
    await connection.execute(
        _CLAIM_SLOTS, to, [slot.occurrence_date for slot in claimed], [slot.task_id for slot in claimed]
    )


async def occurrence_closed(connection: Connection, task: Task, at: datetime) -> None:
    """An occurrence was completed or deleted: the next one may be wanted now."""
    if task.series_id is None or task.occurrence_date is None:
        return
    series = await locked_series(connection, task.series_id)
    if series is None or series.ended:
        return
    counted = series.state.mode == "after_completion"
    taken = {used.occurrence_date for used in await used_slots(connection, series.id)} if counted else set[date]()
    await save_state(connection, series, after_closing(series.state, task.occurrence_date, at, taken))


async def occurrence_moved(connection: Connection, task: Task, due: datetime) -> None:
    """An occurrence was given another due date; it keeps its slot."""
    if task.series_id is None or task.occurrence_date is None:
        return
    series = await locked_series(connection, task.series_id)
    if series is None or series.ended:
        return
    await save_state(connection, series, after_moving(series.state, task.occurrence_date, due))


async def save_state(connection: Connection, series: Series, state: SeriesState) -> None:
    """Write how far a series under lock has come, if that is not so already."""
    if state != series.state:
        await save(connection, replace(series, state=state, ended=state.over))


def series_of(row: asyncpg.Record) -> Series:
    """A row of COLUMNS as a Series. Raises FieldError for a rule that cannot be read."""
    start: datetime = row["start_local"]
    # An earlier release began whole days where the clock did: at 01:00 on a day without midnight, and so ever after.
    late = row["all_day"] and start.time() != time.min
    rule = Rule(
        parse_pattern(row["pattern"]),
        datetime.combine(start, time.min) if late else start,
        row["timezone"],
        row["end_date"],
    )
    following = None
    if row["next_slot"] is not None:
        following = Slot(row["next_slot"], rule.due_on(row["next_slot"]) if late else row["next_due"])
    reminders = reminders_of(row["reminder_config"])
    state = SeriesState(
        rule=rule,
        mode=row["mode"],
        catch_up=row["catch_up"],
        longest_reminder=longest(reminders),
        last_slot=row["last_slot"],
        made_count=row["made_count"],
        next=following,
        make_at=row["make_at"],
    )
    return Series(
        id=row["series_id"],
        user_id=row["user_id"],
        title=row["title"],
        description=row["description"],
        reminders=reminders,
        tags=row["tags"] or [],
        priority=priority_of(row["priority"]),
        all_day=row["all_day"],
        state=state,
        ended=row["ended_at"] is not None,
    )


def longest(reminders: Sequence[str]) -> timedelta:
    """An upper bound of how long before its due time an occurrence with these reminders first reminds."""
    return max((parse_offset(text).longest for text in reminders), default=timedelta())
