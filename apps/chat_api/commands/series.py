"""Series: the rule and state of a repeating task, and the occurrences that are made from it.

The rules are taskflow.domain.recurrence's; here is how they are kept in `task_series` and `series_slots`. Whoever
changes a series holds the lock of its row; a use case that also locks tasks locks them first.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

import asyncpg

from chat_api.commands.actor import Actor
from chat_api.commands.drift import created
from chat_api.commands.fields import SeriesOptions
from chat_api.rows import reminder_config, reminders_of
from taskflow.bus import outbox
from taskflow.database.pool import Connection, Database
from taskflow.domain.due import due_text
from taskflow.domain.recurrence import (
    Rule,
    SeriesState,
    Slot,
    after_closing,
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

_COLUMNS: Final = """
    series_id, user_id, title, description, reminder_config, all_day, pattern, timezone, start_local, end_date, mode,
    catch_up, last_slot, next_slot, next_due, make_at, made_count, ended_at
"""
# A series as it is now, new or not.
_SAVE: Final = f"""
INSERT INTO task_series ({_COLUMNS})
VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
    CASE WHEN $18 THEN now() END)
ON CONFLICT (series_id) DO UPDATE SET
    title = excluded.title, description = excluded.description, reminder_config = excluded.reminder_config,
    all_day = excluded.all_day, pattern = excluded.pattern, timezone = excluded.timezone,
    start_local = excluded.start_local, end_date = excluded.end_date, mode = excluded.mode,
    catch_up = excluded.catch_up, last_slot = excluded.last_slot, next_slot = excluded.next_slot,
    next_due = excluded.next_due, make_at = excluded.make_at, made_count = excluded.made_count,
    ended_at = CASE WHEN $18 THEN coalesce(task_series.ended_at, now()) END,
    attempts = 0, retry_at = NULL, last_error = NULL, updated_at = now()
