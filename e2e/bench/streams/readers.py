"""Thousands of clients in one process: raw sockets on one epoll, and the feed that hands events to the server."""

import select
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

MARK = b'"title":"'
"""Before a frame's moment of sending, in nanoseconds."""

_OPENING_TOGETHER = 256


@dataclass
class Crowd:
    """Open streams by number, and what they were sent: each event's latency in nanoseconds."""

    port: int
    request: Callable[[int], bytes]
    sockets: dict[int, socket.socket] = field(default_factory=dict[int, socket.socket])
    latencies: list[int] = field(default_factory=list[int])
    stopped: set[int] = field(default_factory=set[int])
    waited: float = 0.0
    """Seconds in which there was nothing to read."""

    def __post_init__(self) -> None:
        self._epoll = select.epoll()
        self._numbers: dict[int, int] = {}

    def open(self, first: int, count: int) -> float:
        """Open streams, some hundred at a time; returns the seconds until each has its answer's first bytes."""
        began = time.perf_counter()
        coming: dict[int, int] = {}
        number = first
        while number < first + count or coming:
            while number < first + count and len(coming) < _OPENING_TOGETHER:
                sock = socket.socket()
                sock.setblocking(False)
                sock.connect_ex(("127.0.0.1", self.port))
                self.sockets[number] = sock
                self._numbers[sock.fileno()] = number
                coming[sock.fileno()] = number
                self._epoll.register(sock.fileno(), select.EPOLLOUT)
                number += 1
            for fd in self._readable(5):
                sock = self.sockets[self._numbers[fd]]
                if fd not in coming:
                    sock.recv(65_536)
                elif coming[fd] >= 0:
                    sock.send(self.request(self._numbers[fd]))
                    self._epoll.modify(fd, select.EPOLLIN)
                    coming[fd] = -1
                else:
                    answer = sock.recv(65_536)
                    if b" 200 " not in answer[:20]:
                        raise RuntimeError(f"refused: {answer[:300]!r}")
                    del coming[fd]
        return time.perf_counter() - began

    def stop_reading(self, number: int) -> None:
        """Leave what comes to this reader in its socket."""
        self._epoll.unregister(self.sockets[number].fileno())
        self.stopped.add(number)

    def read(self, seconds: float, *, timed: bool = True) -> int:
        """Read what has come, waiting at most so long; returns how many events it was. Their latencies if `timed`."""
        count = 0
        for fd in self._readable(seconds):
            data = self.sockets[self._numbers[fd]].recv(262_144)
            if not timed:
                count += data.count(MARK)
                continue
            now = time.perf_counter_ns()
            at = data.find(MARK)
            while at >= 0:
                at += len(MARK)
                end = data.index(b'"', at)
                self.latencies.append(now - int(data[at:end]))
                count += 1
                at = data.find(MARK, end)
        return count

    def _readable(self, seconds: float) -> list[int]:
        """Descriptors that are ready, within so long.

        It looks again and again and never sleeps: waking a sleeper would be at the cost of the server that writes.
        """
        began = time.perf_counter()
        while not (ready := self._epoll.poll(0, 512)) and time.perf_counter() - began < seconds:
            pass
        self.waited += time.perf_counter() - began
        return [fd for fd, _ in ready]

    def close(self, *, abruptly: bool = False) -> None:
        """Close all, by a reset if so asked."""
        for sock in self.sockets.values():
            if abruptly:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        self.sockets.clear()
        self._numbers.clear()
        self._epoll.close()
