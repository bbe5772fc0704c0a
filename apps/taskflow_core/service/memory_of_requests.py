"""Bounds what Litestar remembers of requests: short ones only.

Litestar keeps what it read of the last 1,024 queries, and of as many cookies, however long they are. Of 30 KB each,
which anybody may send, that is more than a gigabyte that stays. Long ones are read anew each time.
"""

import importlib
from collections.abc import Callable
from typing import Any, Final

_SHORT: Final = 1024
"""Bytes of a query, or characters of cookies, that are worth remembering. A session's cookie has 400."""

_READERS: Final = (
    ("litestar.connection.base", "parse_query_string"),
    ("litestar.connection.base", "parse_cookie_string"),
    ("litestar._kwargs.extractors", "parse_query_string"),
    ("litestar.datastructures.url", "parse_query_string"),
)
"""Where Litestar calls what remembers by a text: module and name."""

_SORTER: Final = ("litestar._kwargs.extractors", "create_query_default_dict")
"""Where it remembers by the parameters that were read, which may be few and long."""


def forget_long_requests() -> None:
    """Have Litestar do so, in this process. To ask for it again changes nothing."""
    for where in _READERS:
        _replace(*where, _of_short_ones)
    _replace(*_SORTER, lambda remembering: remembering.__wrapped__)


def _replace(module: str, name: str, by: Callable[[Any], Callable[..., Any]]) -> None:
    found = importlib.import_module(module)
    now = getattr(found, name)
    if hasattr(now, "cache_info"):
        setattr(found, name, by(now))


def _of_short_ones(remembering: Any) -> Callable[..., Any]:
    anew: Callable[..., Any] = remembering.__wrapped__

    def reader(*texts: Any, **named: Any) -> Any:
        text = texts[0] if texts else next(iter(named.values()))
        return (remembering if len(text) <= _SHORT else anew)(text)

    return reader
