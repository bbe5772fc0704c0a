"""Creating the occurrences of series that are due: many series in one transaction, each slot once."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec
import structlog

from chat_api.commands.actor import Actor
from chat_api.commands.series import COLUMNS, Series, series_of
from chat_api.commands.task_events import created
from chat_api.quotas import Quota
from taskflow_core.bus import outbox
from taskflow_core.database.pool import Connection, Database
from taskflow_core.database.task_rows import reminder_config, stored_priority, stored_tags
from taskflow_core.domain.due import due_text
from taskflow_core.domain.errors import TooManyTasksError
from taskflow_core.domain.recurrence import Slot, after_making, after_taken, next_to_make
from taskflow_core.domain.task import Task
from taskflow_core.events.topics import CHAT_API

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 20
"""Occurrences created of one series at once; a series with more due is asked for again."""

# Series under lock, without those that somebody else is at work on.
_LOCK: Final = f"""
SELECT {COLUMNS} FROM task_series WHERE series_id = ANY($1::text[]) AND ended_at IS NULL
ORDER BY series_id FOR UPDATE SKIP LOCKED
"""  # noqa: S608  # COLUMNS is a constant
# Users that are still there; the lock keeps them there until the occurrences are in.
_USERS: Final = "SELECT id FROM users WHERE id = ANY($1::text[]) ORDER BY id FOR KEY SHARE"
# Slots of occurrences; those that are taken are missing in the answer.
_CLAIM_SLOTS: Final = """
INSERT INTO series_slots (series_id, occurrence_date, task_id)
SELECT * FROM unnest($1::text[], $2::date[], $3::text[])
ON CONFLICT DO NOTHING RETURNING task_id
"""
# unnest takes arrays of arrays apart to the last: tags travel as a JSON list.
_ARRAY: Final = """(
        SELECT array_agg(tag ORDER BY place)
        FROM jsonb_array_elements_text(row.{0}::jsonb) WITH ORDINALITY AS of (tag, place)
    )"""
# Occurrences with their shadows, as new tasks.
_INSERT: Final = f"""
WITH made AS (
    INSERT INTO tasks (id, user_id, title, description, completed, created_at, updated_at, due_date, due_all_day,
        recurrence_pattern, recurrence_end_date, recurrence_timezone, parent_recurring_task_id, occurrence_date,
        reminder_config, tags, tag_keys, priority)
    SELECT row.id, row.user_id, row.title, row.description, false, $1::timestamptz, $1::timestamptz, row.due,
        row.all_day, row.pattern, row.end_date, row.timezone, row.series_id, row.occurrence_date, row.reminders::jsonb,
        {_ARRAY.format("tags")}, {_ARRAY.format("tag_keys")}, row.priority
    FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::boolean[], $8::text[],
        $9::date[], $10::text[], $11::text[], $12::date[], $13::text[], $14::text[], $15::text[], $16::smallint[])
        AS row (id, user_id, title, description, due, all_day, pattern, end_date, timezone, series_id, occurrence_date,
        reminders, tags, tag_keys, priority)
    RETURNING id, user_id, title, description
)
INSERT INTO task_shadow (task_id, user_id, version, title, description, completed)
SELECT id, user_id, 1, title, description, false FROM made
"""  # noqa: S608  # constants
# How far series have come.
_ADVANCE: Final = """
UPDATE task_series SET last_slot = row.last_slot, next_slot = row.next_slot, next_due = row.next_due,
    make_at = row.make_at, made_count = row.made_count, ended_at = CASE WHEN row.ended THEN now() END,
    attempts = 0, retry_at = NULL, last_error = NULL, updated_at = now()
FROM unnest($1::text[], $2::date[], $3::date[], $4::timestamptz[], $5::timestamptz[], $6::integer[], $7::boolean[])
    AS row (series_id, last_slot, next_slot, next_due, make_at, made_count, ended)
WHERE task_series.series_id = row.series_id
"""
# A series that could not be moved on waits, twice as long each time.
_FAILED: Final = """
UPDATE task_series SET attempts = attempts + 1, last_error = $2,
    retry_at = now() + make_interval(secs => least(21600, 30 * 2 ^ least(attempts, 10)) * (0.8 + 0.4 * random()))
