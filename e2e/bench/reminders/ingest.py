"""Events that come in by HTTP: the client."""

import asyncio
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from time import perf_counter
from typing import Final

from e2e.bench.figures import Table
from e2e.bench.machine import pin
from e2e.bench.reminders.server import PORT, TOKEN
from taskflow_core.bus.dapr.routes import EVENTS
from taskflow_core.events.envelope import encode, wrap
from taskflow_core.events.model import TaskCreated
from taskflow_core.events.topics import TASK_CREATED

CONNECTIONS: Final = 16
SECONDS: Final = 3.0
ROUNDS: Final = 3
BULK: Final = 100


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
    with subprocess.Popen([sys.executable, "-m", "e2e.bench.reminders", "serve"], env=environ) as server:
        try:
            pin(1)
            results: dict[str, list[tuple[float, float]]] = {name: [] for name, *_ in cases}
            for _ in range(ROUNDS):
                for name, path, requests, size in cases:
                    results[name].append(asyncio.run(_load(path, requests, size)))
        finally:
            server.terminate()
    table = Table(32, ("events a second", 16), ("CPU an event", 16), ("of raw", 10), ("1,000/s take", 16))
    print(table.head("ingest"))
    raw = statistics.median(rate for rate, _ in results["raw, one a request"])
    for name, measured in results.items():
        rate = statistics.median(rate for rate, _ in measured)
        cpu = statistics.median(cpu for _, cpu in measured)
        print(table.line(name, f"{rate:,.0f}", f"{cpu * 1e6:.1f} us", f"{rate / raw:.0%}", f"{cpu * 1000:.1%}"))
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
