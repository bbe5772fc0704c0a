"""Series: the rule and state of a repeating task, and the occurrences that are made from it.

The rules are taskflow.domain.recurrence's; here is how they are kept in `task_series` and `series_slots`. Whoever
changes a series holds the lock of its row; a use case that also locks a task locks the task first.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import asyncpg

from chat_api.commands.actor import Actor
from chat_api.commands.drift import created
from chat_api.commands.fields import SeriesOptions, TaskFields
from chat_api.rows import reminder_config, reminders_of
from taskflow.bus import outbox
from taskflow.database.pool import Connection, Database
from taskflow.domain.due import due_text
from taskflow.domain.recurrence import (
    Rule,
    SeriesState,
    Slot,
    after_closing,
    after_editing,
    after_making,
    after_moving,
    after_reopening,
    begin,
    next_to_make,
    parse_pattern,
)
from taskflow.domain.reminders import parse_offset
from taskflow.domain.task import Task
from taskflow.events.topics import CHAT_API

_STATE: Final = (
    "pattern, timezone, start_local, end_date, mode, catch_up, last_slot, next_slot, next_due, make_at, made_count"
)
_TEMPLATE: Final = "series_id, user_id, title, description, reminder_config, all_day, ended_at"

# A new series.
_BEGIN: Final = """
INSERT INTO task_series (series_id, user_id, title, description, reminder_config, all_day,
    pattern, timezone, start_local, end_date, mode, catch_up, last_slot, next_slot, next_due, make_at, made_count)
VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (series_id) DO UPDATE SET
    title = excluded.title, description = excluded.description, reminder_config = excluded.reminder_config,
    all_day = excluded.all_day, pattern = excluded.pattern, timezone = excluded.timezone,
    start_local = excluded.start_local, end_date = excluded.end_date, mode = excluded.mode,
    catch_up = excluded.catch_up, last_slot = excluded.last_slot, next_slot = excluded.next_slot,
    next_due = excluded.next_due, make_at = excluded.make_at, made_count = excluded.made_count,
    ended_at = NULL, attempts = 0, retry_at = NULL, last_error = NULL, updated_at = now()
"""
# The slot of an occurrence; nothing when it is taken.
_TAKE_SLOT: Final = """
INSERT INTO series_slots (series_id, occurrence_date, task_id) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING RETURNING task_id
"""
# A series under lock.
_LOCK: Final = f"SELECT {_TEMPLATE}, {_STATE} FROM task_series WHERE series_id = $1 FOR UPDATE"  # noqa: S608  # constants
# What a series has come to.
_SAVE: Final = """
UPDATE task_series SET pattern = $2, timezone = $3, start_local = $4, end_date = $5, mode = $6, catch_up = $7,
    last_slot = $8, next_slot = $9, next_due = $10, make_at = $11, made_count = $12,
    ended_at = CASE WHEN $13 THEN coalesce(ended_at, now()) ELSE ended_at END,
    attempts = 0, retry_at = NULL, last_error = NULL, updated_at = now()
WHERE series_id = $1
"""
# Nothing is made of it any more.
_END: Final = """
UPDATE task_series SET ended_at = now(), make_at = NULL, updated_at = now() WHERE series_id = $1 AND ended_at IS NULL
"""
# The text and reminders that later occurrences begin with.
_SET_TEMPLATE: Final = """
UPDATE task_series SET title = $2, description = $3, reminder_config = $4::jsonb, all_day = $5, updated_at = now()
WHERE series_id = $1
"""
# Occurrences with their shadows, as new tasks.
_INSERT_OCCURRENCES: Final = """
WITH made AS (
    INSERT INTO tasks (id, user_id, title, description, completed, created_at, updated_at, due_date, due_all_day,
        recurrence_pattern, recurrence_end_date, recurrence_timezone, parent_recurring_task_id, occurrence_date,
        reminder_config)
    SELECT row.id, $1, $2, $3, false, $4::timestamptz, $4::timestamptz, row.due, $5, $6, $7, $8, $9,
        row.occurrence_date, $10::jsonb
    FROM unnest($11::text[], $12::timestamptz[], $13::date[]) AS row (id, due, occurrence_date)
    RETURNING id
)
INSERT INTO task_shadow (task_id, user_id, version, title, description, completed)
SELECT id, $1, 1, $2, $3, false FROM made
"""
# A series that could not be moved on waits, twice as long each time.
_FAILED: Final = """
UPDATE task_series SET attempts = attempts + 1, last_error = $2,
    retry_at = now() + make_interval(secs => least(21600, 30 * 2 ^ least(attempts, 10)) * (0.8 + 0.4 * random()))
