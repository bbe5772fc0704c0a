"""The alarm clock: the heap, and what wakes the one who waits for its top."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from reminder_service.heap import ReminderHeap
from reminder_service.metrics import HELD


class Alarm:
    """Set and unset reminders by row id; `rung` is set whenever the soonest one has become sooner."""

    def __init__(self) -> None:
        self.heap = ReminderHeap()
        self.rung = asyncio.Event()

    def set(self, reminders: Iterable[tuple[UUID, datetime]]) -> None:
        """Wake for these, each at its time (aware); one that was set already moves."""
        before = self.heap.next_at
        for id_, at in reminders:
            self.heap.put(id_.bytes, at.timestamp())
        after = self.heap.next_at
        if after is not None and (before is None or after < before):
            self.rung.set()
        HELD.set(len(self.heap))

    def forget(self) -> None:
        """Nobody waits for any of them now; they are held in the database."""
        self.heap = ReminderHeap()
        HELD.set(0)

    def unset(self, ids: Iterable[UUID]) -> None:
        """Do not wake for these."""
        for id_ in ids:
            self.heap.discard(id_.bytes)
        HELD.set(len(self.heap))

    def unset_due(self, now: datetime) -> None:
        """Do not wake for what is due by `now` (aware): it is being fired."""
        self.heap.discard_due(now.timestamp())
        HELD.set(len(self.heap))
