"""What works in the background begins again when it dies, and stops when asked to, whatever hides or hinders it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from taskflow_core import supervisor
from taskflow_core.cancellation import StuckError, ended, side_by_side, stop_if_cancelled
from taskflow_core.supervisor import Supervisor
from taskflow_core.telemetry.metrics import REGISTRY
from tests.support.waiting import eventually

SERVICE = "a-service"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_LONGEST_PAUSE", 0.01)


def up(task: str) -> float | None:
    return REGISTRY.get_sample_value("taskflow_background_up", {"service": SERVICE, "task": task})


def restarts(task: str) -> float:
    return REGISTRY.get_sample_value("taskflow_background_restarts_total", {"service": SERVICE, "task": task}) or 0


async def _returns() -> None:
    pass


async def _breaks() -> None:
    raise ZeroDivisionError


async def _meets_an_outage() -> None:
    raise ConnectionResetError


async def _waits_for_what_is_cancelled() -> None:
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


@pytest.mark.parametrize("ends", [_returns, _breaks, _meets_an_outage, _waits_for_what_is_cancelled])
async def test_what_ends_by_itself_begins_again(ends: Callable[[], Awaitable[None]]) -> None:
    lives = 0

    async def work() -> None:
        nonlocal lives
        lives += 1
        if lives <= 3:
            await ends()
        else:
            await asyncio.Event().wait()

    name, before = ends.__name__, restarts(ends.__name__)
    async with Supervisor().running(SERVICE, {name: work}):
        await eventually(lambda: lives == 4)
        assert (up(name), restarts(name)) == (1, before + 3)
    assert up(name) is None, "what was stopped says nothing"
    assert restarts(name) == before + 3


async def test_an_error_that_hides_the_cancellation_does_not_keep_it_going() -> None:
    lives = 0

    async def work() -> None:
        nonlocal lives
        lives += 1
        try:
            await asyncio.Event().wait()
        finally:
            raise TimeoutError("the clean-up took too long")

    async with Supervisor().running(SERVICE, {"hides": work}):
        await eventually(lambda: lives == 1)
    assert lives == 1


async def test_work_that_may_finish_is_asked_first() -> None:
    asked = asyncio.Event()
    finished: list[bool] = []

    async def work() -> None:
        await asked.wait()
        await asyncio.sleep(0.05)
        finished.append(True)

    async with Supervisor().running(SERVICE, {"finishes": work}, finish=asked.set):
        pass
    assert finished == [True]


async def test_what_does_not_let_itself_be_ended_is_said_to_be_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.1)
    released = asyncio.Event()

    async def work() -> None:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    with pytest.raises(StuckError, match="a-service: stubborn"):
        async with Supervisor().running(SERVICE, {"stubborn": work}):
            await asyncio.sleep(0)
    released.set()


async def test_work_that_is_stuck_makes_the_process_say_so_and_end() -> None:
    async def work() -> None:
        raise StuckError("a turn does not end")

    made = Supervisor()
    assert made.stuck is None
    async with made.running(SERVICE, {"relay": work}):
        await asyncio.wait_for(made.gone(), 5)
        assert made.stuck == "a-service: relay is stuck: a turn does not end"


async def test_who_waits_for_others_to_end_is_cancelled_only_afterwards() -> None:
    slow = asyncio.Event()

    async def cleans_up() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.1)
            slow.set()

    inner = asyncio.create_task(cleans_up())
    await asyncio.sleep(0)
    outer = asyncio.create_task(ended([inner]))
    await asyncio.sleep(0.02)
    outer.cancel()
    await asyncio.wait({outer})
    assert outer.cancelled()
    assert inner.done()


async def test_side_by_side_the_first_to_end_ends_all_and_its_error_is_raised_as_it_is() -> None:
    ends: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("waits")

    with pytest.raises(ConnectionResetError):
        await side_by_side(waits, _meets_an_outage)
    assert ends == ["waits"]


async def test_a_time_out_of_its_own_is_no_request_to_stop() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await asyncio.Event().wait()
    stop_if_cancelled()
