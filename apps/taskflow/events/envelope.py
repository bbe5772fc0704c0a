"""CloudEvents 1.0 around an event, to and from JSON (https://github.com/cloudevents/spec, JSON format)."""

from datetime import datetime

import msgspec

from taskflow.events.model import Event


class UndecodableEventError(ValueError):
    """Bytes that are no event of ours; the message says why."""


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The envelope: `id` is the event's id, `source` the service that produced it, `subject` the task's id.

    `traceparent` is the W3C trace context of the request the event came from.
    """

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    data: Event
    specversion: str = "1.0"
    datacontenttype: str = "application/json"
    traceparent: str | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(CloudEvent)


def wrap(event: Event, source: str, traceparent: str | None = None) -> CloudEvent:
    """`event` in its envelope, as produced by the service called `source`."""
    return CloudEvent(
        id=event.event_id,
        source=source,
        type=event.event_type,
        subject=event.task_id,
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
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise UndecodableEventError(str(error)) from error
