"""Broadcasts within one process: every event from now on, from memory; what came before is not for the handler."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog

from taskflow_core.bus.delivery import backoff, deliver, reason_of
from taskflow_core.bus.port import Message, Subscription, Verdict
from taskflow_core.events.envelope import CloudEvent, UndecodableEventError, decode

log = structlog.get_logger(__name__)

_BACKLOG: Final = 10_000
_ATTEMPTS: Final = 3


class Broadcast:
    """Hands each event it is offered to its subscription's handler, in order; a replay window covers the rest.

    An event that comes alone is handed over at once. Where they come fast, those of `max_wait_ms` go together: waking
    up for each would cost more than dealing with it.
    """

    def __init__(self, subscription: Subscription) -> None:
        self.name = subscription.group
        self._subscription = subscription
        self._topics = frozenset(subscription.topics)
        self._waiting: deque[Message] = deque(maxlen=_BACKLOG)
        self._wake = asyncio.Event()
        self._stopping = False
        self._next_at = 0.0

    def offer(self, messages: Sequence[Message]) -> None:
        """Events that have been published. Beyond a backlog of ten thousand the oldest are lost to this handler."""
        subscribed = [message for message in messages if message.topic in self._topics]
        lost = len(self._waiting) + len(subscribed) - _BACKLOG
        if lost > 0:
            log.error("broadcast_overflow", group=self.name, lost=lost)
        self._waiting.extend(subscribed)
        self._wake.set()

    def stop(self) -> None:
        """Have `run` return once it has handed over what was offered before."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Hand over what comes, until stopped."""
        waiting, most = self._waiting, self._subscription.max_batch
        while waiting or not self._stopping:
            if not waiting:
                self._wake.clear()
                await self._wake.wait()
                continue
            await self._let_fill()
            batch = self._readable([waiting.popleft() for _ in range(min(len(waiting), most))])
            if batch:
                await self._handle(batch)

    async def _let_fill(self) -> None:
        left = self._next_at - time.monotonic()
        if left > 0:
            # A batch that is full already waits only for others' turn.
            await asyncio.sleep(left if len(self._waiting) < self._subscription.max_batch else 0)
        self._next_at = time.monotonic() + self._subscription.max_wait_ms / 1000

    def _readable(self, batch: Sequence[Message]) -> list[CloudEvent]:
        envelopes: list[CloudEvent] = []
        for message in batch:
            try:
                envelopes.append(decode(message.payload))
            except UndecodableEventError as error:
                # The groups with rows keep it among the dead letters.
                log.error("broadcast_unreadable", group=self.name, event_id=message.event_id, reason=reason_of(error))
        return envelopes

    async def _handle(self, envelopes: list[CloudEvent]) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                outcomes = await deliver(self._subscription, envelopes)
            except Exception as error:
                # Only outages come out of deliver; a broadcast has no row to wait in, so it waits here.
                log.warning("broadcast_waits", group=self.name, reason=reason_of(error))
            else:
                envelopes = [e for e, o in zip(envelopes, outcomes, strict=True) if o.verdict is Verdict.RETRY]
            if not envelopes:
                return
            await asyncio.sleep(backoff(attempt))
        log.error("broadcast_given_up", group=self.name, count=len(envelopes))
