"""A crash at any line of the service's own code: what it was doing is undone or done, and done once in the end."""

import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final

import reminder_service
from taskflow.database.pool import Database
from tests.reminder_service.world import NOON, Replica, World, minutes
from tests.support.clock import MovableClock

CODE: Final = str(Path(reminder_service.__file__).parent)


class CrashError(BaseException):
    """The process ends here."""


async def crash_at(line: int, work: Callable[[], Awaitable[object]]) -> bool:
    """Do `work` and crash when it comes to its `line`th line in the service's code; False when it has no more lines."""
    seen = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal seen
        if not frame.f_code.co_filename.startswith(CODE):
            return None
        if event == "line":
            seen += 1
            if seen == line:
                raise CrashError
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        await work()
    except CrashError:
        return True
    finally:
        sys.settrace(before)
    return False


async def test_while_sending(world: World, database: Database, clock: MovableClock) -> None:
    line, expected = 0, Counter[str]()
    crashed = True
    while crashed:
        line += 1
        clock.freeze(NOON)
        events = await world.create_many([NOON + minutes(10)] * 2, "PT5M")
        replica = Replica(database, clock)
        await replica.hear(*events)
        await world.complete(events[1].task)
        expected[events[0].task_id] += 1
        clock.advance(minutes(5))
        crashed = await crash_at(line, replica.firing.fire_due)
        await Replica(database, clock).fire()
    assert line > 20
    assert Counter(event.task_id for event in await world.sent()) == expected


async def test_while_planning(world: World, database: Database, clock: MovableClock) -> None:
    line, expected = 0, Counter[tuple[str, str]]()
    crashed = True
    while crashed:
        line += 1
        clock.freeze(NOON)
        replica = Replica(database, clock)
        moving, going = await world.create_many([NOON + minutes(10)] * 2, "PT5M")
        await replica.hear(moving, going)
        moved = await world.change(moving.task, due_at=NOON + minutes(20), reminders=["PT2M", "PT1M"])
        deleted = await world.delete(going.task)
        expected.update({(moving.task_id, "PT2M"): 1, (moving.task_id, "PT1M"): 1})
        crashed = await crash_at(line, lambda r=replica, m=moved, d=deleted: r.hear(m, d))
        again = Replica(database, clock)
        if line % 2:
            await again.hear(moved, deleted)
        else:
            await again.reconciler.reconcile()
        clock.advance(minutes(30))
        await again.fire()
    assert line > 60
    assert Counter((event.task_id, event.offset) for event in await world.sent()) == expected