WHERE series_id = $1
"""


async def create_occurrences(
    connection: Connection, series_ids: Sequence[str], actor: Actor, now: datetime, quota: Quota
) -> dict[str, list[Task]]:
    """Create what is due of these series, with its events, in the transaction `connection` is in.

    Returns the new tasks by series. A series is missing when it has ended, or another is at work on it just now:
    whoever asks, asks again. One whose user is gone ends; one whose user has too many tasks waits, longer each time. A
    slot that was ever taken is never taken again.
    """
    found = [series_of(row) for row in await connection.fetch(_LOCK, series_ids)]
    owners = [series.user_id for series in found]
    users = {row["id"] for row in await connection.fetch(_USERS, owners)}
    due = {series.id: _due(series, now) for series in found if series.user_id in users}
    found = [series for series in found if await _has_room(connection, series, due.get(series.id, []), quota)]
    occurrences = [occurrence_of(series, slot, now) for series in found for slot in due.get(series.id, [])]
    inserted = await _inserted(connection, occurrences, now)
    advanced = [_advanced(series, due[series.id], inserted[series.id], now) for series in found if series.id in due]
    ended = [replace(series, ended=True) for series in found if series.id not in due]
    await _advance(connection, [*advanced, *ended])
    tasks = {series.id: inserted[series.id] for series in found}
    await outbox.append(connection, CHAT_API, [created(task, actor, now) for of in tasks.values() for task in of])
    return tasks


async def series_failed(database: Database | Connection, series_id: str, reason: str) -> None:
    """Put a series off that could not be moved on: half a minute, doubling up to six hours, with jitter."""
    await database.execute(_FAILED, series_id, reason)


def _due(series: Series, now: datetime) -> list[Slot]:
    slots, expected = next_to_make(series.state, now, _AT_ONCE), series.state.next
    if series.state.catch_up == "all" and slots and expected is not None and slots[0] != expected:
        # It fell behind by more than anybody would look at.
        since, until = str(expected.occurrence_date), str(slots[0].occurrence_date)
        log.warning("missed_slots_left_out", series_id=series.id, since=since, until=until)
    return slots


async def _has_room(connection: Connection, series: Series, slots: Sequence[Slot], quota: Quota) -> bool:
    """Whether the series' user may have these; otherwise the series is put off."""
    try:
        await quota.take(connection, series.user_id, len(slots))
    except TooManyTasksError as error:
        await series_failed(connection, series.id, error.message)
        log.warning("series_waits_for_room", series_id=series.id, user_id=series.user_id)
        return False
    return True


def occurrence_of(series: Series, slot: Slot, now: datetime) -> Task:
    """The task that is made of a series in a slot."""
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
        tags=series.tags,
        priority=series.priority,
        version=1,
        created_at=now,
        updated_at=now,
    )


async def _inserted(connection: Connection, occurrences: Sequence[Task], now: datetime) -> defaultdict[str, list[Task]]:
    """Of these occurrences those whose slots were free, written, by series."""
    inserted: defaultdict[str, list[Task]] = defaultdict(list)
    if not occurrences:
        return inserted
    slots = (
        [task.parent_recurring_task_id for task in occurrences],
        [task.occurrence_date for task in occurrences],
        [task.id for task in occurrences],
    )
    free = {row["task_id"] for row in await connection.fetch(_CLAIM_SLOTS, *slots)}
    tasks = [task for task in occurrences if task.id in free]
    for task in occurrences:
        if task.id not in free:
            # A slot is made once: asked for twice, after a crash or by two at once, it changes nothing.
            series_id, slot = task.parent_recurring_task_id, str(task.occurrence_date)
            log.info("occurrence_exists", series_id=series_id, occurrence_date=slot)
    stored = [stored_tags(task.tags) for task in tasks]
    await connection.execute(
        _INSERT,
        now,
        [task.id for task in tasks],
        [task.user_id for task in tasks],
        [task.title for task in tasks],
        [task.description for task in tasks],
        [task.due_at for task in tasks],
        [task.due_all_day for task in tasks],
        [task.recurrence_pattern for task in tasks],
        [task.recurrence_end_date for task in tasks],
        [task.recurrence_timezone for task in tasks],
        [task.parent_recurring_task_id for task in tasks],
        [task.occurrence_date for task in tasks],
        [reminder_config(task.reminders) for task in tasks],
        [_json(tags) for tags, _ in stored],
        [_json(keys) for _, keys in stored],
        [stored_priority(task.priority) for task in tasks],
    )
    for task in tasks:
        inserted[task.parent_recurring_task_id or ""].append(task)
    return inserted


def _json(tags: list[str] | None) -> str | None:
    return None if tags is None else msgspec.json.encode(tags).decode()


def _advanced(series: Series, slots: Sequence[Slot], made: Sequence[Task], now: datetime) -> Series:
    """The series after these slots were filled, or found taken."""
    state = after_making(series.state, slots)
    if slots and slots[-1].occurrence_date not in {task.occurrence_date for task in made}:
        # The last slot was used before and perhaps its task is gone: without an open occurrence the next is due now.
        state = after_taken(state, slots[-1].occurrence_date, now)
    return replace(series, state=state, ended=state.over)


async def _advance(connection: Connection, found: Sequence[Series]) -> None:
    states = [series.state for series in found]
    await connection.execute(
        _ADVANCE,
        [series.id for series in found],
        [state.last_slot for state in states],
        [state.next.occurrence_date if state.next else None for state in states],
        [state.next.due if state.next else None for state in states],
        [None if series.ended else series.state.make_at for series in found],
        [state.made_count for state in states],
        [series.ended for series in found],
    )
