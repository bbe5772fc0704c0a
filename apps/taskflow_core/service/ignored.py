"""What of a request nobody reads is said: a misspelt parameter or field is not dropped in silence.

On routes of Phase V a parameter that is none of the route's is refused (422). Phase IV's routes go on ignoring it, as
their clients are used to; there, and of a body's fields everywhere, the answer's header TaskFlow-Ignored names them.
"""

import difflib
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.types import Message, Scope

from taskflow_core.service.errors import FieldProblem, InvalidError

HEADER: Final = "TaskFlow-Ignored"
PHASE_IV: Final[dict[str, Any]] = {"phase_iv": True}
"""The `opt` of a route that Phase IV has."""

READS: Final = "reads_parameters"
"""The key in a route's `opt` for the names of query parameters that its handler takes from the request itself."""

_KEY: Final = "taskflow_ignored"
_KNOWN: Final = "taskflow_known"
"""The key in a route's `opt` for what it reads: found once, and gone with the app, which a cache would keep."""

_MOST: Final = 20
_LONGEST: Final = 64


async def note_ignored(request: Request[Any, Any, Any]) -> None:
    """Before a handler of ours: find what it does not read. Raises InvalidError for a parameter of a Phase V route."""
    handler = request.route_handler
    if not handler.include_in_schema:
        return
    known, fields = _known(handler)
    unknown = (
        {name for name in request.query_params if name not in known} if request.scope["query_string"] else set[str]()
    )
    if unknown and not handler.opt.get("phase_iv"):
        raise InvalidError([_problem(name, known) for name in sorted(unknown)[:_MOST]])
    if fields:
        unknown |= _members(await request.body()) - fields
    if unknown:
        request.scope[_KEY] = sorted(unknown)  # pyright: ignore[reportGeneralTypeIssues]  # a key of our own


async def tell_ignored(message: Message, scope: Scope) -> None:
    """Before an answer is sent: name in a header what `note_ignored` found."""
    values: Any = scope
    names: list[str] | None = values.get(_KEY)
    if names and message["type"] == "http.response.start":
        value = ", ".join(quote(name[:_LONGEST], safe="") for name in names[:_MOST])
        message.setdefault("headers", [])
        message["headers"] = [*message["headers"], (HEADER.lower().encode(), value.encode())]


def _known(handler: HTTPRouteHandler) -> tuple[frozenset[str], frozenset[str]]:
    """The names of a route's query parameters, and those of its body's fields."""
    known: tuple[frozenset[str], frozenset[str]] | None = handler.opt.get(_KNOWN)
    if known is None:
        known = handler.opt[_KNOWN] = _parameters(handler), _fields(handler)
    return known


def _parameters(handler: HTTPRouteHandler) -> frozenset[str]:
    names: set[str] = set(handler.opt.get(READS, ()))
    for name, field in handler.parsed_fn_signature.parameters.items():
        if isinstance(field.kwarg_definition, QueryParameter):
            names.add(field.kwarg_definition.name or name)
    return frozenset(names)


def _fields(handler: HTTPRouteHandler) -> frozenset[str]:
    """Of a body that is one of our structs."""
    data = handler.parsed_data_field
    if data is None:
        return frozenset()
    kinds = [data.annotation, *(inner.annotation for inner in data.inner_types)]
    structs = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, msgspec.Struct)]
    return frozenset(field.encode_name for kind in structs for field in msgspec.structs.fields(kind))


def _members(body: bytes) -> set[str]:
    """The names of a JSON object's members; none for anything else, which the handler refuses."""
    try:
        return set(msgspec.json.decode(body, type=dict[str, msgspec.Raw]))
    except (ValueError, RecursionError):
        return set()


def _problem(name: str, known: Iterable[str]) -> FieldProblem:
    close = difflib.get_close_matches(name[:_LONGEST], known, n=1)
    known_ones = ", ".join(sorted(known)) or "none"
    hint = f"did you mean {close[0]}?" if close else f"there are {known_ones}"
    return FieldProblem(
        loc=["query", name[:_LONGEST]],
        msg=f"is no parameter of this route; {hint}",
        type="extra_forbidden",
        code="UNKNOWN_PARAMETER",
    )
