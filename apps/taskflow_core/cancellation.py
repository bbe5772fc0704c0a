"""Cancellation: what is asked to stop stops, and what is waited for has ended, whatever hides or hinders it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import structlog

log = structlog.get_logger(__name__)

STUCK_SECONDS: Final = 10.0
"""How long tasks may take to end before they count as stuck."""

_AGAIN_SECONDS: Final = 2.0


class StuckError(Exception):
    """A task does not end although it was cancelled again and again: only the end of its process ends it."""


def stop_if_cancelled() -> None:
    """Raise CancelledError if the current task was asked to stop: for handlers of errors, which may have hidden that.

    An error raised while a task is being cancelled, such as the TimeoutError of a clean-up, takes the place of the
    CancelledError. Who takes it for an outage and goes on has not stopped.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def ended(tasks: Iterable[asyncio.Future[Any]], *, within: float = STUCK_SECONDS) -> None:
    """Cancel `tasks`, and return once all of them have ended; what they end with is theirs.

    The caller's own cancellation does not cut that short: it is raised afterwards. Raises StuckError when some have not
    ended `within` seconds.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    asked: asyncio.CancelledError | None = None
    tasks = list(tasks)
    pending = {task for task in tasks if not task.done()}
    while pending and loop.time() < deadline:
        for task in pending:
            task.cancel()
        try:
            _, pending = await asyncio.wait(pending, timeout=min(_AGAIN_SECONDS, deadline - loop.time()))
        except asyncio.CancelledError as error:
            asked = error
            pending = {task for task in pending if not task.done()}
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()  # else asyncio would complain that nobody looked at it
    if pending:
        names = ", ".join(sorted(task.get_name() if isinstance(task, asyncio.Task) else "?" for task in pending))
        stacks = ["".join(_stack(task)) for task in pending if isinstance(task, asyncio.Task)]
        log.error("tasks_do_not_end", tasks=names, seconds=within, stacks=stacks)
        raise StuckError(f"{names}: cancelled, and not ended within {within:g} s") from asked
    if asked is not None:
        raise asked


async def side_by_side(*works: Callable[[], Awaitable[None]]) -> None:
    """Run all until the first of them ends, or this is cancelled; then the others have ended as well.

    Raises what the first one raised, by itself: an outage stays an outage.
    """
    tasks = [asyncio.create_task(_run(work), name=getattr(work, "__qualname__", "?")) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await ended(tasks)
    for task in done:
        await task


async def _run(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def _stack(task: asyncio.Task[Any]) -> list[str]:
    """Where a task is, a line per frame."""
    return [f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}\n" for frame in task.get_stack()]
