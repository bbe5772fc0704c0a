"""How far the rows of before are encrypted, and what signed records say of it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec

from audit_logger.evidence.chain import GENESIS
from audit_logger.evidence.signing import Body, Checkpoint, Resealed
from taskflow_core.database.pool import Connection
from taskflow_core.database.statements import select
from taskflow_db.audit_tables import AuditOldHashes, AuditSealing

_STATE: Final = select(AuditSealing.seq, AuditSealing.old_hash, AuditSealing.new_hash, AuditSealing.done_at)
# The hash of before of a row that others follow which have left the trail.
_OLD_HASH: Final = select(AuditOldHashes.hash, by=[AuditOldHashes.seq])


class Sealing(msgspec.Struct, frozen=True):
    """Rows up to `seq` are encrypted. The last of them had the hash `old`, and has `new`.

    Until it is `done_at`, the row after it follows the old hash, and the rest of the chain is as it was before.
    """

    seq: int
    old: bytes
    new: bytes
    done_at: datetime | None

    @property
    def goes_on(self) -> bool:
        """Whether there are rows of before."""
        return self.done_at is None

    def is_said_by(self, bodies: Iterable[Body]) -> bool:
        """Whether one of these signed records says the same."""
        here = (self.seq, self.old.hex(), self.new.hex())
        return any(isinstance(body, Resealed) and (body.seq, body.old, body.new) == here for body in bodies)


def is_of_before(body: Checkpoint, sealing: Sealing) -> bool:
    """Whether a checkpoint knows rows as they were before they were encrypted."""
    return body.old is None and (
        body.seq < sealing.seq or (body.seq == sealing.seq and body.hash == sealing.old.hex() != sealing.new.hex())
    )


NEVER: Final = Sealing(0, GENESIS, GENESIS, datetime.min.replace(tzinfo=UTC))
"""What stands for a state that is nowhere to be found."""


async def sealing_of(connection: Connection) -> Sealing:
    """How far it is. Raises outages."""
    row = await connection.fetchrow(_STATE)
    return NEVER if row is None else Sealing(row["seq"], row["old_hash"], row["new_hash"], row["done_at"])


async def old_hash(connection: Connection, seq: int) -> bytes | None:
    """The hash that row `seq` had before, where rows follow it that have left the trail. Raises outages."""
    found: bytes | None = await connection.fetchval(_OLD_HASH, seq)
    return found
