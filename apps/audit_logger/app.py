"""Composes the audit logger."""

from audit_logger.controllers import make_audit_controller
from audit_logger.handlers import Audit
from audit_logger.trail import Trail
from audit_logger.upkeep import Upkeep
from taskflow.bus.port import Subscription
from taskflow.events.topics import ALL_TOPICS, AUDIT_LOGGER
from taskflow.service.auth import SignIn
from taskflow.service.composition import Runtime, Service
from taskflow.service.litestar_app import make_app

BATCH = 100
BATCH_WAIT_MS = 50


def create_service(runtime: Runtime) -> Service:
    """The audit logger: consumes every event, and answers under /api/v1/audit."""
    trail = Trail(runtime.database)
    controller = make_audit_controller(
        runtime.database,
        trail,
        runtime.clock,
        SignIn(runtime.settings, runtime.clock),
        admins=runtime.settings.admins,
    )
    return Service(
        name=AUDIT_LOGGER,
        app=make_app(AUDIT_LOGGER, runtime.settings, [controller]),
        subscriptions=(
            Subscription(
                group=AUDIT_LOGGER,
                topics=ALL_TOPICS,
                handler=Audit(trail),
                max_batch=BATCH,
                max_wait_ms=BATCH_WAIT_MS,
            ),
        ),
        background=Upkeep(runtime).running,
    )
