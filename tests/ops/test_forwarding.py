"""A port of a pod, here."""

import socket

import pytest

from taskflow_ops.pod_streams import forward


@pytest.mark.parametrize("used", [True, False])
def test_what_nobody_reads_breaks_nothing_off(used: bool) -> None:
    """Whoever forwards is told of the end, and meets no error: its thread would end by that, and say so."""
    here, pod = socket.socketpair()
    with pod:
        with forward(lambda: here) as port:
            pod.sendall(b"words" * 100)
            if used:
                with socket.create_connection(("127.0.0.1", port)) as client:
                    assert client.recv(5) == b"words"
        pod.settimeout(20)
        assert pod.recv(1) == b""
