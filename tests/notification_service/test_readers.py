"""Readers that are slow, dead or gone: they hold up nobody, and leave nothing behind."""

import asyncio
import gc
import resource
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from structlog.testing import capture_logs

from notification_service.endpoint import PATH
from taskflow_core.telemetry.metrics import REGISTRY
from tests.notification_service.rig import Running, quick, serving, updated
from tests.support.waiting import eventually

BIG = "x" * 60_000
NO_LIMIT = 1_000_000
AT_ONCE = 1_000
HEARTBEAT = b":\n\n"


@pytest.fixture(autouse=True, scope="module")
def many_files() -> None:
    """Both ends of a thousand connections are open in this process."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@pytest.fixture
async def running(request: pytest.FixtureRequest) -> AsyncGenerator[Running]:
    changes: dict[str, Any] = getattr(request, "param", {})
    async with serving(quick(stream_rate=NO_LIMIT, stream_queue=16) if not changes else quick(**changes)) as made:
        yield made


async def unread(running: Running, user_id: str, version: bytes = b"HTTP/1.1") -> socket.socket:
    """A client that asks for a stream and then reads nothing."""
    loop = asyncio.get_running_loop()
    sock = socket.socket()
    running.sockets.append(sock)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await loop.sock_connect(sock, ("127.0.0.1", running.port))
    await loop.sock_sendall(sock, asked(running, user_id).replace(b"HTTP/1.1", version))
    return sock


def asked(running: Running, user_id: str) -> bytes:
    return f"GET {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {running.token(user_id)}\r\n\r\n".encode()


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, {"service": "notification-service", **labels}) or 0.0


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def flood(running: Running, user_id: str, count: int, start: int = 0) -> None:
    for n in range(start, start + count):
        await running.publish(updated(user_id, f"task-of-{user_id}", n + 1, description=BIG))
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

    again = await (await running.open(sock=slow, limit=1_000_000)).head()
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
    await unread(running, "anna")
    await eventually(lambda: len(running.hub) == 1)
    cut = counted("taskflow_streams_ended_total", reason="slow")
    with capture_logs() as logs:
        for n in range(300):
            await flood(running, "anna", 1, n)
            if not len(running.hub):
                break
    assert len(running.hub) == 0
    failed = [line for line in logs if line["event"] == "stream_write_failed"]
    assert [(line["user_id"], line["reason"]) for line in failed] == [("anna", "slow")]
    assert counted("taskflow_streams_ended_total", reason="slow") == cut + 1


@pytest.mark.parametrize(
    "running", [{"stream_rate": NO_LIMIT, "stream_queue": 400, "stream_heartbeat_seconds": 1}], indirect=True
)
async def test_a_reader_that_takes_nothing_for_some_heartbeats_is_given_up(running: Running):
    await unread(running, "anna")
    await eventually(lambda: len(running.hub) == 1)
    await flood(running, "anna", 200)
    await eventually(lambda: len(running.hub) == 0)


async def test_a_connection_that_is_gone_is_not_written_to_though_the_stream_does_not_know_yet(running: Running):
    """uvloop raises then, and everybody's heartbeats would begin again."""
    await running.connect("anna")
    [stream] = running.hub._channels["anna"].streams
    assert stream.connection is not None
    assert stream.connection.ready()
    stream.connection.abort()
    assert not stream.connection.ready()
    stream.heartbeat(b": beat\n\n")
    await eventually(lambda: len(running.hub) == 0)


async def test_a_reader_that_goes_before_its_answer_leaves_no_place_taken(running: Running):
    for _ in range(30):
        ask(running, "anna").close()
        await asyncio.sleep(0)
    await eventually(lambda: not running.server.server_state.connections)
    assert len(running.hub) == 0
    assert (await running.connect("anna")).status == 200


@pytest.mark.parametrize(
    "running", [{"stream_rate": NO_LIMIT, "stream_queue": 16, "stream_heartbeat_seconds": 1}], indirect=True
)
@pytest.mark.parametrize("clients", [300, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(400)])])
async def test_slow_dead_and_reset_readers_leave_nothing_behind(running: Running, clients: int):
    files, tasks, streams = open_files(), len(asyncio.all_tasks()), counted("taskflow_streams")
    silent: list[socket.socket] = []
    for first in range(0, clients, AT_ONCE):
        users = [f"user-{n}" for n in range(first, min(first + AT_ONCE, clients))]
        silent += await come_and_go_badly(running, users)
    await eventually(lambda: not running.server.server_state.connections, within=30)
    await eventually(lambda: len(running.hub) == 0)
    for sock in silent:
        sock.close()
    assert counted("taskflow_streams") == streams
    assert not running.hub.preferences()
    gc.collect()
    await eventually(lambda: open_files() <= files)
    await eventually(lambda: len(asyncio.all_tasks()) <= tasks)
    assert (await running.connect("user-0")).status == 200


