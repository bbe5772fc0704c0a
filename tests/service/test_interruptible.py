"""A signal ends work on a loop, wherever the program is when it comes."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from taskflow_core.interruptible import run_interruptible

SIGNALS = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]


@pytest.fixture(autouse=True)
def as_usual() -> Iterator[None]:
    """Whoever runs the tests may have some ignored: nohup, xdist."""
    usual = [signal.SIG_DFL, signal.SIG_DFL, signal.default_int_handler]
    before = [signal.signal(sig, handler) for sig, handler in zip(SIGNALS, usual, strict=True)]
    yield
    for sig, handler in zip(SIGNALS, before, strict=True):
        signal.signal(sig, handler)


@pytest.mark.parametrize("sent", SIGNALS)
def test_it_comes_within_a_callback_of_the_loop(sent: signal.Signals) -> None:
    """Whose exceptions a loop drops: the work would go on, and wait for ever."""
    tidied: list[str] = []

    async def work() -> None:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), sent)
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 30)
        finally:
            await asyncio.sleep(0)
            tidied.append("up")

    before = [signal.getsignal(sig) for sig in SIGNALS]
    with pytest.raises(KeyboardInterrupt):
        run_interruptible(work())
    assert tidied == ["up"]
    assert [signal.getsignal(sig) for sig in SIGNALS] == before


def test_what_is_to_be_ignored_is() -> None:
    """As nohup has it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    async def work() -> int:
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0.05)
        return 7

    assert run_interruptible(work()) == 7


def test_an_error_of_the_work_is_its_own() -> None:
    async def work() -> None:
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        run_interruptible(work())
