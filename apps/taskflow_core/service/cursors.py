"""Cursors of paged lists: opaque to clients, checked when they come back, since anybody can write one."""

import base64
from datetime import UTC, datetime
from typing import Annotated, Final, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from taskflow_core.decoding import JsonDecoder
from taskflow_core.service.errors import InvalidError, invalid

Id = TypeVar("Id", str, UUID)

LONGEST_CURSOR: Final = 1000
"""Characters that a cursor may have; ours have a fifth of it."""


class Position(msgspec.Struct, Generic[Id], frozen=True, array_like=True):
    """Where a page ended: `of` tells lists and filters apart, the others are its last item's (`at` in UTC)."""

    of: str
    at: Annotated[datetime, Meta(tz=True)] | None
    id: Id
    rank: Annotated[int, Meta(ge=0, le=3)] = 0


_BY_TEXT: Final = JsonDecoder(Position[str], largest=LONGEST_CURSOR)
_BY_UUID: Final = JsonDecoder(Position[UUID], largest=LONGEST_CURSOR)


def cursor_of(of: str, at: datetime | None, id: str | UUID, rank: int = 0) -> str:
    """The cursor of what comes after an item; `rank` is its priority, in a list that is ordered by that."""
    position = (of, at, id, rank) if rank else (of, at, id)
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def text_position(cursor: str, of: str) -> Position[str]:
    """Where the page before ended, in a list whose ids are texts. Raises InvalidError (422)."""
    return _read(_BY_TEXT, cursor, of)


def dated_text_position(cursor: str, of: str) -> Position[str]:
    """The same, where the items all have a time."""
    return _dated(text_position(cursor, of))


def uuid_position(cursor: str, of: str) -> Position[UUID]:
    """The same, where ids are UUIDs."""
    return _dated(_read(_BY_UUID, cursor, of))


def _dated(position: Position[Id]) -> Position[Id]:
    if position.at is None:
        raise _none_of_ours()
    return position


def _read(decode: JsonDecoder[Position[Id]], cursor: str, of: str) -> Position[Id]:
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        position = decode(raw)
        # At the ends of the calendar a time with an offset is none in UTC.
        at = None if position.at is None else position.at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _none_of_ours() from None
    if position.of != of:
        message = "belongs to another list or other filters; begin again without it"
        raise invalid("cursor", message, where="query", code="INVALID_CURSOR")
    return msgspec.structs.replace(position, at=at)


def _none_of_ours() -> InvalidError:
    return invalid("cursor", "is not one of ours; begin again without it", where="query", code="INVALID_CURSOR")
