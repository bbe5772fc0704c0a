"""Answers readers that come back with what they missed, or with one reset.

A replay begins a little before the event the reader saw last, since events of different topics have no order between
them: it overlaps rather than skips, and ids and versions make that harmless.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import structlog

from notification_service import history
from notification_service.frames import ResetReason
from notification_service.history import Asked, Head, Slices, Standing, Unrecorded
from notification_service.past_events import MissedFrame, PastEvent, missed_frame, unsettled
from notification_service.positions import read_position
from notification_service.task_reader import read_tasks
from taskflow_core.database.outages import OUTAGES
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.domain.task import Task
from taskflow_core.events.model import EventType

log = structlog.get_logger(__name__)

OVERLAP_SECONDS: Final = 10.0
"""How much before the last event a replay begins: more than topics, instances and clocks are ever apart."""

MOST_REPLAYED: Final = 500
"""Events a replay tells one by one; a reader that missed more begins anew."""

_READERS_TOGETHER: Final = 200
_TASKS_TOGETHER: Final = 500
_TRIES: Final = 3
_RETRY_SECONDS: Final = 1.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader missed, oldest first, or the reason to begin anew.

    `mark` is where it may resume from when it has no event of the answer to come back with. `unrecorded` are the ids of
    events sent here that the trail did not hold yet.
    """

    missed: list[MissedFrame] = []
    reset: ResetReason | None = None
    mark: datetime | None = None
    unrecorded: frozenset[str] = frozenset()


class _Question(msgspec.Struct, gc=False):
    user_id: str
    seen: UUID | datetime
    answer: "asyncio.Future[Answer]"


class Replays:
    """Answers many readers with few queries: those who ask while one round is under way share the next, for which the
    outbox is read once. After a restart thousands come within seconds."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        window: float,
        wanted: Callable[[str], frozenset[EventType] | None] = lambda _: None,
    ) -> None:
        """`wanted` says which types a user wants to be sent; None for all. The others are no loss to anybody."""
        self._database = database
        self._wanted = wanted
        self._clock = clock
        self._window = timedelta(seconds=window)
        self._asked: list[_Question] = []
        self._answering: asyncio.Task[None] | None = None

    async def missed(self, user_id: str, last_event_id: str) -> Answer:
        """The user's events after the one they saw last, or since the mark they were given."""
        # What is no id of ours is asked for as an event that nobody has: the reader gets a mark all the same.
        seen = read_position(last_event_id) or UUID(int=0)
        question = _Question(user_id, seen, asyncio.get_running_loop().create_future())
        self._asked.append(question)
        if self._answering is None:
            self._answering = asyncio.create_task(self._answer_all(), name="replays")
        return await question.answer

    async def _answer_all(self) -> None:
        try:
            while self._asked:
                questions, self._asked = self._asked, []
                await self._answer_in_time(questions)
        finally:
            self._answering = None

    async def _answer_in_time(self, questions: Sequence[_Question]) -> None:
        """Answer; a database that is away for longer than a moment makes what is left resets."""
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(_RETRY_SECONDS)
            try:
                await self._answer([one for one in questions if not one.answer.done()])
            except OUTAGES as error:
                log.warning("replay_waits", reason=str(error) or type(error).__name__)
            except Exception:
                # Readers must not wait for ever on what should not happen; they begin anew.
                log.exception("replay_failed")
                break
            else:
                return
        for question in questions:
            _give(question, Answer(reset="unavailable"))

    async def _answer(self, questions: Sequence[_Question]) -> None:
        """One round. What waited in the outbox when it began, and then the trail, slice after slice of the readers."""
        head = await history.head(self._database)
        waiting: dict[str, list[Unrecorded]] = {}
        users = [question.user_id for question in questions]
        async for one in history.unrecorded(self._database, users):
            waiting.setdefault(one.past.user_id, []).append(one)
        for start in range(0, len(questions), _READERS_TOGETHER):
            await self._answer_some(questions[start : start + _READERS_TOGETHER], waiting, head)

    async def _answer_some(
        self, questions: Sequence[_Question], waiting: Mapping[str, Sequence[Unrecorded]], head: Head
    ) -> None:
        oldest = self._clock.now() - self._window
        standing = await self._standing(questions, head)
        asked = [self._asked_by(questions[position].user_id, position, one) for position, one in standing.items()]
        gaps = set(await history.missing_older(self._database, asked, oldest))
        recorded = await history.recorded(self._database, asked, oldest, MOST_REPLAYED + 2)
        missed: dict[int, dict[str, PastEvent]] = {}
        late: dict[int, dict[str, PastEvent]] = {}
        for one in asked:
            position = one.position
            mine = [u for u in waiting.get(one.user_id, ()) if u.since >= one.standing.since and one.wants(u.past)]
            late[position] = {u.past.event_id: u.past for u in mine if u.past.observed >= oldest}
            missed[position] = recorded.get(position, {}) | late[position]
            # The event seen last stays where others come before it: a reader that leaves again resumes no earlier.
            seen = str(questions[position].seen)
            if next(iter(missed[position]), None) == seen:
                del missed[position][seen]
            older = any(one.standing.surely_before(u) for u in mine if u.past.observed < oldest)
            if older or len(missed[position]) > MOST_REPLAYED:
                gaps.add(position)
            if position in gaps:
                missed[position] = {}
        tasks = await self._tasks({past.task_id for mine in missed.values() for past in mine.values()})
        slices = Slices()
        for position, question in enumerate(questions):
            if position in standing and position not in gaps:
                frames = self._frames(missed[position].values(), tasks)
                answer = Answer(missed=frames, mark=head.recorded_at, unrecorded=frozenset(late[position]))
            else:
                answer = Answer(reset="gap" if position in gaps else "unknown", mark=head.recorded_at)
            _give(question, answer)
            await slices.end()

    def _asked_by(self, user_id: str, position: int, standing: Standing) -> Asked:
        return Asked(position=position, user_id=user_id, standing=standing, wanted=self._wanted(user_id))

    def _frames(self, missed: Collection[PastEvent], tasks: Mapping[str, Task]) -> list[MissedFrame]:
        now = self._clock.now()
        worth = unsettled((past.kind, past.task_id) for past in missed)
        frames = [
            missed_frame(past, tasks.get(past.task_id), now)
            for past, is_worth in zip(missed, worth, strict=True)
            if is_worth
        ]
        return [frame for frame in frames if frame is not None]

    async def _tasks(self, task_ids: Collection[str]) -> dict[str, Task]:
        wanted = list(task_ids)
        tasks: dict[str, Task] = {}
        for start in range(0, len(wanted), _TASKS_TOGETHER):
            tasks |= await read_tasks(self._database, wanted[start : start + _TASKS_TOGETHER])
        return tasks

    async def _standing(self, questions: Sequence[_Question], head: Head) -> dict[int, Standing]:
        """Where the readers stand, by position; those whose event is not there, or whose mark is to come, are not."""
        found: dict[int, Standing] = {}
        events: list[tuple[int, str, UUID]] = []
        for position, one in enumerate(questions):
            if isinstance(one.seen, UUID):
                events.append((position, one.user_id, one.seen))
            elif one.seen <= head.now:
                found[position] = history.standing_at(one.seen)
        return found | await history.standings(self._database, events, timedelta(seconds=OVERLAP_SECONDS))


def _give(question: _Question, answer: Answer) -> None:
    if not question.answer.done():
        question.answer.set_result(answer)
