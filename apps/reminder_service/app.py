"""Composes the reminder service: routes, the consumer of task events, and the engine that fires."""

from reminder_service.alarm import Alarm
from reminder_service.controllers import RemindersController
from reminder_service.engine import Engine
from reminder_service.firing import Firing
from reminder_service.handlers import make_handler
from reminder_service.reconcile import Reconciler
from reminder_service.reminders import Reminders
from reminder_service.schedule import Schedule
from taskflow_core.bus.port import Subscription
from taskflow_core.events.topics import REMINDER_SERVICE, TASK_TOPICS
from taskflow_core.service.auth import SignIn
from taskflow_core.service.composition import Runtime, Service
from taskflow_core.service.litestar_app import make_app


def create_service(runtime: Runtime) -> Service:
    """The reminder service. It publishes what it fires; two of them on one database share the work."""
    settings, database, clock = runtime.settings, runtime.database, runtime.clock
    alarm = Alarm()
    schedule = Schedule(database, clock, alarm)
    engine = Engine(
        database,
        clock,
        alarm,
        Firing(database, clock),
        Reconciler(database, clock, alarm, schedule),
        reconcile_seconds=settings.reminder_snapshot_seconds,
    )
    app = make_app(
        REMINDER_SERVICE,
        settings,
        [RemindersController],
        sign_in=SignIn(settings, clock, runtime.revocations, runtime.personal_tokens),
        dependencies={"reminders": Reminders(database, clock, alarm)},
    )
    return Service(
        name=REMINDER_SERVICE,
        app=app,
        publishes=True,
        subscriptions=(Subscription(group=REMINDER_SERVICE, topics=TASK_TOPICS, handler=make_handler(schedule)),),
        background=lambda: engine.running(runtime.supervisor),
    )
