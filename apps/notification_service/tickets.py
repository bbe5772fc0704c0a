"""One-time tickets: the way into a stream for a client that can send no header, such as EventSource.

A ticket is random, stored hashed, and first used within a minute. From then on it is good for coming back only, to the
stream that it opened, as EventSource does by itself: with an id that this stream gave. Who merely read the URL has
none. A stream has one reader: one that comes back takes over from what may be left of the connection before.
"""

import hmac
import re
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg
import msgspec

from notification_service.positions import key_of_mark, read_position
from taskflow_core.database.pool import Database
from taskflow_core.opaque import new_secret, secret_hash
from taskflow_core.periodic import every
from taskflow_core.service.errors import AuthError
from taskflow_core.service.tokens import Identity

FIRST_USE_SECONDS: Final = 60
COME_BACK_SECONDS: Final = 300
"""How long after its stream was last seen open a ticket is good for coming back."""

MOST_TICKETS: Final = 20
"""Tickets of one user; the oldest give way."""

_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_WATCH_SECONDS: Final = 1.0
_SEEN_SECONDS: Final = 15.0
_PURGE_SECONDS: Final = 60.0
_SLICE: Final = 1_000

# A new ticket; those that are too many of the user go.
_ISSUE: Final = """
WITH older AS (
    DELETE FROM stream_tickets WHERE ticket_hash IN (
        SELECT ticket_hash FROM stream_tickets WHERE user_id = $2 ORDER BY seen_at DESC OFFSET $7
    )
)
INSERT INTO stream_tickets (ticket_hash, user_id, sign_in_key, session_id, signed_in_at, signed_in_until)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING created_at
"""
# The first use.
_FIRST: Final = """
UPDATE stream_tickets SET first_used_at = now(), seen_at = now(), began_with = $2, holder = $3
WHERE ticket_hash = $1 AND first_used_at IS NULL AND created_at > now() - make_interval(secs => $4)
    AND signed_in_until > now()
RETURNING *
"""
# One that was used, and whose stream was open until lately.
_USED: Final = """
SELECT * FROM stream_tickets
WHERE ticket_hash = $1 AND first_used_at IS NOT NULL AND seen_at > now() - make_interval(secs => $2)
    AND signed_in_until > now()
"""
# Whether a user's streams may have been sent an event since a moment.
_SENT: Final = """
SELECT EXISTS (SELECT FROM task_events WHERE event_id = $1 AND user_id = $2 AND recorded_at >= $3)
    OR EXISTS (SELECT FROM outbox WHERE event_id = $1 AND user_id = $2 AND coalesce(published_at, now()) >= $3)
"""
# Another reader of its stream.
_AGAIN: Final = "UPDATE stream_tickets SET seen_at = now(), holder = $2 WHERE ticket_hash = $1 RETURNING true"
# A first use of which nothing came.
_UNUSED: Final = """
UPDATE stream_tickets SET first_used_at = NULL, began_with = NULL, holder = NULL WHERE ticket_hash = $1 AND holder = $2
"""
# Of some streams those whose ticket has another reader by now, or is gone.
_LOST: Final = """
SELECT held.ticket_hash, held.holder FROM unnest($1::bytea[], $2::uuid[]) AS held (ticket_hash, holder)
LEFT JOIN stream_tickets AS t ON t.ticket_hash = held.ticket_hash
WHERE t.holder IS DISTINCT FROM held.holder
"""
# These streams are open.
_SEEN: Final = """
UPDATE stream_tickets AS t SET seen_at = now()
FROM unnest($1::bytea[], $2::uuid[]) AS held (ticket_hash, holder)
WHERE t.ticket_hash = held.ticket_hash AND t.holder = held.holder
"""
# Those that are good for nothing any more, long after they were.
_PURGE: Final = f"""
DELETE FROM stream_tickets WHERE ticket_hash IN (
    SELECT ticket_hash FROM stream_tickets WHERE seen_at < now() - interval '1 hour'
    LIMIT {_SLICE} FOR UPDATE SKIP LOCKED
)
"""  # noqa: S608  # _SLICE is a constant


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket for one stream, to be used first before it expires."""

    ticket: str
    expires_at: datetime


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """What a ticket let in: the sign-in that it stands for, and this reader of its stream.

    `mark_key` stands in the marks that the stream gives. `first` says whether it is the ticket's first use.
    """

    identity: Identity
    ticket_hash: bytes
    holder: uuid.UUID
    mark_key: str
    first: bool


class Tickets:
    """Issues tickets and lets in who has one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def issue(self, identity: Identity) -> Ticket:
        """A ticket for a stream of who is signed in. Raises outages."""
        ticket = new_secret()
        created: datetime = await self._database.fetchval(
            _ISSUE,
            secret_hash(ticket),
            identity.user_id,
            identity.key,
            identity.session_id,
            identity.issued_at,
            identity.expires_at,
            MOST_TICKETS - 1,
        )
        expires_at = min(created + timedelta(seconds=FIRST_USE_SECONDS), identity.expires_at)
        return Ticket(ticket=ticket, expires_at=expires_at)

    async def admit(self, ticket: str, begins_with: str | None, last_event_id: str | None) -> Admission:
        """Let in the ticket's first reader, or the one that comes back with `last_event_id`, which its stream gave.

        `begins_with` is the position that the URL names: it proves nothing. Whether the sign-in still holds is for the
        caller to see. Raises AuthError, and outages.
        """
        if not _FORM.fullmatch(ticket):
            raise _refused()
        ticket_hash, holder = secret_hash(ticket), uuid.uuid4()
        begins_with = last_event_id or begins_with
        known = begins_with if begins_with and read_position(begins_with) else None
        row = await self._database.fetchrow(_FIRST, ticket_hash, known, holder, float(FIRST_USE_SECONDS))
        if row is not None:
            return _admission(row, holder, first=True)
        row = await self._database.fetchrow(_USED, ticket_hash, float(COME_BACK_SECONDS))
        if row is None or last_event_id is None or not await self._gave(row, last_event_id):
            raise _refused()
        if not await self._database.fetchval(_AGAIN, ticket_hash, holder):
            raise _refused()
        return _admission(row, holder, first=False)

    async def give_back(self, admission: Admission) -> None:
        """A first use of which no stream came: the ticket is as good as before."""
        if admission.first:
            await self._database.execute(_UNUSED, admission.ticket_hash, admission.holder)

    async def run(self, held: Callable[[], Sequence[Admission]], lost: Callable[[bytes, uuid.UUID], None]) -> None:
        """Call `lost(ticket, holder)` for every stream that has been taken over elsewhere, say of the others that they
        are open, and let old tickets go; for ever, until cancelled.
        """
        await self._database.opened()
        turn = 0

        async def look() -> None:
            nonlocal turn
            everyone = held()
            for start in range(0, len(everyone), _SLICE):
                some = everyone[start : start + _SLICE]
                pairs = [one.ticket_hash for one in some], [one.holder for one in some]
                for row in await self._database.fetch(_LOST, *pairs):
                    lost(row["ticket_hash"], row["holder"])
                if turn % int(_SEEN_SECONDS / _WATCH_SECONDS) == 0:
                    await self._database.execute(_SEEN, *pairs)
            if turn % int(_PURGE_SECONDS / _WATCH_SECONDS) == 0:
                while await self._database.execute(_PURGE) == f"DELETE {_SLICE}":
                    pass  # a batch at a time
            turn += 1

        await every(_WATCH_SECONDS, look, name="tickets")

    async def _gave(self, row: asyncpg.Record, last_event_id: str) -> bool:
        """Whether the ticket's stream may have given an id: a mark with its key, or an event since its first use."""
        key = key_of_mark(last_event_id)
        if key is not None:
            return hmac.compare_digest(key, row["mark_key"].hex)
        position = read_position(last_event_id)
        if not isinstance(position, uuid.UUID) or last_event_id == row["began_with"]:
            return False
        return await self._database.fetchval(_SENT, position, row["user_id"], row["first_used_at"])


def _admission(row: Any, holder: uuid.UUID, *, first: bool) -> Admission:
    identity = Identity(
        user_id=row["user_id"],
        email=None,
        expires_at=row["signed_in_until"],
        issued_at=row["signed_in_at"],
        session_id=row["session_id"],
        key=row["sign_in_key"],
    )
    key: uuid.UUID = row["mark_key"]
    return Admission(identity=identity, ticket_hash=row["ticket_hash"], holder=holder, mark_key=key.hex, first=first)


def _refused() -> AuthError:
    return AuthError(
        "INVALID_TICKET",
        "The ticket is unknown, used, or its time is over. Ask for another one.",
        error="Invalid or used ticket",
    )
