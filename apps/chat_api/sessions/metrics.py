"""Metrics of sessions."""

from typing import Final

from prometheus_client import Counter

from taskflow_core.telemetry.metrics import REGISTRY

SESSIONS_BEGUN: Final = Counter("taskflow_sessions_begun", "Sessions that began", registry=REGISTRY)
SESSIONS_REVOKED: Final = Counter(
    "taskflow_sessions_revoked",
    "Sessions and tokens revoked: signed_out, everywhere, by a new password (password, reset), "
    "for a refresh token used twice (reuse), of an account that was disabled or deleted",
    ["reason"],
    registry=REGISTRY,
)
