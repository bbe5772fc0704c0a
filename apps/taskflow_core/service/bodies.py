"""Which bodies are read as JSON: what a client calls JSON, and what it gives no name."""

from email.message import Message
from typing import Any, Final

from litestar import Request

from taskflow_core.service.errors import ApiError
from taskflow_core.service.problems import InvalidError, invalid, missing

NEEDS_BODY: Final[dict[str, Any]] = {"needs_body": True}
"""The `opt` of a change of a task, which is refused by a rule (400) where nothing was sent."""

OPTIONAL_BODY: Final[dict[str, Any]] = {"optional_body": True}
"""The `opt` of a route that works without a body, and reads one itself where there is one."""

_UTF_8: Final = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})
_LONGEST_TYPE: Final = 1000


def is_json(content_type: str | None) -> bool:
    """Whether a Content-Type means JSON: `application/json`, `application/…+json`, or none at all."""
    if not content_type:
        return True
    kind, _, subtype = content_type.partition(";")[0].strip().lower().partition("/")
    return kind == "application" and (subtype == "json" or subtype.endswith("+json"))


def charset_of(content_type: str) -> str:
    """The charset that a Content-Type names, in lower case; empty where it names none."""
    if "charset" not in content_type.lower():
        return ""
    header = Message()
    header["content-type"] = content_type[:_LONGEST_TYPE]
    return str(header.get_param("charset", "")).strip().lower()


async def check_body(request: Request[Any, Any, Any]) -> None:
    """Before a handler. Raises InvalidError for a body of another type than JSON, and ApiError where none was sent to a
    route that NEEDS_BODY: so Phase IV answers.
    """
    handler = request.route_handler
    if handler.parsed_data_field is None:
        return  # it reads none
    body = await request.body()
    if not body:
        if handler.opt.get("needs_body"):
            raise ApiError("TASK_UPDATE_ERROR", "Failed to update task", status=400)
        if handler.parsed_data_field.is_required:
            raise InvalidError([missing("body")])
    if body and not is_json(request.headers.get("content-type")):
        raise _no_json()


async def check_body_strictly(request: Request[Any, Any, Any]) -> None:
    """What Phase V asks besides. Raises InvalidError for an OPTIONAL_BODY of another type, and for another charset."""
    handler = request.route_handler
    is_optional = handler.opt.get("optional_body")
    if handler.parsed_data_field is None and not is_optional:
        return
    content_type = request.headers.get("content-type")
    if not content_type or content_type == "application/json":
        return
    body = await request.body()
    if is_optional and body and not is_json(content_type):
        raise _no_json()
    # What is ASCII means the same in nearly every charset, and what is not, in hardly any other.
    if not body.isascii() and charset_of(content_type) not in _UTF_8:
        raise invalid("", "The Content-Type names another charset; send JSON in UTF-8", "type_error", code="MALFORMED")


def _no_json() -> InvalidError:
    message = "The body is no JSON object; send JSON, with Content-Type: application/json"
    return invalid("", message, "type_error", code="MALFORMED")
