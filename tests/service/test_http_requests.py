"""Where a request ends, on a real server: what is in one is never another, and what comes behind it costs little."""

import asyncio
import contextlib
import socket
from typing import Final

import pytest

from taskflow_core.service.limits import Limits
from taskflow_core.service.listening import listen
from tests.service.wire import ASK, KIB, PIECE, PIECES, STREAM, Serving, posted, serving
from tests.support.waiting import eventually

INNER: Final = b"GET /inner HTTP/1.1\r\nHost: here\r\n\r\n"
UPGRADE: Final = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
LARGE: Final = b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n"
CHUNKED: Final = b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"


def _with(head: bytes, more: bytes) -> bytes:
    return head[:-2] + more + b"\r\n"


def _paths(server: Serving) -> list[str]:
    return [scope["path"] for scope in server.scopes]


class TestAnotherProtocol:
    """`Upgrade` is for a protocol that we do not speak: the request is one as any other, body and all."""

    @pytest.mark.parametrize("kind", [b"h2c", b"websocket", b"TLS/1.0, HTTP/1.1", b"x"])
    async def test_the_body_is_the_requests_and_no_request_of_its_own(self, kind: bytes) -> None:
        async with serving() as server:
            client = await server.connect()
            head = _with(posted(len(INNER)), UPGRADE.replace(b"h2c", kind))
            for pieces in ((head + INNER,), (head, INNER), (head + INNER[:5], INNER[5:])):
                for piece in pieces:
                    client.write(piece)
                    await client.writer.drain()
                assert await client.answer() == (200, {})
            await client.asked()
            assert _paths(server) == ["/"] * 4
            assert server.bodies == [INNER] * 3 + [b""]
            assert not any(name == b"upgrade" for name, _ in server.scopes[0]["headers"])

    async def test_a_body_of_chunks(self) -> None:
        async with serving() as server:
            client = await server.connect()
            client.write(_with(CHUNKED, UPGRADE) + b"5\r\nhello\r\n0\r\n\r\n")
            assert await client.answer() == (200, {})
            await client.asked()
            assert server.bodies == [b"hello", b""]

    async def test_what_is_sent_behind_it_is_answered(self) -> None:
        async with serving() as server:
            client = await server.connect()
            client.write(_with(ASK, UPGRADE) * 3 + ASK)
            for _ in range(4):
                assert await client.answer() == (200, {})

    async def test_its_header_has_the_limits_of_others(self) -> None:
        async with serving() as server:
            client = await server.connect()
            client.write(_with(ASK, UPGRADE + b"x: " + b"x" * 33 * KIB + b"\r\n"))
            assert await client.refused() == (431, "HEADER_TOO_LARGE")
            slow = await server.connect()
            slow.write(_with(posted(10), UPGRADE) + b"half")
            assert await slow.refused() == (408, "REQUEST_TIMEOUT")

    async def test_a_tunnel_is_refused(self) -> None:
        async with serving() as server:
            client = await server.connect()
            client.write(b"CONNECT /x HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % len(INNER) + INNER)
            assert await client.refused() == (400, "MALFORMED_REQUEST")
            assert not server.scopes


class TestChunks:
    async def test_trailers_are_no_headers(self) -> None:
        async with serving() as server:
            client = await server.connect()
            client.write(CHUNKED)
            await eventually(lambda: server.scopes)
            client.write(b"0\r\nAuthorization: Bearer x\r\nCookie: a=b\r\n\r\n")
            assert await client.answer() == (200, {})
            assert {name for name, _ in server.scopes[0]["headers"]} == {b"host", b"transfer-encoding"}

    @pytest.mark.parametrize("around", [b"0\r\n" + b"x: y\r\n" * 60 * KIB, b"0\r\nx: " + b"y" * 600 * KIB])
    async def test_more_than_32_kib_of_them_are_refused(self, around: bytes) -> None:
        async with serving(Limits()) as server:
            client = await server.connect()
            client.write(CHUNKED)
            await eventually(lambda: server.scopes)
            client.write(around)
            assert await client.refused() == (431, "HEADER_TOO_LARGE")
            await eventually(lambda: server.bodies == [None])

    async def test_so_is_what_is_said_of_a_chunk(self) -> None:
        async with serving(Limits()) as server:
            client = await server.connect()
            client.write(CHUNKED)
            await eventually(lambda: server.scopes)
            client.write(b"1;" + b"x" * 600 * KIB)
            assert await client.refused() == (431, "HEADER_TOO_LARGE")

    async def test_a_body_may_come_byte_by_byte(self) -> None:
        async with serving(Limits()) as server:
            client = await server.connect()
            client.write(CHUNKED + b"1\r\na\r\n" * 60 * KIB + b"0\r\n\r\n")
            assert await client.answer() == (200, {})
            assert server.bodies == [b"a" * 60 * KIB]

    @pytest.mark.parametrize(
        "body", [b"x\r\n", b"-1\r\n", b"0x1\r\na\r\n", b"f" * 17 + b"\r\n", b"1\r\nab\r\n", b"1\na\n"]
    )
    async def test_one_that_is_wrong_is_refused_with_a_word(self, body: bytes) -> None:
        async with serving() as server:
            client = await server.connect()
            client.write(CHUNKED + body + b"0\r\n\r\n" + INNER)
            assert await client.refused() == (400, "MALFORMED_REQUEST")
            assert "/inner" not in _paths(server)


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Content-Length: 5\r\nContent-Length: 5\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: -5\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length : 5\r\n",
        b"Content-Length:\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n",
        b"Transfer-Encoding:\r\n chunked\r\n",
        b"X: a\r\n Content-Length: 5\r\n",
        b"X: a\nContent-Length: 5\r\n",
        b"X: a\rContent-Length: 5\r\n",
        b"X: a\x00\r\n",
        b"X\r\n",
        b": x\r\n",
    ],
)
async def test_a_length_that_can_be_read_in_two_ways_is_none(lines: bytes) -> None:
    """Somebody before us may read it the other way: nothing of it is answered as a request, and nothing behind it."""
    async with serving() as server:
        client = await server.connect()
        client.write(b"POST / HTTP/1.1\r\nHost: here\r\n" + lines + b"\r\n0\r\n\r\n" + INNER)
        assert await client.refused() == (400, "MALFORMED_REQUEST")
        assert "/inner" not in _paths(server)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system has no such option")
