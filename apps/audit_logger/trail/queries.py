"""Reading the trail: a task's history, and pages of events by filter."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

import asyncpg
import msgspec

from audit_logger.encryption.keys import Keys
from audit_logger.trail.revealing import Gone, Revealed, reveal
from taskflow_core.database.pool import Database, in_transaction
from taskflow_core.database.statements import columns, select
from taskflow_core.events.account import AccountEventType
from taskflow_core.events.model import EventType
from taskflow_core.service.cursors import Position, uuid_position
from taskflow_core.service.errors import invalid
from taskflow_core.service.pages import Page, fingerprint, page_of
from taskflow_db.audit_tables import TaskEvents
from taskflow_db.tables import Tasks

LONGEST_HISTORY: Final = 5_000
"""Rows of one task's history that are shown; beyond, the oldest are."""

RowType = Literal[EventType, AccountEventType, "audit.read"]

_EVENT: Final = columns(
    TaskEvents.event_id,
    TaskEvents.type,
    TaskEvents.occurred_at,
    TaskEvents.recorded_at,
    TaskEvents.task_id,
    TaskEvents.user_id,
    TaskEvents.actor_id,
    TaskEvents.version,
    TaskEvents.correlation_id,
    TaskEvents.data,
    TaskEvents.chain_seq,
)
COLUMNS: Final = f"{_EVENT}, chain_seq <= (SELECT coalesce(max(seq), 0) FROM audit_checkpoints) AS checkpointed"  # noqa: S608  # columns

# A task's history, oldest first, of one owner or (null) any.
_HISTORY: Final = f"""
SELECT {COLUMNS} FROM task_events
WHERE task_id = $1 AND ($2::text IS NULL OR user_id = $2) AND type <> 'audit.read'
ORDER BY occurred_at, version, chain_seq LIMIT $3
"""  # noqa: S608  # COLUMNS is a constant
# A page is the end of a walk through an index. For as long as the statistics do not know of what was added since, the
# planner takes rows beside the tasks' for so few that it would rather fetch all and sort them.
IN_ORDER: Final = "SET LOCAL enable_sort = off"
# Whose task it is, if it is there still.
_OWNER: Final = select(Tasks.user_id, by=[Tasks.id])


