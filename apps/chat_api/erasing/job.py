"""The job that erases accounts that were closed for it.

Each step is one transaction that deletes the first batch there is, in the order of Phase IV's foreign keys; the next
step looks from the beginning again. So a crash costs a step, what a Phase IV pod writes meanwhile is found by the next
one, and an account is done only when one transaction has found nothing left.
"""

from datetime import datetime
from typing import Final

import asyncpg
import structlog

from chat_api.commands.actor import Actor
from chat_api.commands.task_events import deleted
from taskflow_core.bus import outbox
from taskflow_core.bus.delivery import backoff, is_outage, reason_of
from taskflow_core.cancellation import stop_if_cancelled
from taskflow_core.database.pool import Connection, Database
from taskflow_core.domain.clock import Clock
from taskflow_core.domain.task import Task
from taskflow_core.events.topics import CHAT_API
from taskflow_core.user_hash import user_hash

log = structlog.get_logger(__name__)

BATCH: Final = 500
"""Rows that a step deletes of one table."""

# Erasures to do whose time has come, the oldest first.
_TO_DO: Final = """
SELECT user_id FROM erasures WHERE done_at IS NULL AND (retry_at IS NULL OR retry_at <= now()) ORDER BY asked_at
"""
# One of them, unless another process is at a step of it.
_LOCK: Final = "SELECT user_id FROM erasures WHERE user_id = $1 AND done_at IS NULL FOR UPDATE SKIP LOCKED"
_DONE: Final = """
UPDATE erasures SET user_id = NULL, done_at = now(), retry_at = NULL, last_error = NULL WHERE user_id = $1
"""
_FAILED: Final = """
UPDATE erasures SET attempts = attempts + 1, retry_at = now() + make_interval(secs => $2), last_error = left($3, 500)
WHERE user_id = $1
"""
# Tasks, locked; then with their shadows gone. One without a shadow nobody has heard of.
_TASKS: Final = "SELECT id FROM tasks WHERE user_id = $1 ORDER BY id LIMIT $2 FOR UPDATE"
_SHADOWS: Final = "DELETE FROM task_shadow WHERE task_id = ANY($1) RETURNING task_id, version"
_DELETE_TASKS: Final = "DELETE FROM tasks WHERE id = ANY($1)"
# Shadows of tasks that Phase IV deleted.
_OTHER_SHADOWS: Final = """
DELETE FROM task_shadow WHERE task_id IN (SELECT task_id FROM task_shadow WHERE user_id = $1 LIMIT $2 FOR UPDATE)
RETURNING task_id, version
"""
_OTHERS: Final = {
    "task_series": "series_id",
    "reminder_schedule": "id",
    "deleted_tasks": "task_id",
    "idempotency_keys": "(user_id, route, key)",
    "user_preferences": "user_id",
    "account_links": "id",
    "personal_tokens": "id",
    "sign_in_devices": "(user_id, mark)",
    "stream_tickets": "ticket_hash",
}
"""Tables with a user's id in each row, by the columns that name a row."""


def _of_user(table: str, key: str) -> str:
    columns = key.strip("()")
    return f"DELETE FROM {table} WHERE {key} IN (SELECT {columns} FROM {table} WHERE user_id = $1 LIMIT $2)"  # noqa: S608  # names of the schema


