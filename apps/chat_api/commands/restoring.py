"""Restoring deleted tasks: as they were, under their own ids, and at versions above those of their deletions.

To everyone who keeps a state a restored task is a new one, `task.created`, whose version says that it was there before.
An occurrence takes its slot again, which nobody else can have taken meanwhile; series.py says what a slot is.

| the series now | a restored occurrence |
|---|---|
| goes on | is in its slot; the next one waits for it again, as where an occurrence is reopened |
| was ended by that very deletion, untouched since | is in its slot, and the series goes on as it did before |
| is used up, its slot still one of the rule's | is in its slot |
| was ended otherwise, or has given the slot away | is a task by itself, which does not repeat |
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Literal

import asyncpg
import msgspec

from chat_api.commands import series, store
from chat_api.commands.actor import Actor
from chat_api.commands.reopening import occurrence_reopened
from chat_api.commands.scopes import on_its_own
from chat_api.commands.series import Series, series_of
from chat_api.commands.task_events import created
from chat_api.quotas import Quota
from taskflow_core.bus import outbox
from taskflow_core.database.pool import Connection
from taskflow_core.database.task_rows import COLUMNS, task_of
from taskflow_core.domain.errors import AccountGoneError, TaskNotFoundError
from taskflow_core.domain.recurrence import after_closing
from taskflow_core.domain.task import Task
from taskflow_core.events.model import Event
from taskflow_core.events.topics import CHAT_API

RestoreScope = Literal["this", "all"]
"""One task, or everything that its deletion took away."""

# Deleted tasks of a user under lock, in the order of their ids; none whose time is over.
_LOCK: Final = f"""
SELECT {COLUMNS}, d.deleted_at, d.series::text AS series
FROM deleted_tasks d CROSS JOIN LATERAL jsonb_populate_record(NULL::tasks, d.task) t
    CROSS JOIN LATERAL (SELECT d.version) s
WHERE d.user_id = $2 AND d.deleted_at > now() - make_interval(days => $3) AND d.%s
ORDER BY d.task_id FOR UPDATE OF d
"""  # noqa: S608  # COLUMNS is a constant
_LOCK_ONE: Final = _LOCK % "task_id = $1"
_LOCK_TOGETHER: Final = _LOCK % "deletion = (SELECT deletion FROM deleted_tasks WHERE task_id = $1 AND user_id = $2)"
# Those of some tasks that are there, as where a backup of them was put back.
_THERE: Final = "SELECT id FROM tasks WHERE id = ANY($1::text[])"
# The columns that a row of tasks can be given, of those a deleted one had; all that one deletion took had the same.
_COLUMNS: Final = """
SELECT quote_ident(attname) AS name FROM pg_attribute JOIN deleted_tasks ON task_id = $1
WHERE attrelid = 'tasks'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND task ? attname::text
"""
# Rows again, whatever columns they have, outside their series: they may have to take other slots than they had.
_INSERT: Final = """
INSERT INTO tasks (%s) SELECT %s FROM deleted_tasks CROSS JOIN LATERAL jsonb_populate_record(
    NULL::tasks, deleted_tasks.task || '{"parent_recurring_task_id": null}') AS row
