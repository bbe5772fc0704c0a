"""The headers that every answer carries, whoever gives it: what browsers may do with it, and who may keep it.

What an answer says itself of caching and of its contents' sources stays. Phase IV's answers have them too: they only
add.
"""

from collections.abc import Iterable, Sequence
from typing import Final

Headers = Sequence[tuple[bytes, bytes]]

_ALWAYS: Final[Headers] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),  # for browsers older than `frame-ancestors`
)
_HTTPS_ONLY: Final[Headers] = ((b"strict-transport-security", b"max-age=31536000"),)
_POLICY: Final = b"content-security-policy"
_CACHING: Final = b"cache-control"
_LOADS_NOTHING: Final = (_POLICY, b"default-src 'none'; frame-ancestors 'none'")
"""Of an answer that is no page."""

_AUTH: Final = "/api/v1/auth/"
_API: Final = "/api/"


class AnswerHeaders:
    """What is added to answers. `https` says whether browsers reach the site by it."""

    def __init__(self, *, https: bool) -> None:
        self._tokens = _kinds(https, b"no-store")
        self._private = _kinds(https, b"private, no-cache")
        self._others = _kinds(https, b"no-cache")

    def beside(self, own: Iterable[tuple[bytes, bytes]], path: str) -> Headers:
        """What is added to the answer to a request for `path` that has headers of its `own`, in lower case."""
        kinds = self._others
        if path.startswith(_API):
            kinds = self._tokens if path.startswith(_AUTH) else self._private
        given = dict(own)
        return kinds[(_CACHING in given) + 2 * (_POLICY in given)]


def wire_headers(*, https: bool) -> bytes:
    """The same for an answer that nobody keeps, given before there is a request: lines of HTTP."""
    headers = [*_fixed(https), (_CACHING, b"no-store"), _LOADS_NOTHING]
    return b"".join(b"%b: %b\r\n" % header for header in headers)


def _fixed(https: bool) -> Headers:
    return (*_ALWAYS, *_HTTPS_ONLY) if https else _ALWAYS


def _kinds(https: bool, caching: bytes) -> tuple[Headers, ...]:
    """For an answer that says nothing itself, its caching, its policy, both: made once."""
    fixed, cached = _fixed(https), (_CACHING, caching)
    return (*fixed, cached, _LOADS_NOTHING), (*fixed, _LOADS_NOTHING), (*fixed, cached), fixed
