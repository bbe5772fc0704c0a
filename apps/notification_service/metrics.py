"""What notification-service counts."""

from typing import Final, get_args

from prometheus_client import Counter, Gauge

from notification_service.stream import EndReason
from taskflow_core.events.topics import NOTIFICATION_SERVICE
from taskflow_core.telemetry.metrics import REGISTRY

STREAMS: Final = Gauge("taskflow_streams", "Streams open now", ["service"], registry=REGISTRY).labels(
    NOTIFICATION_SERVICE
)
FRAMES: Final = Counter(
    "taskflow_stream_frames", "Frames handed to streams as they happened", ["service"], registry=REGISTRY
).labels(NOTIFICATION_SERVICE)
COALESCED: Final = Counter(
    "taskflow_stream_coalesced", "Events sent in a batch for coming too fast", ["service"], registry=REGISTRY
).labels(NOTIFICATION_SERVICE)
CAUGHT_UP: Final = Counter(
    "taskflow_stream_caught_up",
    "Events sent from the audit trail because the bus did not bring them",
    ["service"],
    registry=REGISTRY,
).labels(NOTIFICATION_SERVICE)
UNKNOWN: Final = Counter(
    "taskflow_stream_unknown",
    "Events recorded so late that it is not known any more whether they were sent",
    ["service"],
    registry=REGISTRY,
).labels(NOTIFICATION_SERVICE)
DROPPED: Final = Counter(
    "taskflow_stream_dropped",
    "Frames dropped, a reset instead, for slow readers",
    ["service"],
    registry=REGISTRY,
).labels(NOTIFICATION_SERVICE)
REFUSED: Final = Counter(
    "taskflow_stream_refused", "Streams refused because the user had too many", ["service"], registry=REGISTRY
).labels(NOTIFICATION_SERVICE)

_ended = Counter("taskflow_streams_ended", "Streams ended, by reason", ["service", "reason"], registry=REGISTRY)
ENDED: Final = {reason: _ended.labels(NOTIFICATION_SERVICE, reason) for reason in get_args(EndReason)}

_replays = Counter(
    "taskflow_stream_replays", "Readers that came back, by what they were answered from", ["service", "source"],
    registry=REGISTRY,
)  # fmt: skip
REPLAYS: Final = {source: _replays.labels(NOTIFICATION_SERVICE, source) for source in ("memory", "database", "reset")}
