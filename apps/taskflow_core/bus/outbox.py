"""The outbox: the only way to publish. A use case appends its rows last, in the transaction that changes the data."""

from collections.abc import Sequence
from typing import Final

from taskflow_core.database.hints import notify_after_commit
from taskflow_core.database.pool import Connection
from taskflow_core.events.account import AnyEvent, subject_of
from taskflow_core.events.envelope import encode, wrap
from taskflow_core.events.topics import ServiceName, topic_of
from taskflow_core.telemetry.tracing import current_traceparent

WAKE_CHANNEL: Final = "taskflow_outbox"
"""NOTIFY channel that hints to the relay of a producer (the payload) that rows are there. Polling is the guarantee."""

# Adds events, in order.
_APPEND: Final = """
INSERT INTO outbox (event_id, producer, topic, task_id, user_id, occurred_at, payload)
SELECT row.event_id, $1, row.topic, row.task_id, row.user_id, row.occurred_at, row.payload
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[]) WITH ORDINALITY
    AS row (event_id, topic, task_id, user_id, occurred_at, payload, position)
ORDER BY row.position
"""


async def append(connection: Connection, producer: ServiceName, events: Sequence[AnyEvent]) -> None:
    """Add `events` to the outbox of `producer`, within the transaction `connection` is in.

    The caller holds the lock of each event's task (its row, or its shadow's), so that the order of rows of one task is
    the order in which their transactions commit; of an account's, as far as they lock anything of it. Call it last,
    when all else is done. The relay is woken after the commit of a Database.transaction(); what is appended elsewhere
    it finds by polling.
    """
    if not events:
        return
    traceparent = current_traceparent()
    await connection.execute(
        _APPEND,
        producer,
        [event.event_id for event in events],
        [topic_of(event) for event in events],
        [subject_of(event) for event in events],
        [event.user_id for event in events],
        [event.observed for event in events],
        [encode(wrap(event, producer, traceparent)).decode() for event in events],
    )
    notify_after_commit(WAKE_CHANNEL, producer)