class AuditItem(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the trail; without a `task_id` what happened to an account, or a read.

    `occurred_at` is the event's own time, `recorded_at` when the trail got it. `observed_at` is there only where the
    platform learnt of the event later than it happened, and then the row's place in time goes by it. `user_id` owns the
    task (or the trail that was read), `actor_id` did it: a user, or the name of a service. `data.changes` is
    {field: {old, new}}. Without what was written (the values of `changes`), `content` says why: the account was erased,
    or the key is not here. `checkpointed` says that a signed checkpoint was made after the row: from then on it cannot
    be taken away or changed without that showing. Whether it was is for `taskflow audit verify` to find.
    """

    event_id: uuid.UUID
    type: str
    occurred_at: datetime
    observed_at: datetime | msgspec.UnsetType = msgspec.UNSET
    recorded_at: datetime
    task_id: str | None
    user_id: str
    actor_id: str
    version: int
    correlation_id: str
    checkpointed: bool
    data: dict[str, Any]
    content: Gone | msgspec.UnsetType = msgspec.UNSET


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows: `user` None for everybody's, observed from `since` on (inclusive) and before `until`."""

    user: str | None = None
    type: RowType | None = None
    about: Literal["account", "tasks"] | None = None
    since: datetime | None = None
    until: datetime | None = None
    correlation_id: str | None = None


async def history(database: Database, keys: Keys, task_id: str, owner: str | None) -> list[AuditItem]:
    """What happened to a task of `owner` (None: anybody's), oldest first."""
    return await items(keys, await database.fetch(_HISTORY, task_id, owner, LONGEST_HISTORY))


async def owner_of(database: Database, task_id: str) -> str | None:
    """The user whose task this is; None when there is no such task (any more)."""
    owner: str | None = await database.fetchval(_OWNER, task_id)
    return owner


async def page(database: Database, criteria: EventFilter, *, limit: int, cursor: str | None) -> Page[asyncpg.Record]:
    """One page of rows, newest first, for `items`. Raises InvalidError for a cursor that is not of this filter."""
    of = fingerprint(criteria)
    query, values = statement(criteria, None if cursor is None else uuid_position(cursor, of), limit + 1)
    async with database.acquire() as connection, in_transaction(connection, readonly=True):
        await connection.execute(IN_ORDER)
        rows = await connection.fetch(query, *values)
    return page_of(rows, limit, of, at="occurred_at", id="event_id")


def statement(criteria: EventFilter, after: Position[uuid.UUID] | None, limit: int) -> tuple[str, list[Any]]:
    """The query of a page with its values, to be run after IN_ORDER.

    Each filter there is becomes a condition, so that each has its own plan.
    """
    values: list[Any] = []

    def bind(value: Any, kind: str) -> str:
        values.append(value)
        return f"${len(values)}::{kind}"

    source, conditions = "task_events", ["true"]
    if criteria.correlation_id is not None:
        # A request makes few events: find them first, whatever the planner thinks of walking back through time.
        correlation = bind(criteria.correlation_id, "text")
        source = f"(SELECT * FROM task_events WHERE correlation_id = {correlation} OFFSET 0) AS found"  # noqa: S608  # a placeholder
    if criteria.user is not None:
        conditions.append(f"user_id = {bind(criteria.user, 'text')}")
    if criteria.type is not None:
        # A literal, one of those of RowType: the index of reads is found by it.
        conditions.append(f"type = '{criteria.type}'")
    if criteria.about == "tasks":
        conditions.append("type LIKE 'task.%'")
    elif criteria.about == "account" or not (criteria.type or "task.").startswith("task."):
        # In the words of the indexes of what is about no task.
        conditions.append("type NOT LIKE 'task.%'")
    if criteria.since is not None:
        conditions.append(f"occurred_at >= {bind(criteria.since, 'timestamptz')}")
    if criteria.until is not None:
        conditions.append(f"occurred_at < {bind(criteria.until, 'timestamptz')}")
    if after is not None:
        at = bind(after.at, "timestamptz")
        # The first condition leaves out later partitions, the second is exact.
        conditions.append(f"occurred_at <= {at} AND (occurred_at, event_id) < ({at}, {bind(after.id, 'uuid')})")
    query = f"""
        SELECT {COLUMNS} FROM {source} WHERE {" AND ".join(conditions)}
        ORDER BY occurred_at DESC, event_id DESC LIMIT {limit}
    """  # noqa: S608  # made of constants and placeholders; values are bound
    return query, values


async def items(keys: Keys, rows: Sequence[Any]) -> list[AuditItem]:
    """Rows as answers show them, with what was written as far as it can be read. Raises outages."""
    return [_item(row, revealed) for row, revealed in zip(rows, await reveal(keys, rows), strict=True)]


def _item(row: Any, revealed: Revealed) -> AuditItem:
    data = revealed.data
    # Of an event that was observed later than it happened the column has the observation.
    late = "timestamp" in data
    return AuditItem(
        event_id=row["event_id"],
        type=row["type"],
        occurred_at=msgspec.convert(data["timestamp"], datetime) if late else row["occurred_at"],
        observed_at=row["occurred_at"] if late else msgspec.UNSET,
        recorded_at=row["recorded_at"],
        task_id=row["task_id"],
        user_id=row["user_id"],
        actor_id=row["actor_id"],
        version=row["version"],
        correlation_id=row["correlation_id"],
        checkpointed=row["checkpointed"],
        data=data,
        content=revealed.gone or msgspec.UNSET,
    )


def instant(field: str, at: datetime, *, where: Literal["query", "body"] = "query") -> datetime:
    """A bound in UTC; without an offset it is UTC already. Raises InvalidError at the ends of the calendar."""
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise invalid(field, "is out of range", where=where, code="OUT_OF_RANGE") from None
