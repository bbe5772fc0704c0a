"""Mends what Litestar reads of queries and cookies: it remembers short ones only, and takes a cookie's name as it is.

Litestar keeps what it read of the last 1,024 queries, and of as many cookies, however long they are. Of 30 KB each,
which anybody may send, that is more than a gigabyte that stays. Long ones are read anew each time.

Of cookies' names it strips whatever Python calls blank, a no-break space as well. To a browser that is a name of its
own, which any sub-domain may set, without the rules of a name that begins with `__Host-`.
"""

import importlib
from collections.abc import Callable
from typing import Any, Final

_SHORT: Final = 1024
"""Bytes of a query, or characters of cookies, that are worth remembering. A session's cookie has 400."""

_READERS: Final = (
    ("litestar.connection.base", "parse_query_string"),
    ("litestar._kwargs.extractors", "parse_query_string"),
    ("litestar.datastructures.url", "parse_query_string"),
)
"""Where Litestar calls what remembers by a text: module and name."""

_COOKIES: Final = ("litestar.connection.base", "parse_cookie_string")
_BLANK: Final = {code: "_" for code in range(256) if chr(code).isspace() and chr(code) not in " \t"}
"""What is blank to Python, but not around a cookie (RFC 6265, 5.2), becomes a part of the name."""

_MOST_COOKIES: Final = 200
"""Of one request, more than browsers keep of a site. Thousands are a megabyte, which a refusal leaves to the collector
of garbage, who comes by seldom."""

_SORTER: Final = ("litestar._kwargs.extractors", "create_query_default_dict")
"""Where it remembers by the parameters that were read, which may be few and long."""


def mend_readers() -> None:
    """Do so, in this process. To do it again changes nothing."""
    for where in _READERS:
        _replace(*where, _of_short_ones)
    _replace(*_COOKIES, _with_exact_names)
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


def _with_exact_names(remembering: Any) -> Callable[..., Any]:
    short = _of_short_ones(remembering)

    def reader(cookies: str) -> Any:
        if cookies.count(";") >= _MOST_COOKIES:
            cookies = ";".join(cookies.split(";", _MOST_COOKIES)[:_MOST_COOKIES])
        return short(cookies.translate(_BLANK))

    return reader
