"""Measures both servers in turn, prints one table beside the goals, and exits with 1 where one is missed.

Each server runs on a core of its own and this process, which is all of the clients, on another. What the goals are held
against: a bare asyncio.Protocol that writes ready frames (the limit in Python), measured in the same run, and Mercure
(Go), measured once on such a machine. On a machine that does other work as well, CPU and the ratio to the bare
server say more than latencies.
"""

import argparse
import contextlib
import gc
import json
import random
import resource
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from e2e.bench.figures import percentile
from e2e.bench.machine import Spell, Watch, open_files, pin, resident_kb
from e2e.bench.makers import make_task, updated
from e2e.bench.streams import feed, goals, servers
from e2e.bench.streams.goals import Result
from e2e.bench.streams.readers import Crowd
from notification_service.endpoint import PATH
from taskflow_core.domain.clock import SystemClock
from taskflow_core.events.envelope import encode, wrap
from taskflow_core.service.tokens import Tokens

_WARM = 300
_PATIENCE = 5.0
_STUFFING = 12_000
_FLOOD = 50_000
_AHEAD = 1_000
_AT = datetime(2026, 11, 24, tzinfo=UTC)
_FILES_PER_SERVER = 64


class Subject:
    """A server under test and its crowd of readers."""

    def __init__(self, kind: str, pid: int, ports: list[int], streams: int) -> None:
        self.kind, self.pid = kind, pid
        self.ports = ports
        self.streams = streams
        tokens = Tokens(servers.SECRET, SystemClock(), access_seconds=86_400)
        self._heads = [
            f"GET {PATH} HTTP/1.1\r\nHost: bench\r\nX-Reader: {n}\r\n"
            f"Authorization: Bearer {tokens.issue(f'user-{n}', 'a@example.org')}\r\n\r\n".encode()
            for n in range(streams + _WARM)
        ]
        self.feed = socket.create_connection(("127.0.0.1", ports[1]))
        # An event is to leave at once, not when the one before has been acknowledged.
        self.feed.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.entry: Callable[[int], bytes] = self._event if kind == "service" else self._frame

    def crowd(self) -> Crowd:
        return Crowd(self.ports[0], self._heads.__getitem__)

    def watch(self, crowd: Crowd) -> Watch:
        """A watch of the server, and of this process but for when it waits."""
        return Watch(self.pid, lambda: crowd.waited)

    def batch(self, numbers: Sequence[int], size: int) -> bytes:
        """A batch of events for readers drawn from `numbers`, ready to be fed."""
        return feed.pack([self.entry(random.choice(numbers)) for _ in range(size)])

    def _event(self, number: int) -> bytes:
        """An event of about 600 bytes for one user, as the bus delivers it."""
        title = str(time.perf_counter_ns())
        task = make_task(id=uuid.uuid4().hex, user_id=f"user-{number}", title=title, version=2, created_at=_AT)
        return encode(wrap(updated(task), "chat-api"))

    def _frame(self, number: int) -> bytes:
        """A frame as long as notification-service's, ready to write."""
        body = b'id: %b\ndata: {"x":"%b","title":"%d"}\n\n' % (b"0" * 36, b"x" * 440, time.perf_counter_ns())
        return number.to_bytes(4, "little") + b"%x\r\n%b\r\n" % (len(body), body)


