"""The delivery rules both transports share: what counts as an attempt, how long to wait, when to give up."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Final

import httpx
import structlog
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Histogram
from structlog.contextvars import bind_contextvars, reset_contextvars

from taskflow_core.bus.port import Outcome, Subscription, Verdict
from taskflow_core.bus.suspects import Failure, Suspects
from taskflow_core.cancellation import stop_if_cancelled
from taskflow_core.database import outages
from taskflow_core.decoding import keepable
from taskflow_core.events.envelope import CloudEvent
from taskflow_core.telemetry import tracing
from taskflow_core.telemetry.metrics import DELIVERED, DELIVERY_LAG

log = structlog.get_logger(__name__)

_LONGEST_REASON: Final = 500
_ALONE_SECONDS: Final = 15.0
"""What an event may take that is tried alone: with the batch before it, less than a sidecar waits for an answer."""
_CHOSEN: Final = 3
_FIRST_BACKOFF: Final = 0.5
_LONGEST_BACKOFF: Final = 30.0


def is_outage(error: BaseException) -> bool:
    """Whether a dependency is away, rather than an event bad or a handler wrong. An outage costs no attempt."""
    return outages.is_outage(error) or isinstance(error, httpx.TransportError)


def backoff(attempt: int) -> float:
    """Seconds to wait after the `attempt`th failure (1, 2, …): doubling from half a second, with jitter."""
    return min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2 ** (attempt - 1)) * random.uniform(0.8, 1.2)  # noqa: S311  # jitter


def reason_of(error: BaseException) -> str:
    """What an exception says, short enough to keep."""
    return keepable(f"{type(error).__name__}: {error}"[:_LONGEST_REASON])


async def deliver(
    subscription: Subscription, envelopes: Sequence[CloudEvent], suspects: Suspects | None = None
) -> list[Outcome]:
    """Hand a batch to the handler; one outcome per envelope, in order.

    A batch whose handler raises is given again one by one, so that a poisonous event spoils nothing for its
    neighbours. So is one that meets an outage, where there are `suspects`: what meets it while others pass is
    remembered there, and from then on given alone, after the others. Raises outages only: then nothing is known of the
    batch, and it comes again later.
    """
    clean = [at for at, envelope in enumerate(envelopes) if suspects is None or envelope.id not in suspects]
    outcomes: dict[int, Outcome] = {}
    if clean:
        try:
            answers = await _call(subscription, [envelopes[at] for at in clean])
            outcomes = dict(zip(clean, answers, strict=True))
            _passed(envelopes, outcomes, suspects)
        except Exception as error:
            stop_if_cancelled()
            # Whatever a handler raises is an outcome, except an outage, which says nothing about the events.
            outage = is_outage(error)
            if outage and (suspects is None or len(clean) == 1):
                if suspects is not None:
                    suspects.failed(envelopes[clean[0]].id)  # should others pass until it comes again, it is one
                raise
            if len(clean) > 1:
                log.warning("batch_failed", group=subscription.group, size=len(clean), reason=reason_of(error))
                outcomes = await _one_by_one(subscription, envelopes, clean, suspects, outage=outage)
            elif not outage:
                log.exception("handler_failed", group=subscription.group, event_id=envelopes[clean[0]].id)
                outcomes = {clean[0]: Outcome.retry(reason_of(error))}
    if suspects is not None:
        outcomes |= await _suspects_alone(subscription, envelopes, outcomes, suspects)
    ordered = [outcomes[at] for at in range(len(envelopes))]
    _measure(subscription.group, envelopes, ordered)
    return ordered


async def _one_by_one(
    subscription: Subscription,
    envelopes: Sequence[CloudEvent],
    positions: Sequence[int],
    suspects: Suspects | None,
    *,
    outage: bool,
) -> dict[int, Outcome]:
    """Outcomes of the envelopes at `positions`; those that met an outage while others passed are suspects.

    Raises the outage when nothing passes: after an outage of the whole batch, when none of a few chosen by lot does.
    """
    chosen = _by_lot(envelopes, positions) if outage else []
    outcomes: dict[int, Outcome] = {}
    failed: dict[int, Exception] = {}
    for at in (*chosen, *(at for at in positions if at not in chosen)):
        answer = await _alone(subscription, envelopes[at])
        if isinstance(answer, Outcome):
            outcomes[at] = answer
        else:
            failed[at] = answer
            if suspects is None or (not outcomes and len(failed) >= (len(chosen) or _CHOSEN)):
                raise answer
    _passed(envelopes, outcomes, suspects)
    if suspects is not None:
        for at, error in failed.items():
            failure = suspects.failed(envelopes[at].id, beside_others=True)
            outcomes[at] = _suspected(subscription, envelopes[at], failure, error)
    return outcomes


def _passed(envelopes: Sequence[CloudEvent], outcomes: Mapping[int, Outcome], suspects: Suspects | None) -> None:
    if suspects is not None:
        suspects.passed(envelopes[at].id for at, outcome in outcomes.items() if outcome.verdict is not Verdict.RETRY)


def _by_lot(envelopes: Sequence[CloudEvent], positions: Sequence[int]) -> list[int]:
    """A few of them, each the first of its task, so that a task's events stay in order."""
    firsts: dict[str | None, int] = {}
    for at in positions:
        firsts.setdefault(envelopes[at].subject, at)
    return random.sample(list(firsts.values()), min(_CHOSEN, len(firsts)))


