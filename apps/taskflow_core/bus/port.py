"""The port between services and transports: what a service asks of a bus, and what a bus asks of a service.

Two transports implement it, embedded.py for one process and dapr/ for sidecars over Kafka; tests/bus runs one suite of
promises against both.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

import msgspec
from litestar.types import ASGIApp


class Verdict(Enum):
    """What becomes of a delivered event."""

    SUCCESS = "SUCCESS"
    RETRY = "RETRY"
    DROP = "DROP"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A handler's answer for one event. RETRY costs an attempt; DROP puts the event among the dead letters at once.

    `free`: a RETRY that costs none, as an outage that this event alone met; only delivery.py says so.
    """

    verdict: Verdict
    reason: str = ""
    free: bool = False

    @classmethod
    def retry(cls, reason: str) -> "Outcome":
        """It did not work this time."""
        return cls(Verdict.RETRY, reason)

    @classmethod
    def drop(cls, reason: str) -> "Outcome":
        """It will never work."""
        return cls(Verdict.DROP, reason)


SUCCESS = Outcome(Verdict.SUCCESS)
"""Dealt with."""

Handler = Callable[[Sequence[Any]], Awaitable[Sequence[Outcome]]]
"""Takes a batch of the events of its topics and answers one outcome per event, in the same order.

Raising fails every event of the batch by one attempt, after which they come again one by one; raising an outage
(delivery.is_outage) costs no attempt: the batch comes again once the dependency is back. What alone meets an outage for
ten minutes, while others pass, then uses its attempts. An event may come twice, and
events of different topics in any order.
"""


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """A consumer group's wish: batches of up to `max_batch` events of `topics`, `max_wait_ms` at most to fill one.

    `broadcast`: every instance of the service gets every event, from the moment it subscribes; what came before is not
    for it, and nothing about it is stored in the database.
    """

    group: str
    topics: tuple[str, ...]
    handler: Handler
    max_batch: int = 100
    max_wait_ms: int = 50
    broadcast: bool = False


class Message(msgspec.Struct, frozen=True, gc=False):
    """An encoded CloudEvent on its way to a topic. Messages of one `task_id` stay in order within a topic; of an event
    of an account that is the user's id."""

    event_id: str
    topic: str
    task_id: str
    payload: str
    seq: int


class TopicsHeldError(ConnectionError):
    """Some topics take nothing now, as one that the broker does not have; the rest was dealt with.

    `topics` are they, each with the reason. `refused` is what `publish` would have returned for the events of others.
    """

    def __init__(self, topics: Mapping[str, str], refused: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{topic}: {reason}" for topic, reason in topics.items()))
        self.topics = dict(topics)
        self.refused = dict(refused)


class Publisher(Protocol):
    """The sending half of a transport, as the relay uses it."""

    async def publish(self, messages: Sequence[Message]) -> dict[str, str]:
        """Hand over `messages`, in order. Returns the ids that were refused, each with the reason.

        A refused message also holds back the later ones of its task: they are in the answer as well. Raises
        TopicsHeldError when some topics, or all, cannot be published to, and an outage (delivery.is_outage) when the
        transport cannot be reached; then any message that is concerned may have arrived.
        """
        ...


class Transport(Publisher, Protocol):
    """A whole transport, as the host runs it."""

    def consume(self) -> AbstractAsyncContextManager[None]:
        """While entered, handlers are called; leaving lets those at work finish, or hands their events back."""
        ...

    async def check(self) -> None:
        """Raise with what is wrong when events can neither be sent nor received just now."""
        ...

    @property
    def routes(self) -> ASGIApp | None:
        """What answers event routes, where events come in by HTTP; the host mounts it under /internal/events."""
        ...
