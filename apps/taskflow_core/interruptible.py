"""Work on an event loop that every signal to end a program ends in the same way."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

R = TypeVar("R")

_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)


def run_interruptible(work: Coroutine[Any, Any, R]) -> R:
    """What `work` returns. SIGTERM and SIGHUP end it as Ctrl-C does: it is cancelled, and tidies up after itself.

    They must not raise by themselves: that breaks off what happens to run, and where it is a callback of the loop, the
    error is dropped and the work goes on. Raises KeyboardInterrupt after a signal.
    """
    try:
        return asyncio.run(_cancelled_by_signals(work))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _cancelled_by_signals(work: Coroutine[Any, Any, R]) -> R:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    before = {sig: signal.getsignal(sig) for sig in _SIGNALS}
    heeded = [sig for sig in _SIGNALS if before[sig] is not signal.SIG_IGN]  # nohup has SIGHUP ignored
    for sig in heeded:
        loop.add_signal_handler(sig, task.cancel)
    try:
        return await work
    finally:
        for sig in heeded:
            loop.remove_signal_handler(sig)
            signal.signal(sig, before[sig])
