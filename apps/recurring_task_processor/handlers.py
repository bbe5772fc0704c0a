"""What the processor does with events: they are hints to look at the series now. Truth is in the database."""

from collections.abc import Sequence

from recurring_task_processor.worker import Worker
from taskflow_core.bus.port import SUCCESS, Handler, Outcome
from taskflow_core.events.model import Event, TaskCreated, TaskDeleted


def make_handler(worker: Worker) -> Handler:
    """A handler that wakes the worker for events of repeating tasks, and of deleted ones, which may have been."""

    async def handle(events: Sequence[Event]) -> Sequence[Outcome]:
        if any(_concerns_series(event) for event in events):
            worker.wake()
        return [SUCCESS] * len(events)

    return handle


def _concerns_series(event: Event) -> bool:
    if isinstance(event, TaskDeleted):
        return True
    task = getattr(event, "task", None)
    if task is None or task.series_id is None:
        return False
    # The first of a series may be due before what is waited for; the others are the processor's own doing.
    return not isinstance(event, TaskCreated) or task.parent_recurring_task_id is None
