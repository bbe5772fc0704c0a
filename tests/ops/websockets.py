"""The server's end of a websocket, as much of it as the API server in memory needs: a handshake, and whole frames."""

import base64
import contextlib
import hashlib
import socket
import threading
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

import websocket

_MAGIC: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_library: Any = websocket


class WebSocket:
    """A connection with a client, after its handshake."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._handler = handler
        accept = hashlib.sha1(f"{handler.headers['Sec-WebSocket-Key']}{_MAGIC}".encode()).digest()
        handler.close_connection = True
        handler.send_response(101)
        for name, value in _answers(handler.headers, base64.b64encode(accept).decode()).items():
            handler.send_header(name, value)
        handler.end_headers()
        self._frames = _library._abnf.frame_buffer(self._read, skip_utf8_validation=True)

    def send(self, channel: int, data: bytes) -> None:
        """A frame of one of Kubernetes' channels."""
        self._send(bytes([channel]) + data, _library.ABNF.OPCODE_BINARY)

    def received(self) -> Iterator[bytes]:
        """The data of frames, without the byte of the channel, until the client closes."""
        while True:
            try:
                frame = self._frames.recv_frame()
            except EOFError:
                return
            if frame.opcode == _library.ABNF.OPCODE_CLOSE:
                return
            yield frame.data[1:]

    def close(self) -> None:
        """Say that nothing follows."""
        self._send(b"\x03\xe8", _library.ABNF.OPCODE_CLOSE)

    def _send(self, data: bytes, opcode: int) -> None:
        frame = _library.ABNF(1, 0, 0, 0, opcode, 0, data)
        self._handler.connection.sendall(frame.format())

    def _read(self, size: int) -> bytes:
        data = self._handler.rfile.read(size)
        if not data:
            raise EOFError
        return data


def forward(client: WebSocket, port: int, to: int) -> None:
    """What Kubernetes does for a port-forward of `port`: join the client with the port `to` of this machine."""
    for channel in (0, 1):
        client.send(channel, port.to_bytes(2, "little"))
    try:
        target = socket.create_connection(("127.0.0.1", to), timeout=30)
    except OSError as error:
        client.send(1, f"connection refused: {error}".encode())
        client.close()
        return
    with target:

        def back() -> None:
            with contextlib.suppress(OSError):
                while data := target.recv(1 << 16):
                    client.send(0, data)
                client.close()

        threading.Thread(target=back, daemon=True).start()
        for data in client.received():
            target.sendall(data)


def _answers(headers: Message, accept: str) -> dict[str, str]:
    protocols = headers["Sec-WebSocket-Protocol"].split(",")
    return {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": accept,
        "Sec-WebSocket-Protocol": protocols[-1].strip(),
    }
