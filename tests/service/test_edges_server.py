"""The same on a real server's socket: what no client library would send, byte by byte."""

import socket
from pathlib import Path

import httpx
import pytest

from taskflow_core.settings import Settings
from tests.service.serving import serving

_HEAD = b"host: x\r\ncontent-type: application/json\r\nconnection: close\r\n"


def _post(path: str, headers: bytes, body: bytes) -> bytes:
    return b"POST /api/v1/auth/%b HTTP/1.1\r\n%b\r\n%b\r\n%b" % (path.encode(), headers, _HEAD, body)


REQUESTS: dict[str, bytes] = {
    "a path with a raw byte": b"GET /api/v1/tasks/\xff HTTP/1.1\r\n" + _HEAD + b"\r\n",
    "a query with a raw byte": b"GET /api/v1/auth/me?a=\xff HTTP/1.1\r\n" + _HEAD + b"\r\n",
    "a path with a NUL": b"GET /static/%00 HTTP/1.1\r\n" + _HEAD + b"\r\n",
    "a whole URL": b"GET http://evil.example//internal/occurrences HTTP/1.1\r\n" + _HEAD + b"\r\n",
    "no path at all": b"OPTIONS * HTTP/1.1\r\n" + _HEAD + b"\r\n",
    "an authority": b"CONNECT x:1 HTTP/1.1\r\n" + _HEAD + b"\r\n",
    "a method that nobody knows": b"BREW / HTTP/1.1\r\n" + _HEAD + b"\r\n",
    "a method of WebDAV": b"PROPFIND /api/v1/tasks HTTP/1.1\r\n" + _HEAD + b"\r\n",
    "a websocket": b"GET /api/v1/tasks HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    "no host": b"GET /health HTTP/1.1\r\nconnection: close\r\n\r\n",
    "two hosts": b"GET /health HTTP/1.1\r\nhost: [\r\n" + _HEAD + b"\r\n",
    "HTTP/1.0": b"GET /health HTTP/1.0\r\n\r\n",
    "HTTP/9.9": b"GET /health HTTP/9.9\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "headers with raw bytes": b"GET /api/v1/auth/me HTTP/1.1\r\nauthorization: Bearer \xff\xfe\r\ncookie: \xff=\xfe\r\n"
    b"x-correlation-id: \xff\r\ntraceparent: \xff\r\n" + _HEAD + b"\r\n",
    "a long header": b"GET /health HTTP/1.1\r\nx: " + b"x" * 200_000 + b"\r\n" + _HEAD + b"\r\n",
    "a length that is none": _post("login", b"content-length: x", b"{}"),
    "a negative length": _post("login", b"content-length: -1", b"{}"),
    "an endless length": _post("login", b"content-length: 99999999999999", b"{}"),
    "two lengths": _post("login", b"content-length: 2\r\ncontent-length: 3", b"{}"),
    "a chunk that is none": _post("login", b"transfer-encoding: chunked", b"x\r\n"),
    "half a body": _post("signup", b"content-length: 50", b'{"email":'),
    "a body of bytes": _post("signup", b"content-length: 13", b'{"email":"\xff"}'),
    "a body of brackets": _post("login", b"content-length: 60000", b"[" * 60_000),
    "half a body of a refresh": _post("refresh", b"content-length: 50", b"{"),
}


def sent(url: httpx.URL, request: bytes) -> bytes:
    """What the server answers; the sending side is closed behind the request, as a client that goes away does it."""
    with socket.create_connection((url.host, url.port or 80), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while part := connection.recv(65_536):
                answer += part
        except ConnectionResetError:
            pass  # it did not wait for the rest of the request
        return answer


def test_no_bytes_on_a_socket_are_a_fault_of_ours(
    settings: Settings, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    with serving(settings, tmp_path / "log") as server:
        url = httpx.URL(server.url)
        for name, request in REQUESTS.items():
            with subtests.test(name=name):
                answer = sent(url, request)
                assert not answer or answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 4")), answer[:300]
        assert httpx.get(f"{server.url}/health/live").status_code == 200
        server.stop()
        assert "Traceback" not in server.written, server.written
        assert "request_refused" not in server.written, server.written
        assert "request_failed" not in server.written, server.written
