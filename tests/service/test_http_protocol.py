"""The limits of the server, on a real one: what is too large, too slow or too much is answered and closed."""

import asyncio
import resource
import socket
from typing import Any, Final

import pytest
import uvicorn
from litestar.types import Receive, Send
from structlog.testing import capture_logs

from taskflow_core.service.exchange import EXTENSION
from taskflow_core.service.limits import Limits
from taskflow_core.service.server import configured, connections_with_files
from taskflow_core.telemetry.metrics import REGISTRY
from tests.service.wire import ASK, KIB, QUICK, STREAM, Serving, on_uvloop, posted, serving
from tests.support.waiting import eventually


class TestHeaders:
    async def test_more_than_32_kib_are_refused(self):
        for header in (b"x: " + b"x" * 33 * KIB, b"\r\n".join(b"x%d: %b" % (n, b"x" * 1000) for n in range(40))):
            async with serving() as server:
                client = await server.connect()
                client.write(b"GET / HTTP/1.1\r\nHost: here\r\n" + header + b"\r\n\r\n")
                assert await client.refused() == (431, "HEADER_TOO_LARGE")
                assert not server.bodies

    async def test_a_header_without_end_is_refused_where_it_becomes_too_large(self):
        async with serving(Limits()) as server:
            client = await server.connect()
            client.write(b"GET /" + b"x" * 20 * KIB)
            await client.writer.drain()
            client.write(b"x" * 200 * KIB)
            assert await client.refused() == (431, "HEADER_TOO_LARGE")

    async def test_31_kib_are_taken_however_long_the_body(self):
        async with serving() as server:
            client = await server.connect()
            head = posted(60 * KIB)[:-2] + b"x: " + b"x" * 31 * KIB + b"\r\n\r\n"
            for _ in range(2):
                client.write(head + b"b" * 60 * KIB)
                assert await client.answer() == (200, {})
            assert server.bodies == [b"b" * 60 * KIB] * 2

    async def test_requests_sent_together_are_measured_each_by_itself(self):
        async with serving() as server:
            client = await server.connect()
            client.write(posted(40 * KIB) + b"b" * 40 * KIB + ASK[:10])
            assert await client.answer() == (200, {})
            client.write(ASK[10:])
            assert await client.answer() == (200, {})
            client.write(ASK + b"GET / HTTP/1.1\r\nx: " + b"x" * 33 * KIB + b"\r\n\r\n")
            assert await client.rest() in (b"", None), "there is no word in the midst of an answer"

    async def test_it_is_counted(self):
        def count() -> float:
            return REGISTRY.get_sample_value("taskflow_connections_refused_total", {"reason": "header_too_large"}) or 0

        before = count()
        async with serving() as server:
            client = await server.connect()
            client.write(b"GET / HTTP/1.1\r\nx: " + b"x" * 33 * KIB + b"\r\n\r\n")
            await client.refused()
        assert count() == before + 1


class TestTime:
    async def test_a_header_must_come_whole(self):
        async with serving() as server:
            for begun in (b"G", ASK[:-2]):
                client = await server.connect()
                client.write(begun)
                assert await client.refused() == (408, "REQUEST_TIMEOUT")

    async def test_drop_by_drop_is_no_way_around(self):
        async with serving() as server:
            client = await server.connect()

            async def drip() -> None:
                for byte in ASK:
                    client.write(bytes([byte]))
                    await asyncio.sleep(0.05)

            dripping = asyncio.create_task(drip())
            assert await client.refused() == (408, "REQUEST_TIMEOUT")
            dripping.cancel()

    async def test_a_connection_on_which_nothing_is_asked_ends_without_a_word(self):
        async with serving() as server:
            client = await server.connect()
            assert await client.rest(2) == b""

    async def test_a_second_request_has_its_own_time(self):
        async with serving() as server:
            client = await (await server.connect()).asked()
            await asyncio.sleep(2 * QUICK.header_seconds)  # idle: kept as long as the keep-alive says
            await client.asked()
            client.write(ASK[:-2])
            assert await client.refused() == (408, "REQUEST_TIMEOUT")

    async def test_a_body_must_come_whole_and_its_reader_hears_of_it(self):
        async with serving() as server:
            client = await server.connect()
            client.write(posted(10) + b"half")
            assert await client.refused() == (408, "REQUEST_TIMEOUT")
            await eventually(lambda: server.bodies == [None])

    async def test_a_body_may_take_longer_than_a_header(self):
        async with serving() as server:
            client = await server.connect()
            client.write(posted(2) + b"a")
            await asyncio.sleep(1.5 * QUICK.header_seconds)
            client.write(b"b")
            assert await client.answer() == (200, {})
            assert server.bodies == [b"ab"]

    async def test_a_body_that_nobody_reads_must_come_too(self):
        async with serving() as server:
            client = await server.connect()
            client.write(posted(10, "/unread") + b"half")
            assert await client.answer() == (200, {})
            assert await client.rest(2) == b""
            patient = await server.connect()
            patient.write(posted(4, "/unread") + b"ha")
            assert await patient.answer() == (200, {})
            patient.write(b"lf")
            await asyncio.sleep(2 * QUICK.body_seconds)
            await patient.asked()

    async def test_our_own_time_is_not_counted(self):
        """What was asked while an answer was on its way waits for us."""
        async with serving() as server:
            client = await server.connect()
            client.write(ASK.replace(b"/", b"/slow", 1) + ASK[:5])
            assert await client.answer() == (200, {})
            client.write(ASK[5:])
            assert await client.answer() == (200, {})

    async def test_a_stream_is_not_idle_and_has_no_limit(self):
        async with serving(keep_alive_seconds=1) as server:
            client = await server.connect()
            client.write(STREAM)
            with pytest.raises(TimeoutError):
                await client.rest(1.5)


