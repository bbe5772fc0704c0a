"""Readers that are slow, dead or gone: they hold up nobody, and leave nothing behind."""

import asyncio
import gc
import socket
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from notification_service.endpoint import PATH
from taskflow.telemetry.metrics import REGISTRY
from tests.notification_service.rig import Reader, Running, quick, serving, updated
from tests.support.waiting import eventually

BIG = "x" * 60_000
NO_LIMIT = 1_000_000


@pytest.fixture
async def running(request: pytest.FixtureRequest) -> AsyncGenerator[Running]:
    changes: dict[str, Any] = getattr(request, "param", {})
    async with serving(quick(stream_rate=NO_LIMIT, stream_queue=16) if not changes else quick(**changes)) as made:
        yield made


async def unread(running: Running, user_id: str) -> socket.socket:
    """A client that asks for a stream and then reads nothing."""
    loop = asyncio.get_running_loop()
    sock = socket.socket()
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await loop.sock_connect(sock, ("127.0.0.1", running.port))
    await loop.sock_sendall(sock, asked(running, user_id))
    return sock


def asked(running: Running, user_id: str) -> bytes:
    return f"GET {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {running.token(user_id)}\r\n\r\n".encode()


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, {"service": "notification-service", **labels}) or 0.0


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def flood(running: Running, user_id: str, count: int, start: int = 0) -> None:
    for n in range(start, start + count):
        await running.publish(updated(user_id, version=n + 1, description=BIG))
        if n % 10 == 0:
            await asyncio.sleep(0)


async def test_a_slow_reader_loses_the_oldest_and_is_told(running: Running):
    slow = await unread(running, "anna")
    quick_one = await running.connect("anna")
    await eventually(lambda: len(running.hub) == 2)
    dropped = counted("taskflow_stream_dropped_total")
    for n in range(300):
        await running.publish(updated("anna", version=n + 1, description=BIG))
        assert (await quick_one.frame())["version"] == n + 1, "others are not held up"
    assert counted("taskflow_stream_dropped_total") > dropped

    reader, writer = await asyncio.open_connection(sock=slow, limit=1_000_000)
    again = await Reader(reader, writer).head()
    seen = [await again.frame()]
    while seen[-1].get("version") != 300:
        seen.append(await again.frame())
    resets = [n for n, frame in enumerate(seen) if frame["type"] == "reset"]
    assert len(resets) == 1
    assert seen[resets[0]]["reason"] == "slow"
    versions = [frame["version"] for frame in seen if frame["type"] != "reset"]
    assert versions == sorted(versions)
    gap = versions[resets[0]] - versions[resets[0] - 1]
    assert gap > 1, "the reset stands where frames are missing"
    assert len(versions) == 300 - gap + 1, "and nowhere else is any missing"
    await running.publish(updated("anna", version=301))
    assert (await again.frame())["version"] == 301
    again.reset()


@pytest.mark.parametrize(
    "running", [{"stream_rate": NO_LIMIT, "stream_queue": 16, "slow_reader": "disconnect"}], indirect=True
)
async def test_a_slow_reader_may_be_disconnected_instead(running: Running):
    slow = await unread(running, "anna")
    await eventually(lambda: len(running.hub) == 1)
    cut = counted("taskflow_streams_ended_total", reason="slow")
    for n in range(300):
        await flood(running, "anna", 1, n)
        if not len(running.hub):
            break
    assert len(running.hub) == 0
    assert counted("taskflow_streams_ended_total", reason="slow") == cut + 1
    slow.close()


@pytest.mark.parametrize(
    "running", [{"stream_rate": NO_LIMIT, "stream_queue": 400, "stream_heartbeat_seconds": 1}], indirect=True
)
async def test_a_reader_that_takes_nothing_for_some_heartbeats_is_given_up(running: Running):
    dead = await unread(running, "anna")
    await eventually(lambda: len(running.hub) == 1)
    await flood(running, "anna", 200)
    await eventually(lambda: len(running.hub) == 0, within=8)
    dead.close()


async def test_a_reader_that_goes_before_its_answer_leaves_no_place_taken(running: Running):
    for _ in range(30):
        sock = socket.socket()
        sock.connect(("127.0.0.1", running.port))
        sock.sendall(asked(running, "anna"))
        sock.close()
        await asyncio.sleep(0)
    await eventually(lambda: not running.server.server_state.connections)
    assert len(running.hub) == 0
    assert (await running.connect("anna")).status == 200


async def test_hundreds_of_slow_dead_and_reset_readers_leave_nothing_behind(running: Running):
    files, tasks = open_files(), len(asyncio.all_tasks())
    slow = [await unread(running, f"slow-{n}") for n in range(60)]
    reset = [await running.connect(f"reset-{n}") for n in range(150)]
    for n in range(150):
        sock = socket.socket()
        sock.connect(("127.0.0.1", running.port))
        sock.sendall(asked(running, f"gone-{n}"))
        sock.close()
        if n % 25 == 0:
            await asyncio.sleep(0)
    await eventually(lambda: len(running.hub) == 210)
    for n in range(60):
        await flood(running, f"slow-{n}", 20)
    for reader in reset:
        reader.reset()
    for n in range(150):
        await running.publish(updated(f"reset-{n}"))
    for sock in slow:
        sock.close()
    await eventually(lambda: not running.server.server_state.connections, within=15)
    assert len(running.hub) == 0
    assert not running.hub.preferences()
    gc.collect()
    await eventually(lambda: open_files() <= files)
    await eventually(lambda: len(asyncio.all_tasks()) <= tasks)


async def test_a_server_that_stops_does_not_wait_for_a_reader_that_takes_nothing(running: Running):
    stuck = await unread(running, "anna")
    await eventually(lambda: len(running.hub) == 1)
    await flood(running, "anna", 200)
    running.server.should_exit = True
    await eventually(lambda: not running.server.server_state.connections, within=3)
    stuck.close()
