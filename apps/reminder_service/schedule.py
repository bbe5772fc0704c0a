"""Brings the schedule in line with tasks as they stand, many tasks in one transaction.

Events and reconciliation only say which tasks to look at. What is looked at is the tasks' rows, locked, so that late,
repeated and overtaken events all lead to the same schedule, and deletions need no memory.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
import structlog

from reminder_service.alarm import Alarm
from reminder_service.metrics import CANCELLED
from reminder_service.planning import Decision, Plan, Scheduled, TaskChange, TaskState, decide
from taskflow_core.database.pool import Connection, Database
from taskflow_core.domain.clock import Clock
from taskflow_core.domain.due import Due

log = structlog.get_logger(__name__)

# Tasks as they stand. The lock keeps chat-api and other replicas from changing them, or their reminders, meanwhile.
_LOCK_TASKS: Final = """
SELECT id, user_id, completed, due_date, due_all_day, recurrence_timezone, reminder_config,
    updated_at::timestamptz AS updated_at
FROM tasks WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE
"""
# The versions of tasks that are locked: read after the lock, since what a waiting statement joins is as it was before.
_VERSIONS: Final = "SELECT task_id, version FROM task_shadow WHERE task_id = ANY($1::text[])"
# Rows of tasks: the pending ones and those of the present due date. Task by task, since a join reads the whole table as
# long as the planner has no statistics of it; locked in the order of the tasks.
_ROWS: Final = """
SELECT r.* FROM unnest($1::text[], $2::timestamptz[]) AS task (id, due_at)
CROSS JOIN LATERAL (
    SELECT id, task_id, reminder_offset, due_at, due_all_day, coalesce(timezone, 'UTC') AS timezone, scheduled_at,
        fire_at, status, fired_at, snoozed_until, task_version
    FROM reminder_schedule WHERE task_id = task.id AND (status = 'pending' OR due_at = task.due_at)
    ORDER BY id FOR NO KEY UPDATE
) r
"""
# Plans written in; what was sent or acknowledged stays as it is.
_WRITE: Final = """
INSERT INTO reminder_schedule AS r (task_id, user_id, reminder_offset, due_at, due_all_day, timezone, scheduled_at,
    fire_at, status, task_version)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::boolean[], $6::text[],
    $7::timestamptz[], $8::timestamptz[], $9::text[], $10::bigint[])
ON CONFLICT (task_id, due_at, reminder_offset) DO UPDATE SET due_all_day = excluded.due_all_day,
    timezone = excluded.timezone, scheduled_at = excluded.scheduled_at, fire_at = excluded.fire_at,
    status = excluded.status, task_version = greatest(r.task_version, excluded.task_version), updated_at = now()
    WHERE r.status IN ('pending', 'cancelled')
RETURNING r.id, r.fire_at, r.status
"""
# Reminders that have lost their reason.
_CANCEL: Final = """
UPDATE reminder_schedule r SET status = 'cancelled', updated_at = now(),
    task_version = greatest(r.task_version, lost.version)