class TestConnections:
    FEW: Final = Limits(max_connections=4)

    async def test_nearly_full_it_closes_the_connection_that_is_idle_for_longest(self):
        async with serving(self.FEW) as server:
            oldest, younger, busy = [await (await server.connect()).asked() for _ in range(3)]
            await younger.asked()
            await busy.asked()
            await (await server.connect()).asked()
            assert await oldest.rest() == b""
            await younger.asked()

    async def test_streams_and_requests_under_way_stay(self):
        async with serving(self.FEW) as server:
            streams = [await server.connect() for _ in range(3)]
            for stream in streams:
                stream.write(STREAM)
                assert (await stream.line()).startswith(b"HTTP/1.1 200")
            for _ in range(3):
                await (await server.connect()).asked()
            for stream in streams:
                with pytest.raises(TimeoutError):
                    await stream.rest(0.1)

    async def test_full_it_says_so_and_has_room_again_when_one_leaves(self):
        async with serving(self.FEW) as server:
            streams = [await server.connect() for _ in range(4)]
            for stream in streams:
                stream.write(STREAM)
                assert (await stream.line()).startswith(b"HTTP/1.1 200")
            late = await server.connect()
            late.write(ASK)
            assert await late.refused() == (503, "TOO_MANY_CONNECTIONS")
            streams[0].writer.close()
            await eventually(lambda: len(server.server.server_state.connections) < 4)
            await (await server.connect()).asked()

    async def test_none_is_left_behind(self):
        async with serving(Limits(max_connections=50, header_seconds=0.2, body_seconds=0.2)) as server:
            for begun in (b"", ASK, ASK[:5], posted(5), b"nonsense\r\n\r\n"):
                for _ in range(10):
                    (await server.connect()).write(begun)
            kind: Any = server.server.config.http_protocol_class
            pool: Any = kind.pool
            for connection in await asyncio.gather(*(server.connect() for _ in range(100))):
                connection.writer.close()
            await eventually(lambda: set(server.server.server_state.connections) <= set(pool.idle))
            await eventually(lambda: pool.lingering == 0)


class TestFiles:
    """A connection is an open file; a process that may not have enough of them takes fewer connections."""

    @pytest.fixture
    def limits(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
        now = [(1_024, 4_096)]

        def getrlimit(_: int) -> tuple[int, int]:
            return now[-1]

        def setrlimit(_: int, limit: tuple[int, int]) -> None:
            now.append(limit)

        monkeypatch.setattr(resource, "getrlimit", getrlimit)
        monkeypatch.setattr(resource, "setrlimit", setrlimit)
        return now

    def test_the_limit_is_raised_to_what_is_needed(self, limits: list[tuple[int, int]]) -> None:
        assert connections_with_files(2_000) == 2_000
        assert limits[-1] == (2_200, 4_096)
        assert connections_with_files(100) == 100
        assert len(limits) == 2, "and not lowered"

    def test_where_it_cannot_be_fewer_are_taken(self, limits: list[tuple[int, int]]) -> None:
        with capture_logs() as lines:
            assert connections_with_files(20_000) == 3_896
        assert limits[-1] == (4_096, 4_096)
        assert lines[0]["event"] == "fewer_connections"


async def test_the_connection_is_offered_as_an_extension():
    """As docs of the protocol say: begun by ASGI, then written to past it, in order."""
    offered: list[Any] = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        exchange = scope["extensions"][EXTENSION]
        offered.append(exchange)
        exchange.unframe()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        exchange.transport.write(b"2\r\nab\r\n")
        await send({"type": "http.response.body", "body": b"c", "more_body": True})
        exchange.transport.write(b"0\r\n\r\n")
        exchange.transport.close()
        assert (await receive())["type"] == "http.request"
        assert (await receive())["type"] == "http.disconnect"

    made = Serving(Limits(), 600)
    made.server = uvicorn.Server(configured(app, keep_alive_seconds=600, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made.port = listening.getsockname()[1]
        async with on_uvloop(made.server, listening):
            client = await made.connect()
            client.write(ASK)
            assert (await client.rest()).endswith(b"\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
            assert offered[0].chunked
            made.close()
