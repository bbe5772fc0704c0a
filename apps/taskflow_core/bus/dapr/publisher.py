"""Publishes in bulk through the sidecar, and tells a topic that takes nothing from an event that is at fault.

POST /v1.0/publish/bulk/{pubsub}/{topic} takes a list of entries; its answer names those that failed. Why by HTTP
and not with the Dapr SDK: docs/adr/0006-dapr-by-http.md.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

import httpx
import msgspec
import structlog

from taskflow_core.bus.dapr.version import OLDEST
from taskflow_core.bus.delivery import reason_of
from taskflow_core.bus.port import Message, TopicsHeldError

log = structlog.get_logger(__name__)

_MOST_ENTRIES: Final = 100
_MOST_BYTES: Final = 4 * 1024 * 1024 - 64 * 1024
"""Of a request's body. The sidecar takes 4 MiB (dapr.io/max-body-size)."""

_ENTRY_BYTES: Final = 160
"""An entry's own words around its event: ids, content type, key; each a UUID at most."""

_TIMEOUT: Final = httpx.Timeout(15.0, connect=2.0)
"""Seconds. Longer than the sidecar's own limit (platform/dapr/resiliency.yaml), so that we hear what the matter is."""

# What brokers and the Kafka client say of an event that no retry will make acceptable.
_AT_FAULT: Final = ("larger than configured", "too large", "invalid record")


class SidecarError(ConnectionError):
    """The sidecar, or the broker behind it, cannot take events of a topic now; the message says what it said."""


class _Entry(msgspec.Struct, rename="camel"):
    entry_id: str
    event: msgspec.Raw
    metadata: dict[str, str]
    content_type: str = "application/cloudevents+json"


class _Failed(msgspec.Struct, rename="camel"):
    entry_id: str
    error: str = ""


class _Answer(msgspec.Struct, rename="camel"):
    """Of a failed call. Either names entries, or has a message about the whole."""

    failed_entries: list[_Failed] = []
    error_code: str = ""
    message: str = ""


