"""Devices that an account has signed in from: each has a budget of its own, so that nobody can lock its owner out.

A browser keeps a mark, which is opaque and random, and of which the database has the hash. For programs without cookies
the address counts, for as long as the account signs in from it now and then; the database has a keyed hash of that. A
mark belongs to one account: for another it means nothing.
"""

import secrets
from datetime import timedelta
from typing import Final

from chat_api.signing_in.client import Client
from chat_api.signing_in.keyed import Keyed
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.opaque import secret_hash

KEPT_DAYS: Final = 365
"""How long a browser is known after its last sign-in."""

_ADDRESS_DAYS: Final = 30
_MOST: Final = 10
"""Browsers, and addresses, that are known of one account; those that signed in longest ago go."""

_ACCOUNTS: Final = 3
"""Accounts that take turns in one browser, each with its mark there."""

# Which of these marks are known of a user; an address ($3) only since $4.
_RECOGNISE: Final = """
SELECT mark FROM sign_in_devices
WHERE user_id = $1 AND (mark = ANY ($2::bytea[]) AND last_used_at > $5 OR mark = $3 AND last_used_at > $4)
ORDER BY by_address LIMIT 1
"""
# Notes that a user signed in by these marks just now ($4), and forgets those that are too many beside them. One sign-in
# of a user at a time: each touches rows that others of the same user want.
_REMEMBER: Final = """
WITH turn AS (SELECT pg_advisory_xact_lock(hashtextextended('sign-in devices:' || $1, 0))), kept AS (
    INSERT INTO sign_in_devices AS device (user_id, mark, by_address, last_used_at)
    SELECT $1, mark, by_address, $4 FROM turn, unnest($2::bytea[], $3::boolean[]) AS seen (mark, by_address)
    ON CONFLICT (user_id, mark) DO UPDATE SET last_used_at = greatest(device.last_used_at, excluded.last_used_at)
)
DELETE FROM sign_in_devices WHERE user_id = $1 AND mark IN (
    SELECT mark FROM (
        SELECT mark, row_number() OVER (PARTITION BY by_address ORDER BY last_used_at DESC) AS place
        FROM sign_in_devices WHERE user_id = $1 AND mark <> ALL ($2)
    ) AS others WHERE place >= $5
)
"""
_FORGET: Final = "DELETE FROM sign_in_devices WHERE user_id = $1"
# Those not seen for too long: browsers since $1, addresses since $2.
_PURGE: Final = """
DELETE FROM sign_in_devices WHERE (user_id, mark) IN (
    SELECT user_id, mark FROM sign_in_devices WHERE last_used_at < $1 OR by_address AND last_used_at < $2
    LIMIT 1000 FOR UPDATE SKIP LOCKED
)
"""


class Devices:
    """The known devices of every account."""

    def __init__(self, database: Database, clock: Clock, keyed: Keyed) -> None:
        self._database = database
        self._clock = clock
        self._keyed = keyed

    async def recognise(self, user_id: str, client: Client) -> bytes | None:
        """The mark by which the client is known as a device of the user; of none where `user_id` is nobody's."""
        now = self._clock.now()
        return await self._database.fetchval(
            _RECOGNISE,
            user_id,
            [secret_hash(mark) for mark in client.devices],
            None if client.shared else self._address(user_id, client),
            now - timedelta(days=_ADDRESS_DAYS),
            now - timedelta(days=KEPT_DAYS),
        )

    async def remember(self, user_id: str, client: Client, known: bytes | None) -> tuple[str, ...]:
        """Note a sign-in by the mark it was recognised by, or by a new one. The marks that the client has then."""
        mark = next((mark for mark in client.devices if secret_hash(mark) == known), None) or secrets.token_urlsafe(16)
        seen = [(secret_hash(mark), False)] + ([] if client.shared else [(self._address(user_id, client), True)])
        marks, by_address = [mark for mark, _ in seen], [by for _, by in seen]
        await self._database.execute(_REMEMBER, user_id, marks, by_address, self._clock.now(), _MOST)
        return (mark, *(other for other in client.devices if other != mark))[:_ACCOUNTS]

    async def forget(self, user_id: str) -> None:
        """Let every device of a user be unknown again."""
        await self._database.execute(_FORGET, user_id)

    async def purge(self) -> None:
        """Delete those that are not known any more."""
        now = self._clock.now()
        since = now - timedelta(days=KEPT_DAYS), now - timedelta(days=_ADDRESS_DAYS)
        while await self._database.execute(_PURGE, *since) == "DELETE 1000":
            pass

    def _address(self, user_id: str, client: Client) -> bytes:
        return self._keyed("address of a user", user_id, client.network)
