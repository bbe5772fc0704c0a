"""A network between a browser and the platform that can be cut, hang and be counted: a relay of TCP connections."""

import contextlib
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit


class WeakNetwork:
    """Relays to `url` from an address of its own, which stays the same however often the network comes and goes."""

    def __init__(self, url: str) -> None:
        there = urlsplit(url)
        assert there.hostname
        assert there.port
        self._there = (there.hostname, there.port)
        self._flows = threading.Event()
        self._flows.set()
        self._guard = threading.Lock()
        self._open: set[socket.socket] = set()
        self.received = 0
        """Bytes that came back through it."""
        self._port = 0
        self._listener = self._listen()

    @property
    def url(self) -> str:
        return f"http://localhost:{self._port}"

    def hang(self) -> None:
        """Nothing gets through, and nothing says so: a server that is stopped, or a cable that is out."""
        self._flows.clear()

    def cut(self) -> None:
        """Connections break and none can be made: the server is gone."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._guard:
            for one in self._open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        self._flows.set()

    def mend(self) -> None:
        """All is well again."""
        self._flows.set()
        if self._listener.fileno() < 0:
            self._listener = self._listen()

    def close(self) -> None:
        self.cut()

    def _listen(self) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", self._port), backlog=64)
        self._port = listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(near,), daemon=True).start()

    def _relay(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._there, timeout=30)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        with self._guard:
            self._open |= {near, far}
        back = threading.Thread(target=self._pump, args=(far, near, True), daemon=True)
        back.start()
        self._pump(near, far, False)
        back.join()
        with self._guard:
            self._open -= {near, far}
        near.close()
        far.close()

    def _pump(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                sink.sendall(data)
                if counted:
                    self.received += len(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def weak_network(url: str) -> Generator[WeakNetwork]:
    """One that is closed when the block ends."""
    network = WeakNetwork(url)
    try:
        yield network
    finally:
        network.close()
