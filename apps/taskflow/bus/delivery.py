"""The delivery rules both transports share: what counts as an attempt, how long to wait, when to give up."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Final

import httpx
import structlog
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Histogram

from taskflow.bus.port import Outcome, Subscription, Verdict
from taskflow.database.pool import OUTAGES
from taskflow.events.envelope import CloudEvent
from taskflow.telemetry import logs, tracing
from taskflow.telemetry.metrics import DELIVERED, DELIVERY_LAG

log = structlog.get_logger(__name__)

_LONGEST_REASON: Final = 500
_FIRST_BACKOFF: Final = 0.5
_LONGEST_BACKOFF: Final = 30.0

_UNREACHABLE: Final = (*OUTAGES, httpx.TransportError)


def is_outage(error: BaseException) -> bool:
    """Whether a dependency is away, rather than an event bad or a handler wrong. An outage costs no attempt."""
    return isinstance(error, _UNREACHABLE)


def backoff(attempt: int) -> float:
    """Seconds to wait after the `attempt`th failure (1, 2, …): doubling from half a second, with jitter."""
    return min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2 ** (attempt - 1)) * random.uniform(0.8, 1.2)  # noqa: S311  # jitter


def reason_of(error: BaseException) -> str:
    """What an exception says, short enough to keep."""
    return f"{type(error).__name__}: {error}"[:_LONGEST_REASON]


async def deliver(subscription: Subscription, envelopes: Sequence[CloudEvent]) -> list[Outcome]:
    """Hand a batch to the handler; one outcome per envelope, in order.

    A batch whose handler raises is given again one by one, so that a poisonous event spoils nothing for its
    neighbours. Raises outages only: then nothing is known of the batch, and it comes again later.
    """
    try:
        outcomes = await _call(subscription, envelopes)
    except Exception as error:
        # Whatever a handler raises is an outcome, except an outage, which says nothing about the events.
        if is_outage(error):
            raise
        if len(envelopes) > 1:
            log.warning("batch_failed", group=subscription.group, size=len(envelopes), reason=reason_of(error))
            return [outcome for one in envelopes for outcome in await deliver(subscription, [one])]
        log.exception("handler_failed", group=subscription.group, event_id=envelopes[0].id)
        outcomes = [Outcome.retry(reason_of(error))]
    _measure(subscription.group, envelopes, outcomes)
    return outcomes


def _measure(group: str, envelopes: Sequence[CloudEvent], outcomes: Sequence[Outcome]) -> None:
    times = [e.time for e, outcome in zip(envelopes, outcomes, strict=True) if outcome.verdict is Verdict.SUCCESS]
    if times:
        _delivered(group, Verdict.SUCCESS).inc(len(times))
        # One observation a batch: one for each event would cost as much as decoding it.
        _lag(group).observe(max(0.0, (datetime.now(UTC) - min(times)).total_seconds()))
    if len(times) < len(outcomes):
        for outcome in outcomes:
            if outcome.verdict is not Verdict.SUCCESS:
                _delivered(group, outcome.verdict).inc()


@cache
def _lag(group: str) -> Histogram:
    return DELIVERY_LAG.labels(group)


@cache
def _delivered(group: str, verdict: Verdict) -> Counter:
    return DELIVERED.labels(group, verdict.value)


async def _call(subscription: Subscription, envelopes: Sequence[CloudEvent]) -> list[Outcome]:
    """The handler, at work under its service's name; a batch of one also under its event's trace and correlation."""
    service = logs.service.set(subscription.group)
    correlation = logs.correlation_id.set(envelopes[0].data.correlation_id if len(envelopes) == 1 else None)
    try:
        parents = (envelope.traceparent for envelope in envelopes)
        with tracing.spans(f"{subscription.group} consume", parents, SpanKind.CONSUMER):
            outcomes = list(await subscription.handler([envelope.data for envelope in envelopes]))
    finally:
        logs.correlation_id.reset(correlation)
        logs.service.reset(service)
    if len(outcomes) != len(envelopes):
        raise RuntimeError(f"handler of {subscription.group} gave {len(outcomes)} outcomes for {len(envelopes)} events")
    return outcomes
