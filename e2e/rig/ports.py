"""Ports of this machine that nobody listens on."""

import random
import socket
from typing import Final

_RANGE: Final = range(20_000, 32_000)
"""Below the ports that systems give to outgoing connections (Linux: 32768 and up). Among those a program that waits for
its neighbour, trying to connect again and again, is in the end given the neighbour's port and connects to itself."""


def free(count: int) -> list[int]:
    """`count` different free ports. Somebody may take one before its user does; then that user says so and ends.

    Raises OSError when there are not so many.
    """
    found: list[int] = []
    for port in random.sample(_RANGE, len(_RANGE)):
        if len(found) == count:
            return found
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
