"""Measures reminders: `.venv/bin/python e2e/bench/reminders.py`.

- The heap of 100,000 beside plain heapq, and its memory.
- Ingest: events a second and CPU an event. A raw ASGI handler that decodes one event and pushes it on a heap; the same
  in bulk; and the service, which takes bulks from the sidecar's route, compares them with the tasks in PostgreSQL and
  commits the schedule. Client and server on a core each, alternating. Goal: 40% of the raw handler's events a second,
  and at most 100 us of CPU an event (1,000 a second for a tenth of a core).
- Lateness: from a reminder's time to its event being committed in the outbox, spread over ten seconds and 1,000 in the
  same instant. Goal: within a second.

It starts an embedded PostgreSQL for itself, and wants an idle machine.
"""

import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import tracemalloc
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import httpx
import msgspec
import uvicorn

from reminder_service.app import create_service
from reminder_service.heap import CAPACITY, ReminderHeap
from taskflow.bus.dapr.inbox import Inbox
from taskflow.bus.dapr.routes import EVENTS, EventRoutes
from taskflow.bus.outbox import WAKE_CHANNEL
from taskflow.database.pool import Connection, Database
from taskflow.domain.clock import SystemClock
from taskflow.domain.task import Task
from taskflow.events.envelope import decode, encode, wrap
from taskflow.events.model import TaskCreated
from taskflow.events.topics import TASK_CREATED
from taskflow.local.postgres import EmbeddedPostgres
from taskflow.service.composition import Runtime, Service
from taskflow.settings import Settings
from taskflow.telemetry import logs
from taskflow_db import runner

TOKEN = "a-token-for-the-bench-of-32-or-more-characters"
PORT = 18_431
CONNECTIONS = 16
SECONDS = 3.0
ROUNDS = 3
BULK = 100
TASKS = 20_000


def main() -> None:
    """Print the tables."""
    if sys.argv[1:2] == ["serve"]:
        serve()
        return
    logs.configure("ERROR")
    measure_heap()
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o711)  # as root the server runs as another user, which has to get through
        with EmbeddedPostgres(Path(directory) / "postgres") as server:
            asyncio.run(runner.upgrade(server.owner_url))
            url = server.app_url
            events = asyncio.run(make_tasks(url, TASKS))
            measure_ingest(url, events)
            asyncio.run(measure_lateness(url))


# The heap


def measure_heap() -> None:
    """Compare with plain heapq, in operations a second of CPU."""
    now, chance = 1.8e9, random.Random(1)
    tracemalloc.start()
    ours = ReminderHeap()
    for _ in range(CAPACITY):
        ours.put(uuid.UUID(int=chance.getrandbits(128)).bytes, now + chance.random() * 1e6)
    memory, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    times = [now + chance.random() * 1e6 for _ in range(CAPACITY)]
    later = [at + chance.random() * 1e6 for at in times]
    keys = [uuid.UUID(int=chance.getrandbits(128)).bytes for _ in range(CAPACITY)]
    plain, known = list(zip(times, keys, strict=True)), dict(zip(keys, times, strict=True))
    heapify(plain)
    ours = ReminderHeap()
    for at, key in plain:
        ours.put(key, at)

    def plain_pop_push() -> None:
        for at in later:
            _, key = heappop(plain)
            heappush(plain, (at, key))

    def take_put() -> None:
        for at in later:
            assert ours.next_at is not None
            [key] = ours.take(ours.next_at)
            ours.put(key, at)

    def plain_reschedule() -> None:
        for at, key in zip(times, keys, strict=True):
            known[key] = at
            heappush(plain, (at, key))

    def reschedule() -> None:
        for at, key in zip(times, keys, strict=True):
            ours.put(key, at)

    print(f"{'heap of 100,000':<36}{'plain heapq':>14}{'ours':>16}")
    rows: list[tuple[str, Callable[[], None], Callable[[], None]]] = [
        ("take the next, put one; a second", plain_pop_push, take_put),
        ("move one (lazily); a second", plain_reschedule, reschedule),
    ]
    for name, theirs, mine in rows:
        rates = [CAPACITY / _cpu(work) for work in (theirs, mine)]
        print(f"{name:<36}{rates[0]:>14,.0f}{rates[1]:>16,.0f}   {rates[1] / rates[0]:.0%}")
    print(f"{'look at the next':<36}{'':>14}{_cpu(lambda: [ours.next_at for _ in range(10**5)]) * 1e4:>13.0f} ns")
    print(f"{'compact 100,000, in a thread':<36}{'':>14}{_cpu(lambda: asyncio.run(ours.compact())) * 1e3:>13.0f} ms")
    print(f"{'memory of 100,000':<36}{'':>14}{memory / 1e6:>13.1f} MB\n")


