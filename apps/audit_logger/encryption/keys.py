"""Users' keys: found or made for writing, found for reading, and never used after they were destroyed."""

import uuid
from collections.abc import Collection, Iterable
from typing import Any, Final

import structlog

from audit_logger.encryption.wrapping import DamagedError, UnknownWrappingError, UserKey, Wrapper, new_key
from audit_logger.metrics import KEYS_OLD, KEYS_UNFIT
from taskflow_core.database.pool import Database
from taskflow_core.settings import Settings
from taskflow_core.settings_checks import SettingsError
from taskflow_core.user_hash import user_hash

log = structlog.get_logger(__name__)

_CACHED: Final = 10_000
_AT_ONCE: Final = 500

# The keys of some users.
_FETCH: Final = "SELECT user_hash, key_id, wrapped FROM audit_keys WHERE user_hash = ANY ($1::bytea[])"
# Keeps new ones, unless there are others by now.
_MAKE: Final = "SELECT audit_make_keys($1::bytea[], $2::uuid[], $3::bytea[])"
# By what some keys are wrapped, and how many of them by each.
_SOME: Final = """
SELECT substr(wrapped, 1, 8) AS mark, count(*) AS keys
FROM (SELECT wrapped FROM audit_keys WHERE wrapped IS NOT NULL LIMIT 100) AS k GROUP BY 1
"""
# The same of one mark, and of those that are known.
_LIKE: Final = """
SELECT substr(wrapped, 1, 8) AS mark, count(*) AS keys FROM audit_keys
WHERE substr(wrapped, 1, 8) = $1 OR substr(wrapped, 1, 8) = ANY ($2::bytea[]) GROUP BY 1
"""
# How many keys are wrapped by another than the first secret, and how many by none that is known.
_OTHERS: Final = """
SELECT count(*) AS old, count(*) FILTER (WHERE substr(wrapped, 1, 8) <> ALL ($2::bytea[])) AS unfit
FROM audit_keys WHERE substr(wrapped, 1, 8) <> $1
"""
# Some that an earlier secret wraps, after a user.
_EARLIER: Final = """
SELECT user_hash, key_id, wrapped FROM audit_keys
WHERE user_hash > $1 AND substr(wrapped, 1, 8) <> $2 AND substr(wrapped, 1, 8) = ANY ($3::bytea[])
ORDER BY user_hash LIMIT $4
"""
# Wraps one anew, unless it was destroyed or wrapped meanwhile.
_REWRAP: Final = "SELECT audit_rewrap_key($1, $2, $3, $4)"


class DamagedKeysError(Exception):
    """The keys of these `users` (ids) were changed, so nothing of theirs can be encrypted."""

    def __init__(self, users: frozenset[str]) -> None:
        super().__init__("the key that the user's part of the audit trail is encrypted with was changed")
        self.users = users


def keys_of(settings: Settings, database: Database) -> "Keys":
    """The keys of a database, as the settings unwrap them. Raises SettingsError where they say nothing of it."""
    if not settings.audit_encryption_keys:
        raise SettingsError(
            "TASKFLOW_AUDIT_ENCRYPTION_KEY is not set: audit-logger records nothing that people wrote in the clear"
        )
    return Keys(database, Wrapper(settings.audit_encryption_keys))


