"""A row of the trail before it is one: made of an event, or of an administrator's read."""

import os
import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec

from audit_logger.encryption.contents import Content, content_of, query_content
from taskflow_core.events.account import AnyEvent, subject_of
from taskflow_core.events.model import Event

READ: Final = "audit.read"
"""The type of the rows that say who read another's trail; no event, it is in this table only."""

_CONTROL: Final = re.compile(r"[\x00-\x1f]")
_LARGEST_VERSION: Final = 2**63 - 1


class UnrecordableError(ValueError):
    """An event that no row can hold; the message says what of it."""


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a row says: the event's id, when it was observed, whose it was, who did it, and the rest."""

    event_id: uuid.UUID
    occurred_at: datetime
    type: str
    task_id: str | None
    user_id: str
    actor_id: str
    version: int
    correlation_id: str
    content: Content


def record_of(event: AnyEvent) -> Record:
    """The record of an event. Raises UnrecordableError for ids that are none and times without a zone."""
    try:
        event_id = uuid.UUID(event.event_id)
    except ValueError:
        raise UnrecordableError(f"event_id is no UUID: {event.event_id[:64]!r}") from None
    if event.timestamp.tzinfo is None or event.observed.tzinfo is None:
        raise UnrecordableError("timestamp has no time zone")
    task_id, version = (event.task_id, event.version) if isinstance(event, Event) else (None, 0)
    if not 0 <= version <= _LARGEST_VERSION:
        raise UnrecordableError("version is out of range")
    ids = (task_id or "") + event.user_id + event.actor_id + event.correlation_id
    # Fields are hashed one to a line, so a line break in one of them could be mistaken for the next field's beginning.
    if not subject_of(event) or (not ids.isprintable() and _CONTROL.search(ids)):
        raise UnrecordableError("an id is empty or holds a control character")
    return Record(
        event_id=event_id,
        occurred_at=event.observed,
        type=event.event_type,
        task_id=task_id,
        user_id=event.user_id,
        actor_id=event.actor_id,
        version=version,
        correlation_id=event.correlation_id,
        content=content_of(event),
    )


def read_records(
    *,
    reader: str,
    owners: Mapping[str, int],
    task_id: str | None,
    query: Mapping[str, str],
    at: datetime,
    correlation_id: str,
) -> list[Record]:
    """The records of a read by the administrator `reader`: one for each of `owners`, with how many rows of theirs."""
    contents = {count: query_content(query, count) for count in owners.values()}
    return [
        Record(
            event_id=event_id,
            occurred_at=at,
            type=READ,
            task_id=task_id,
            user_id=owner,
            actor_id=reader,
            version=0,
            correlation_id=correlation_id,
            content=contents[count],
        )
        for (owner, count), event_id in zip(owners.items(), _ids(at, len(owners)), strict=True)
    ]


def _ids(at: datetime, count: int) -> Iterator[uuid.UUID]:
    """So many UUIDs that begin with the time (version 7), drawn at once.

    They end up side by side in the index of ids, of which 200 random ones touch 200 pages; and a page that is touched
    for the first time after a checkpoint of PostgreSQL's goes to its log as a whole.
    """
    began = int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62
    drawn = os.urandom(10 * count)
    for start in range(0, len(drawn), 10):
        random = int.from_bytes(drawn[start : start + 10])
        yield uuid.UUID(int=began | (random >> 62 & 0xFFF) << 64 | random & (1 << 62) - 1)
