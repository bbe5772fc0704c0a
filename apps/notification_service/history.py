"""What readers missed, as the database has it: the audit trail, and the outbox for what is not in it yet.

An event leaves the outbox only when the trail holds it; so the outbox is read first, and nothing falls between. Each
query is asked for many readers at once, and none brings more than a slice of them.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args

import msgspec
import structlog

from notification_service.past_events import PastEvent, of_event, of_row
from taskflow_core.database.pool import Database
from taskflow_core.events.envelope import UndecodableEventError, decode
from taskflow_core.events.model import Event, EventType

log = structlog.get_logger(__name__)

_LAG: Final = timedelta(minutes=1)
"""What was recorded so much after the event seen last was sent after it too, whatever its own time."""

_SLICE: Final = 500
_SLICE_SECONDS: Final = 0.005
_LAST: Final = 2**63 - 1
_FOREVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
_EVERYTHING: Final = frozenset(get_args(EventType))

# How far the trail reaches, and the database's clock. Where the last row left with its month, nothing has come since.
_HEAD: Final = """
SELECT c.seq, now() AS now, coalesce(
    (SELECT max(e.recorded_at) FROM task_events e WHERE e.chain_seq = c.seq),
    CASE WHEN c.seq = 0 THEN to_timestamp(0) ELSE now() - interval '1 minute' END
) AS recorded_at
FROM audit_chain c
"""
# The events that readers saw last, in the trail; only their own.
_SEEN: Final = """
SELECT asked.position, e.*
FROM unnest($1::int[], $2::text[], $3::uuid[]) AS asked (position, user_id, event_id)
CROSS JOIN LATERAL (
    SELECT t.occurred_at, t.recorded_at, t.chain_seq, t.task_id, t.version FROM task_events t
    WHERE t.event_id = asked.event_id AND t.user_id = asked.user_id AND t.type LIKE 'task.%' LIMIT 1
) e
"""
# The same in the outbox, published or about to be once more.
_SEEN_UNRECORDED: Final = """
SELECT asked.position, o.occurred_at, o.created_at, o.payload
FROM unnest($1::int[], $2::uuid[]) AS asked (position, event_id) JOIN outbox o ON o.event_id = asked.event_id
WHERE o.topic LIKE 'taskflow.tasks.%'
"""
# A slice of the events of some users that the trail does not hold yet. Those that seem to wait for the relay as well:
# it notes what it has published only afterwards, so one may have come here before the stream that asks was open. A row
# without its user was written by an earlier release.
_UNRECORDED: Final = f"""
SELECT o.seq, o.payload, o.created_at, o.published_at, o.publish_count FROM outbox o
WHERE o.seq > $2 AND (o.user_id IN (SELECT unnest($1::text[])) OR o.user_id IS NULL)
    AND o.topic LIKE 'taskflow.tasks.%'
    AND NOT EXISTS (SELECT FROM task_events e WHERE e.event_id = o.event_id AND e.occurred_at = o.occurred_at)