FROM unnest($1::uuid[], $2::bigint[]) AS lost (id, version) WHERE r.id = lost.id AND r.status = 'pending'
RETURNING r.id
"""
# Reminders of tasks that are gone. Locked in one order, so that two replicas do not wait for each other.
_CANCEL_GONE: Final = """
UPDATE reminder_schedule SET status = 'cancelled', updated_at = now()
WHERE id IN (
    SELECT id FROM reminder_schedule WHERE task_id = ANY($1::text[]) AND status = 'pending' ORDER BY id FOR UPDATE
) AND status = 'pending'
RETURNING id
"""

_offsets = msgspec.json.Decoder(list[str])


class Schedule:
    """The rows of reminder_schedule, kept as the tasks want them, and the alarm set for them."""

    def __init__(self, database: Database, clock: Clock, alarm: Alarm) -> None:
        self._database = database
        self._clock = clock
        self._alarm = alarm

    async def follow(self, tasks: Mapping[str, TaskChange | None]) -> dict[str, str]:
        """Bring the reminders of these tasks (by id, with what an event said of them last) in line with the tasks.

        Returns the tasks whose reminders cannot be read, with the reason. Raises outages; then nothing was changed.
        """
        if not tasks:
            return {}
        now = self._clock.now()
        refused: dict[str, str] = {}
        async with self._database.transaction() as connection:
            states = await self._tasks(connection, list(tasks), refused)
            rows = await self._rows(connection, states)
            decisions: list[tuple[TaskState, Decision]] = []
            for task in states:
                change = tasks[task.id]
                try:
                    holds = change if change is not None and change.holds_for(task) else None
                    decisions.append((task, decide(task, rows[task.id], holds, now)))
                except (ValueError, KeyError) as error:
                    refused[task.id] = f"the reminders of task {task.id} cannot be planned: {error}"
            set_, unset = await self._apply(connection, decisions)
            gone = sorted(set(tasks) - {task.id for task in states} - set(refused))
            if gone:
                unset += [row["id"] for row in await connection.fetch(_CANCEL_GONE, gone)]
        self._alarm.unset(unset)
        self._alarm.set(set_)
        CANCELLED.inc(len(unset))
        for reason in refused.values():
            log.error("reminders_unreadable", reason=reason)
        return refused

    async def _tasks(self, connection: Connection, ids: Sequence[str], refused: dict[str, str]) -> list[TaskState]:
        locked = await connection.fetch(_LOCK_TASKS, ids)
        if not locked:
            return []
        known = await connection.fetch(_VERSIONS, [row["id"] for row in locked])
        versions: dict[str, int] = {row["task_id"]: row["version"] for row in known}
        states: list[TaskState] = []
        for row in locked:
            try:
                states.append(_task_of(row, versions.get(row["id"], 0)))
            except msgspec.DecodeError as error:
                refused[row["id"]] = f"the reminders of task {row['id']} cannot be read: {error}"
        return states

    async def _rows(self, connection: Connection, tasks: Sequence[TaskState]) -> dict[str, list[Scheduled]]:
        rows: dict[str, list[Scheduled]] = defaultdict(list)
        if tasks:
            dues = [None if task.due is None else task.due.at for task in tasks]
            for row in await connection.fetch(_ROWS, [task.id for task in tasks], dues):
                one = _scheduled_of(row)
                rows[one.task_id].append(one)
        return rows

    async def _apply(
        self, connection: Connection, decisions: Sequence[tuple[TaskState, Decision]]
    ) -> tuple[list[tuple[UUID, datetime]], list[UUID]]:
        """Write decisions; returns what to set the alarm for and what no longer."""
        lost = [(id_, task.version) for task, decision in decisions for id_ in decision.cancel]
        unset: list[UUID] = []
        if lost:
            cancelled = await connection.fetch(_CANCEL, [id_ for id_, _ in lost], [version for _, version in lost])
            unset = [row["id"] for row in cancelled]
        plans = [plan for _, decision in decisions for plan in decision.write]
        written = await connection.fetch(_WRITE, *_columns(plans)) if plans else []
        return [(row["id"], row["fire_at"]) for row in written if row["status"] == "pending"], unset


def _columns(plans: Sequence[Plan]) -> tuple[list[object], ...]:
    """Plans as the parameters of _WRITE."""
    return (
        [plan.task.id for plan in plans],
        [plan.task.user_id for plan in plans],
        [plan.offset for plan in plans],
        [plan.due.at for plan in plans],
        [plan.due.all_day for plan in plans],
        [plan.due.timezone for plan in plans],
        [plan.scheduled_at for plan in plans],
        [plan.fire_at for plan in plans],
        [plan.status for plan in plans],
        [plan.task.version for plan in plans],
    )


def _task_of(row: asyncpg.Record, version: int) -> TaskState:
    """A row of _LOCK_TASKS as a task."""
    id_, user_id, completed, due_at, all_day, timezone, config, updated_at = row
    return TaskState(
        id=id_,
        user_id=user_id,
        completed=completed,
        due=None if due_at is None else Due(at=due_at, all_day=bool(all_day), timezone=timezone or "UTC"),
        reminders=[] if config is None else _offsets.decode(config),
        updated_at=updated_at,
        version=version,
    )


def _scheduled_of(row: asyncpg.Record) -> Scheduled:
    """A row of _ROWS."""
    id_, task_id, offset, due_at, all_day, timezone, scheduled, fire, status, fired, snoozed, version = row
    return Scheduled(
        id=id_,
        task_id=task_id,
        offset=offset,
        due=Due(at=due_at, all_day=all_day, timezone=timezone),
        scheduled_at=scheduled,
        fire_at=fire,
        status=status,
        fired_at=fired,
        snoozed_until=snoozed,
        task_version=version,
    )