async def come_and_go_badly(running: Running, users: Sequence[str]) -> list[socket.socket]:
    """A reader for each user. A few take nothing and never go (they are returned), a quarter goes before the answer,
    some read a part and are reset in the middle of a frame, the rest is reset at any moment. The service must rid
    itself of all of them; returns when it has of those that went."""
    dead, hasty, reset = users[:20], users[20 : len(users) // 4], users[len(users) // 4 :]
    silent = [await unread(running, user) for user in dead]
    open_ = {user: ask(running, user) for user in reset}
    for nth, user in enumerate(hasty):
        ask(running, user).close()
        if nth % 50 == 0:
            await asyncio.sleep(0)
    await eventually(lambda: all(running.hub.here(user, "task.updated") for user in (*dead, *reset)), within=60)
    for user in dead:
        await flood(running, user, 60)
    for nth, user in enumerate(reset):
        await running.publish(updated(user, task_id=user, description=BIG if nth % 10 == 0 else None))
        if nth % 3 == 0:
            open_[user].recv(1_000)
        open_[user].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        open_[user].close()
        if nth % 2 == 0:
            await running.publish(updated(user, task_id=user, version=3))
    await eventually(lambda: not any(running.hub.here(user, "task.updated") for user in reset), within=30)
    return silent


def ask(running: Running, user_id: str) -> socket.socket:
    """A client on a blocking socket that has sent its request."""
    sock = socket.create_connection(("127.0.0.1", running.port))
    running.sockets.append(sock)
    sock.sendall(asked(running, user_id))
    return sock


async def test_a_server_that_stops_does_not_wait_for_a_reader_that_takes_nothing(running: Running):
    await unread(running, "anna")
    await eventually(lambda: len(running.hub) == 1)
    await flood(running, "anna", 200)
    running.server.should_exit = True
    await eventually(lambda: not running.server.server_state.connections)


class TestHttp10:
    """A client without chunks gets the stream as it is, up to the end of the connection."""

    @pytest.mark.parametrize("http", ["ours", "h11"])
    @pytest.mark.parametrize("connection", ["", "Connection: keep-alive\r\n"])
    async def test_it_gets_frames_without_framing(self, http: Literal["ours", "h11"], connection: str):
        async with serving(quick(stream_heartbeat_seconds=0.1), http=http) as running:
            client = await running.open()
            reader = client.reader
            request = asked(running, "anna").replace(b"HTTP/1.1\r\n", b"HTTP/1.0\r\n" + connection.encode())
            client.writer.write(request)
            head = await within(reader.readuntil(b"\r\n\r\n"))
            assert head.split(b"\r\n")[0].endswith(b" 200 OK")
            assert b"transfer-encoding" not in head.lower()
            assert b"content-length" not in head.lower()
            assert b"connection: close" in head.lower()
            assert (await within(reader.readuntil(b"\n\n"))).startswith(b"retry: ")
            await running.publish(event := updated("anna"))
            while (frame := await within(reader.readuntil(b"\n\n"))) == HEARTBEAT:
                pass
            assert frame.startswith(b'id: %b\ndata: {"id":"' % event.event_id.encode())
            assert await within(reader.readuntil(b"\n\n")) == HEARTBEAT
            running.hub.stop()
            rest = await within(reader.read())
            while rest.startswith(HEARTBEAT):
                rest = rest.removeprefix(HEARTBEAT)
            assert rest.startswith(b"retry: ")
            assert rest.endswith(b"\n\n")

    @pytest.mark.parametrize("http", ["ours", "h11"])
    async def test_a_slow_one_gets_every_byte_in_order(self, http: Literal["ours", "h11"]):
        async with serving(quick(stream_rate=NO_LIMIT, stream_queue=1_000), http=http) as running:
            sock = await unread(running, "anna", version=b"HTTP/1.0")
            await eventually(lambda: len(running.hub) == 1)
            events = [updated("anna", f"t{n}", title=BIG) for n in range(100)]
            for event in events:
                await running.publish(event)
            reader = (await running.open(sock=sock)).reader
            body = b""
            while body.count(b"}\n\n") < len(events):  # heartbeats may come between them, and after the last
                body += await within(reader.read(1_000_000))
            told = [line[4:].decode() for line in body.split(b"\n") if line.startswith(b"id: ")]
            assert told == [event.event_id for event in events]
            assert body.count(BIG.encode()) == len(events)


async def within(reading: Awaitable[bytes]) -> bytes:
    return await asyncio.wait_for(reading, 20)