class TestUnread:
    """Who asks and does not read is neither idle nor late, and has a place and memory that others need."""

    @pytest.mark.parametrize("asked", [LARGE, LARGE.replace(b"/1.1", b"/1.0"), ASK * 20_000])
    async def test_an_answer_that_nobody_takes_is_given_up(self, asked: bytes) -> None:
        async with serving(Limits(pipelined=1_000_000), listening=listen("127.0.0.1", 0, unread_seconds=1)) as server:
            with socket.socket() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                client.connect(("127.0.0.1", server.port))
                client.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    client.send(asked)
                await eventually(lambda: server.scopes)
                await eventually(lambda: not server.server.server_state.connections)

    async def test_one_that_is_taken_after_a_while_is_not(self) -> None:
        async with serving(listening=listen("127.0.0.1", 0, unread_seconds=15)) as server:
            client = await server.connect()
            client.write(LARGE.replace(b"/1.1", b"/1.0"))
            await asyncio.sleep(1)
            assert len(await client.rest()) > PIECES * len(PIECE)

    async def test_nearly_full_it_makes_room_for_others(self) -> None:
        async with serving(Limits(max_connections=4)) as server:
            for _ in range(8):
                client = await server.connect()
                client.write(ASK)
                assert await client.answer() == (200, {})
            assert len(server.server.server_state.connections) <= 4


class TestOneBehindTheOther:
    async def test_some_may_wait_and_are_answered_in_turn(self) -> None:
        async with serving() as server:
            client = await server.connect()
            client.write(ASK.replace(b"/", b"/slow", 1) + INNER * 60)
            for _ in range(61):
                assert await client.answer() == (200, {})
            assert _paths(server) == ["/slow"] + ["/inner"] * 60

    async def test_many_are_not_kept(self) -> None:
        async with serving() as server:
            client = await server.connect()
            client.write(ASK.replace(b"/", b"/slow", 1) + INNER * 5_000)
            assert await client.rest() == b""
            await eventually(lambda: not server.server.server_state.connections)
            assert _paths(server) == ["/slow"]

    async def test_a_stream_hears_that_its_reader_has_gone_whatever_was_asked_behind_it(self) -> None:
        async with serving() as server:
            client = await server.connect()
            client.write(STREAM + ASK * 3)
            await eventually(lambda: server.open == 1)
            client.writer.close()
            await eventually(lambda: server.open == 0)
