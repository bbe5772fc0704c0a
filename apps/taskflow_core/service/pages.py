"""Pages of long lists, by keyset: a page's cursor names its last item, and the next page begins after that one."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlencode

import asyncpg
import msgspec

from taskflow_core.service.cursors import cursor_of

DEFAULT_LIMIT: Final = 50
LARGEST_LIMIT: Final = 200

Item = TypeVar("Item")


class Page(msgspec.Struct, Generic[Item], frozen=True, kw_only=True):
    """Some items, and the cursor of the ones after them if there are any."""

    items: list[Item]
    cursor: str | None


def fingerprint(criteria: msgspec.Struct) -> str:
    """Tells filters apart, so that a cursor is used only in the list that it came from."""
    return hashlib.blake2b(msgspec.json.encode(criteria), digest_size=8).hexdigest()


def page_of(
    rows: Sequence[asyncpg.Record], limit: int, of: str, *, at: str, id: str, rank: str | None = None
) -> Page[asyncpg.Record]:
    """The page that `rows` make, of which one more than `limit` was asked for.

    `of` is the list (or the fingerprint of its filter), `at`, `id` and `rank` are the columns that it is ordered by.
    """
    if len(rows) <= limit:
        return Page(items=list(rows), cursor=None)
    last = rows[limit - 1]
    moment: datetime | None = last[at]
    return Page(items=list(rows[:limit]), cursor=cursor_of(of, moment, last[id], (last[rank] or 0) if rank else 0))


def link_to_next(path: str, parameters: Mapping[str, Any], cursor: str | None) -> dict[str, str]:
    """The header Link to the page after this one: the same parameters and the cursor. None after the last page.

    A parameter that is given several times is a list.
    """
    if cursor is None:
        return {}
    return {"Link": f'<{path}?{urlencode({**parameters, "cursor": cursor}, doseq=True)}>; rel="next"'}