class SidecarPublisher:
    """The port's Publisher through the sidecar `client` talks to, for the pub/sub component `pubsub`."""

    def __init__(self, client: httpx.AsyncClient, pubsub: str) -> None:
        self._client = client
        self._pubsub = pubsub

    async def publish(self, messages: Sequence[Message]) -> dict[str, str]:
        """As the port says. Topics go side by side, each in order.

        Raises TopicsHeldError, and httpx's transport errors where no topic gets through; all of them are outages.
        """
        by_topic: dict[str, list[Message]] = {}
        for message in messages:
            by_topic.setdefault(message.topic, []).append(message)
        # return_exceptions: one topic's outage must not leave the others' requests running behind the caller's back.
        answers = await asyncio.gather(
            *(self._publish_topic(topic, its) for topic, its in by_topic.items()), return_exceptions=True
        )
        failed = {
            topic: answer for topic, answer in zip(by_topic, answers, strict=True) if not isinstance(answer, dict)
        }
        for error in failed.values():
            away = isinstance(error, httpx.TransportError) and len(failed) == len(answers)
            if away or not isinstance(error, SidecarError | httpx.TransportError):
                raise error
        refused: dict[str, str] = {}
        for answer in answers:
            refused |= answer if isinstance(answer, dict) else {}
        refused = _with_followers(messages, refused)
        if failed:
            raise TopicsHeldError({topic: reason_of(error) for topic, error in failed.items()}, refused)
        return refused

    async def _publish_topic(self, topic: str, messages: Sequence[Message]) -> dict[str, str]:
        refused: dict[str, str] = {}
        held: set[str] = set()
        for chunk in _chunks(messages):
            # What waits for an earlier event of its task is not sent; _with_followers puts it into the answer.
            sendable = [message for message in chunk if message.task_id not in held]
            failed = await self._publish_chunk(topic, sendable) if sendable else {}
            refused |= failed
            held |= {message.task_id for message in sendable if message.event_id in failed}
        return refused

    async def _publish_chunk(self, topic: str, messages: Sequence[Message]) -> dict[str, str]:
        """The refused of one request's worth. What failed among others is sent again by itself, in order."""
        if len(messages) == 1 and _size(messages[0]) > _MOST_BYTES:
            return {
                messages[0].event_id: f"the event has {len(messages[0].payload)} bytes, more than a request may hold"
            }
        failed = await self._call(topic, messages)
        if not failed:
            return {}
        if len(failed) == len(messages) and not any(_is_at_fault(reason) for reason in failed.values()):
            raise SidecarError(next(iter(failed.values())))
        if len(messages) == 1:
            return failed
        refused: dict[str, str] = {}
        held: set[str] = set()
        again: set[str] = set()
        for message in messages:
            if message.event_id in failed:
                again.add(message.task_id)
            # What came after a failed event of its task goes again as well, so that it also comes after it.
            if message.task_id in again and message.task_id not in held:
                answer = await self._call(topic, [message])
                refused |= answer
                if answer:
                    held.add(message.task_id)
        return refused

    async def _call(self, topic: str, messages: Sequence[Message]) -> dict[str, str]:
        """One request; returns what failed, with the reason. Raises when nothing can be said of single events."""
        answer = await self._client.post(
            f"/v1.0/publish/bulk/{self._pubsub}/{topic}",
            # Raw: the sidecar passes our CloudEvents on as they are, trace context included.
            params={"metadata.rawPayload": "true"},
            content=_body(messages),
            headers={"content-type": "application/json"},
            timeout=_TIMEOUT,
        )
        if answer.is_success:
            return {}
        refusal = _decoded(answer.content)
        if refusal.failed_entries:
            return {failed.entry_id: failed.error or refusal.error_code for failed in refusal.failed_entries}
        reason = (
            f"the sidecar answered {answer.status_code} {refusal.error_code}: {refusal.message or answer.text[:200]}"
        )
        if answer.status_code in {400, 413}:  # something is wrong with what we sent
            return {message.event_id: f"too large or malformed: {reason}" for message in messages}
        # A missing component's answer names it. An older release reads `bulk` as a component's name, and a sidecar
        # whose Configuration does not allow the route says nothing at all.
        if answer.status_code == 404 and self._pubsub not in refusal.message:
            reason += (
                f"; it has no /v1.0/publish/bulk: Dapr older than {OLDEST} has not, nor has a sidecar that was started"
                " before platform/dapr/configuration.yaml allowed it (start it again)"
            )
        raise SidecarError(reason)


def _chunks(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """`messages` in order, in lists that each fit one request; one that never fits comes alone."""
    chunk: list[Message] = []
    size = 0
    for message in messages:
        more = _size(message)
        if chunk and (len(chunk) == _MOST_ENTRIES or size + more > _MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(message)
        size += more
    if chunk:
        yield chunk


def _size(message: Message) -> int:
    """Bytes a message takes in a request, at most: UTF-8 needs up to four for each character that is not ASCII."""
    text = message.payload
    return _ENTRY_BYTES + (len(text) if text.isascii() else len(text.encode()))


def _body(messages: Sequence[Message]) -> bytes:
    return msgspec.json.encode(
        [
            _Entry(message.event_id, msgspec.Raw(message.payload.encode()), {"partitionKey": message.task_id})
            for message in messages
        ]
    )


def _decoded(content: bytes) -> _Answer:
    try:
        return msgspec.json.decode(content, type=_Answer)
    except msgspec.DecodeError:
        return _Answer()


def _is_at_fault(reason: str) -> bool:
    return any(words in reason.lower() for words in (*_AT_FAULT, "malformed"))


def _with_followers(messages: Sequence[Message], refused: dict[str, str]) -> dict[str, str]:
    """`refused` and, of each refused event's task, what came after it: sent or not, it comes again behind it."""
    held: dict[str, str] = {}
    whole: dict[str, str] = {}
    for message in messages:
        if message.event_id in refused:
            whole[message.event_id] = refused[message.event_id]
            held.setdefault(message.task_id, message.event_id)
        elif message.task_id in held:
            whole[message.event_id] = f"waits for event {held[message.task_id]} of its task"
    return whole
