"""On whose behalf a use case runs."""

import uuid
from dataclasses import dataclass

from taskflow_core.telemetry import logs


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts (a user's id, or a service's name), and what their events and log lines are tied together by."""

    id: str
    correlation_id: str

    @classmethod
    def here(cls, actor_id: str) -> "Actor":
        """`actor_id`, within the request or run at work."""
        return cls(actor_id, logs.correlation_id() or uuid.uuid4().hex)


PHASE_IV = "phase-iv"
"""The actor of changes that Phase IV made: it leaves no trace of who."""
