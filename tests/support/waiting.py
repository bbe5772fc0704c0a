"""Waiting for what must become true, with a deadline instead of a sleep."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

T = TypeVar("T")


async def eventually(assertion: Callable[[], T | Awaitable[T]], *, within: float = 20.0, every: float = 0.02) -> T:
    """Calls `assertion` until it stops raising AssertionError and returns something other than False; then returns it.

    It may be async. `within` and `every` are seconds; a busy machine may need many, and a test that passes needs few.
    After the deadline the last AssertionError is raised, or one that says that the value stayed False.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            outcome = assertion()
            value = cast(T, await outcome if inspect.isawaitable(outcome) else outcome)
            if value is not False:
                return value
            failure = AssertionError(f"still false after {within} s")
        except AssertionError as error:
            failure = error
        if time.monotonic() >= deadline:
            raise failure
        await asyncio.sleep(every)
