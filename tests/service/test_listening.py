"""The port: had at once, or said who has it and what to do."""

import re
import socket
import subprocess
import sys

import pytest

from taskflow_core.service import listening

LISTEN = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
time.sleep(600)
"""


def test_a_port_that_is_taken_is_said_to_be_whose_and_another_is_named() -> None:
    with subprocess.Popen([sys.executable, "-c", LISTEN], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            port = int(holder.stdout.readline())
            with pytest.raises(listening.PortError) as refusal:
                listening.listen("127.0.0.1", port)
        finally:
            holder.kill()
    message = str(refusal.value)
    assert f"Port {port} is taken by process {holder.pid} (" in message
    named = re.search(r"TASKFLOW_PORT=(\d+) make up", message)
    assert named is not None
    listening.listen("127.0.0.1", int(named[1])).close()


def test_a_port_just_left_can_be_had_again() -> None:
    first = listening.listen("127.0.0.1", 0)
    port = first.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)), first.accept()[0]:
        first.close()
    listening.listen("127.0.0.1", port).close()


def test_an_address_that_is_not_ours_is_said() -> None:
    with pytest.raises(listening.PortError, match="Check TASKFLOW_HOST and TASKFLOW_PORT"):
        listening.listen("192.0.2.1", 8000)
