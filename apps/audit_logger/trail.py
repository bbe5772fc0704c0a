"""The trail's writing half: batches in, each event once."""

from collections.abc import Sequence
from typing import Final

from audit_logger.records import Record
from taskflow_core.database.pool import Database

# Adds a batch, dropping what is there already; answers how many rows were new.
_APPEND: Final = """
SELECT audit_append(
    $1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[]
)
"""


class Trail:
    """Adds to task_events; nothing ever changes there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, records: Sequence[Record]) -> int:
        """Add `records`, in order, in one transaction that is committed on return. Returns how many were new."""
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
            [record.data for record in records],
        )
        return added
