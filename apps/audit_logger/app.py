"""Composes the audit logger."""

from audit_logger.controllers import AuditAccess, AuditController
from audit_logger.encryption.keys import keys_of
from audit_logger.handlers import Audit
from audit_logger.internal import trail as trail_of_user
from audit_logger.trail.writing import Trail
from audit_logger.upkeep import Upkeep
from taskflow_core.bus.port import Subscription
from taskflow_core.events.topics import ALL_TOPICS, AUDIT_LOGGER
from taskflow_core.service.auth import SignIn
from taskflow_core.service.composition import Runtime, Service
from taskflow_core.service.litestar_app import make_app

BATCH = 100
BATCH_WAIT_MS = 50


def create_service(runtime: Runtime) -> Service:
    """The audit logger: consumes every event, and answers under /api/v1/audit.

    Raises SettingsError without a key to encrypt with: nothing that people wrote is ever recorded in the clear.
    """
    keys = keys_of(runtime.settings, runtime.database)
    trail = Trail(runtime.database, keys)
    audit = AuditAccess(
        database=runtime.database,
        keys=keys,
        trail=trail,
        clock=runtime.clock,
        administrators=frozenset(runtime.settings.admins),
    )
    app = make_app(
        AUDIT_LOGGER,
        runtime.settings,
        [AuditController, trail_of_user],
        sign_in=SignIn(runtime.settings, runtime.clock, runtime.revocations, runtime.personal_tokens),
        dependencies={"audit": audit},
    )
    return Service(
        name=AUDIT_LOGGER,
        app=app,
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
        checks={"audit keys": keys.check},
    )
