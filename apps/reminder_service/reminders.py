"""A user's own reminders: listing them, having seen one, wanting one again later."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Meta

from reminder_service.alarm import Alarm
from reminder_service.planning import Status
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.domain.due import due_text
from taskflow_core.domain.errors import FieldError
from taskflow_core.service.cursors import uuid_position
from taskflow_core.service.errors import ApiError
from taskflow_core.service.pages import Page, page_of

LONGEST_SNOOZE: Final = timedelta(days=366)

Listed = Literal["pending", "sent"]

# What a Reminder is made of; `r` is the schedule and `t` its task.
_COLUMNS: Final = """
    r.id, r.task_id, t.title, r.reminder_offset, r.due_at, r.due_all_day, r.timezone, r.scheduled_at, r.fire_at,
    r.snoozed_until, r.fired_at, r.acknowledged_at, r.status
"""
# Only what still has a reason counts: its task is open and due then. Others are cancelled a moment later.
_REASON: Final = "NOT t.completed AND t.due_date = r.due_at"
# A user's reminders that are still to come, the soonest first, after a position.
_PENDING: Final = f"""
SELECT {_COLUMNS} FROM reminder_schedule r JOIN tasks t ON t.id = r.task_id
WHERE r.user_id = $1 AND r.status = 'pending' AND {_REASON}
    AND ($2::timestamptz IS NULL OR (r.fire_at, r.id) > ($2, $3::uuid))
ORDER BY r.fire_at, r.id LIMIT $4
"""  # noqa: S608  # made of constants
# A user's reminders that were sent and not seen, the newest first, after a position.
_SENT: Final = f"""
SELECT {_COLUMNS} FROM reminder_schedule r JOIN tasks t ON t.id = r.task_id
WHERE r.user_id = $1 AND r.status = 'sent' AND {_REASON}
    AND ($2::timestamptz IS NULL OR (r.fire_at, r.id) < ($2, $3::uuid))
ORDER BY r.fire_at DESC, r.id DESC LIMIT $4
"""  # noqa: S608  # made of constants
# A user's reminder, whatever has become of it.
_ONE: Final = f"""
SELECT {_COLUMNS}, t.id IS NOT NULL AND {_REASON} AS has_reason
FROM reminder_schedule r LEFT JOIN tasks t ON t.id = r.task_id WHERE r.id = $1 AND r.user_id = $2
"""  # noqa: S608  # made of constants
# Seen: it does not wait any longer, or does not come at all.
_ACKNOWLEDGE: Final = """
UPDATE reminder_schedule SET status = 'acknowledged', acknowledged_at = $3, updated_at = now()
WHERE id = $1 AND user_id = $2 AND status IN ('pending', 'sent')
"""
# Again later.
_SNOOZE: Final = f"""
UPDATE reminder_schedule r SET status = 'pending', fire_at = $3, snoozed_until = $3, updated_at = now()
FROM tasks t WHERE r.id = $1 AND r.user_id = $2 AND r.status IN ('pending', 'sent') AND t.id = r.task_id AND {_REASON}
"""  # noqa: S608  # made of constants


class Reminder(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder of a task's due date.

    `offset` (ISO 8601) is how long before the due date; `scheduled_at` the instant that makes, or what it was snoozed
    to; `fired_at` when it was last sent. `due_date` is as on the task, `due_at` the same as an instant.
    """

    id: UUID
    task_id: str
    title: str | None
    offset: str
    due_date: str
    due_at: datetime
    scheduled_at: datetime
    snoozed_until: datetime | None
    fired_at: datetime | None
    acknowledged_at: datetime | None
    status: Status


