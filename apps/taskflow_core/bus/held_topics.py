"""Topics that take nothing now, as one that the broker does not have: what is for them waits, all else goes on."""

import time
from collections.abc import Mapping
from typing import Final

import msgspec
import structlog

from taskflow_core.bus.delivery import backoff
from taskflow_core.events.topics import ServiceName
from taskflow_core.telemetry.metrics import PUBLISH_FAILURES, TOPIC_HELD

log = structlog.get_logger(__name__)

_LONGEST_PAUSE: Final = 5.0


class _Hold(msgspec.Struct):
    since: float
    failures: int
    retry_at: float


class HeldTopics:
    """Those of one relay, for as long as it leads. Where time is meant it is the monotonic clock's."""

    def __init__(self, producer: ServiceName) -> None:
        self._producer = producer
        self._holds: dict[str, _Hold] = {}

    def __contains__(self, topic: str) -> bool:
        return topic in self._holds

    @property
    def names(self) -> list[str]:
        """The topics."""
        return list(self._holds)

    def due(self) -> list[str]:
        """Those that are to be tried again now."""
        now = time.monotonic()
        return [topic for topic, hold in self._holds.items() if hold.retry_at <= now]

    def hold(self, topics: Mapping[str, str]) -> None:
        """They took nothing, each for the reason given; the first time the log says so."""
        now = time.monotonic()
        for topic, reason in topics.items():
            hold = self._holds.get(topic)
            if hold is None:
                hold = self._holds[topic] = _Hold(now, 0, now)
                log.warning("topic_held", producer=self._producer, topic=topic, reason=reason)
                TOPIC_HELD.labels(self._producer, topic).set(1)
            hold.failures += 1
            hold.retry_at = now + min(_LONGEST_PAUSE, backoff(min(hold.failures, 5)))
            PUBLISH_FAILURES.labels(self._producer).inc()

    def release(self, topic: str) -> None:
        """It takes events again, or nothing waits for it."""
        hold = self._holds.pop(topic, None)
        if hold is not None:
            TOPIC_HELD.remove(self._producer, topic)
            log.info(
                "topic_released", producer=self._producer, topic=topic, seconds=round(time.monotonic() - hold.since)
            )

    def forget(self) -> None:
        """Another relay leads: it finds out by itself."""
        for topic in self._holds:
            TOPIC_HELD.remove(self._producer, topic)
        self._holds.clear()
