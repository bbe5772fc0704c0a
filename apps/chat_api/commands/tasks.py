"""Making, changing and deleting tasks.

Each function works in the transaction its connection is in: it locks the task, writes the rows, moves the task's
series on, and appends the events to the outbox last, behind those of changes that Phase IV left unpublished.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from chat_api.commands import series, store
from chat_api.commands.actor import Actor
from chat_api.commands.fields import (
    SeriesOptions,
    TaskFields,
    fields_after,
    fields_of_new,
    needs_user_zone,
    options_of,
    with_fields,
)
from chat_api.commands.inputs import NewTask, Scope, TaskChanges
from chat_api.commands.replanning import Request
from chat_api.commands.series_edits import (
    advance_series,
    deletions,
    edit_of,
    other_occurrences,
    removal_of,
    save_series,
    stamped,
)
from chat_api.commands.store import LockedSeries
from chat_api.commands.task_events import changed, created
from chat_api.preferences import timezone_of
from chat_api.quotas import Quota
from taskflow_core.bus import outbox
from taskflow_core.database.pool import Connection
from taskflow_core.domain.errors import NoTaskToChangeError, NoTaskToDeleteError, TaskNotCreatedError
from taskflow_core.domain.task import Task
from taskflow_core.events.topics import CHAT_API

Precondition = Callable[[Task], None]
"""Raises an error of its caller's when the task under lock is not as the client believes."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A task after a change. `next_kept` is an occurrence that stays beside the one reopened: see reopening.py."""

    task: Task
    next_kept: Task | None = None


async def create(connection: Connection, user_id: str, new: NewTask, actor: Actor, now: datetime, quota: Quota) -> Task:
    """Make a task, and with a pattern a series that begins with it.

    Raises FieldError, TooManyTasksError, and TaskNotCreatedError for a blank title or a user that is gone.
    """
    user_zone = await timezone_of(connection, user_id) if needs_user_zone(new) else None
    fields = fields_of_new(new, user_zone)
    options = options_of(new, fields)
    task = _first_of_series(_new_task(user_id, fields, now), fields)
    await quota.take(connection, user_id)
    try:
        await store.insert(connection, task)
    except asyncpg.ForeignKeyViolationError:
        raise TaskNotCreatedError("This account no longer exists; sign in again.", reason="account") from None
    await _begin_series(connection, task, fields, options, now)
    await outbox.append(connection, CHAT_API, [created(task, actor, now)])
    return task


async def change(
    connection: Connection,
    user_id: str,
    task_id: str,
    changes: TaskChanges,
    actor: Actor,
    now: datetime,
    precondition: Precondition | None = None,
    scope: Scope = "this",
) -> Changed:
    """Change a task's fields; what stays as it was is no change and no event. `scope` is what scopes.py says.

    Raises FieldError, TaskNotChangedError for a blank title, NoTaskToChangeError for a task that is not this user's,
    and what the precondition raises.
    """
    with_series = scope != "this" or changes.concerns_series
    locked = await _locked(connection, user_id, task_id, now, with_series=with_series)
    if locked is None:
        raise NoTaskToChangeError
    before = locked.chosen.task
    if precondition is not None:
        precondition(before)
    user_zone = await timezone_of(connection, user_id) if needs_user_zone(changes, before) else None
    fields = fields_after(before, changes, user_zone)
    request = Request(fields=fields, changes=changes, options=options_of(changes, fields), scope=scope)
    return await _carry_out(connection, locked, request, actor, now)


async def delete(
    connection: Connection,
    user_id: str,
    task_id: str,
    actor: Actor,
    now: datetime,
    precondition: Precondition | None = None,
    scope: Scope = "this",
) -> None:
    """Delete a task. Of a series it is the one occurrence, and the series goes on, unless `scope` says otherwise.

    Raises NoTaskToDeleteError for a task that is not this user's, and what the precondition raises.
    """
    locked = await _locked(connection, user_id, task_id, now, with_series=scope != "this")
    if locked is None:
        raise NoTaskToDeleteError
    chosen = locked.chosen.task
    if precondition is not None:
        precondition(chosen)
    removal = await removal_of(connection, locked, scope, now)
    removed = [chosen] if removal is None else removal.removed
    await store.erase(connection, removed, ending=None if removal is None else removal.series.id)
    if removal is None:
        await series.occurrence_closed(connection, chosen, now)
    else:
        await series.save(connection, removal.series)
    await outbox.append(connection, CHAT_API, deletions(locked, removed, actor, now))


async def _locked(
    connection: Connection, user_id: str, task_id: str, now: datetime, *, with_series: bool
) -> LockedSeries | None:
    if with_series:
        return await store.lock_series(connection, user_id, task_id, now)
    chosen = await store.lock(connection, user_id, task_id, now)
    return None if chosen is None else LockedSeries(chosen, [])


async def _carry_out(
    connection: Connection, locked: LockedSeries, request: Request, actor: Actor, now: datetime
) -> Changed:
    """Write a change of the chosen task, and what it comes to for its series."""
    before, fields = locked.chosen.task, request.fields
    edit = await edit_of(connection, locked, request, now)
    begins = before.series_id is None and fields.rule is not None
    after = with_fields(before, fields) if edit is None else edit.chosen
    if begins:
        after = _first_of_series(after, fields)
    after, events = changed(before, after, actor, now, None if edit is None else edit.series_changes)
    if events:
        after = msgspec.structs.replace(after, updated_at=now)
    published = [*locked.chosen.unpublished, *stamped(events, now)]
    others: list[Task] = []
    if edit is not None:
        others, of_others = other_occurrences(locked, edit, actor, now)
        published += of_others
        await save_series(connection, before, edit)
    if published:
        await store.write(connection, [after, *others], trade_slots=bool(others))
    if begins:
        await _begin_series(connection, after, fields, request.options, now)
    kept: Task | None = None
    if not begins and after.series_id is not None:
        reopened = await advance_series(connection, locked.chosen, after, now)
        published += reopened.events
        kept = reopened.kept
    await outbox.append(connection, CHAT_API, published)
    return Changed(after, kept)


def _new_task(user_id: str, fields: TaskFields, now: datetime) -> Task:
    task = Task(
        id=str(uuid.uuid4()),
        user_id=user_id,
        title="",
        description=None,
        completed=False,
        version=1,
        created_at=now,
        updated_at=now,
    )
    return with_fields(task, fields)


def _first_of_series(task: Task, fields: TaskFields) -> Task:
    """`task` in the first slot of the series that begins with it; as it is where it does not repeat."""
    rule = fields.rule
    return task if rule is None else msgspec.structs.replace(task, occurrence_date=rule.start_local.date())


async def _begin_series(
    connection: Connection, task: Task, fields: TaskFields, options: SeriesOptions, now: datetime
) -> None:
    rule = fields.rule
    if rule is not None:
        await series.begin_series(connection, task, rule, options, now)