@contextmanager
def running(kind: str, core: int, streams: int) -> Generator[Subject]:
    """A server in a process of its own on `core`."""
    command = [sys.executable, "-m", "e2e.bench.streams.servers", kind, str(core)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ports = json.loads(process.stdout.readline())
        subject = Subject(kind, process.pid, ports, streams)
        yield subject
        subject.feed.close()
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def load(subject: Subject, crowd: Crowd, *, rate: int, batch: int, seconds: float) -> tuple[Spell, list[int]]:
    """Feed events to random readers in batches at an even rate while reading; the spell, and latencies in ns.

    Readers that have stopped get an event with every tenth batch, beyond the rate.
    """
    crowd.latencies.clear()
    numbers = [n for n in crowd.sockets if n not in crowd.stopped]
    watch = subject.watch(crowd)
    began = time.perf_counter()
    sent = 0
    while (passed := time.perf_counter() - began) < seconds:
        while sent < passed * rate:
            subject.feed.sendall(subject.batch(numbers, batch))
            sent += batch
            if crowd.stopped and sent // batch % 10 == 0:
                subject.feed.sendall(feed.pack([subject.entry(number) for number in crowd.stopped]))
        crowd.read(0.0005)
    deadline = time.perf_counter() + _PATIENCE
    while len(crowd.latencies) < sent and time.perf_counter() < deadline:
        if crowd.read(0.05):
            deadline = time.perf_counter() + _PATIENCE
    spell = watch.spell()
    if len(crowd.latencies) != sent:
        raise RuntimeError(f"{subject.kind}: {sent} events sent, {len(crowd.latencies)} came")
    return spell, list(crowd.latencies)


def flood(subject: Subject, crowd: Crowd) -> Spell:
    """As many events as the server takes, made beforehand, in batches of 100, a few batches ahead of what came back."""
    numbers = list(crowd.sockets)
    batches = [subject.batch(numbers, 100) for _ in range(_FLOOD // 100)]
    sent = came = 0
    deadline = time.perf_counter() + _PATIENCE
    watch = subject.watch(crowd)
    while came < _FLOOD:
        while batches and sent - came <= _AHEAD:
            subject.feed.sendall(batches.pop())
            sent += 100
        if count := crowd.read(_PATIENCE, timed=False):
            came += count
            deadline = time.perf_counter() + _PATIENCE
        elif time.perf_counter() > deadline:
            raise RuntimeError(f"{subject.kind}: {sent} events sent, {came} came")
    return watch.spell()


def turn(kind: str, args: argparse.Namespace) -> Result:
    """One server from its start to its end."""
    result = Result()
    spells: list[Spell] = []
    with running(kind, args.server_core, args.streams) as subject:
        warm = subject.crowd()
        warm.open(args.streams, _WARM)
        load(subject, warm, rate=1_000, batch=1, seconds=0.5)
        warm.close()
        time.sleep(0.5)
        base_kb, base_files = resident_kb(subject.pid), open_files(subject.pid)

        crowd = subject.crowd()
        watch = subject.watch(crowd)
        seconds = crowd.open(0, args.streams)
        spells.append(watch.spell())
        time.sleep(0.5)
        result.connects = args.streams / seconds
        result.connect_us = spells[-1].server / args.streams * 1e6
        result.kb_each = (resident_kb(subject.pid) - base_kb) / args.streams

        spell, latencies = load(subject, crowd, rate=args.rate, batch=1, seconds=args.seconds)
        spells.append(spell)
        result.event_us = spell.server / len(latencies) * 1e6
        result.p50, result.p99 = (percentile(latencies, at) / 1e6 for at in (50, 99))

        spell, latencies = load(subject, crowd, rate=args.rate, batch=100, seconds=args.seconds)
        spells.append(spell)
        result.batch_us = spell.server / len(latencies) * 1e6

        spells.append(flood(subject, crowd))
        result.full_us = spells[-1].server / _FLOOD * 1e6

        crowd.stop_reading(0)
        # More than the sockets' buffers hold, so that the server has to deal with the rest.
        for _ in range(_STUFFING // 100):
            subject.feed.sendall(subject.batch([0], 100))
        crowd.latencies.clear()
        subject.feed.sendall(subject.batch([1], 1))
        while not crowd.latencies:  # what was stuffed has been dealt with then
            crowd.read(0.05)
        spell, latencies = load(subject, crowd, rate=args.rate, batch=1, seconds=args.seconds)
        spells.append(spell)
        result.stopped_p99 = percentile(latencies, 99) / 1e6
        result.stopped_ratio = result.stopped_p99 / result.p99
        result.kb_after = (resident_kb(subject.pid) - base_kb) / args.streams

        crowd.close(abruptly=True)
        result.left_behind = left_behind(subject, base_files)
    result.client_share = max(spell.client / spell.seconds for spell in spells)
    result.disturbed = any(spell.disturbed for spell in spells)
    return result


def left_behind(subject: Subject, base_files: int) -> int:
    """Descriptors that the server still holds a while after all its readers were reset."""
    deadline = time.monotonic() + 20
    while (files := open_files(subject.pid) - base_files) > 0 and time.monotonic() < deadline:
        time.sleep(0.2)
    return max(0, files)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m e2e.bench.streams", description=__doc__)
    parser.add_argument("--streams", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=5_000, help="events a second")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each load")
    parser.add_argument("--turns", type=int, default=2, help="of each server, alternating")
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--client-core", type=int, default=1)
    args = parser.parse_args()

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = args.streams + _WARM + _FILES_PER_SERVER
    if hard < needed:
        parser.error(f"{needed} open files are needed and {hard} allowed: raise `ulimit -Hn`, or give --streams")
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    pin(args.client_core)
    # The clients make no cycles; looking for some among so many sockets would be a pause for all of them.
    gc.disable()

    results: dict[str, list[Result]] = {"service": [], "bare": []}
    for number in range(args.turns):
        for kind, turns in results.items():
            print(f"turn {number + 1} of {args.turns}: {kind} …", file=sys.stderr, flush=True)
            turns.append(turn(kind, args))
    print(f"{args.streams} streams, {args.rate} events/s, each turn in a column")
    missed = goals.show(results["service"], results["bare"])
    if any(result.disturbed for turns in results.values() for result in turns):
        print("Something else used the machine: run it again on an idle one.")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
