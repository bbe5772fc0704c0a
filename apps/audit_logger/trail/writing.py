"""The trail's writing half: batches in, each event once, what people wrote encrypted."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg

from audit_logger.encryption.contents import SEALED, Content, canonical
from audit_logger.encryption.keys import Keys
from audit_logger.encryption.wrapping import UserKey, nonces
from audit_logger.trail.records import Record
from taskflow_core.database.pool import Database

# Adds a batch, dropping what is there already; answers how many rows were new.
_APPEND: Final = """
SELECT audit_record(
    $1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[],
    $10::bytea[], $11::uuid[]
)
"""
DESTROYED: Final = "TF002"
"""The error of a batch whose keys are not all there any more."""

_TRIES: Final = 5


class KeysChangeError(ConnectionError):
    """Keys were destroyed, or replaced, at each try: an outage, which is no event's fault."""


class Trail:
    """Adds to task_events; nothing ever changes there."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def append(self, records: Sequence[Record]) -> int:
        """Add `records`, in order, in one transaction that is committed on return. Returns how many were new.

        Of users whose key was destroyed the written part is left out. Raises UnknownWrappingError and KeysChangeError,
        which are outages, and DamagedKeysError; then nothing was added.
        """
        users = {record.user_id for record in records if record.content.written}
        for _ in range(_TRIES):
            keys = await self._keys.for_writing(users)
            try:
                return await self._add(records, keys)
            except asyncpg.PostgresError as error:
                # An account was erased since: the next look at its key tells.
                if error.sqlstate != DESTROYED:
                    raise
                self._keys.forget(keys)
        raise KeysChangeError("keys of the audit trail keep changing")

    async def _add(self, records: Sequence[Record], keys: Mapping[str, UserKey]) -> int:
        added: int = await self._database.fetchval(
            _APPEND,
            [record.event_id for record in records],
            [record.occurred_at for record in records],
            [record.type for record in records],
            [record.task_id for record in records],
            [record.user_id for record in records],
            [record.actor_id for record in records],
            [record.version for record in records],
            [record.correlation_id for record in records],
            [
                stored(record.content, keys.get(record.user_id), record.event_id, record.user_id, nonce)
                for record, nonce in zip(records, nonces(len(records)), strict=True)
            ],
            [key.user for key in keys.values()],
            [key.key_id for key in keys.values()],
        )
        return added


def stored(content: Content, key: UserKey | None, event_id: uuid.UUID, user_id: str, nonce: bytes) -> str:
    """The `data` of a row: canonical JSON, what was written encrypted (UserKey.seal), or left out without a key."""
    if not content.written:
        return canonical(content.clear).decode()
    sealed = None if key is None else key.seal(content.written, event_id, user_id, nonce)
    return canonical(content.clear | {SEALED: sealed}).decode()
