"""Revocations: whether who asks is refused, answered from memory.

Each process keeps the users who are signed in with it, and of each what is refused: sessions that were ended, tokens
without a session that were, and whole accounts that are disabled or gone, however they went. A user seen for the first
time is read once. From then on every second brings what is new, and every user is looked at again in turn.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from contextvars import Context
from datetime import datetime
from itertools import islice
from typing import Final

import structlog

from taskflow_core.database.pool import Connection, Database
from taskflow_core.domain.clock import Clock
from taskflow_core.periodic import every
from taskflow_core.service.revocations.known_user import KnownUser
from taskflow_core.service.revocations.reading import Position, Revocation, read_new, read_standing
from taskflow_core.service.tokens import Identity
from taskflow_core.telemetry.metrics import REVOCATIONS_READ

log = structlog.get_logger(__name__)

_INTERVAL_SECONDS: Final = 1.0
_AT_ONCE: Final = 2_000
"""Users who are looked at in one reading; one look at so many costs the database some ten milliseconds."""

_IDLE_ROUNDS: Final = 600
"""A user who asked for nothing in so many rounds, ten minutes, is forgotten."""

_MOST_USERS: Final = 200_000


class Revocations:
    """Who is refused, for all services of a process. While the database is away what is known stays in force.

    `services` are those whose metric it sets.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self.services: Sequence[str] = ()
        self._database = database
        self._clock = clock
        self._users: OrderedDict[str, KnownUser] = OrderedDict()  # the longest ago looked at first
        self._held: dict[str, int] = {}
        self._listeners: list[Callable[[str], None]] = []
        self._round = 0
        self._position: Position | None = None
        # Readings one after the other: what an older one says must not replace what a later one said.
        self._reading = asyncio.Lock()
        self._strangers: set[str] = set()
        self._introduction: asyncio.Task[None] | None = None

    def refuses(self, identity: Identity) -> bool | None:
        """Whether the sign-in that a token stands for is refused; None for a user of whom nothing is known yet."""
        user = self._users.get(identity.user_id)
        if user is None:
            return None
        user.used = self._round
        return user.flawed and user.refuses(identity)

    def is_closed(self, user_id: str) -> bool:
        """Whether the account of a user who is known here is disabled or gone."""
        user = self._users.get(user_id)
        return user is not None and user.closed

    async def look(self, identity: Identity) -> bool:
        """The same with one query for a user of whom nothing is known; those who come together share it.

        Raises outages.
        """
        while (refused := self.refuses(identity)) is None:
            if not self._strangers or self._introduction is None or self._introduction.done():
                # A task of its own, in a context of its own: it is for many, and none of them may end it.
                self._introduction = asyncio.create_task(self._introduce(), context=Context())
                self._introduction.add_done_callback(_settled)
            self._strangers.add(identity.user_id)
            await asyncio.shield(self._introduction)
        return refused

    def listen(self, heard: Callable[[str], None]) -> None:
        """Have `heard(user_id)` called when something of a user is refused that was not: ask then what."""
        self._listeners.append(heard)

    def hold(self, user_id: str) -> None:
        """Keep looking at a user who asks for nothing, but has a stream open; as often as `release` is called."""
        self._held[user_id] = self._held.get(user_id, 0) + 1

    def release(self, user_id: str) -> None:
        """One stream less."""
        self._held[user_id] -= 1
        if not self._held[user_id]:
            del self._held[user_id]

    def learn(self, user_id: str, keys: Mapping[str, datetime], issued_before: datetime | None = None) -> None:
        """Refuse here at once what this process has just revoked: keys of identities, each until it would expire."""
        user = self._users.get(user_id)
        if user is None:
            return  # read when it comes, by then with what was written
        new = [user.revoke(key, until.timestamp()) for key, until in keys.items()]
        if issued_before is not None:
            new.append(user.cut_off(issued_before.timestamp()))
        if any(new):
            self._tell([user_id])

    async def run(self) -> None:
        """Read what is new every second, for ever, until cancelled."""
        await self._database.opened()
        try:
            await every(_INTERVAL_SECONDS, self.read, name="revocations")
        finally:
            for service in self.services:
                REVOCATIONS_READ.remove_by_labels({"service": service})

    async def read(self) -> None:
        """Read what is new, and look at some users again. Raises outages."""
        self._round += 1
        async with self._reading, self._database.acquire() as connection:
            position, new = await read_new(connection, self._position, self._clock.now())
            restarted = self._position is not None and self._position.server != position.server
            try:
                # That an account is closed is known before its sessions end: whoever asks then is told the true reason.
                if restarted:
                    # What it lost of what was read before, and numbered anew, nobody knows: so all is read again.
                    for some in _batches(list(self._users), _AT_ONCE):
                        await self._look_at(connection, some, every_kind=True)
                else:
                    concerned = {row.user_id for row in new if row.kind == "user"}
                    await self._look_at(connection, concerned | self._due(), every_kind=False)
            finally:
                self._tell(_take(new, self._users))
            self._position = position
        for service in self.services:
            REVOCATIONS_READ.labels(service).set_to_current_time()

    async def _introduce(self) -> None:
        """Read the users who are waited for."""
        async with self._reading:
            user_ids, self._strangers = self._strangers, set()
            async with self._database.acquire() as connection:
                if self._position is None:
                    self._position, _ = await read_new(connection, None, self._clock.now())
                now = self._clock.now()
                closed, revoked = await read_standing(connection, user_ids, now, every_kind=True)
        # Known only now that everything is: a request must not meet one of whom nothing was read yet.
        new = {user_id: KnownUser(self._round, closed=user_id in closed) for user_id in user_ids}
        _take(revoked, new)
        self._users.update(new)

    async def _look_at(self, connection: Connection, user_ids: Collection[str], *, every_kind: bool) -> None:
        if not user_ids:
            return
        now = self._clock.now()
        closed, revoked = await read_standing(connection, user_ids, now, every_kind=every_kind)
        told = _take(revoked, self._users)
        for user_id in user_ids:
            user = self._users.get(user_id)
            if user is None:
                continue
            self._users.move_to_end(user_id)
            if user.close(closed=user_id in closed):
                told.add(user_id)
            user.forget(now.timestamp())
        self._tell(told)

    def _due(self) -> set[str]:
        """The users looked at longest ago, without those who have not asked for anything lately."""
        oldest = list(islice(self._users.items(), _AT_ONCE))
        too_many = len(self._users) > _MOST_USERS
        idle = {
            user_id
            for user_id, user in oldest
            if user_id not in self._held and (too_many or self._round - user.used > _IDLE_ROUNDS)
        }
        for user_id in idle:
            del self._users[user_id]
        return {user_id for user_id, _ in oldest} - idle

    def _tell(self, user_ids: Iterable[str]) -> None:
        for user_id in user_ids:
            for heard in self._listeners:
                try:
                    heard(user_id)
                except Exception:
                    log.exception("revocation_not_heard")


def _take(rows: Iterable[Revocation], users: Mapping[str, KnownUser]) -> set[str]:
    """Have the users know what was read; those of whom something is refused that was not."""
    told: set[str] = set()
    for row in rows:
        user = users.get(row.user_id)
        if user is None:
            continue
        new = user.cut_off(row.issued_before) if row.kind == "user" else user.revoke(row.subject, row.expires_at)
        if new:
            told.add(row.user_id)
    return told


def _batches(user_ids: list[str], size: int) -> Iterable[list[str]]:
    return (user_ids[start : start + size] for start in range(0, len(user_ids), size))


def _settled(task: asyncio.Task[None]) -> None:
    """Looks at what a reading raised though nobody waits for it any more."""
    with suppress(asyncio.CancelledError):
        task.exception()