class Keys:
    """Users' keys, unwrapped ones kept in memory.

    For reading, the database is asked each time which key a user has now. For writing one that is in memory will do:
    the function that adds rows takes none that was destroyed or replaced, by whichever process, and then it is to be
    forgotten here.
    """

    def __init__(self, database: Database, wrapper: Wrapper) -> None:
        self._database = database
        self._wrapper = wrapper
        self._unwrapped: dict[str, UserKey] = {}

    async def for_writing(self, users: Collection[str]) -> dict[str, UserKey]:
        """The keys of these users, made where there is none; users whose key was destroyed are not among them.

        Raises UnknownWrappingError, DamagedKeysError, outages.
        """
        found = {user: key for user in users if (key := self._unwrapped.get(user)) is not None}
        by_hash = {user_hash(user): user for user in users if user not in found}
        rows = await self._fetch(by_hash)
        missing = [hashed for hashed in by_hash if hashed not in rows]
        if missing:
            # With a secret that does not fit, a key would come to be that those who have the right one cannot read.
            await self.check()
            ids = [uuid.uuid4() for _ in missing]
            wrapped = [
                self._wrapper.wrap(new_key(), hashed, key_id) for hashed, key_id in zip(missing, ids, strict=True)
            ]
            await self._database.execute(_MAKE, missing, ids, wrapped)
            rows |= await self._fetch(missing)
        damaged: set[str] = set()
        for hashed, row in rows.items():
            try:
                key = self._unwrap(by_hash[hashed], row)
            except DamagedError:
                damaged.add(by_hash[hashed])
            except UnknownWrappingError:
                self._refuse_lost(await self._database.fetch(_LIKE, row["wrapped"][:8], list(self._wrapper.marks)))
                damaged.add(by_hash[hashed])
            else:
                if key is not None:
                    found[by_hash[hashed]] = key
        if damaged:
            log.error("audit_keys_damaged", count=len(damaged))
            raise DamagedKeysError(frozenset(damaged))
        return found

    def forget(self, users: Iterable[str]) -> None:
        """Ask the database anew for the keys of these users: some are not theirs any more."""
        for user in users:
            self._unwrapped.pop(user, None)

    async def for_reading(self, users: Iterable[str]) -> dict[str, UserKey | None]:
        """The keys of these users; None where it was destroyed. One that cannot be unwrapped is not among them."""
        by_hash = {user_hash(user): user for user in users}
        found: dict[str, UserKey | None] = {}
        for hashed, row in (await self._fetch(by_hash)).items():
            try:
                found[by_hash[hashed]] = self._unwrap(by_hash[hashed], row)
            except (DamagedError, UnknownWrappingError) as error:
                log.error("audit_key_does_not_fit", reason=str(error))
        return found

    async def check(self) -> None:
        """Raise UnknownWrappingError where the database's keys are wrapped by another; or outages."""
        self._refuse_lost(await self._database.fetch(_SOME))

    def _refuse_lost(self, found: Collection[Any]) -> None:
        """Raise UnknownWrappingError where keys are wrapped by a secret that is not here.

        It wraps several, or all there are; a single one among those that fit was changed, which is its user's affair.
        """
        unknown = [row["keys"] for row in found if row["mark"] not in self._wrapper.marks]
        if unknown and (max(unknown) > 1 or len(unknown) == len(found)):
            raise UnknownWrappingError

    async def rewrap(self) -> int:
        """Wrap anew, by the first secret, what another one wraps; returns how many. Raises outages."""
        after, done = b"", 0
        while rows := await self._database.fetch(
            _EARLIER, after, self._wrapper.mark, list(self._wrapper.marks), _AT_ONCE
        ):
            for row in rows:
                hashed, key_id = row["user_hash"], row["key_id"]
                try:
                    key = self._wrapper.unwrap(row["wrapped"], hashed, key_id)
                except DamagedError:
                    continue
                again = self._wrapper.wrap(key, hashed, key_id)
                done += bool(await self._database.fetchval(_REWRAP, hashed, key_id, row["wrapped"], again))
            after = rows[-1]["user_hash"]
        if done:
            log.info("audit_keys_rewrapped", count=done)
        counted = await self._database.fetchrow(_OTHERS, self._wrapper.mark, list(self._wrapper.marks))
        assert counted is not None, "it counts"
        KEYS_OLD.set(counted["old"])
        KEYS_UNFIT.set(counted["unfit"])
        if counted["unfit"]:
            log.error("audit_keys_do_not_fit", count=counted["unfit"])
        return done

    async def _fetch(self, hashes: Collection[bytes]) -> dict[bytes, Any]:
        return {row["user_hash"]: row for row in await self._database.fetch(_FETCH, list(hashes))} if hashes else {}

    def _unwrap(self, user: str, row: Any) -> UserKey | None:
        """A row's key; None where it was destroyed. Raises UnknownWrappingError and DamagedError."""
        hashed, key_id = row["user_hash"], row["key_id"]
        if row["wrapped"] is None:
            self._unwrapped.pop(user, None)
            return None
        cached = self._unwrapped.get(user)
        if cached is not None and cached.key_id == key_id:
            return cached
        key = UserKey(hashed, key_id, self._wrapper.unwrap(row["wrapped"], hashed, key_id))
        self._unwrapped.pop(user, None)
        while len(self._unwrapped) >= _CACHED:
            del self._unwrapped[next(iter(self._unwrapped))]
        self._unwrapped[user] = key
        return key
