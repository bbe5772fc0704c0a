"""What a reader missed, from PostgreSQL: the audit trail, and the outbox for what is not in it yet.

An event leaves the outbox only when the audit trail holds it; so the outbox is read first, and nothing falls between.
A replay begins a little before the event the reader saw last, since events of different topics have no order between
them: it overlaps rather than skips, and ids and versions make that harmless.
"""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import msgspec
import structlog

from notification_service import frames
from notification_service.frames import Reminder, ReminderFrame, ResetReason, TaskFrame
from notification_service.present import present_tasks
from taskflow.database.pool import OUTAGES, Database
from taskflow.domain.clock import Clock
from taskflow.domain.task import Task
from taskflow.events.envelope import UndecodableEventError, decode
from taskflow.events.model import EventType, ReminderTriggered

log = structlog.get_logger(__name__)

OVERLAP_SECONDS: Final = 10.0
"""How much before the last event a replay begins: more than topics, instances and clocks are ever apart."""

MOST_REPLAYED: Final = 500
"""Events a replay tells one by one; a reader that missed more begins anew."""

_MOST_UNRECORDED: Final = 5_000
_READERS_TOGETHER: Final = 200
_TRIES: Final = 3
_RETRY_SECONDS: Final = 1.0

# Events already published that the audit trail does not hold yet.
_UNRECORDED: Final = """
SELECT o.payload, o.published_at FROM outbox o
WHERE o.published_at >= $1
    AND NOT EXISTS (SELECT FROM task_events e WHERE e.event_id = o.event_id AND e.occurred_at = o.occurred_at)
ORDER BY o.seq LIMIT $2
"""
# When the events happened that readers saw last; only their own.
_LAST_SEEN: Final = """
SELECT asked.position, e.occurred_at
FROM unnest($1::int[], $2::text[], $3::uuid[]) AS asked (position, user_id, event_id)
JOIN task_events e ON e.event_id = asked.event_id AND e.user_id = asked.user_id
"""
# Each reader's events recorded since a moment. One that happened long before it was recorded belongs there as well: the
# bus may have been down for hours.
_RECORDED: Final = """
SELECT asked.position, e.event_id, e.type, e.occurred_at, e.task_id, e.version, e.data
FROM unnest($1::int[], $2::text[], $3::timestamptz[]) AS asked (position, user_id, since)
CROSS JOIN LATERAL (
    SELECT * FROM task_events t
    WHERE t.user_id = asked.user_id AND t.occurred_at >= asked.since - interval '1 day' AND t.recorded_at >= asked.since
        AND t.type IN ('task.created', 'task.updated', 'task.completed', 'task.deleted', 'task.reminder.triggered')
    ORDER BY t.chain_seq LIMIT $4
) e
"""


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """An event that has been: what its frame needs, the task's state apart."""

    event_id: str
    kind: EventType
    at: datetime
    user_id: str
    task_id: str
    version: int
    reminder: Reminder | None = None


class Missed(msgspec.Struct, frozen=True):
    """A frame of a replay, with its event's type so that preferences can be applied."""

    kind: EventType
    data: bytes


Answer = list[Missed] | ResetReason
"""What a reader missed, or why it must begin anew."""


class _ReminderData(msgspec.Struct, frozen=True, kw_only=True):
    """What the audit trail keeps of a reminder."""

    reminder_id: str
    offset: str
    due_date: datetime
    scheduled_at: datetime
    fired_at: datetime
    late: bool = False


_reminder_data = msgspec.json.Decoder(_ReminderData)


class _Question(msgspec.Struct, gc=False):
    user_id: str
    event_id: uuid.UUID
    answer: "asyncio.Future[Answer]"