"""  # noqa: S608  # constants
# The slot of an occurrence; nothing when it is taken.
_TAKE_SLOT: Final = """
INSERT INTO series_slots (series_id, occurrence_date, task_id) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING RETURNING task_id
"""
# Slots that are taken under another name, or by another series, from now on.
_LEAVE_SLOTS: Final = "DELETE FROM series_slots WHERE series_id = $1 AND occurrence_date = ANY($2::date[])"
_TAKE_SLOTS: Final = """
INSERT INTO series_slots (series_id, occurrence_date, task_id)
SELECT $1, row.occurrence_date, row.task_id FROM unnest($2::date[], $3::text[]) AS row (occurrence_date, task_id)
ON CONFLICT DO NOTHING
"""
# The slots a series has used, with the tasks that were made in them.
_SLOTS: Final = "SELECT occurrence_date, task_id FROM series_slots WHERE series_id = $1 ORDER BY occurrence_date"
# A series under lock.
_LOCK: Final = f"SELECT {_COLUMNS} FROM task_series WHERE series_id = $1 FOR UPDATE"  # noqa: S608  # constants
# The same, unless somebody else is at work on it.
_LOCK_IF_FREE: Final = f"{_LOCK} SKIP LOCKED"
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
    all_day: bool
    state: SeriesState
    ended: bool = False


@dataclass(frozen=True, slots=True)
class UsedSlot:
    """A slot that was made, and the task made in it, which may be gone."""

    occurrence_date: date
    task_id: str


async def begin_series(connection: Connection, task: Task, rule: Rule, options: SeriesOptions, now: datetime) -> None:
    """Make `task`, just written, the first occurrence of a series of its own."""
    state = begin(
        rule,
        mode=options.mode or "fixed",
        catch_up=options.catch_up or "latest",
        longest_reminder=longest(task.reminders),
    )
    if task.completed:
        state = after_closing(state, state.last_slot, now)
    series = Series(
        id=task.id,
        user_id=task.user_id,
        title=task.title,
        description=task.description,
        reminders=task.reminders,
        all_day=task.due_all_day,
        state=state,
        ended=state.over,
    )
    await save(connection, series)
    await connection.execute(_TAKE_SLOT, task.id, state.last_slot, task.id)


async def locked_series(connection: Connection, series_id: str) -> Series | None:
    """A series under lock, or None where there is none of this id."""
    row = await connection.fetchrow(_LOCK, series_id)
    return None if row is None else _series_of(row)


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


async def rename_slots(
    connection: Connection, series_id: str, left: Sequence[date], to: str, taken: Sequence[UsedSlot]
) -> None:
    """Let slots of a series go, and take these of the series `to` (the same or another)."""
    await connection.execute(_LEAVE_SLOTS, series_id, left)
    await connection.execute(
        _TAKE_SLOTS, to, [slot.occurrence_date for slot in taken], [slot.task_id for slot in taken]
    )


async def occurrence_closed(connection: Connection, task: Task, at: datetime) -> None:
    """An occurrence was completed or deleted: the next one may be wanted now."""
    await _advance(connection, task, lambda state, slot: after_closing(state, slot, at))


async def occurrence_reopened(connection: Connection, task: Task) -> None:
    """A completed occurrence was reopened: that makes nothing."""
    await _advance(connection, task, after_reopening)


async def occurrence_moved(connection: Connection, task: Task, due: datetime) -> None:
    """An occurrence was given another due date; it keeps its slot."""
    await _advance(connection, task, lambda state, slot: after_moving(state, slot, due))


async def make_occurrences(connection: Connection, series_id: str, actor: Actor, now: datetime) -> list[Task]:
    """Make what is due of a series, with its events; returns the new tasks.

    None when another was first, or is at work on the series just now: whoever asks, asks again. A series whose user is
    gone ends. A slot that was ever taken is never made again.
    """
    row = await connection.fetchrow(_LOCK_IF_FREE, series_id)
    if row is None or row["ended_at"] is not None:
        return []
    series = _series_of(row)
    if await connection.fetchval(_USER, series.user_id) is None:
        await save(connection, replace(series, ended=True))
        return []
    slots = next_to_make(series.state, now)
    if not slots:
        await _save_state(connection, series, series.state)
        return []
    made = await _take_slots(connection, series, slots, now)
    await _insert(connection, made)
    state = after_making(series.state, slots)
    if len(made) < len(slots) and slots[-1].occurrence_date not in {task.occurrence_date for task in made}:
        # The last slot was used before and perhaps its task is gone: without an open occurrence the next is due now.
        state = after_closing(state, slots[-1].occurrence_date, now)
    await _save_state(connection, series, state)
    await outbox.draw(connection, CHAT_API, [created(task, actor, now) for task in made])
    return made


async def _take_slots(connection: Connection, series: Series, slots: Sequence[Slot], now: datetime) -> list[Task]:
    made: list[Task] = []
    for slot in slots:
        task = _occurrence(series, slot, now)
        if await connection.fetchval(_TAKE_SLOT, series.id, slot.occurrence_date, task.id) is not None:
            made.append(task)
    return made


def _occurrence(series: Series, slot: Slot, now: datetime) -> Task:
    rule = series.state.rule
    return Task(
        id=str(uuid.uuid4()),
        user_id=series.user_id,
        title=series.title,
        description=series.description,
        completed=False,
        due_date=due_text(slot.due, series.all_day, rule.timezone),
        due_at=slot.due,
        due_all_day=series.all_day,
        recurrence_pattern=rule.pattern.text,
        recurrence_end_date=rule.end_date,
        recurrence_timezone=rule.timezone,
        parent_recurring_task_id=series.id,
        occurrence_date=slot.occurrence_date,
        reminders=series.reminders,
        version=1,
        created_at=now,
        updated_at=now,
    )


async def _insert(connection: Connection, made: Sequence[Task]) -> None:
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
        first.parent_recurring_task_id,
        reminder_config(first.reminders),
        [task.id for task in made],
        [task.due_at for task in made],
        [task.occurrence_date for task in made],
    )


async def _advance(connection: Connection, task: Task, change: Callable[[SeriesState, date], SeriesState]) -> None:
    if task.series_id is None or task.occurrence_date is None:
        return
    series = await locked_series(connection, task.series_id)
    if series is None or series.ended:
        return
    advanced = change(series.state, task.occurrence_date)
    if advanced != series.state:
        await _save_state(connection, series, advanced)


async def _save_state(connection: Connection, series: Series, state: SeriesState) -> None:
    await save(connection, replace(series, state=state, ended=state.over))


def _series_of(row: asyncpg.Record) -> Series:
    rule = Rule(parse_pattern(row["pattern"]), row["start_local"], row["timezone"], row["end_date"])
    following = None if row["next_slot"] is None else Slot(row["next_slot"], row["next_due"])
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
        all_day=row["all_day"],
        state=state,
        ended=row["ended_at"] is not None,
    )


def longest(reminders: Sequence[str]) -> timedelta:
    """An upper bound of how long before its due time an occurrence with these reminders first reminds."""
    return max((parse_offset(text).longest for text in reminders), default=timedelta())


async def series_failed(database: Database, series_id: str, reason: str) -> None:
    """Put a series off that could not be moved on: half a minute, doubling up to six hours, with jitter."""
    await database.execute(_FAILED, series_id, reason)
