"""Where a reader stands: behind the event it saw last, or at a mark.

A mark is a moment of the audit trail: what was recorded until then the reader knows. Streams give one as an `id` by
itself to a reader that has no event to come back with, or none that is there still. So it comes back with something.
To a reader with a ticket a mark holds a key as well, by which it is known again.
"""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# Up to the year 2286; no number of so many digits is out of a datetime's range.
_MARK: Final = re.compile(r"since-([0-9]{1,16})(?:-([0-9a-f]{32}))?")
_UUID_LENGTH: Final = 36


def mark_id(at: datetime) -> str:
    """The id of the mark at a moment, exact to the microsecond."""
    return f"since-{max(0, (at - _EPOCH) // _MICROSECOND)}"


def keyed(mark: str, key: str | None) -> str:
    """The id of the same mark with a ticket's key, if there is one."""
    return mark if key is None else f"{mark}-{key}"


def key_of_mark(last_event_id: str) -> str | None:
    """The key that a mark holds; None when it holds none, or is no mark."""
    mark = _MARK.fullmatch(last_event_id)
    return None if mark is None else mark[2]


def read_position(last_event_id: str) -> uuid.UUID | datetime | None:
    """The event or the moment that an id names; None when it is no id of ours."""
    mark = _MARK.fullmatch(last_event_id)
    if mark is not None:
        return _EPOCH + int(mark[1]) * _MICROSECOND
    if len(last_event_id) != _UUID_LENGTH:
        return None
    try:
        return uuid.UUID(last_event_id)
    except ValueError:
        return None
