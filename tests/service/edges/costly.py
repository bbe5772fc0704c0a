"""Requests that are made to cost as much as they can, of any size: for each route, each part of a request.

A part that is text is repeated by PATTERNS; the largest size is what is let through: a field's own limit, the largest
body, the largest header. What is larger is refused before anybody reads it, and is tried as well.
"""

import contextlib
import gc
import itertools
import json
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from msgspec import inspect

from tests.service.asking import Route
from tests.service.edges.strange import HEADERS
from tests.service.edges.whole import Platform, body_of

Fill = Callable[[int], str]
"""A text of so many characters."""


def _repeated(text: str, before: str = "", after: str = "") -> Fill:
    def fill(size: int) -> str:
        times = max(0, size - len(before) - len(after)) // len(text)
        return before + text * times + after

    return fill


PATTERNS: Final[dict[str, Fill]] = {
    "letters": _repeated("a"),
    "digits": _repeated("9"),
    "blanks": _repeated(" ", "a", "a"),
    "words": _repeated("a "),
    "quotes": _repeated('"'),
    "backslashes": _repeated("\\"),
    "brackets": _repeated("["),
    "commas": _repeated(","),
    "semicolons": _repeated(";a="),
    "dots": _repeated("a."),
    "colons": _repeated("1:"),
    "dashes": _repeated("-", "2027"),
    "percent signs": _repeated("%_"),
    "an address without an end": _repeated("a.", "a@"),
    "an address of signs": _repeated("@a"),
    "accents": _repeated("e\u0301"),
    "sharp letters": _repeated("ẞ"),
    "weekdays": _repeated("MON,", "weekly:"),
    "days of a month": _repeated("1,", "RRULE:FREQ=MONTHLY;BYMONTHDAY="),
    "parts of a rule": _repeated("BYDAY=MO;", "RRULE:FREQ=DAILY;"),
    "a rule that never comes": _repeated("31,", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY="),
    "a duration": _repeated("1D", "P"),
    "tags": _repeated('W/"a", '),
    "media types": _repeated("text/html;q=0.1,"),
    "tokens": _repeated("eyJh.", "Bearer "),
    "times said": _repeated("every day at 9 ", "add water "),
    "days said": _repeated("tomorrow ", "add water "),
    "offsets said": _repeated("1 hour before ", "remind me "),
    "a title in quotes": _repeated('" "', 'rename "a" to '),
    "numbers said": _repeated("1 and ", "complete tasks "),
    "politeness": _repeated("so ", after="add water"),
    "clauses": _repeated("until friday every monday ", "move water to "),
}

LARGEST_BODY: Final = 120_000
LARGEST_HEADER: Final = 30_000
_PLAIN: Final = ("letters", "blanks", "quotes", "brackets", "an address without an end", "accents")
"""The patterns of what is tried everywhere."""

_HEADERS: Final = (
    *HEADERS,
    b"accept-language",
    b"accept-encoding",
    b"access-control-request-headers",
    b"forwarded",
)
_THOROUGH: Final = frozenset({"GET /api/v1/tasks", "PATCH /api/v1/tasks/{task_id:str}", "GET /"})
"""Routes on which each header is tried with each pattern."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request that grows: `how` gives what is asked with a part of some size, of which the largest is `largest`."""

    route: Route
    name: str
    largest: int
    how: Callable[[int], dict[str, Any]]

    def __str__(self) -> str:
        return f"{self.route}: {self.name}"


def _bodies(route: Route, _: Platform) -> Iterator[Case]:
    for name, kind in _fields(route).items():
        allowed, many = _limits(kind)
        for pattern, fill in PATTERNS.items():

            def how(size: int, name: str = name, fill: Fill = fill, many: int | None = many) -> dict[str, Any]:
                value: Any = fill(size) if many is None else [fill(20)] * size
                return {"body": json.dumps(body_of(route, **{name: value}), ensure_ascii=False).encode()}

            yield Case(route=route, name=f"{name} of {pattern}", largest=many or allowed, how=how)
            if pattern in _PLAIN and many is None:
                yield Case(route=route, name=f"{name} of far too many {pattern}", largest=LARGEST_BODY // 3, how=how)
    raw: dict[str, Callable[[int], bytes]] = {
        "members": lambda size: b"{%b}" % b",".join(b'"%d":1' % number for number in range(size // 10)),
        "the same member": lambda size: b'{"title":"a"%b}' % (b',"title":"a"' * (size // 12)),
        "escapes": lambda size: b'{"title":"%b"}' % (b"\\u0000" * (size // 6)),
        "a long number": lambda size: b'{"title":%b}' % (b"9" * size),
        "arrays": lambda size: b"[%b]" % b",".join([b"[]"] * (size // 3)),
        "an open text": lambda size: b'{"title":"' + b'\\"' * (size // 2),
        "blanks": lambda size: b" " * size,
    }
    for name, content in raw.items():
        yield Case(
            route=route,
            name=f"a body of {name}",
            largest=LARGEST_BODY,
            how=lambda size, content=content: {"body": content(size)},
        )


def _headers(route: Route, platform: Platform) -> Iterator[Case]:
    headers = platform.headers
    body = json.dumps(body_of(route)).encode() if route.body else b""
    for number, header in enumerate(_HEADERS):
        patterns = (
            PATTERNS if str(route) in _THOROUGH else itertools.islice(itertools.cycle(PATTERNS), number, number + 2)
        )
        for pattern in patterns:

            def how(size: int, header: bytes = header, fill: Fill = PATTERNS[pattern]) -> dict[str, Any]:
                others = [pair for pair in headers if pair[0] != header]
                value = fill(size).encode("utf-8", "replace")[:LARGEST_HEADER]
                return {"headers": [*others, (header, value)], "body": body}

            yield Case(route=route, name=f"{header.decode()} of {pattern}", largest=LARGEST_HEADER, how=how)

    def cookies(size: int) -> dict[str, Any]:
        unsigned = [pair for pair in headers if pair[0] != b"authorization"]
        return {"headers": [*unsigned, (b"cookie", b"a=b.c.d; " * (size // 9))], "body": body}

    def several(size: int) -> dict[str, Any]:
        return {"headers": [*headers, *((b"x-%d" % number, b"") for number in range(size // 10))], "body": body}

    yield Case(route=route, name="many cookies", largest=LARGEST_HEADER, how=cookies)
    yield Case(route=route, name="many headers", largest=LARGEST_HEADER, how=several)


def _queries(route: Route, _: Platform) -> Iterator[Case]:
    for name, (pattern, fill) in itertools.product((*route.query, "token", "nobody"), PATTERNS.items()):

        def how(size: int, name: str = name, fill: Fill = fill) -> dict[str, Any]:
            return {"query": f"{name}={quote(fill(size))}"[:LARGEST_HEADER].encode()}

        if name in route.query:
            largest = route.longest.get(name, 1_000)
            yield Case(route=route, name=f"?{name}= of {pattern}", largest=largest, how=how)
        if pattern in _PLAIN:
            yield Case(route=route, name=f"?{name}= of far too many {pattern}", largest=LARGEST_HEADER, how=how)
    for unit in ("a=&", "limit=1&", "%41=%41&", "a&", ";", "%zz"):
        yield Case(
            route=route,
            name=f"a query of {unit}",
            largest=LARGEST_HEADER,
            how=lambda size, unit=unit: {"query": (unit * (size // len(unit))).encode()},
        )


def _paths(route: Route, platform: Platform) -> Iterator[Case]:
    values = {"task_id": platform.task_id}
    parameters = [part[1:-1].partition(":")[0] for part in route.path.split("/") if part.startswith("{")]
    for parameter, (pattern, fill) in itertools.product(parameters, PATTERNS.items()):
        yield Case(
            route=route,
            name=f"{{{parameter}}} of {pattern}",
            largest=LARGEST_HEADER,
            how=lambda size, parameter=parameter, fill=fill: {
                "path": route.at(**values | {parameter: quote(fill(size), safe="")})[:LARGEST_HEADER]
            },
        )
    for unit in ("/", "/a", "/%2e", "/.a", "%2f"):
        yield Case(
            route=route,
            name=f"a path of {unit}",
            largest=LARGEST_HEADER,
            how=lambda size, unit=unit: {"path": route.at(**values) + unit * (size // len(unit))},
        )


def _fields(route: Route) -> dict[str, inspect.Type]:
    """The fields of a route's body that take a text or a list."""
    if route.body is None:
        return {}
    info = inspect.type_info(route.body)
    assert isinstance(info, inspect.StructType)
    return {field.encode_name: field.type for field in info.fields if _limits(field.type) != (0, None)}


def _limits(kind: inspect.Type) -> tuple[int, int | None]:
    """The most characters that a field takes, and the most items; 0 where it takes neither text nor list."""
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    if isinstance(kind, inspect.UnionType):
        return max((_limits(one) for one in kind.types), key=lambda found: (found[1] or 0, found[0]))
    if isinstance(kind, inspect.StrType):
        return kind.max_length or LARGEST_BODY // 3, None
    if isinstance(kind, inspect.ListType):
        return 0, kind.max_length or 1_000
    words = isinstance(kind, inspect.DateType | inspect.LiteralType)
    return (1_000 if words else 0), None


PARTS: Final[dict[str, Callable[[Route, Platform], Iterator[Case]]]] = {
    "body": _bodies,
    "headers": _headers,
    "query": _queries,
    "path": _paths,
}
"""By part of a request, every case of a route."""


@contextlib.contextmanager
def settled() -> Generator[None]:
    """While entered, nothing is collected: when the collector comes by, and over what, is no request's doing."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def cpu(platform: Platform, case: Case, size: int, turns: int = 1) -> float:
    """Seconds of CPU that a request with a part of some size takes, at the least of some turns."""
    times: list[float] = []
    how = case.how(size)
    for _ in range(turns):
        began = time.process_time()
        await platform.ask(case.route, **how)
        times.append(time.process_time() - began)
    return min(times)
