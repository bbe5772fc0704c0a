"""The trail's reading half: the `data` of rows with what people wrote decrypted, as far as its keys are there."""

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec
import structlog

from audit_logger.encryption.contents import SEALED
from audit_logger.encryption.keys import Keys
from audit_logger.encryption.wrapping import DamagedError, UserKey
from audit_logger.metrics import UNREADABLE

log = structlog.get_logger(__name__)

Gone = Literal["erased", "unreadable"]
"""Why what was written is not shown: its key was destroyed with the account, or none that is here opens it."""

_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


class Revealed(msgspec.Struct, frozen=True, gc=False):
    """A row's `data` as readers see it. Without its written part, `gone` says why."""

    data: dict[str, Any]
    gone: Gone | None = None


async def reveal(keys: Keys, rows: Sequence[Any]) -> list[Revealed]:
    """The data of rows with event_id, user_id and data, in order. One query for all their users' keys."""
    decoded = [_decode(row["data"]) for row in rows]
    users = {row["user_id"] for row, data in zip(rows, decoded, strict=True) if isinstance(data.get(SEALED), str)}
    found = await keys.for_reading(users)
    revealed = [_reveal(row, data, found) for row, data in zip(rows, decoded, strict=True)]
    unreadable = sum(one.gone == "unreadable" for one in revealed)
    if unreadable:
        UNREADABLE.inc(unreadable)
        log.error("audit_contents_unreadable", count=unreadable)
    return revealed


def _reveal(row: Any, data: dict[str, Any], keys: dict[str, UserKey | None]) -> Revealed:
    if SEALED not in data:
        return Revealed(data)
    sealed = data.pop(SEALED)
    if sealed is None:
        return Revealed(data, "erased")
    user_id: str = row["user_id"]
    key = keys.get(user_id)
    if key is None:
        return Revealed(data, "erased" if user_id in keys else "unreadable")
    try:
        return Revealed(data | key.open(sealed, row["event_id"], user_id))
    except DamagedError:
        return Revealed(data, "unreadable")
