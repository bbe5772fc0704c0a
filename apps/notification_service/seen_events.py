"""What is remembered of events that have been here, so that none is sent twice, nor after what followed it."""

import math

from notification_service.recent_events import ReadyEvent


class SeenEvents:
    """Which events have been here: the last `most` at least, twice as many at most, by the hashes of their ids.

    Two generations, of which the older is dropped as a whole. A hash takes 70 bytes, so that many more are remembered
    than the ring has room for: by far the most of what an audit trail records late.
    """

    def __init__(self, *, most: int = 200_000) -> None:
        self._most = most
        self._young: set[int] = set()
        self._old: set[int] = set()
        self._young_since = self.since = -math.inf
        """`since`: every event that arrived after this moment is remembered, in the event loop's seconds."""

    def add(self, event_id: str, arrived: float) -> bool:
        """Remember an event. False when it has been here already."""
        key = hash(event_id)
        if key in self._young or key in self._old:
            return False
        if len(self._young) >= self._most:
            self._old, self._young = self._young, set()
            self.since, self._young_since = self._young_since, arrived
        self._young.add(key)
        return True

    def holds(self, event_id: str) -> bool:
        """Whether the event has been here, as far as is remembered."""
        key = hash(event_id)
        return key in self._young or key in self._old


class TaskVersions:
    """The latest version of each task sent lately: of the last `most` tasks at least, of twice as many at most.

    Two generations, of which the older is dropped as a whole: forgetting costs nothing, however many there are.
    """

    def __init__(self, *, most: int = 50_000) -> None:
        self._most = most
        # Per task the least version that is news: what was sent last, or one above a deletion.
        self._young: dict[str, int] = {}
        self._old: dict[str, int] = {}

    def is_news(self, event: ReadyEvent) -> bool:
        """Whether the task is not already known at a later version, or gone. Reminders are always news."""
        if event.kind == "task.reminder.triggered":
            return True
        return event.version >= self.learn(event.task_id, event.version + (event.kind == "task.deleted"))

    def learn(self, task_id: str, version: int) -> int:
        """Take it that nothing below `version` is news of a task any more. Returns what was taken so far."""
        known = self._young.get(task_id)
        least = self._old.get(task_id, 0) if known is None else known
        if known is None and len(self._young) >= self._most:
            self._old, self._young = self._young, {}
        following = max(least, version)
        if following != known:
            self._young[task_id] = following
        return least
