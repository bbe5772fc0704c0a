"""One event as the streams know it, and what is remembered of the latest: for readers that come back, for duplicates,
for what the bus did not bring, and for events that come after what followed them."""

from collections import deque

import msgspec

from taskflow_core.events.model import EventType


class ReadyEvent(msgspec.Struct, gc=False):
    """An event ready to be written: whose it is, and its frame's bytes. `arrived` is in the event loop's seconds."""

    event_id: str
    user_id: str
    task_id: str
    version: int
    kind: EventType
    data: bytes
    arrived: float


class RecentEvents:
    """The events that arrived last, for all users: at most `most` of them, `most_bytes` in size, `window` seconds old.

    Readers that return are answered from it when it still reaches back to what they saw last.
    """

    def __init__(self, *, began: float, window: float, most: int = 20_000, most_bytes: int = 16 * 1024 * 1024) -> None:
        self._window = window
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._order: deque[ReadyEvent] = deque()
        self._by_id: dict[str, ReadyEvent] = {}
        self._by_user: dict[str, list[ReadyEvent]] = {}
        # Everything that arrived after this moment is here.
        self._complete_since = began

    def __len__(self) -> int:
        return len(self._order)

    def holds(self, event_id: str) -> bool:
        """Whether the event is among the latest."""
        return event_id in self._by_id

    def interrupt(self, now: float) -> None:
        """An event arrived that is not kept here: nobody is answered across this moment."""
        self._complete_since = max(self._complete_since, now)

    def add(self, event: ReadyEvent) -> bool:
        """Remember the latest. False when its event is among them already: a duplicate, and not remembered."""
        if self._by_id.setdefault(event.event_id, event) is not event:
            return False
        self._order.append(event)
        self._bytes += len(event.data)
        mine = self._by_user.get(event.user_id)
        if mine is None:
            self._by_user[event.user_id] = [event]
        else:
            mine.append(event)
        while len(self._order) > self._most or self._bytes > self._most_bytes:
            self._forget_oldest()
        return True

    def expire(self, now: float) -> None:
        """Forget what is older than the window."""
        while self._order and self._order[0].arrived < now - self._window:
            self._forget_oldest()

    def since(self, user_id: str, event_id: str, overlap: float) -> list[ReadyEvent] | None:
        """The user's events after that event, and those up to `overlap` seconds before it; None if some are not here.

        Instances see events of different topics in different orders, hence the overlap. Where there are some before it,
        the event itself is among them, so that a reader that leaves again resumes from no earlier than this time.
        """
        last = self._by_id.get(event_id)
        if last is None or last.user_id != user_id or last.arrived - overlap <= self._complete_since:
            return None
        events = [n for n in self._by_user[user_id] if n.arrived >= last.arrived - overlap]
        return events[1:] if events[0] is last else events

    def _forget_oldest(self) -> None:
        event = self._order.popleft()
        del self._by_id[event.event_id]
        self._bytes -= len(event.data)
        self._complete_since = max(self._complete_since, event.arrived)
        mine = self._by_user[event.user_id]
        if len(mine) == 1:
            del self._by_user[event.user_id]
        else:
            # The oldest of all is the oldest of its user.
            del mine[0]
