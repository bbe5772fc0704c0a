"""Ports of this machine that nobody listens on."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path
from typing import Final

_RANGE: Final = range(20_000, 30_000)
"""Below the ports that systems give to outgoing connections (Linux: 32768 and up). Among those a program that waits for
its neighbour, trying to connect again and again, is in the end given the neighbour's port and connects to itself. And
below those that a Kubernetes on this machine gives to its services (30000 and up)."""

_GIVEN: Final = Path(tempfile.gettempdir()) / f"taskflow-ports-{os.getuid()}"


def free(count: int) -> list[int]:
    """`count` different free ports, for this process and its children: no other that asks here is given them.

    Somebody who did not ask may take one before its user does; then that user says so and ends. Raises OSError when
    there are not so many.
    """
    found: list[int] = []
    for port in random.sample(_RANGE, len(_RANGE)):
        if len(found) == count:
            return found
        if not _reserved(port):
            continue
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
    raise OSError(f"no {count} free ports between {_RANGE[0]} and {_RANGE[-1]}")


def answers(port: int) -> bool:
    """Whether something on this machine accepts connections at `port`."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _reserved(port: int) -> bool:
    """Whether the port is this process's from now on, until it ends."""
    _GIVEN.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(_GIVEN / str(port), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    return True  # the lock goes with the process