def _cpu(work: Callable[[], object]) -> float:
    begin = process_time()
    work()
    return process_time() - begin


# Ingest


def serve() -> None:
    """Answer with all three handlers on one core, until killed."""
    _pin(0)
    logs.configure("ERROR")
    uvicorn.run(_app(), port=PORT, log_level="error", access_log=False, lifespan="on", loop="uvloop", http="httptools")


def _app() -> Any:
    database = Database(os.environ["BENCH_DATABASE_URL"])
    heap: list[tuple[float, str]] = []
    state: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            service = _service(database)
            state["ours"] = EventRoutes(Inbox(database, service.subscriptions), TOKEN)
            await database.open()
            await database.opened()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        path: str = scope["path"]
        if path == EVENTS:
            await state["ours"](scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if path == "/one":
            _push(heap, body)
        elif path == "/bulk":
            for entry in _bulk.decode(body).entries:
                _push(heap, entry.event)
        answer = f"{process_time()}".encode() if path == "/cpu" else b""
        headers = [(b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer, "more_body": False})

    return app


class _Entry(msgspec.Struct):
    event: msgspec.Raw


class _Entries(msgspec.Struct):
    entries: list[_Entry]


_bulk = msgspec.json.Decoder(_Entries)


def _push(heap: list[tuple[float, str]], body: bytes | msgspec.Raw) -> None:
    event = decode(bytes(body)).data
    heappush(heap, (event.timestamp.timestamp(), event.task_id))
    if len(heap) > CAPACITY:
        heappop(heap)


def _service(database: Database) -> Service:
    settings = Settings(database_url=database.url, auth_secret=TOKEN)
    return create_service(
        Runtime(settings=settings, database=database, clock=SystemClock(), chat_api=httpx.AsyncClient())
    )


def measure_ingest(url: str, events: Sequence[TaskCreated]) -> None:
    """Alternate between the three and print the medians."""
    bodies = [encode(wrap(event, "chat-api")) for event in events]
    bulks = [_bulk_body(bodies[start : start + BULK]) for start in range(0, len(bodies), BULK)]
    cases = [
        ("raw, one a request", "/one", bodies, 1),
        ("raw, 100 a request", "/bulk", bulks, BULK),
        ("the service, 100 a request", EVENTS, bulks, BULK),
    ]
    environ = os.environ | {"BENCH_DATABASE_URL": url}
    with subprocess.Popen([sys.executable, __file__, "serve"], env=environ) as server:
        try:
            _pin(1)
            results: dict[str, list[tuple[float, float]]] = {name: [] for name, *_ in cases}
            for _ in range(ROUNDS):
                for name, path, requests, size in cases:
                    results[name].append(asyncio.run(_load(path, requests, size)))
        finally:
            server.terminate()
    print(f"{'ingest':<32}{'events a second':>16}{'CPU an event':>16}{'of raw':>10}{'1,000/s take':>16}")
    raw = statistics.median(rate for rate, _ in results["raw, one a request"])
    for name, measured in results.items():
        rate = statistics.median(rate for rate, _ in measured)
        cpu = statistics.median(cpu for _, cpu in measured)
        print(f"{name:<32}{rate:>16,.0f}{cpu * 1e6:>13.1f} us{rate / raw:>10.0%}{cpu * 1000:>15.1%}")
    print()


def _bulk_body(bodies: Sequence[bytes]) -> bytes:
    entries = b",".join(b'{"entryId":"%d","event":%s}' % (number, body) for number, body in enumerate(bodies))
    return b'{"topic":"%s","entries":[%s]}' % (TASK_CREATED.encode(), entries)


async def _load(path: str, bodies: Sequence[bytes], size: int) -> tuple[float, float]:
    """Events a second, and the server's CPU seconds an event."""
    requests = [_request(path, body) for body in bodies]
    counts = [0] * CONNECTIONS
    before = await _server_cpu()
    begin = perf_counter()

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        turn = number * len(requests) // CONNECTIONS
        while perf_counter() - begin < SECONDS:
            writer.write(requests[turn % len(requests)])
            await _answered(reader)
            counts[number] += size
            turn += 1
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(one(number) for number in range(CONNECTIONS)))
    elapsed = perf_counter() - begin
    return sum(counts) / elapsed, (await _server_cpu() - before) / sum(counts)