WHERE series_id = $1
"""
# Whether a user is still there; the lock keeps them there until the occurrence is in.
_USER: Final = "SELECT 1 FROM users WHERE id = $1 FOR KEY SHARE"


async def begin_series(
    connection: Connection, task: Task, fields: TaskFields, rule: Rule, options: SeriesOptions
) -> None:
    """Make `task`, just written, the first occurrence of a series of its own."""
    state = begin(
        rule,
        mode=options.mode or "fixed",
        catch_up=options.catch_up or "latest",
        longest_reminder=_longest(fields.reminders),
    )
    all_day = fields.due is not None and fields.due.all_day
    await connection.execute(
        _BEGIN,
        task.id,
        task.user_id,
        task.title,
        task.description,
        reminder_config(task.reminders),
        all_day,
        *_columns(state),
    )
    await connection.execute(_TAKE_SLOT, task.id, state.last_slot, task.id)


async def end_series(connection: Connection, series_id: str) -> None:
    """Make no more occurrences of a series. Those that exist stay."""
    await connection.execute(_END, series_id)


async def occurrence_closed(connection: Connection, task: Task, at: datetime) -> None:
    """An occurrence was completed or deleted: the next one may be wanted now."""
    await _advance(connection, task, lambda state, slot: after_closing(state, slot, at))


async def occurrence_reopened(connection: Connection, task: Task) -> None:
    """A completed occurrence was reopened: that makes nothing."""
    await _advance(connection, task, after_reopening)


async def occurrence_moved(connection: Connection, task: Task, due: datetime) -> None:
    """An occurrence was given another due date; it keeps its slot."""
    await _advance(connection, task, lambda state, slot: after_moving(state, slot, due))


async def edit_series(
    connection: Connection, series_id: str, fields: TaskFields, options: SeriesOptions, *, rule: Rule | None
) -> None:
    """Give a series another rule, other options, or other texts and reminders for occurrences to come."""
    row = await connection.fetchrow(_LOCK, series_id)
    if row is None or row["ended_at"] is not None:
        return
    edited = after_editing(
        _state_of(row),
        rule=rule,
        mode=options.mode,
        catch_up=options.catch_up,
        longest_reminder=_longest(fields.reminders),
    )
    await _save(connection, series_id, edited)
    all_day = fields.due.all_day if fields.due is not None else row["all_day"]
    await connection.execute(
        _SET_TEMPLATE, series_id, fields.title, fields.description, reminder_config(fields.reminders), all_day
    )


async def make_occurrences(connection: Connection, series_id: str, actor: Actor, now: datetime) -> list[Task]:
    """Make what is due of a series, with its events; returns the new tasks, none when another was first.

    A series whose user is gone ends. A slot that was ever taken is never made again.
    """
    row = await connection.fetchrow(_LOCK, series_id)
    if row is None or row["ended_at"] is not None:
        return []
    if await connection.fetchval(_USER, row["user_id"]) is None:
        await end_series(connection, series_id)
        return []
    state = _state_of(row)
    slots = next_to_make(state, now)
    if not slots:
        await _save(connection, series_id, state)
        return []
    made = await _take_slots(connection, row, slots, now)
    await _insert(connection, row, made)
    state = after_making(state, slots)
    if len(made) < len(slots) and slots[-1].occurrence_date not in {task.occurrence_date for task in made}:
        # The last slot was used before and perhaps its task is gone: without an open occurrence the next is due now.
        state = after_closing(state, slots[-1].occurrence_date, now)
    await _save(connection, series_id, state)
    await outbox.draw(connection, CHAT_API, [created(task, actor, now) for task in made])
    return made


async def _take_slots(
    connection: Connection, series: asyncpg.Record, slots: Sequence[Slot], now: datetime
) -> list[Task]:
    made: list[Task] = []
    for slot in slots:
        task = _occurrence(series, slot, now)
        if await connection.fetchval(_TAKE_SLOT, series["series_id"], slot.occurrence_date, task.id) is not None:
            made.append(task)
    return made


def _occurrence(series: asyncpg.Record, slot: Slot, now: datetime) -> Task:
    return Task(
        id=str(uuid.uuid4()),
        user_id=series["user_id"],
        title=series["title"],
        description=series["description"],
        completed=False,
        due_date=due_text(slot.due, series["all_day"], series["timezone"]),
        due_at=slot.due,
        due_all_day=series["all_day"],
        recurrence_pattern=series["pattern"],
        recurrence_end_date=series["end_date"],
        recurrence_timezone=series["timezone"],
        parent_recurring_task_id=series["series_id"],
        occurrence_date=slot.occurrence_date,
        reminders=reminders_of(series["reminder_config"]),
        version=1,
        created_at=now,
        updated_at=now,
    )


async def _insert(connection: Connection, series: asyncpg.Record, made: Sequence[Task]) -> None:
    if not made:
        return
    first = made[0]
    await connection.execute(
        _INSERT_OCCURRENCES,
        first.user_id,
        first.title,
        first.description,
        first.created_at,
        first.due_all_day,
        first.recurrence_pattern,
        first.recurrence_end_date,
        first.recurrence_timezone,
        series["series_id"],
        series["reminder_config"],
        [task.id for task in made],
        [task.due_at for task in made],
        [task.occurrence_date for task in made],
    )


async def _advance(connection: Connection, task: Task, change: Callable[[SeriesState, date], SeriesState]) -> None:
    if task.series_id is None or task.occurrence_date is None:
        return
    row = await connection.fetchrow(_LOCK, task.series_id)
    if row is None or row["ended_at"] is not None:
        return
    state = _state_of(row)
    advanced = change(state, task.occurrence_date)
    if advanced != state:
        await _save(connection, task.series_id, advanced)


async def _save(connection: Connection, series_id: str, state: SeriesState) -> None:
    await connection.execute(_SAVE, series_id, *_columns(state), state.over)


def _columns(state: SeriesState) -> tuple[Any, ...]:
    """A state in the order of _STATE."""
    rule = state.rule
    return (
        rule.pattern.text,
        rule.timezone,
        rule.start_local,
        rule.end_date,
        state.mode,
        state.catch_up,
        state.last_slot,
        state.next.occurrence_date if state.next else None,
        state.next.due if state.next else None,
        state.make_at,
        state.made_count,
    )


def _state_of(row: asyncpg.Record) -> SeriesState:
    rule = Rule(parse_pattern(row["pattern"]), row["start_local"], row["timezone"], row["end_date"])
    following = None if row["next_slot"] is None else Slot(row["next_slot"], row["next_due"])
    return SeriesState(
        rule=rule,
        mode=row["mode"],
        catch_up=row["catch_up"],
        longest_reminder=_longest(reminders_of(row["reminder_config"])),
        last_slot=row["last_slot"],
        made_count=row["made_count"],
        next=following,
        make_at=row["make_at"],
    )


def _longest(reminders: Sequence[str]) -> timedelta:
    return max((parse_offset(text).longest for text in reminders), default=timedelta())


async def series_failed(database: Database, series_id: str, reason: str) -> None:
    """Put a series off that could not be moved on: half a minute, doubling up to six hours, with jitter."""
    await database.execute(_FAILED, series_id, reason)