WHERE deleted_tasks.task_id = ANY($1::text[])
"""
_FORGET: Final = "DELETE FROM deleted_tasks WHERE task_id = ANY($1::text[])"
# The slot that a task was made in.
_SLOT: Final = """
SELECT series_id, occurrence_date FROM series_slots WHERE task_id = $1 ORDER BY made_at DESC LIMIT 1
"""
# When a series was last changed, and one as it was before.
_CHANGED_AT: Final = "SELECT updated_at FROM task_series WHERE series_id = $1"
_BEFORE: Final = f"SELECT {series.COLUMNS} FROM jsonb_populate_record(NULL::task_series, $1::jsonb)"  # noqa: S608
_EXISTS: Final = "SELECT EXISTS (SELECT FROM tasks WHERE id = $1)"


@dataclass(frozen=True, slots=True)
class _Place:
    """A restored task where it belongs, and its series, as it goes on where that had ended."""

    task: Task
    series: Series | None = None
    revived: bool = False


async def restore(
    connection: Connection,
    user_id: str,
    task_id: str,
    scope: RestoreScope,
    actor: Actor,
    now: datetime,
    quota: Quota,
    *,
    days: int,
) -> None:
    """Restore a task deleted within `days`, with `all` together with what its deletion took away besides.

    One that is there again already is left as it is. Raises TaskNotFoundError, TooManyTasksError, AccountGoneError.
    """
    if "\x00" in task_id:
        raise TaskNotFoundError
    deleted = await connection.fetch(_LOCK_ONE if scope == "this" else _LOCK_TOGETHER, task_id, user_id, days)
    there = {row["id"] for row in await connection.fetch(_THERE, [row["id"] for row in deleted])}
    rows = [row for row in deleted if row["id"] not in there]
    if task_id not in {row["id"] for row in rows}:
        if await store.lock(connection, user_id, task_id, now) is None:
            raise TaskNotFoundError
        return
    await quota.take(connection, user_id, len(rows))
    places = [await _place(connection, row) for row in rows]
    restored = [msgspec.structs.replace(place.task, version=place.task.version + 1, updated_at=now) for place in places]
    await _insert(connection, restored)
    gone = await _move_series_on(connection, places, now)
    await outbox.append(connection, CHAT_API, [*(created(task, actor, now) for task in restored), *gone])


async def _insert(connection: Connection, tasks: Sequence[Task]) -> None:
    ids = [task.id for task in tasks]
    names = [row["name"] for row in await connection.fetch(_COLUMNS, ids[0])]
    statement = _INSERT % (", ".join(names), ", ".join(f"row.{name}" for name in names))
    try:
        await connection.execute(statement, ids)
    except asyncpg.ForeignKeyViolationError:
        raise AccountGoneError from None
    await store.write(connection, tasks)
    await connection.execute(_FORGET, ids)


async def _place(connection: Connection, row: asyncpg.Record) -> _Place:
    """Where a deleted task belongs now; its series stays under lock."""
    task = task_of(row)
    if task.series_id is None:
        return _Place(task)
    slot, found = await _slot_under_lock(connection, task.id)
    if slot is None or found is None:
        return _Place(on_its_own(task))
    parent = None if task.id == found.id else found.id
    task = msgspec.structs.replace(task, parent_recurring_task_id=parent, occurrence_date=slot)
    if not found.ended:
        return _Place(_following(task, found), found)
    if row["series"] is not None and await connection.fetchval(_CHANGED_AT, found.id) == row["deleted_at"]:
        before = await connection.fetchrow(_BEFORE, row["series"])
        assert before is not None, "a function gives a row"
        found = series_of(before)
        return _Place(_following(task, found), found, revived=True)
    return _Place(task if _is_of(found, slot) else on_its_own(task))


async def _slot_under_lock(connection: Connection, task_id: str) -> tuple[date | None, Series | None]:
    """The slot that a task has, and its series: another one perhaps than when nobody had the lock."""
    found: Series | None = None
    while (slot := await connection.fetchrow(_SLOT, task_id)) is not None:
        if found is not None and found.id == slot["series_id"]:
            return slot["occurrence_date"], found
        found = await series.locked_series(connection, slot["series_id"])
        if found is None:
            break
    return None, None


def _following(task: Task, found: Series) -> Task:
    """An open occurrence says how its series goes on, as all of them do; one that is done stays as it was."""
    if task.completed:
        return task
    rule = found.state.rule
    return msgspec.structs.replace(task, recurrence_pattern=rule.pattern.text, recurrence_end_date=rule.end_date)


def _is_of(found: Series, slot: date) -> bool:
    """Whether a slot is one of a series that was used up, and not stopped by somebody."""
    rule = found.state.rule
    if not found.state.over or (rule.end_date is not None and slot > rule.end_date):
        return False
    return found.state.mode == "after_completion" or rule.slot_on(slot) is not None


async def _move_series_on(connection: Connection, places: Sequence[_Place], now: datetime) -> list[Event]:
    """Let each series follow what came back, all of which is written; returns the events of what that takes away."""
    revived: set[str] = set()
    gone: list[Event] = []
    for place in places:
        if place.series is None or place.series.id in revived:
            continue
        if place.revived:
            revived.add(place.series.id)
            await _revive(connection, place.series, now)
        elif not place.task.completed:
            gone += (await occurrence_reopened(connection, place.task, now)).events
    return gone


async def _revive(connection: Connection, found: Series, now: datetime) -> None:
    """Let a series go on as it was before it was ended; its latest occurrence may still be in the trash."""
    state, used = found.state, await series.used_slots(connection, found.id)
    latest = next((one.task_id for one in used if one.occurrence_date == state.last_slot), None)
    if not await connection.fetchval(_EXISTS, latest):
        state = after_closing(state, state.last_slot, now, {one.occurrence_date for one in used})
    await series.save(connection, replace(found, state=state, ended=found.ended or state.over))
