"""Ports are given once, however many processes ask at the same time; no sidecar is needed for that."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from e2e.rig import ports

_ASKS = "import sys; from e2e.rig import ports; print(*ports.free(700), flush=True); sys.stdin.read()"


@pytest.fixture
def asked() -> Iterator[list[set[int]]]:
    """What eight processes are given that hold it at once."""
    with ExitStack() as held:
        processes = [
            held.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", _ASKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for _ in range(8)
        ]
        lines = [process.stdout.readline() if process.stdout else "" for process in processes]
        yield [{int(word) for word in line.split()} for line in lines]
        for process in processes:
            if process.stdin:
                process.stdin.close()


def test_no_two_processes_are_given_the_same(asked: list[set[int]]) -> None:
    assert [len(given) for given in asked] == [700] * 8
    assert len(set[int]().union(*asked)) == 8 * 700
    assert not set[int]().union(*asked) & set(ports.free(700))


def test_and_they_are_free_again_when_a_process_has_ended() -> None:
    for _ in range(16):
        ended = subprocess.run([sys.executable, "-c", _ASKS], input="", capture_output=True, text=True, check=True)
        assert len(ended.stdout.split()) == 700
