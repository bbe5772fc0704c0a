"""One request that somebody sends who means no good, and what has to come back."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from tests.service.asking import Asked

NOBODY: Final = "nobody"
MALLORY: Final = "mallory"
COOKIE: Final = "mallory by cookie"
"""Who sends it: without anything to sign in by; with Mallory's own token as a header; or as her cookie."""

Check = Callable[[Asked, Mapping[str, str]], bool]
"""Whether an answer is right, given the names in the world."""


class Attack(msgspec.Struct, frozen=True, kw_only=True):
    """A request, and the answer that it must get.

    `<…>` in path, query, headers and body stands for something of the world, as `<anna.task>`. A body that is no bytes
    is sent as JSON. Whatever comes back, it is below 500, sets no cookie unless `sets_cookies`, has nothing of Anna's
    in it, and changes nothing of anybody's; of Mallory's own it may where it says `writes`.
    """

    name: str
    status: int
    code: str | None = None
    by: str = MALLORY
    method: str = "GET"
    path: str | bytes = "/api/v1/tasks"
    query: str | bytes = ""
    headers: tuple[tuple[str, str | bytes], ...] = ()
    body: Any = None
    writes: bool = False
    sets_cookies: bool = False
    check: Check | None = None
