"""One reader's stream: a bounded queue in front of its connection, and what happens when the reader is slow."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, Literal

from notification_service.connection import Connection
from taskflow_core.service.tokens import Identity

_WRITTEN_TOGETHER: Final = 16 * 1024
"""Bytes of waiting frames that are handed over in one write."""

_STUCK_BEATS: Final = 2
"""Heartbeats in a row at which a connection still held the same bytes: then its reader is dead."""

EndReason = Literal["left", "slow", "dead", "expired", "revoked", "replaced", "stopping"]


class Stream:
    """From its opening, frames wait; `begin` lets them go. Nobody who writes here ever waits for the reader.

    A reader that keeps up gets each frame written to its connection at once. For one that does not, up to `limit`
    frames wait in the queue and a task of its own hands them over; when they are more, `drop_oldest` drops the oldest
    and puts a reset in their place, `disconnect` ends the stream.
    """

    __slots__ = (
        "_backlog",
        "_drop",
        "_ended",
        "_held",
        "_limit",
        "_missing",
        "_pump",
        "_queue",
        "_stuck",
        "beat",
        "closing_at",
        "connection",
        "due",
        "ended",
        "identity",
        "opened",
        "opened_at",
        "replayed",
        "unwritten",
        "user_id",
    )

    def __init__(
        self,
        identity: Identity,
        *,
        limit: int,
        policy: Literal["drop_oldest", "disconnect"],
        opened: float,
        opened_at: float,
        closing_at: float,
        dropped: Callable[[], bytes],
        ended: Callable[["Stream", EndReason], None],
    ) -> None:
        """`identity` is the sign-in that it stands for. `opened` and `closing_at` are in the event loop's seconds,
        `opened_at` in those since 1970.

        `dropped` is told of each frame dropped and gives the reset frame; `ended` is told once of the end.
        """
        self.identity = identity
        self.user_id = identity.user_id
        self.opened = opened
        self.opened_at = opened_at
        self.replayed: frozenset[str] = frozenset()
        self.closing_at = closing_at
        self.due = 0
        self.beat = 0
        self.ended = False
        self.unwritten = 0
        self.connection: Connection | None = None
        self._limit = limit
        self._drop = dropped if policy == "drop_oldest" else None
        self._ended = ended
        self._queue: deque[bytes] | None = deque()
        self._held = True
        self._missing: bytes | None = None
        self._pump: asyncio.Task[None] | None = None
        self._backlog = 0
        self._stuck = 0

    @property
    def waiting(self) -> int:
        """Frames in the queue."""
        return 0 if self._queue is None else len(self._queue)

    def attach(self, connection: Connection, greeting: bytes) -> None:
        """Give it its way out; `greeting` is written at once."""
        if self.ended:
            connection.finish(b"")
            return
        self.connection = connection
        if connection.ready():
            connection.write(greeting)
        elif self._queue is not None:
            self._queue.appendleft(greeting)

    def begin(self, missed: Iterable[bytes] = ()) -> None:
        """Let frames go: first `missed`, then those that came in the meantime."""
        if self.ended:
            return
        self._held = False
        connection, queue = self.connection, self._queue
        assert connection is not None, "attached"
        assert queue is not None, "held"
        queue.extendleft(reversed(_blocks(missed)))
        if connection.ready() and self._missing is None and sum(map(len, queue)) <= _WRITTEN_TOGETHER:
            self._queue = None
            if queue:
                connection.write(b"".join(queue))
        elif queue or self._missing:
            self._start_pump()

    def push(self, data: bytes) -> None:
        """A frame for the reader."""
        if self._queue is None:
            connection = self.connection
            if connection is not None and connection.ready():
                connection.write(data)
                return
            self._queue = deque()
        elif self.ended:
            return
        if len(self._queue) >= self._limit:
            if self._drop is None:
                self.cut("slow")
                return
            self._queue.popleft()
            self._missing = self._drop()
        self._queue.append(data)
        if self._pump is None and not self._held:
            self._start_pump()

    def heartbeat(self, data: bytes) -> None:
        """A sign of life to an idle reader. One that takes nothing from beat to beat is dead."""
        connection = self.connection
        if connection is None or self.ended:
            return
        backlog = connection.backlog()
        self._stuck = self._stuck + 1 if backlog and backlog == self._backlog else 0
        self._backlog = backlog
        if self._stuck >= _STUCK_BEATS:
            self.cut("dead")
        elif not backlog and not self.waiting and self._pump is None and not self._held:
            self.push(data)

    def end(self, reason: EndReason, last: bytes = b"") -> None:
        """End it politely: `last` is written and the answer is complete.

        What waits is left out: something before it may be on its way, and a reader must not resume from beyond a gap.
        """
        if self._over(reason) and self.connection is not None:
            self.connection.finish(last)

    def cut(self, reason: EndReason) -> None:
        """End it at once, whatever waits."""
        if self._over(reason) and self.connection is not None:
            self.connection.abort()

    def _over(self, reason: EndReason) -> bool:
        if self.ended:
            return False
        self.ended = True
        self.unwritten = self.waiting + (0 if self.connection is None else self.connection.backlog())
        self._queue = deque()
        if self._pump is not None:
            self._pump.cancel()
            self._pump = None
        self._ended(self, reason)
        return True

    def _start_pump(self) -> None:
        self._pump = asyncio.ensure_future(self._hand_over())

    async def _hand_over(self) -> None:
        """Hand over what waits as fast as the reader takes it; afterwards frames go straight to the connection."""
        connection, queue = self.connection, self._queue
        assert connection is not None, "attached"
        assert queue is not None, "not begun"
        try:
            while not self.ended and (queue or self._missing):
                together: list[bytes] = []
                if self._missing is not None:
                    together.append(self._missing)
                    self._missing = None
                size = 0
                while queue and size < _WRITTEN_TOGETHER:
                    together.append(queue.popleft())
                    size += len(together[-1])
                await connection.send(b"".join(together))
            if not self.ended:
                self._queue = None
        except OSError:
            # Some servers raise where the reader has gone; the endpoint hears of it and ends the stream.
            self._queue = deque()
        finally:
            self._pump = None


def _blocks(frames: Iterable[bytes]) -> list[bytes]:
    """The frames joined into blocks of a size to write, so that many take up few places in the queue."""
    blocks: list[bytes] = []
    together: list[bytes] = []
    size = 0
    for frame in frames:
        together.append(frame)
        size += len(frame)
        if size >= _WRITTEN_TOGETHER:
            blocks.append(b"".join(together))
            together, size = [], 0
    return [*blocks, b"".join(together)] if together else blocks