def _request(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: bench\r\ndapr-api-token: {TOKEN}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _answered(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return await reader.readexactly(length)


async def _server_cpu() -> float:
    for _ in range(200):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.write(_request("/cpu", b""))
        answer = await _answered(reader)
        writer.close()
        return float(answer)
    raise RuntimeError("the server does not answer")


def _pin(core: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[core % len(cores)]})


# Lateness


async def measure_lateness(url: str) -> None:
    """Fire a few thousand reminders and print how late their events were committed."""
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    database = Database(url)
    await database.open()
    await database.opened()
    await database.execute("DELETE FROM reminder_schedule")
    async with _committed(database) as seen, _running(database) as service:
        handler = service.subscriptions[0].handler
        print(f"{'lateness':<32}{'p50':>12}{'p99':>12}{'most':>12}")
        start = datetime.now(UTC) + timedelta(seconds=4)
        chance = random.Random(2)
        await _remind(
            url,
            handler,
            seen,
            "2,000 over ten seconds",
            [start + timedelta(seconds=chance.random() * 10) for _ in range(2_000)],
        )
        start = datetime.now(UTC) + timedelta(seconds=4)
        await _remind(url, handler, seen, "1,000 in the same instant", [start] * 1_000)
    await database.close()


async def _remind(url: str, handler: Any, seen: dict[str, float], name: str, dues: Sequence[datetime]) -> None:
    events = await make_tasks(url, len(dues), dues=dues, reminders=["PT0S"])
    for start in range(0, len(events), BULK):
        await handler(events[start : start + BULK])
    async with asyncio.timeout(60):
        while len(seen) < len(events):  # noqa: ASYNC110  # a bench may poll
            await asyncio.sleep(0.1)
    late = sorted(seen.values())
    seen.clear()
    most = late[-1]
    print(
        f"{name:<32}"
        + "".join(f"{x * 1e3:>9.0f} ms" for x in (late[len(late) // 2], late[len(late) * 99 // 100], most))
    )


@asynccontextmanager
async def _running(database: Database) -> AsyncGenerator[Service]:
    service = _service(database)
    assert service.background is not None
    async with service.background():
        yield service


@asynccontextmanager
async def _committed(database: Database) -> AsyncGenerator[dict[str, float]]:
    """Each reminder's event with its lateness when another connection could see it."""
    seen: dict[str, float] = {}
    last = 0
    wake = asyncio.Event()

    def heard(_connection: Connection, _pid: int, _channel: str, _payload: object) -> None:
        wake.set()

    async def watch() -> None:
        nonlocal last
        while True:
            await wake.wait()
            wake.clear()
            now = datetime.now(UTC)
            for row in await database.fetch("SELECT seq, payload FROM outbox WHERE seq > $1 ORDER BY seq", last):
                last = row["seq"]
                event: Any = decode(row["payload"]).data
                seen[event.event_id] = (now - event.scheduled_at).total_seconds()

    async with database.dedicated() as connection:
        await connection.add_listener(WAKE_CHANNEL, heard)
        watching = asyncio.create_task(watch())
        try:
            yield seen
        finally:
            watching.cancel()


# Tasks


async def make_tasks(
    url: str, count: int, *, dues: Sequence[datetime] | None = None, reminders: Sequence[str] = ("P1D", "PT1H")
) -> list[TaskCreated]:
    """Tasks in the database, with the events that chat-api publishes of them."""
    now = datetime.now(UTC)
    database = Database(url)
    await database.open()
    await database.opened()
    user = str(uuid.uuid4())
    await database.execute("INSERT INTO users VALUES ($1, $1, 'x', now(), now())", user)
    tasks = [
        Task(
            id=str(uuid.uuid4()),
            user_id=user,
            title="Water the plants",
            description=None,
            completed=False,
            due_at=dues[number] if dues else now + timedelta(days=2, seconds=number),
            recurrence_timezone="Europe/Berlin",
            reminders=list(reminders),
            version=1,
            created_at=now,
            updated_at=now,
        )
        for number in range(count)
    ]
    await database.execute(
        "INSERT INTO tasks (id, user_id, title, completed, created_at, updated_at, due_date, due_all_day,"
        " recurrence_timezone, reminder_config) SELECT id, $2, 'Water the plants', false, $4::timestamptz,"
        " $4::timestamptz, due_at, false, 'Europe/Berlin', $5::jsonb"
        " FROM unnest($1::text[], $3::timestamptz[]) AS row (id, due_at)",
        [task.id for task in tasks],
        user,
        [task.due_at for task in tasks],
        now,
        msgspec.json.encode(list(reminders)).decode(),
    )
    await database.close()
    return [
        TaskCreated(
            event_id=str(uuid.uuid4()),
            timestamp=now,
            user_id=user,
            actor_id=user,
            task_id=task.id,
            version=1,
            correlation_id="bench",
            task=task,
        )
        for task in tasks
    ]


if __name__ == "__main__":
    main()
