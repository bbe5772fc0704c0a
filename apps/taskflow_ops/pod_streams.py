"""Streams into pods: a command's output, and a port of this machine that leads to a pod's."""

import json
import queue
import socket
import socketserver
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, Final

from kubernetes.stream.ws_client import ERROR_CHANNEL

from taskflow_ops.client import Client
from taskflow_ops.errors import OpsError, UnreachableError

_CHUNK_BYTES: Final = 1 << 16


def execute(client: Client, namespace: str, pod: str, container: str, words: list[str], *, within: float) -> str:
    """What a command in a container printed.

    Raises OpsError with its error output when its status is not 0, and where it has not ended `within` so many seconds.
    """
    what = f"`{' '.join(words)}` in pod {pod}"
    ended: queue.Queue[str | Exception] = queue.Queue()

    def run() -> None:
        try:
            ended.put(_executed(client, namespace, pod, container, words, what, within=within))
        except Exception as error:  # raised where it is waited for
            ended.put(error)

    # In a thread, because the package opens a stream without a limit of time.
    threading.Thread(target=run, daemon=True).start()
    try:
        answer = ended.get(timeout=within)
    except queue.Empty:
        raise OpsError(f"{what} did not end within {within:.0f} s.") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _executed(
    client: Client, namespace: str, pod: str, container: str, words: list[str], what: str, *, within: float
) -> str:
    stream = client.command(namespace, pod, container, words)
    try:
        with client.errors():
            stream.run_forever(timeout=within)
        if stream.is_open():
            raise OpsError(f"{what} did not end within {within:.0f} s.")
        output, errors, status = stream.read_stdout(), stream.read_stderr(), stream.read_channel(ERROR_CHANNEL)
    finally:
        stream.sock.shutdown()  # `close` leaves the connection open where the other side closed first
    if not status:
        raise UnreachableError(f"{what}: the connection broke off.")
    end: dict[str, Any] = json.loads(status)
    if end.get("status") != "Success":
        details = (errors or output).decode(errors="replace").strip()
        raise OpsError(f"{what} failed: {end.get('message', '')}\n{details[-2000:]}".rstrip())
    return output.decode(errors="replace")


@contextmanager
def forward(connect: Callable[[], Any]) -> Generator[int]:
    """While entered, a port of 127.0.0.1: each connection to it is joined with one that `connect` makes.

    Raises what `connect` raises at once, so that a refusal is heard here.
    """
    first = [connect()]

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OpsError, OSError):
                try:
                    pod = first.pop()
                except IndexError:
                    pod = connect()
                _join(self.request, pod)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection, bind_and_activate=True) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            for unused in first:
                _close(unused)


def _join(here: socket.socket, pod: Any) -> None:
    """Pass on what either says until one of them ends."""
    back = threading.Thread(target=_pass_on, args=(pod, here), daemon=True)
    back.start()
    _pass_on(here, pod)
    back.join()
    _close(pod)


def _close(pod: Any) -> None:
    """Close it with nothing left to read: else the other end is reset, and the package's thread dies of that aloud."""
    with suppress(OSError):
        pod.shutdown(socket.SHUT_RDWR)
        while pod.recv(_CHUNK_BYTES):
            pass
    pod.close()


def _pass_on(source: Any, target: Any) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK_BYTES):
            target.sendall(data)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