async def _suspects_alone(
    subscription: Subscription, envelopes: Sequence[CloudEvent], dealt_with: Mapping[int, Outcome], suspects: Suspects
) -> dict[int, Outcome]:
    """Outcomes of those that are not dealt with yet; they are suspects, and together get as long as one.

    Raises the outage when nothing at all passes, and has not since they last failed.
    """
    until = time.monotonic() + _ALONE_SECONDS
    outcomes: dict[int, Outcome] = {}
    outage: Exception | None = None
    for at, envelope in enumerate(envelopes):
        if at in dealt_with:
            continue
        if time.monotonic() > until:
            outcomes[at] = Outcome(Verdict.RETRY, "waits behind others that take long", free=True)
            continue
        answer = await _alone(subscription, envelope)
        if isinstance(answer, Outcome):
            outcomes[at] = answer
            suspects.passed([envelope.id])
        else:
            failure = suspects.failed(envelope.id, beside_others=bool(dealt_with))
            outcomes[at] = _suspected(subscription, envelope, failure, answer)
            outage = answer if failure == "outage" else outage
    if outage is not None and not dealt_with and all(outcome.free for outcome in outcomes.values()):
        raise outage
    return outcomes


async def _alone(subscription: Subscription, envelope: CloudEvent) -> Outcome | Exception:
    """Its outcome, or the outage that it met; taking long is one."""
    try:
        async with asyncio.timeout(_ALONE_SECONDS):
            return (await _call(subscription, [envelope]))[0]
    except Exception as error:
        stop_if_cancelled()
        if is_outage(error):
            return error
        log.exception("handler_failed", group=subscription.group, event_id=envelope.id)
        return Outcome.retry(reason_of(error))


def _suspected(subscription: Subscription, envelope: CloudEvent, failure: Failure, error: Exception) -> Outcome:
    log.warning("event_fails_alone", group=subscription.group, event_id=envelope.id, failure=failure, reason=str(error))
    return Outcome(Verdict.RETRY, f"alone, while others pass: {reason_of(error)}", free=failure != "attempt")


def _measure(group: str, envelopes: Sequence[CloudEvent], outcomes: Sequence[Outcome]) -> None:
    times = [
        e.data.observed for e, outcome in zip(envelopes, outcomes, strict=True) if outcome.verdict is Verdict.SUCCESS
    ]
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
    event = envelopes[0].data if len(envelopes) == 1 else None
    bound = bind_contextvars(
        service=subscription.group,
        correlation_id=None if event is None else event.correlation_id,
        **({} if event is None else {"user_id": event.user_id}),
    )
    try:
        parents = (envelope.traceparent for envelope in envelopes)
        with tracing.spans(f"{subscription.group} consume", parents, SpanKind.CONSUMER):
            outcomes = list(await subscription.handler([envelope.data for envelope in envelopes]))
    finally:
        reset_contextvars(**bound)
    if len(outcomes) != len(envelopes):
        raise RuntimeError(f"handler of {subscription.group} gave {len(outcomes)} outcomes for {len(envelopes)} events")
    return outcomes