class Replays:
    """Answers readers that come back. Those who ask while a query is under way share the next: after a restart
    thousands come within seconds."""

    def __init__(self, database: Database, clock: Clock, *, window: float) -> None:
        self._database = database
        self._clock = clock
        self._window = timedelta(seconds=window)
        self._asked: list[_Question] = []
        self._answering: asyncio.Task[None] | None = None

    async def missed(self, user_id: str, last_event_id: str) -> Answer:
        """The user's events after the one they saw last, oldest first, each with its task's present state."""
        try:
            event_id = uuid.UUID(last_event_id)
        except ValueError:
            return "unknown"
        question = _Question(user_id, event_id, asyncio.get_running_loop().create_future())
        self._asked.append(question)
        if self._answering is None:
            self._answering = asyncio.create_task(self._answer_all(), name="replays")
        return await question.answer

    async def _answer_all(self) -> None:
        try:
            while self._asked:
                questions, self._asked = self._asked[:_READERS_TOGETHER], self._asked[_READERS_TOGETHER:]
                answers = await self._answers_in_time(questions)
                for question, answer in zip(questions, answers, strict=True):
                    if not question.answer.done():
                        question.answer.set_result(answer)
        finally:
            self._answering = None

    async def _answers_in_time(self, questions: Sequence[_Question]) -> Sequence[Answer]:
        """The answers; a database that is away for longer than a moment makes them all resets."""
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(_RETRY_SECONDS)
            try:
                return await self._answers(questions)
            except OUTAGES as error:
                log.warning("replay_waits", reason=str(error) or type(error).__name__)
            except Exception:
                # Readers must not wait for ever on what should not happen; they begin anew.
                log.exception("replay_failed")
                break
        nothing: list[Answer] = ["unavailable"]
        return nothing * len(questions)

    async def _answers(self, questions: Sequence[_Question]) -> list[Answer]:
        oldest = self._clock.now() - self._window
        overlap = timedelta(seconds=OVERLAP_SECONDS)
        unrecorded = await self._unrecorded(oldest - overlap)
        since = await self._last_seen(questions)
        for _, past in unrecorded or ():
            for position, question in enumerate(questions):
                if past.event_id == str(question.event_id) and past.user_id == question.user_id:
                    since[position] = past.at
        found = {position: at - overlap for position, at in since.items() if at >= oldest}
        recorded = await self._recorded(questions, found)
        missed: dict[int, dict[str, Past]] = {}
        for position, begin in found.items():
            user_id = questions[position].user_id
            mine = recorded.get(position, {})
            late = {p.event_id: p for at, p in unrecorded or () if p.user_id == user_id and at >= begin}
            missed[position] = mine | late
            # The event seen last stays where others come before it: a reader that leaves again resumes no earlier.
            if next(iter(missed[position]), None) == str(questions[position].event_id):
                del missed[position][str(questions[position].event_id)]
        tasks = await present_tasks(self._database, {p.task_id for mine in missed.values() for p in mine.values()})
        answers: list[Answer] = []
        for position in range(len(questions)):
            if position not in since:
                answers.append("unknown")
            elif position not in found or unrecorded is None or len(missed[position]) > MOST_REPLAYED:
                answers.append("gap")
            else:
                answers.append([missed_frame(past, tasks.get(past.task_id)) for past in missed[position].values()])
        return answers

    async def _unrecorded(self, since: datetime) -> list[tuple[datetime, Past]] | None:
        """With when each was published; None when they are too many to tell."""
        rows = await self._database.fetch(_UNRECORDED, since, _MOST_UNRECORDED + 1)
        if len(rows) > _MOST_UNRECORDED:
            return None
        pasts: list[tuple[datetime, Past]] = []
        for row in rows:
            try:
                event = decode(row["payload"]).data
            except UndecodableEventError:
                continue  # of a release to come; it reaches the reader live if at all
            past = Past(
                event_id=event.event_id,
                kind=event.event_type,
                at=event.timestamp,
                user_id=event.user_id,
                task_id=event.task_id,
                version=event.version,
                reminder=frames.reminder_of(event) if isinstance(event, ReminderTriggered) else None,
            )
            pasts.append((row["published_at"], past))
        return pasts

    async def _last_seen(self, questions: Sequence[_Question]) -> dict[int, datetime]:
        positions = list(range(len(questions)))
        rows = await self._database.fetch(
            _LAST_SEEN, positions, [q.user_id for q in questions], [q.event_id for q in questions]
        )
        return {row["position"]: row["occurred_at"] for row in rows}

    async def _recorded(self, questions: Sequence[_Question], since: dict[int, datetime]) -> dict[int, dict[str, Past]]:
        if not since:
            return {}
        users = [questions[position].user_id for position in since]
        rows = await self._database.fetch(_RECORDED, list(since), users, list(since.values()), MOST_REPLAYED + 2)
        recorded: dict[int, dict[str, Past]] = {}
        for row in rows:
            position: int = row["position"]
            past = past_of(row, questions[position].user_id)
            recorded.setdefault(position, {})[past.event_id] = past
        return recorded


def past_of(row: asyncpg.Record, user_id: str) -> Past:
    """A row of the audit trail: event_id, type, occurred_at, task_id, version, data."""
    reminder = None
    if row["type"] == "task.reminder.triggered":
        data = _reminder_data.decode(row["data"])
        reminder = Reminder(
            id=data.reminder_id,
            offset=data.offset,
            due_date=data.due_date,
            scheduled_at=data.scheduled_at,
            fired_at=data.fired_at,
            late=data.late,
        )
    return Past(
        event_id=str(row["event_id"]),
        kind=row["type"],
        at=row["occurred_at"],
        user_id=user_id,
        task_id=row["task_id"],
        version=row["version"],
        reminder=reminder,
    )


def missed_frame(past: Past, task: Task | None) -> Missed:
    """The frame of what has been, with the task as it is now; None where it is gone."""
    if past.reminder is not None:
        frame = ReminderFrame(
            id=past.event_id,
            time=past.at,
            task_id=past.task_id,
            version=past.version,
            task=task,
            reminder=past.reminder,
        )
        return Missed(past.kind, frames.sse(frame))
    assert past.kind != "task.reminder.triggered", "has a reminder"
    state = None if past.kind == "task.deleted" else task
    frame = TaskFrame(
        id=past.event_id, type=past.kind, time=past.at, task_id=past.task_id, version=past.version, task=state
    )
    return Missed(past.kind, frames.sse(frame))
