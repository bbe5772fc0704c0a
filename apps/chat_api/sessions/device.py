"""What a session keeps of the program that began it."""

import re
from typing import Any, Final

from litestar import Request

_LONGEST: Final = 200
_UNPRINTABLE: Final = re.compile(r"[^\x21-\x7e]+")


def device_of(request: Request[Any, Any, Any]) -> str | None:
    """The request's User-Agent in printable ASCII, cut to 200 characters; None where it has none."""
    given = request.headers.get("user-agent", "")
    return _UNPRINTABLE.sub(" ", given[: 2 * _LONGEST]).strip()[:_LONGEST] or None