# A batch of each, in this order. Slots go by their series, tokens by their session.
_STATEMENTS: Final = (
    _of_user("message", "id"),
    _of_user("conversation", "id"),
    """
    DELETE FROM series_slots WHERE (series_id, occurrence_date) IN (
        SELECT slot.series_id, slot.occurrence_date FROM series_slots AS slot
        JOIN task_series AS series ON series.series_id = slot.series_id WHERE series.user_id = $1 LIMIT $2
    )
    """,
    *(_of_user(table, key) for table, key in _OTHERS.items()),
    """
    DELETE FROM refresh_tokens WHERE token_hash IN (
        SELECT token_hash FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE user_id = $1 LIMIT $2
    )
    """,
    _of_user("sessions", "id"),
)
# The account, when nothing refers to it any more, and what kept it closed.
_ACCOUNT: Final = """
WITH gone AS (DELETE FROM users WHERE id = $1 RETURNING id)
DELETE FROM disabled_accounts WHERE user_id = $1 AND (SELECT count(*) FROM gone) <= 1
"""
# Events that the trail is not known to hold, or that a consumer has still to hear.
_ON_THE_WAY: Final = """
SELECT EXISTS (SELECT FROM outbox WHERE user_id = $1)
    OR EXISTS (SELECT FROM embedded_deliveries WHERE strpos(payload, '"' || $1 || '"') > 0)
"""
# By the id wherever it stands: what was given up may be no event at all.
_DEAD_LETTERS: Final = "DELETE FROM dead_letters WHERE strpos(payload, '\"' || $1 || '\"') > 0"

_WAITS: Final = "waits until the audit trail holds the account's last events"

# What the audit trail has of the user, unreadable for ever once this is committed.
_FORGET: Final = "SELECT audit_destroy_key($1)"


class Erasing:
    """Erases accounts, however many processes do so at once."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> bool:
        """A step of every erasure; whether any of them can go on at once. Raises outages."""
        more = False
        for row in await self._database.fetch(_TO_DO):
            user_id: str = row["user_id"]
            try:
                more = await self._step(user_id) or more
            except Exception as error:
                stop_if_cancelled()
                if is_outage(error):
                    raise
                # Another account's is not held up. Phase IV may have written between two steps: that is the usual one.
                await self._database.execute(_FAILED, user_id, backoff(1), reason_of(error))
                if not isinstance(error, asyncpg.ForeignKeyViolationError):
                    log.exception("erasure_failed", user_hash=user_hash(user_id).hex())
        return more

    async def _step(self, user_id: str) -> bool:
        async with self._database.transaction() as connection:
            if await connection.fetchval(_LOCK, user_id) is None:
                return False
            if await self._delete_some(connection, user_id):
                return True
            if await connection.fetchval(_ON_THE_WAY, user_id):
                await connection.execute(_FAILED, user_id, 2.0, _WAITS)
                return False
            await connection.execute(_DEAD_LETTERS, user_id)
            # Last, since others who add to the trail wait from here on.
            await connection.execute(_DONE, user_id)
            await connection.execute(_FORGET, user_id)
        log.info("account_erased")
        return False

    async def _delete_some(self, connection: Connection, user_id: str) -> bool:
        """Delete the first batch there is; whether there was one."""
        ids = [row["id"] for row in await connection.fetch(_TASKS, user_id, BATCH)]
        if ids:
            shadows = await connection.fetch(_SHADOWS, ids)
            await connection.execute(_DELETE_TASKS, ids)
            await self._tell(connection, user_id, shadows)
            return True
        for statement in _STATEMENTS:
            if await connection.execute(statement, user_id, BATCH) != "DELETE 0":
                return True
        if shadows := await connection.fetch(_OTHER_SHADOWS, user_id, BATCH):
            await self._tell(connection, user_id, shadows)
            return True
        return await connection.execute(_ACCOUNT, user_id) != "DELETE 0"

    async def _tell(self, connection: Connection, user_id: str, shadows: list[asyncpg.Record]) -> None:
        """Publish that tasks are gone: what others keep of them goes by that."""
        actor, now = Actor.here(user_id), self._clock.now()
        events = [deleted(_gone(user_id, row, now), actor, now) for row in shadows]
        await outbox.append(connection, CHAT_API, events)


def _gone(user_id: str, shadow: asyncpg.Record, now: datetime) -> Task:
    return Task(
        id=shadow["task_id"],
        user_id=user_id,
        title="",
        description=None,
        completed=False,
        version=shadow["version"] + 1,
        created_at=now,
        updated_at=now,
    )