ORDER BY o.seq LIMIT {_SLICE}
"""  # noqa: S608  # _SLICE is a constant
# Who misses something from before the window: sent after what they saw last, by its time or by when it was recorded.
_OLDER: Final = """
SELECT asked.position
FROM unnest($1::int[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::bigint[], $7::text[],
    $8::bigint[], $9::text[]) AS asked (position, user_id, since, at, recorded, seq, task_id, version, types)
CROSS JOIN LATERAL (
    SELECT FROM task_events t
    WHERE t.user_id = asked.user_id AND t.occurred_at >= asked.since - interval '1 day' AND t.occurred_at < $10
        AND t.type = ANY (string_to_array(asked.types, ','))
        AND (t.occurred_at > asked.at OR t.recorded_at > asked.recorded
            OR t.occurred_at = asked.at
                AND CASE WHEN t.task_id = asked.task_id THEN t.version > asked.version ELSE t.chain_seq > asked.seq END)
    LIMIT 1
) missing
"""
# Each reader's events of the window that were recorded from a moment on. One that happened long before it was recorded
# belongs there as well: the bus may have been down for hours.
_RECORDED: Final = """
SELECT asked.position, asked.user_id, e.event_id, e.type, e.occurred_at, e.task_id, e.version, e.data
FROM unnest($1::int[], $2::text[], $3::timestamptz[], $4::text[]) AS asked (position, user_id, since, types)
CROSS JOIN LATERAL (
    SELECT * FROM task_events t
    WHERE t.user_id = asked.user_id AND t.occurred_at >= $5 AND t.recorded_at >= asked.since
        AND t.type = ANY (string_to_array(asked.types, ','))
    ORDER BY t.chain_seq LIMIT $6
) e
"""


class Slices:
    """Cuts long work in the event loop into slices of a few milliseconds, between which others have their turn."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    async def end(self) -> None:
        """A point where a slice may end."""
        if time.monotonic() - self._began > _SLICE_SECONDS:
            await asyncio.sleep(0)
            self._began = time.monotonic()


class Head(msgspec.Struct, frozen=True):
    """The trail's last row, when that was recorded, and the database's clock."""

    seq: int
    recorded_at: datetime
    now: datetime


class Standing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a reader stood: what was recorded since `since` may be new to it.

    To be sure that something older than the window is: it was observed after `at`, or recorded after `recorded`. At
    `at` itself the version decides, and for other tasks `seq`: topics may have mixed them up, and the trail as well.
    """

    since: datetime
    at: datetime
    recorded: datetime
    seq: int = _LAST
    task_id: str = ""
    version: int = 0

    def surely_before(self, one: "Unrecorded") -> bool:
        """Whether an event that the trail lacks came after what the reader saw."""
        return one.past.observed > self.at or one.since > self.recorded


class Asked(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A reader that asks: its number among those who do, its position, and what it wants to be sent (None: all)."""

    position: int
    user_id: str
    standing: Standing
    wanted: frozenset[EventType] | None

    @property
    def types(self) -> str:
        """The types it wants, joined by commas: arrays of arrays of different lengths there are none."""
        return ",".join(_EVERYTHING if self.wanted is None else self.wanted & _EVERYTHING)

    def wants(self, past: PastEvent) -> bool:
        """Whether it wants to be sent an event."""
        return self.wanted is None or past.kind in self.wanted


class Unrecorded(msgspec.Struct, frozen=True, kw_only=True):
    """An event that the trail lacks; nobody was sent it before `since`."""

    past: PastEvent
    since: datetime


async def head(database: Database) -> Head:
    """How far the trail reaches. Raises outages."""
    row = await database.fetchrow(_HEAD)
    assert row is not None, "the chain has a head from the first migration on"
    return Head(row["seq"], row["recorded_at"], row["now"])


def standing_at(mark: datetime) -> Standing:
    """Where a reader stands that knows all that was recorded up to a moment."""
    after = mark + timedelta(microseconds=1)
    return Standing(since=after, at=_FOREVER, recorded=mark)


async def standings(
    database: Database, asked: Sequence[tuple[int, str, uuid.UUID]], overlap: timedelta
) -> dict[int, Standing]:
    """Where readers stand (position, user) that saw these events last: those whose event is there, and theirs.

    `overlap` is how much before that event something may be new to them.
    """
    found: dict[int, Standing] = {}
    if not asked:
        return found
    users = {position: user_id for position, user_id, _ in asked}
    positions, seen = list(users), [event_id for _, _, event_id in asked]
    for row in await database.fetch(_SEEN_UNRECORDED, positions, seen):
        if _user_of(row["payload"]) == users[row["position"]]:
            at: datetime = row["occurred_at"]
            since = min(at, row["created_at"]) - overlap
            found[row["position"]] = Standing(since=since, at=at, recorded=_FOREVER)
    for row in await database.fetch(_SEEN, positions, list(users.values()), seen):
        at, recorded = row["occurred_at"], row["recorded_at"]
        found[row["position"]] = Standing(
            # A clock that was ahead must not hide what came after it.
            since=min(at, recorded) - overlap,
            at=at,
            recorded=recorded + _LAG,
            seq=row["chain_seq"],
            task_id=row["task_id"],
            version=row["version"],
        )
    return found


async def unrecorded(database: Database, users: Sequence[str]) -> AsyncGenerator[Unrecorded]:
    """Events of these users that the trail lacks, in order, in slices."""
    wanted, last = frozenset(users), 0
    while True:
        rows = await database.fetch(_UNRECORDED, list(wanted), last)
        for row in rows:
            try:
                event = decode(row["payload"]).data
            except UndecodableEventError as error:
                log.error("outbox_unreadable", reason=str(error))
                continue
            if isinstance(event, Event) and event.user_id in wanted:
                # What is published again is no newer for that; what never was, nobody has been sent.
                published = row["published_at"] if row["publish_count"] <= 1 else None
                since = published or (row["created_at"] if row["publish_count"] else _FOREVER)
                yield Unrecorded(past=of_event(event), since=since)
        if len(rows) < _SLICE:
            return
        last = rows[-1]["seq"]


async def missing_older(database: Database, asked: Sequence[Asked], oldest: datetime) -> frozenset[int]:
    """Positions of the readers that miss something older than `oldest`."""
    standing = [one.standing for one in asked]
    columns: list[list[Any]] = [
        [one.position for one in asked],
        [one.user_id for one in asked],
        [one.since for one in standing],
        [one.at for one in standing],
        [one.recorded for one in standing],
        [one.seq for one in standing],
        [one.task_id for one in standing],
        [one.version for one in standing],
        [one.types for one in asked],
    ]
    rows = await database.fetch(_OLDER, *columns, oldest) if asked else []
    return frozenset(row["position"] for row in rows)


async def recorded(
    database: Database, asked: Sequence[Asked], oldest: datetime, most: int
) -> dict[int, dict[str, PastEvent]]:
    """Events from `oldest` on that may be new to readers, by position and id, in order; `most` of each."""
    found: dict[int, dict[str, PastEvent]] = {}
    if not asked:
        return found
    rows = await database.fetch(
        _RECORDED,
        [one.position for one in asked],
        [one.user_id for one in asked],
        [one.standing.since for one in asked],
        [one.types for one in asked],
        oldest,
        most,
    )
    slices = Slices()
    for row in rows:
        past = of_row(row)
        found.setdefault(row["position"], {})[past.event_id] = past
        await slices.end()
    return found


def _user_of(payload: str) -> str | None:
    try:
        return decode(payload).data.user_id
    except UndecodableEventError:
        return None