class Snooze(msgspec.Struct, frozen=True, kw_only=True):
    """When to be reminded again: in so many minutes, or at an instant."""

    minutes: Annotated[int, Meta(ge=1, le=10_080)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None


class Reminders:
    """The use cases behind the routes. All raise outages."""

    def __init__(self, database: Database, clock: Clock, alarm: Alarm) -> None:
        self._database = database
        self._clock = clock
        self._alarm = alarm

    async def page(self, user_id: str, status: Listed, limit: int, cursor: str | None) -> Page[Reminder]:
        """A page of a user's reminders: pending ones soonest first, sent ones newest first.

        Raises InvalidError for a cursor that is not of this list.
        """
        position = None if cursor is None else uuid_position(cursor, status)
        at, id_ = (None, None) if position is None else (position.at, position.id)
        query = _PENDING if status == "pending" else _SENT
        rows = await self._database.fetch(query, user_id, at, id_, limit + 1)
        found = page_of(rows, limit, status, at="fire_at", id="id")
        return Page(items=[_reminder_of(row) for row in found.items], cursor=found.cursor)

    async def acknowledge(self, user_id: str, reminder_id: str) -> Reminder:
        """Have seen a reminder; one that is still to come does not come. Doing it again changes nothing.

        Raises ApiError REMINDER_NOT_FOUND, REMINDER_STATE for one that was cancelled.
        """
        id_ = _id_of(reminder_id)
        await self._database.execute(_ACKNOWLEDGE, id_, user_id, self._clock.now())
        row = await self._one(user_id, id_)
        if row["status"] == "cancelled":
            raise ApiError(
                "REMINDER_STATE",
                "This reminder was cancelled: its task was completed, deleted or moved. There is nothing to do.",
                error="Reminder cancelled",
                params={"reason": row["status"]},
            )
        self._alarm.unset([id_])
        return _reminder_of(row)

    async def snooze(self, user_id: str, reminder_id: str, snooze: Snooze) -> Reminder:
        """Be reminded again later.

        Raises FieldError (422) for a time that is not given or not ahead, ApiError REMINDER_NOT_FOUND, REMINDER_STATE
        for one that was seen or has lost its reason.
        """
        until = self._until(snooze)
        id_ = _id_of(reminder_id)
        changed = await self._database.execute(_SNOOZE, id_, user_id, until)
        row = await self._one(user_id, id_)
        if changed == "UPDATE 0":
            params = {"reason": row["status"]}
            raise ApiError("REMINDER_STATE", _why_not(row), error="Reminder cannot be snoozed", params=params)
        self._alarm.set([(id_, until)])
        return _reminder_of(row)

    def _until(self, snooze: Snooze) -> datetime:
        now = self._clock.now()
        if snooze.minutes is not None and snooze.until is None:
            return now + timedelta(minutes=snooze.minutes)
        if snooze.until is None or snooze.minutes is not None:
            message = "give either minutes (1 to 10080) or until (a time with its offset)"
            raise FieldError("minutes", message, "ONE_OF_TWO")
        if not now < snooze.until <= now + LONGEST_SNOOZE:
            message = f"must lie ahead, by at most {LONGEST_SNOOZE.days} days"
            raise FieldError("until", message, "SNOOZE_OUT_OF_RANGE", most=LONGEST_SNOOZE.days)
        return snooze.until

    async def _one(self, user_id: str, id_: UUID) -> asyncpg.Record:
        row = await self._database.fetchrow(_ONE, id_, user_id)
        if row is None:
            raise _not_found()
        return row


def _why_not(row: asyncpg.Record) -> str:
    if row["status"] == "acknowledged":
        return "You have seen this reminder already. Give the task another reminder to be reminded again."
    return "The task of this reminder was completed, deleted or moved. Give it a reminder for its new due date."


def _not_found() -> ApiError:
    return ApiError("REMINDER_NOT_FOUND", "There is no such reminder among yours.", error="Reminder not found")


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _not_found() from None


def _reminder_of(row: asyncpg.Record) -> Reminder:
    return Reminder(
        id=row["id"],
        task_id=row["task_id"],
        title=row["title"],
        offset=row["reminder_offset"],
        due_date=due_text(row["due_at"], row["due_all_day"], row["timezone"]),
        due_at=row["due_at"],
        scheduled_at=row["scheduled_at"] if row["snoozed_until"] is None else row["fire_at"],
        snoozed_until=row["snoozed_until"],
        fired_at=row["fired_at"],
        acknowledged_at=row["acknowledged_at"],
        status=row["status"],
    )
