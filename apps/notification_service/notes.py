"""One event as the streams know it, and what is remembered of the latest: for duplicates, for readers that come back,
and for events that come after what followed them."""

from collections import deque

import msgspec

from taskflow.events.model import EventType


class Note(msgspec.Struct, gc=False):
    """An event ready to be written: whose it is, and its frame's bytes. `arrived` is in the event loop's seconds."""

    event_id: str
    user_id: str
    task_id: str
    version: int
    kind: EventType
    data: bytes
    arrived: float


class Ring:
    """The notes that arrived last, for all users: at most `most` of them, `most_bytes` in size, `window` seconds old.

    Readers that return are answered from it when it still reaches back to what they saw last.
    """

    def __init__(self, *, began: float, window: float, most: int = 20_000, most_bytes: int = 16 * 1024 * 1024) -> None:
        self._window = window
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._order: deque[Note] = deque()
        self._by_id: dict[str, Note] = {}
        self._by_user: dict[str, list[Note]] = {}
        # Everything that arrived after this moment is here.
        self._complete_since = began

    def __len__(self) -> int:
        return len(self._order)

    def holds(self, event_id: str) -> bool:
        """Whether the event is among the latest."""
        return event_id in self._by_id

    def add(self, note: Note) -> bool:
        """Remember the latest. False when its event is among them already: a duplicate, and not remembered."""
        if self._by_id.setdefault(note.event_id, note) is not note:
            return False
        self._order.append(note)
        self._bytes += len(note.data)
        mine = self._by_user.get(note.user_id)
        if mine is None:
            self._by_user[note.user_id] = [note]
        else:
            mine.append(note)
        while len(self._order) > self._most or self._bytes > self._most_bytes:
            self._forget_oldest()
        return True

    def expire(self, now: float) -> None:
        """Forget what is older than the window."""
        while self._order and self._order[0].arrived < now - self._window:
            self._forget_oldest()

    def since(self, user_id: str, event_id: str, overlap: float) -> list[Note] | None:
        """The user's notes after that event, and those up to `overlap` seconds before it; None if some are not here.

        Instances see events of different topics in different orders, hence the overlap. Where there are some before it,
        the event itself is among them, so that a reader that leaves again resumes from no earlier than this time.
        """
        last = self._by_id.get(event_id)
        if last is None or last.user_id != user_id or last.arrived - overlap <= self._complete_since:
            return None
        notes = [n for n in self._by_user[user_id] if n.arrived >= last.arrived - overlap]
        return notes[1:] if notes[0] is last else notes

    def _forget_oldest(self) -> None:
        note = self._order.popleft()
        del self._by_id[note.event_id]
        self._bytes -= len(note.data)
        self._complete_since = max(self._complete_since, note.arrived)
        mine = self._by_user[note.user_id]
        if len(mine) == 1:
            del self._by_user[note.user_id]
        else:
            # The oldest of all is the oldest of its user.
            del mine[0]


class Versions:
    """The latest version of each task told lately: of the last `most` tasks at least, of twice as many at most.

    Two generations, of which the older is dropped as a whole: forgetting costs nothing, however many there are.
    """

    def __init__(self, *, most: int = 50_000) -> None:
        self._most = most
        # Per task the least version that is news: what was told last, or one above a deletion.
        self._young: dict[str, int] = {}
        self._old: dict[str, int] = {}

    def is_news(self, note: Note) -> bool:
        """Whether the task is not already known at a later version, or gone. Reminders are always news."""
        if note.kind == "task.reminder.triggered":
            return True
        task_id = note.task_id
        known = self._young.get(task_id)
        least = self._old.get(task_id, 0) if known is None else known
        if known is None and len(self._young) >= self._most:
            self._old, self._young = self._young, {}
        following = max(least, note.version + 1 if note.kind == "task.deleted" else note.version)
        if following != known:
            self._young[task_id] = following
        return note.version >= least
