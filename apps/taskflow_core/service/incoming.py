"""What of a request is decoded before its handler: host, query string and body, each refused in one way.

Litestar's own ways end in a 500 for bytes that are no text, for nesting, and for hosts that are none.
"""

import re
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

import msgspec
from litestar import Request
from litestar.exceptions import ClientException, InternalServerException

from taskflow_core.decoding import UndecodableError, json_value
from taskflow_core.service.auth import sign_in_of
from taskflow_core.service.problems import InvalidError, body_problem, invalid
from taskflow_core.service.tokens import Identity

LARGEST_BODY: Final = 128 * 1024
"""Bytes a request's body may have: the longest message to the chat fits, and be it emoji, each escaped in JSON."""

MOST_PAIRS: Final = 200
"""Of a query: ten times as many as any list reads. Thousands fit into a URL, and to read them takes milliseconds."""

# RFC 3986, 3.2.2 and 3.2.3: a name or an address, a port; no user before it.
_HOST: Final = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@]*)(:[0-9]{0,5})?")
_LONGEST_HOST: Final = 255 + len(":65535")  # a name of DNS
_PRINTABLE: Final = "".join(map(chr, range(0x21, 0x7F)))


class IncomingRequest(Request[Any, Any, Any]):
    """A request whose body is JSON in UTF-8."""

    async def json(self) -> Any:
        """The body as the handler's type for it. Raises InvalidError (422)."""
        try:
            value = json_value(await self.body(), LARGEST_BODY)
        except UndecodableError as error:
            raise undecodable_body(error) from None
        field = self.route_handler.parsed_data_field
        if field is None:
            return value
        try:
            return msgspec.convert(value, field.annotation, strict=False, str_keys=True)
        except msgspec.ValidationError as error:
            raise InvalidError([body_problem(error, value, field.annotation)]) from None

    async def body(self) -> bytes:
        """The body's bytes. A client that went away before their end is told so by a 400 that nobody reads.

        They may have taken their time: whose sign-in has ended meanwhile is refused (AuthError), as at the beginning.
        """
        try:
            body = await super().body()
        except InternalServerException:
            raise ClientException("The body ended before its end") from None
        if "user" in self.scope and isinstance(self.user, Identity):
            await sign_in_of(self).let_in(self.user)
        return body


def undecodable_body(error: UndecodableError) -> InvalidError:
    """The answer to a body that is none."""
    return invalid("", f"The body is not valid JSON in UTF-8: {error}", "json_invalid", code="MALFORMED")


def check(request: Request[Any, Any, Any]) -> None:
    """Refuse a host that is none (400) and a query that is no text (422). Runs behind the guards.

    A query's bytes that stand for themselves, as some clients send them, are escaped as they ought to have been.
    """
    hosts = [value for name, value in request.scope["headers"] if name == b"host"]
    if hosts and (len(hosts) > 1 or len(hosts[0]) > _LONGEST_HOST or not _is_host(hosts[0])):
        raise ClientException("The Host header names no host, or more than one")
    query = request.scope["query_string"]
    if query and (b"%" in query or not query.isascii()):
        try:
            unquote_to_bytes(query).decode()
        except UnicodeDecodeError:
            raise invalid("", "is not UTF-8, or wrongly escaped", where="query", code="MALFORMED") from None
        if not query.isascii():
            request.scope["query_string"] = quote_from_bytes(query, safe=_PRINTABLE).encode()


def check_pairs(request: Request[Any, Any, Any]) -> None:
    """Refuse a query of too many pairs (422) before anybody reads it. Phase IV reads none, and takes them all."""
    if request.scope["query_string"].count(b"&") >= MOST_PAIRS:
        message = f"has too many parameters; send at most {MOST_PAIRS}"
        raise invalid("", message, where="query", code="TOO_MANY", params={"most": MOST_PAIRS})


@lru_cache(maxsize=256)
def _is_host(host: bytes) -> bool:
    match = _HOST.fullmatch(host)
    return match is not None and int((match[2] or b":0")[1:] or b"0") < 1 << 16
