"""CloudEvents 1.0 around an event, to and from JSON (https://github.com/cloudevents/spec, JSON format)."""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from taskflow_core.decoding import JsonDecoder, UndecodableError
from taskflow_core.events.account import AnyEvent, subject_of

LARGEST_EVENT: Final = 1024 * 1024
"""Bytes of an event in its envelope: what Kafka takes by default. The longest task makes a hundredth of it."""

_YEARS: Final = range(1970, 9999)
"""When events happen. At the ends of the calendar a time with an offset is none in UTC."""


class UndecodableEventError(UndecodableError):
    """Bytes that are no event of ours; the message says why."""


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The envelope: `id` is the event's id, `source` the service that produced it, `subject` the id of the task, or of
    the user whose account it is about.

    `traceparent` is the W3C trace context of the request the event came from.
    """

    id: str
    source: str
    type: str
    subject: str
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    data: AnyEvent
    specversion: str = "1.0"
    datacontenttype: str = "application/json"
    traceparent: str | None = None


_encoder = msgspec.json.Encoder()
_decode = JsonDecoder(CloudEvent, largest=LARGEST_EVENT)


def wrap(event: AnyEvent, source: str, traceparent: str | None = None) -> CloudEvent:
    """`event` in its envelope, as produced by the service called `source`."""
    return CloudEvent(
        id=event.event_id,
        source=source,
        type=event.event_type,
        subject=subject_of(event),
        time=event.timestamp,
        data=event,
        traceparent=traceparent,
    )


def encode(envelope: CloudEvent) -> bytes:
    """The envelope as JSON."""
    return _encoder.encode(envelope)


def decode(payload: bytes | str) -> CloudEvent:
    """An envelope from JSON; unknown fields are ignored. Raises UndecodableEventError for what is none of ours."""
    try:
        envelope = _decode(payload)
    except UndecodableError as error:
        raise UndecodableEventError(str(error)) from None
    event = envelope.data
    if not (envelope.time.year in _YEARS and event.timestamp.year in _YEARS and event.observed.year in _YEARS):
        raise UndecodableEventError(f"happened outside the years {_YEARS.start} to {_YEARS.stop - 1}")
    return envelope
