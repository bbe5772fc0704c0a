"""How many messages a user gets in a second, and what becomes of those above: they are counted, not lost."""

from collections import deque
from datetime import datetime
from typing import Final

from notification_service import frames
from notification_service.notes import Note

MOST_TASKS: Final = 500
"""Tasks that one batch names; more than that is a reset."""

_SECOND: Final = 1.0


class Limiter:
    """At most `rate` messages within any second; the others wait to be told together in one batch."""

    __slots__ = ("_count", "_last_id", "_rate", "_reminders", "_sent", "_tasks")

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._sent: deque[float] = deque(maxlen=rate)
        self._tasks: dict[str, None] = {}
        self._count = 0
        self._reminders = 0
        self._last_id = ""

    @property
    def waiting(self) -> int:
        """Events that wait for the next batch."""
        return self._count

    def idle(self, now: float) -> bool:
        """Whether it holds nothing that matters any more."""
        return not self._count and (not self._sent or now - self._sent[-1] >= _SECOND)

    def admit(self, note: Note, now: float) -> bool:
        """Whether the note may be sent at once; if not, it waits for the next batch."""
        if not self._count and self._free(now):
            self._sent.append(now)
            return True
        self._count += 1
        self._last_id = note.event_id
        if note.kind == "task.reminder.triggered":
            self._reminders += 1
        if len(self._tasks) <= MOST_TASKS:
            self._tasks[note.task_id] = None
        return False

    def free_at(self) -> float:
        """When the next message may be sent."""
        return self._sent[0] + _SECOND if len(self._sent) == self._rate else 0.0

    def batch(self, now: float, at: datetime) -> bytes | None:
        """The frame for all that waits, None as long as it must wait. `at` is its time."""
        if not self._count or not self._free(now):
            return None
        self._sent.append(now)
        if len(self._tasks) > MOST_TASKS:
            frame = frames.reset_frame("flood", at, self._last_id)
        else:
            frame = frames.batch_frame(self._last_id, at, self._count, list(self._tasks), self._reminders)
        self._tasks = {}
        self._count = self._reminders = 0
        return frame

    def _free(self, now: float) -> bool:
        return len(self._sent) < self._rate or now - self._sent[0] >= _SECOND
