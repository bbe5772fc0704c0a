"""Turns at hashing passwords: two at a time, and a queue that is short and fair, so that a flood holds nobody up long.

Hashing takes a quarter of a second of CPU or more. Whoever has signed in before goes first, but for every third turn:
whoever has a few accounts could otherwise keep newcomers out for as long as they like. Behind them each address has its
turn after every other address had one, whatever number of requests it sends; and there is one at a time of each
subject (an e-mail address, a device), so that those who know the password succeed one after the other instead of using
up their budget together. What would wait for long is refused at once.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from taskflow_core.domain.errors import SignInBusyError
from taskflow_core.telemetry.metrics import SIGN_INS_REFUSED

_RETRY_SECONDS: Final = 2


@dataclass(frozen=True, kw_only=True)
class Room:
    """How many addresses may wait, and how many attempts of each; no attempt longer than `seconds`."""

    addresses: int
    attempts: int
    seconds: float = 5.0


KNOWN: Final = Room(addresses=64, attempts=64)
"""Room for those who signed in before."""

_FIRST: Final = 2
"""Turns in a row of those who signed in before, while others wait."""

OTHERS: Final = Room(addresses=8, attempts=32)
"""Room for the others: with two hashes at a time a newcomer waits for four of them at most."""


@dataclass(frozen=True)
class _Waiting:
    subject: str
    turn: asyncio.Future[None]


class _Queue:
    """Who waits in one room, by address, the one whose turn was longest ago first."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._lanes: OrderedDict[str, deque[_Waiting]] = OrderedDict()

    def join(self, address: str, waiting: _Waiting) -> None:
        """Raises SignInBusyError where there is no room."""
        lane = self._lanes.get(address)
        if len(lane) >= self.room.attempts if lane else len(self._lanes) >= self.room.addresses:
            raise _busy()
        self._lanes.setdefault(address, deque()).append(waiting)

    def leave(self, address: str, waiting: _Waiting) -> None:
        """Give up waiting; nothing where it was its turn already."""
        lane = self._lanes.get(address)
        if lane is not None and waiting in lane:
            lane.remove(waiting)
            if not lane:
                del self._lanes[address]

    def next(self, busy: set[str]) -> _Waiting | None:
        """Take the next whose subject is not busy."""
        for address, lane in self._lanes.items():
            for waiting in lane:
                if waiting.subject not in busy:
                    self.leave(address, waiting)
                    if address in self._lanes:
                        self._lanes.move_to_end(address)
                    return waiting
        return None


class Turns:
    """The turns of one process."""

    def __init__(self, at_once: int, *, known: Room = KNOWN, others: Room = OTHERS) -> None:
        self._free = at_once
        self._busy: set[str] = set()
        self._known, self._others = _Queue(known), _Queue(others)
        self._in_a_row = 0

    @asynccontextmanager
    async def turn(self, address: str, subject: str, *, known: bool) -> AsyncGenerator[None]:
        """A turn while entered. Raises SignInBusyError where too many wait, or after having waited in vain."""
        queue = self._known if known else self._others
        waiting = _Waiting(subject, asyncio.get_running_loop().create_future())
        queue.join(address, waiting)
        self._give()
        try:
            async with asyncio.timeout(queue.room.seconds):
                await waiting.turn
        except BaseException as error:
            queue.leave(address, waiting)
            if waiting.turn.done() and not waiting.turn.cancelled():  # it was given in the same moment
                self._take_back(subject)
            if isinstance(error, TimeoutError):
                raise _busy() from None
            raise
        try:
            yield
        finally:
            self._take_back(subject)

    def _give(self) -> None:
        while self._free and (waiting := self._next()):
            if waiting.turn.cancelled():
                continue  # its client has gone just now
            self._free -= 1
            self._busy.add(waiting.subject)
            waiting.turn.set_result(None)

    def _next(self) -> _Waiting | None:
        known_first = self._in_a_row < _FIRST
        for known in (known_first, not known_first):
            waiting = (self._known if known else self._others).next(self._busy)
            if waiting is not None:
                self._in_a_row = self._in_a_row + 1 if known else 0
                return waiting
        return None

    def _take_back(self, subject: str) -> None:
        self._free += 1
        self._busy.discard(subject)
        self._give()


def _busy() -> SignInBusyError:
    SIGN_INS_REFUSED.labels("busy").inc()
    return SignInBusyError(_RETRY_SECONDS)
