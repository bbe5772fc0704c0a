"""Periodic work comes again when it should, waits for outages to end, and outlives a clock that is set."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine

from taskflow_core.cancellation import ended
from taskflow_core.periodic import every
from tests.support.waiting import eventually


async def _breaks() -> None:
    raise ZeroDivisionError


@asynccontextmanager
async def at_work(turns: list[float], seconds: float, wake: asyncio.Event | None = None) -> AsyncGenerator[None]:
    """`turns` gets the loop's time of each turn."""

    async def work() -> None:
        turns.append(asyncio.get_running_loop().time())

    task = asyncio.create_task(every(seconds, work, name="work", wake=wake))
    try:
        yield
        assert not task.done()
    finally:
        await ended([task])


async def test_what_comes_every_so_often_waits_for_an_outage_to_end() -> None:
    turns: list[str] = []
    outages: list[bool] = []

    async def work() -> bool:
        turns.append("turn")
        if len(turns) == 2:
            raise ConnectionResetError
        return len(turns) < 2

    task = asyncio.create_task(every(0.01, work, name="work", outage=lambda: outages.append(True)))
    await eventually(lambda: len(turns) > 3)
    await ended([task])
    assert (task.cancelled(), len(outages)) == (True, 1)


async def test_what_comes_every_so_often_ends_by_what_is_no_outage() -> None:
    with pytest.raises(ZeroDivisionError):
        await every(0.01, _breaks, name="work")


async def test_an_outage_in_place_of_the_cancellation_ends_what_comes_every_so_often() -> None:
    turns = 0

    async def work() -> None:
        nonlocal turns
        turns += 1
        try:
            await asyncio.Event().wait()
        finally:
            raise TimeoutError

    task = asyncio.create_task(every(0.01, work, name="work"))
    await eventually(lambda: turns == 1)
    await ended([task])
    assert (task.cancelled(), turns) == (True, 1)


@pytest.mark.parametrize("days", [1000, -1000])
async def test_a_clock_that_is_set_neither_stops_it_nor_has_it_make_up_for_what_went_by(days: int) -> None:
    turns: list[float] = []
    with time_machine.travel(datetime.now(UTC), tick=True) as clock:
        async with at_work(turns, 0.1):
            await eventually(lambda: len(turns) == 2)
            clock.shift(timedelta(days=days))
            began = time.perf_counter()
            await eventually(lambda: len(turns) >= 6)
            assert time.perf_counter() - began < 5, "a turn for each interval that went by"
            assert all(later - sooner > 0.05 for sooner, later in pairwise(turns[3:]))


async def test_it_is_woken_before_its_time() -> None:
    turns: list[float] = []
    wake = asyncio.Event()
    async with at_work(turns, 60, wake=wake):
        await eventually(lambda: len(turns) == 1)
        wake.set()
        await eventually(lambda: len(turns) == 2)


async def test_what_takes_long_rests_as_long_as_ever_afterwards() -> None:
    ends: list[float] = []
    begins: list[float] = []
    loop = asyncio.get_running_loop()

    async def work() -> None:
        begins.append(loop.time())
        await asyncio.sleep(0.2)
        ends.append(loop.time())

    task = asyncio.create_task(every(0.1, work, name="work"))
    await eventually(lambda: len(begins) == 3)
    await ended([task])
    assert all(begin - end > 0.09 for end, begin in zip(ends, begins[1:], strict=False))
