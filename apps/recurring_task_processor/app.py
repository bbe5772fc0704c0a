"""Composes the recurring-task-processor."""

from recurring_task_processor.chat_api import Occurrences
from recurring_task_processor.handlers import make_handler
from recurring_task_processor.processor import Processor
from recurring_task_processor.worker import Worker
from taskflow_core.bus.port import Subscription
from taskflow_core.events.topics import RECURRING_TASK_PROCESSOR, TASK_TOPICS
from taskflow_core.service.composition import Runtime, Service
from taskflow_core.service.litestar_app import make_app


def create_service(runtime: Runtime) -> Service:
    """The processor: no routes of its own but health and events."""
    settings, database, clock = runtime.settings, runtime.database, runtime.clock
    by_sidecar = settings.bus == "dapr" and settings.chat_api_url is None
    processor = Processor(database, clock, Occurrences(runtime.chat_api, by_sidecar=by_sidecar))
    worker = Worker(database, clock, processor, settings.recurrence_interval_seconds)
    subscription = Subscription(
        group=RECURRING_TASK_PROCESSOR, topics=TASK_TOPICS, handler=make_handler(worker), max_wait_ms=20
    )
    return Service(
        name=RECURRING_TASK_PROCESSOR,
        app=make_app(RECURRING_TASK_PROCESSOR, settings, []),
        subscriptions=(subscription,),
        background=lambda: worker.running(runtime.supervisor),
    )
