"""How many messages a user gets in a second, and what becomes of those above: they are counted, not lost."""

from datetime import datetime
from typing import Final

from notification_service import frames
from notification_service.recent_events import ReadyEvent

MOST_TASKS: Final = 500
"""Tasks that one batch names; more than that is a reset."""

_SECOND: Final = 1.0


class Limiter:
    """At most `rate` messages within any second; the others wait to be sent together in one batch."""

    __slots__ = ("_count", "_last_id", "_rate", "_reminders", "_sent", "_tasks")

    def __init__(self, rate: int) -> None:
        self._rate = rate
        # When the last `rate` messages were sent. A list: an empty deque takes 600 bytes, and each user here has one.
        self._sent: list[float] = []
        self._tasks: dict[str, None] = {}
        self._count = 0
        self._reminders = 0
        self._last_id = ""

    @property
    def waiting(self) -> int:
        """Events that wait for the next batch."""
        return self._count

    def admit(self, event: ReadyEvent, now: float) -> bool:
        """Whether the event may be sent at once; if not, it waits for the next batch."""
        if not self._count and self._free(now):
            self._count_message(now)
            return True
        self._count += 1
        self._last_id = event.event_id
        if event.kind == "task.reminder.triggered":
            self._reminders += 1
        if len(self._tasks) <= MOST_TASKS:
            self._tasks[event.task_id] = None
        return False

    def free_at(self) -> float:
        """When the next message may be sent."""
        return self._sent[0] + _SECOND if len(self._sent) == self._rate else 0.0

    def batch(self, now: float, at: datetime) -> bytes | None:
        """The frame for all that waits, None as long as it must wait. `at` is its time."""
        if not self._count or not self._free(now):
            return None
        self._count_message(now)
        if len(self._tasks) > MOST_TASKS:
            frame = frames.reset_frame("flood", at, self._last_id)
        else:
            frame = frames.batch_frame(self._last_id, at, self._count, list(self._tasks), self._reminders)
        self._tasks = {}
        self._count = self._reminders = 0
        return frame

    def _free(self, now: float) -> bool:
        return len(self._sent) < self._rate or now - self._sent[0] >= _SECOND

    def _count_message(self, now: float) -> None:
        sent = self._sent
        if sent and now - sent[-1] >= _SECOND:
            sent.clear()
        elif len(sent) == self._rate:
            del sent[0]
        sent.append(now)
